"""Personalised messages of a campaign, signed, from the queue to a sink on this
machine: how many a second, and where the time of the processors goes."""
import os
import subprocess
import tempfile
import time

import versus
from injection import write_list
from instance import Instance, QUICK, ROOM, Sink
from personal import render, template
from signing import openssl

DAEMONS = ["dray-log", "dray-queued", "dray-send", "dray-remote", "dray-sign"]
# Nobody looks at how the campaign begins, which takes a second or so whatever its
# size.
POLICY = "[breaker]\nenabled = no\n" + ROOM + QUICK
SIZE = 50000
SENDER = "[sender brand.example]\n" \
    "return-path = bounces@bounce.brand.example\n"


def one(a, n, how):
    """Seconds, and CPU by program: unsigned, with Ed25519, or with RSA."""
    with tempfile.TemporaryDirectory(prefix="dray-bench.",
                                     dir=a.scratch) as top:
        sink = Sink(a.build)
        rows, mail = top + "/list.csv", top + "/template.eml"
        write_list(rows, n)
        with open(mail, "w", encoding="utf-8") as f:
            f.write(template(SIZE))
        base = top + "/base"
        os.makedirs(base + "/keys")
        os.makedirs(base + "/etc/dkim")
        inst = Instance(a.build, base, sink.port)
        keys = [inst.bin + "/dray-keys", "-b", base]
        for args in (["token"], ["make", "--ed25519", "--selector", "k",
                                 "brand.example"]):
            subprocess.run(keys + args, check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        with open(base + "/etc/dkim/brand.example.conf", "w") as f:
            if how != "unsigned":
                f.write("[dkim brand.example]\n%s = k%s\n" % (
                    how, "-ed" if how == "ed25519" else ""))
        inst.conf(SENDER + POLICY)
        inst.start(["dray-queued"])
        with open(rows, "rb") as f:
            subprocess.run(
                [inst.bin + "/dray-campaign", "-q", "-b", base, "-i", "bench",
                 "-f", "news@brand.example", "-T", mail], stdin=f, check=True,
                env=dict(os.environ, TMPDIR=top))
        inst.start([d for d in DAEMONS if d != "dray-queued"])
        before, sunk = inst.cpu(), sink.cpu()
        begin = time.time()
        if sink.wait(n) is None:
            raise SystemExit("only %d of %d arrived" % (sink.received(), n))
        took = time.time() - begin
        after = inst.cpu()
        cpu = {d: after[d] - before[d] for d in after}
        cpu["dray-sink"] = sink.cpu() - sunk
        inst.stop(only=["dray-sign"])
        inst.stop()
        sink.end()
        return took, cpu


def postfix(a):
    """Messages a second of that size that Postfix takes and relays, unsigned,
    over kept sessions."""
    return versus.run(a, "w1", "postfix", "--persistent", "-n", "5000",
                      "--size", str(SIZE))[-1]["deliveries_s"]


def signed(a):
    n = a.messages or 20000
    threads = len(os.sched_getaffinity(0))
    for _ in range(a.rounds):
        was, rates = {}, {}
        signs = openssl("rsa2048", threads)
        for how in ("unsigned", "ed25519", "rsa"):
            took, cpu = one(a, n, how)
            us = {d: cpu[d] / n * 1e6 for d in cpu}
            was[how] = us
            rates[how] = n / took
            print("signed   %d of 50 KB, %s: %.0f/s; microseconds of CPU a "
                  "message: %s" % (n, how, n / took, ", ".join(
                      "%s %.0f" % (d, us[d]) for d in sorted(us))),
                  flush=True)
        rendered = 1e6 / int(render(a, n).split()[0])
        print("signed   of these: render %.0f, hash and header %.0f, sign rsa "
              "%.0f, ed25519 %.0f; send %.0f" % (
                  rendered, was["ed25519"]["dray-remote"] -
                  was["unsigned"]["dray-remote"],
                  was["rsa"]["dray-sign"], was["ed25519"]["dray-sign"],
                  was["unsigned"]["dray-remote"] - rendered), flush=True)
        print("signed   rsa/openssl speed rsa2048 on %d processors: %.0f of "
              "%.0f/s, %.0f %% (asked: 55)" %
              (threads, rates["rsa"], signs, rates["rsa"] / signs * 100),
              flush=True)
        if a.harness:
            peer = postfix(a)
            print("signed   ed25519/Postfix relaying as large ones unsigned: "
                  "%.0f against %.0f/s, %.1f (asked: 10)" % (
                      rates["ed25519"], peer, rates["ed25519"] / peer),
                  flush=True)
