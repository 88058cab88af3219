"""Ten million recipients in the queue."""
import time

from instance import Sink
from streams import HOSTS, burden, scene

PER = 100000    # recipients of a campaign
DOMAINS = 200000
LARGEST = "d0.bulk.test"
CONF = "[limits]\nbackoff-min = 1h\nconnections = %d\n"


def until(what):
    """Seconds until that is so."""
    t = time.time()
    while not what():
        time.sleep(0.05)
    return time.time() - t


def settle(s):
    """Until dray-send has little to do."""
    last = -1
    while s.inst.cpu()["dray-send"] - last > 0.05:
        last = s.inst.cpu()["dray-send"]
        time.sleep(2)


def lanes(s):
    """Those that are open, and how many there ever were."""
    stat = s.sinks["big"].stat()
    return stat["open"], stat["connections"]


def switch(s):
    """A new policy while lanes are open: seconds to compile it, until dray-send
    has it, the longest that it kept others waiting within ten seconds."""
    before = s.inst.stat()["policy"]
    t = time.time()
    s.inst.conf(CONF % 21)
    compiled = time.time()
    took, worst = 0, 0
    while time.time() < compiled + 10:
        t1 = time.time()
        now = s.inst.stat()["policy"]
        worst = max(worst, time.time() - t1)
        if not took and now != before:
            took = time.time() - compiled
        time.sleep(0.01)
    return compiled - t, took, worst


def load(a, s, n, law):
    """100 campaigns of one message each, to 100,000 recipients."""
    r = s.load("-m", n // PER, "-r", PER, "-C", n // PER, "-l", 2000, "-s", 4,
               "-k", DOMAINS * n // 10000000,
               *(["-z"] if law == "Zipf" else []))
    until(lambda: s.inst.stat()["recipients"] == n)
    print("scale  %s: %d recipients taken at %.0f/s" %
          (law, n, r["rate"] * PER), flush=True)


def scale(a):
    n = a.messages or 10000000
    for law in ("Zipf", "uniform"):
        dead = Sink(a.build)
        dead.end()              # a port where nobody listens
        with scene(a, CONF % 20, "[static *]\n" + HOSTS % dead.port +
                   "[static %s]\n" % LARGEST + HOSTS.replace("%d", "%(big)d"),
                   big=[]) as s:
            s.sinks["big"].ask("hold dot")
            s.inst.start(["dray-log", "dray-queued", "dray-send"])
            load(a, s, n, law)
            s.inst.stop(9, ["dray-send"])
            s.inst.start(["dray-send"])
            t = until(lambda: s.inst.stat()["recipients"] == n)
            kib = s.inst.memory("dray-send")
            s.inst.start(["dray-remote"])
            settle(s)
            print("scale  %s: loaded in %.1f s, dray-send %d KiB; all asleep: %d "
                  "KiB (asked: 200 MB), %.1f bytes a recipient; %s" %
                  (law, t, kib, s.inst.memory("dray-send"),
                   s.inst.memory("dray-send") * 1024 / n, burden()),
                  flush=True)
            before = lanes(s)
            compiled, took, worst = switch(s)
            after = lanes(s)
            print("scale  %s: a new policy compiled in %.2f s, in force after "
                  "%.2f s (asked: 1), longest wait for statistics %.2f s; %d "
                  "lanes of %d before, %d of %d after" %
                  ((law, compiled, took, worst) + before + after), flush=True)
