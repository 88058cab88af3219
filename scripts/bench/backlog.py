"""A large queue: what it costs to keep it, and to steer it."""
import json
import os
import shutil
import subprocess
import tempfile
import time

from instance import Instance, Sink, load


def first_delivery(a, inst, sink):
    """Seconds from starting dray-send to the arrival of a new message."""
    before = sink.received()
    inst.stop(9, ["dray-send", "dray-remote"])
    t = time.time()
    inst.start(["dray-send", "dray-remote"])
    subprocess.run([inst.bin + "/dray-inject", "-i", "-f", "a@bench.example",
                    "x@fast.example"], input=b"Subject: x\n\nx\n", check=True,
                   env=dict(os.environ, DRAY_BASE=inst.base))
    if sink.wait(before + 1, 120) is None:
        raise SystemExit("the new message did not arrive")
    return time.time() - t


def fill(build, inst, n, *how):
    """n messages for nobody, all asleep: how many a second were taken, and
    KiB of dray-send."""
    res = load(build, inst.base, "-m", n, "-l", 500, "-k", 10000, "-s", 100,
               *how)
    while True:
        s = inst.stat()
        if s["recipients"] == n and s["in_flight"] == 0 and s["lanes"] == 0:
            break
        time.sleep(1)
    time.sleep(2)
    return res["rate"], inst.memory("dray-send")


def memory(rss, n):
    return "dray-send %d KiB, %.1f bytes a recipient above 10 MB" % (
        rss, (rss * 1024 - 10e6) / n)


def queue(a):
    n = a.messages or 1000000
    base = tempfile.mkdtemp(prefix="dray-bench.", dir=a.scratch)
    sink = Sink(a.build)
    dead = Sink(a.build)
    dead.end()                  # a port where nobody listens
    inst = Instance(a.build, base, 0, "[limits]\nbackoff-min = 1h\n",
                    "[static *]\nhosts = 127.0.0.1:%d\n[static fast.example]\n"
                    "hosts = 127.0.0.1:%d\n" % (dead.port, sink.port))
    try:
        inst.start()
        print("queue    empty: dray-send %d KiB, first delivery after start "
              "%.3f s" % (inst.memory("dray-send"),
                          first_delivery(a, inst, sink)), flush=True)
        rate, rss = fill(a.build, inst, n)
        c0 = inst.cpu()
        time.sleep(20)
        c1 = inst.cpu()
        print("queue    %d messages taken at %.0f/s; all asleep: %s; CPU in "
              "20 s: %.2f s" % (n, rate, memory(rss, n), sum(c1.values()) -
                                sum(c0.values())), flush=True)
        print("queue    first delivery after restart with them: %.3f s" %
              first_delivery(a, inst, sink), flush=True)
    finally:
        inst.stop(9)
        sink.end()
        shutil.rmtree(base)


def ctl_do(inst, *args):
    """Runs dray-ctl and looks how long dray-send keeps others waiting
    meanwhile: its answer, the seconds, and the longest wait for statistics."""
    t = time.time()
    p = subprocess.Popen([inst.bin + "/dray-ctl", "-j", "-b", inst.base] +
                         list(args), stdout=subprocess.PIPE, text=True)
    worst = 0
    while p.poll() is None:
        t1 = time.time()
        inst.stat()
        worst = max(worst, time.time() - t1)
        time.sleep(0.01)
    return json.loads(p.stdout.read()), time.time() - t, worst


def ctl_show(inst, what, *args):
    a, secs, worst = ctl_do(inst, *args)
    print("ctl      %-34s %7.3f s, %7d messages; statistics meanwhile: "
          "%.3f s at most" % (what, secs, a["messages"], worst), flush=True)


def ctl_asleep(build, inst, n, *how):
    rate, rss = fill(build, inst, n, "-C", 10, *how)
    print("ctl      %d messages taken at %.0f/s%s: %s" %
          (n, rate, ", each with a sender of its own" if how else "",
           memory(rss, n)), flush=True)


def ctl(a):
    n = a.messages or 1000000
    dead = Sink(a.build)
    dead.end()                  # a port where nobody listens
    for how in ([], ["-V"]):
        base = tempfile.mkdtemp(prefix="dray-bench.", dir=a.scratch)
        inst = Instance(a.build, base, dead.port,
                        "[limits]\nbackoff-min = 1h\n")
        try:
            inst.start()
            ctl_asleep(a.build, inst, n, *how)
            for what in (["remove", "--all", "-n"],
                         ["pause", "--campaign", "c1"],
                         ["pause", "--destination", "d1.bulk.test"],
                         ["pause", "--sender", "@sender.test"],
                         ["resume", "--all"], ["pause", "--all"],
                         ["resume", "--campaign", "c1"],
                         ["remove", "--campaign", "c1"],
                         ["resume", "--all"], ["flush", "--all"]):
                ctl_show(inst, " ".join(what), *what)
            rss = inst.memory("dray-send")
            print("ctl      then dray-send has %d KiB" % rss, flush=True)
        finally:
            inst.stop(9)
            shutil.rmtree(base)
