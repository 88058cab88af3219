"""The reply rules: how many replies a second, and the worst of them."""
import os
import random
import re
import resource
import subprocess
import tempfile

RULES = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                     "../../common/policy/rules")


def cpu(a, path):
    """CPU seconds that classifying the lines of a file takes."""
    def once(f):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([os.path.join(a.build, "bin/dray-policy"), "-r",
                        RULES, "classify"], check=True, stdin=f,
                       stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime - before.ru_utime +
                after.ru_stime - before.ru_stime)
    with open(path) as f, open("/dev/null") as empty:
        return once(f) - once(empty)


def texts(key):
    for name in sorted(os.listdir(RULES)):
        with open(os.path.join(RULES, name)) as f:
            for line in f:
                k, _, v = line.rstrip("\n").partition(" = ")
                if k in key:
                    yield v


def rules(a):
    n = a.messages or 1000000
    lines = []
    for s in texts(("match", "nomatch")):
        m = re.match(r"(\d{3})?[ -]?([245]\.\d+\.\d+)? ?(.*)", s)
        lines.append("%s\t%s\t%s\t-\n" % (m.group(1) or "-",
                                          m.group(2) or "-", m.group(3)))
    words = [w for s in texts(("text", "regex"))
             for w in re.findall(r"[a-z][a-z' -]{2,}", s)]
    draw = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="dray-bench.",
                                     dir=a.scratch) as base:
        path = base + "/replies"
        with open(path, "w") as f:
            for i in range(n // len(lines)):
                f.writelines(lines)
        for _ in range(a.rounds):
            print("rules    %.0f replies/s of CPU" %
                  (n // len(lines) * len(lines) / cpu(a, path)),
                  flush=True)
        worst = 0
        for i in range(100):
            some = " ".join(draw.choices(words, k=draw.choice((1, 3, 600))))
            text = (some + " ") * ((1 << 20) // len(some) + 1)
            with open(path, "w") as f:
                f.write("550\t5.9.9\t%s\t-\n" % text[:1 << 20] * 20)
            worst = max(worst, cpu(a, path) / 20)
        print("rules    1 MB of hostile text: at most %.2f ms a reply" %
              (worst * 1000), flush=True)
