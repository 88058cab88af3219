"""The suppression list: how long it takes to import it, to find somebody, until
who follows it knows of another one, and to fold it."""
import os
import random
import resource
import shutil
import subprocess
import tempfile
import time

SAMPLE = 200000


def address(i):
    return "%s.user%d@d%d.example.com" % ("abcdefghij"[i % 10], i * 7919, i % 50000)


def write(path, n, first=0):
    with open(path, "w") as f:
        for k in range(first, first + n, 10000):
            f.write("".join(address(i) + "\n"
                            for i in range(k, min(k + 10000, first + n))))


def timed(cmd, **kw):
    start = time.time()
    out = subprocess.run(cmd, check=True, stdout=subprocess.PIPE, text=True,
                         **kw).stdout
    return time.time() - start, out.strip()


def find(load, base, n):
    """us for one who is there, and for one who is not"""
    out = []
    for first in 0, n:
        rows = "".join(address(first + random.randrange(n)) + "\n"
                       for _ in range(SAMPLE))
        seconds, found = timed([load, base, "lookup", "2"],
                               input=rows)[1].split()
        if (int(found) > 0) != (first == 0):
            raise SystemExit("found %s of %d" % (found, first))
        out.append(float(seconds) / SAMPLE / 2 * 1e6)
    return out


def update(load, tool, base, who):
    """ms from before dray-suppress starts until a reader knows"""
    p = subprocess.Popen([load, base, "follow", who], stdout=subprocess.PIPE,
                         text=True)
    p.stdout.readline()
    start = time.time()
    subprocess.run(tool + ["add", who], check=True)
    at = float(p.stdout.readline())
    p.wait()
    return (at - start) * 1000


def suppress(a):
    n = a.messages or 10000000
    load = os.path.join(os.path.abspath(a.build), "t/lib/suppressload")
    base = tempfile.mkdtemp(prefix="dray-bench.", dir=a.scratch)
    tool = [os.path.join(os.path.abspath(a.build), "bin/dray-suppress"), "-b",
            base]
    try:
        for d in "keys", "suppress", "spool":
            os.mkdir(os.path.join(base, d))
        subprocess.run([tool[0].replace("suppress", "keys"), "-b", base,
                        "token"], check=True)
        rows = os.path.join(base, "rows")
        write(rows, n)
        seconds, _ = timed(tool + ["import", rows])
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        size = os.path.getsize(base + "/suppress/suppress.cdb")
        there, absent = find(load, base, n)
        ms = max(update(load, tool, base, "new%d@x.example" % i)
                 for i in range(5))
        fold, _ = timed(tool + ["fold"])
        print("suppress %d addresses: import %.1f s (%.0f/s, %d MB of memory, "
              "%d octets each)  lookup %.2f us, of one who is not there %.2f us"
              "  known after %.1f ms at most  fold %.1f s" %
              (n, seconds, n / seconds, memory // 1024, size // n, there,
               absent, ms, fold), flush=True)
    finally:
        shutil.rmtree(base)
