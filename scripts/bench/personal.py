"""Rendering alone, without a queue and without a network."""
import json
import os
import subprocess
import tempfile

HEAD = """From: News <news@brand.example>
To: {{f0}} <{{dray.recipient}}>
Subject: {{f0}}, {{f1}}
Content-Type: text/html; charset=utf-8

"""


def template(size):
    lines, fields = [], 0
    while len(lines) * 100 < size:
        lines.append('<tr><td class="item">%s</td></tr>' % ("gr\u00fcn " * 11))
        if len(lines) * 100 >= size * fields / 10 and fields < 10:
            lines.append("<p>{{f%d}}</p>" % fields)
            fields += 1
    return HEAD + "\n".join(lines) + "\n"


def render(a, n, *opts):
    """What mergetool says of n messages of 50 KB."""
    row = json.dumps({"f%d" % i: "the value of %d" % i for i in range(10)})
    with tempfile.TemporaryDirectory(prefix="dray-bench.",
                                     dir=a.scratch) as base:
        path = os.path.join(base, "template.eml")
        with open(path, "w", encoding="utf-8") as f:
            f.write(template(50000))
        return subprocess.run(
            [os.path.join(a.build, "t/lib/mergetool"), *opts, "-n", str(n),
             path], input=row.encode() + b"\n", check=True,
            stdout=subprocess.PIPE).stdout.decode().strip()


def merge(a):
    n = a.messages or 100000
    for _ in range(a.rounds):
        for name, opts in (("8bit", []), ("quoted-printable", ["-7"])):
            print("merge    %s: %s" % (name, render(a, n, *opts)), flush=True)
