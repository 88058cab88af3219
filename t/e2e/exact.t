#!/usr/bin/env python3
"""Exactness: what is piped through dray-inject arrives octet for octet, by DATA
and by BDAT, in clear and under TLS, but for what dray-inject(1) says is added, dropped or re-encoded.

Real mail from $DRAY_CORPUS/bounces (default: ../shared/corpus), and messages
that are hard to carry, some of them random; SEED=n repeats those.
"""
import glob
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "t", "lib"))
from exact import difficult, judge
from instance import QUICK, ROOM, Instance, Sink
from tap import done, ok, same, skip, until

BUILD = os.path.join(TOP, os.environ.get("B", "build"))
CORPUS = os.environ.get("DRAY_CORPUS", os.path.join(TOP, "../shared/corpus"))
SEED = int(os.environ.get("SEED", random.randrange(10**6)))
HOWS = ("same", "recoded", "refused", "wrong")
top = tempfile.mkdtemp(prefix="dray test.")
# How a message gets there: a domain, what its server offers.
WAYS = {"data": "nochunking", "bdat": "binarymime", "slow": "nopipelining",
        "tlsdata": "nochunking,starttls", "tlsbdat": "starttls"}


class Way:
    """A receiving side, and what has come there: by the number of the message
    in its recipient's name."""

    def __init__(self, name, offers):
        self.name = name
        self.dir = "%s/%s" % (top, name)
        self.sink = Sink(BUILD, ["-o", self.dir, "-x", offers])

    def recipient(self, n):
        return "m%d@%s.example" % (n, self.name)

    def messages(self):
        got = {}
        for env in glob.glob(glob.escape(self.dir) + "/new/*.env"):
            with open(env) as f:
                n = int(re.search(r"^rcpt <m(\d+)@", f.read(), re.M).group(1))
            with open(env[:-4] + ".msg", "rb") as f:
                got.setdefault(n, []).append(f.read())
        return got


def inject(inst, ways, n, data, options):
    p = subprocess.run([inst.bin + "/dray-inject", "-b", inst.base] + options +
                       ["-f", "s@sender.example", "--"] +
                       [w.recipient(n) for w in ways],
                       input=data, stderr=subprocess.PIPE)
    return p.returncode, p.stderr.decode().strip()


def real():
    for name in sorted(glob.glob(CORPUS + "/bounces/*.eml")):
        with open(name, "rb") as f:
            yield os.path.basename(name), f.read()


def dotted():
    """Messages that end at a line with a dot alone."""
    head = b"From: a@b.example\nDate: x\nMessage-ID: <x@y>\n"
    for k, (name, data) in enumerate((
            ("a dot ends it", head + b"\nx\n.\nnot this\n"),
            ("one with CRLF too", head + b"\r\nx\r\n.\r\nnot this\r\n"),
            ("in the first line of the body", head + b"\n.\nnot this\n"),
            ("in the header", head + b".\nnot: this\n"),
            ("at the very end", head + b"\nx\n."),
            ("not two dots", head + b"\n..\n.x\n. \n\n.\nnot this\n"))):
        yield name, data, re.split(rb"^\.\r?(?:\n|\Z)", data, flags=re.M)[0]


def run(inst, ways, title, cases):
    """cases are (name, data, what is expected to go in, options)."""
    global number
    first = number
    number += len(cases)
    with ThreadPoolExecutor(4) as pool:
        ended = list(pool.map(lambda k: inject(
            inst, ways, first + k, cases[k][1], cases[k][3]),
            range(len(cases))))
    taken = sum(not rc for rc, _ in ended)
    same(until(lambda: inst.stat()["recipients"] == 0 and not glob.glob(
        glob.escape(inst.base) + "/spool/[nc][eu][wr]/*"), 120), True,
         "%s: the queue is empty" % title)
    for way in ways:
        got = way.messages()
        count = dict.fromkeys(HOWS, 0)
        wrong = []
        for k, (name, _, data, _) in enumerate(cases):
            rc, err = ended[k]
            out = got.get(first + k, [])
            how, why = judge(data, rc, err, out[0] if out else None)
            if how != "wrong" and len(out) != (rc == 0):
                how, why = "wrong", "it came %d times" % len(out)
            count[how] += 1
            if how == "wrong":
                wrong.append("%s: %s" % (name, why))
        ok(not wrong and count["same"], "%s by %s: %d the same, %d re-encoded, "
           "%d refused, %d wrong" % ((title, way.name) + tuple(
               count[h] for h in HOWS)), "\n".join(wrong))
    return taken


def main():
    global number
    number = 0
    print("# SEED=%d" % SEED)
    ways = [Way(*w) for w in WAYS.items()]
    inst = Instance(BUILD, top + "/base", 0, ROOM + QUICK, "".join(
        "[static %s.example]\nhosts = 127.0.0.1:%d\n" % (w.name, w.sink.port)
        for w in ways))
    inst.start()
    n = 0
    try:
        cases = [(a, b, b, ["-i"]) for a, b in real()]
        if cases:
            n += run(inst, ways, "real mail", cases)
        else:
            skip("real mail", "there is no corpus: %s" % CORPUS)
        n += run(inst, ways, "hard mail",
                 [(a, b, b, ["-i"]) for a, b in difficult(SEED)])
        n += run(inst, ways, "ends with a dot",
                 [(a, b, c, []) for a, b, c in dotted()])
        for w in ways:
            s = w.sink.stat()
            same([s[k] for k in ("messages", "data", "bdat", "tls_messages")],
                 [n] + ([n, 0] if "data" in w.name else [0, n]) +
                 [n * ("tls" in w.name)],
                 "all that was taken came by " + w.name)
            same([s[k] for k in ("barelf", "barecr", "longline", "eightbit",
                                 "errors")], [0] * 5,
                 "with nothing in it that SMTP does not allow")
    finally:
        inst.stop()
        for w in ways:
            w.sink.end()
    rc = subprocess.run([inst.bin + "/dray-fsck", "-b", inst.base],
                        stdout=subprocess.DEVNULL).returncode
    same(rc, 0, "dray-fsck accepts what is left")


try:
    main()
finally:
    shutil.rmtree(top, ignore_errors=True)
done()
