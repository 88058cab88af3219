"""Streams and campaigns behind a large queue: who waits for whom."""
import contextlib
import os
import shutil
import tempfile
import time

import queued
from dns import Nsd
from instance import DAEMONS, Instance, Sink, load

HOSTS = "hosts = 127.0.0.1:%d\n"
MESSAGE = b"Subject: your code\r\n\r\n123456\r\n"


class Scene:
    """An instance and the sinks that its mail goes to, each with a ledger."""

    def __init__(self, a, conf="", routes="", providers="", **sinks):
        self.base = tempfile.mkdtemp(prefix="dray-bench.", dir=a.scratch)
        self.a, self.sinks, self.seen = a, {}, {}
        for name, args in sinks.items():
            open(self.ledger(name), "w").close()
            self.sinks[name] = Sink(a.build, ["-c", self.ledger(name)] + args)
        ports = {n: s.port for n, s in self.sinks.items()}
        self.inst = Instance(a.build, self.base, 0, conf % ports,
                             routes % ports, providers)

    def ledger(self, sink):
        return os.path.join(self.base, "ledger." + sink)

    def arrivals(self, sink, since=0):
        """(time, sender, recipient) of what has come to a sink since."""
        with open(self.ledger(sink)) as f:
            rows = [x.split() for x in f if x.endswith("\n")]
        return [(float(x[0]), x[3], x[4]) for x in rows
                if float(x[0]) >= since]

    def rate(self, sink, start, end):
        """What came of bulk a second."""
        n = sum(t < end and who != PROBE
                for t, who, _ in self.arrivals(sink, start))
        return n / (end - start)

    def load(self, *args):
        return load(self.a.build, self.base, *args)

    def end(self):
        self.inst.stop(9)
        self.inst.stop(9, ["dray-dns"])
        for s in self.sinks.values():
            s.end()
        shutil.rmtree(self.base)


@contextlib.contextmanager
def scene(*args, **kw):
    s = Scene(*args, **kw)
    try:
        yield s
    finally:
        s.end()


PROBE = "code@sender.test"


def probe(s, to, seconds, a_second):
    """Transactional messages, to each sink in turn: the milliseconds from their
    injection to their arrival, by sink.  What did not come counts as it is old."""
    c, sent = queued.Client(s.inst), {}
    start = time.time()
    for i in range(int(seconds * a_second)):
        time.sleep(max(0, start + i / a_second - time.time()))
        sink = list(to)[i % len(to)]
        rcpt = "p%f@%s" % (time.time(), to[sink])
        sent[rcpt] = sink, time.time()
        c.send(queued.message([rcpt], MESSAGE, sender=PROBE,
                              stream="transactional"))
        if c.verdict()[0] != "A":
            raise SystemExit("a message was refused")
    time.sleep(1)
    c.close()
    came = {r: t for n in to for t, _, r in s.arrivals(n, start)}
    out = {n: [] for n in to}
    for rcpt, (sink, t) in sent.items():
        out[sink].append(1000 * (came.get(rcpt, time.time()) - t))
    return out


def part(x, p):
    return sorted(x)[min(len(x) - 1, int(len(x) * p))]


def burden():
    return "load %.1f" % os.getloadavg()[0]


def compare(name, idle, busy):
    for sink in busy:
        i, b = idle[sink], busy[sink]
        print("%s to %-4s: p50 %6.1f ms, p99 %6.1f, most %6.1f (asked: 8, 40); "
              "idle %4.1f, %5.1f, %5.1f; p50 busy/idle %.1f (asked: 3); %d "
              "messages; %s" %
              (name, sink, part(b, .5), part(b, .99), max(b), part(i, .5),
               part(i, .99), max(i), part(b, .5) / part(i, .5), len(b),
               burden()), flush=True)


def behind(a, name, s, to, fill):
    """Latency in the idle system, and again behind what fill() queues."""
    s.inst.start()
    idle = probe(s, to, a.seconds, 20)
    t = time.time()
    n = sum(r["sent"] for r in fill())
    print("%s %d bulk messages taken at %.0f/s" % (name, n,
                                                  n / (time.time() - t)))
    time.sleep(a.seconds)
    t1 = time.time()
    busy = probe(s, to, a.seconds, 20)
    t2 = time.time()
    compare(name, idle, busy)
    for sink in s.sinks:
        before = s.rate(sink, t1 - a.seconds, t1)
        print("%s bulk to %s: %.1f/s before, %.1f/s meanwhile, %.1f/s of the "
              "others" % (name, sink, before, s.rate(sink, t1, t2),
                          len(busy.get(sink, [])) / (t2 - t1)), flush=True)
    print("%s dray-send has %d KiB, CPU-s %s" %
          (name, s.inst.memory("dray-send"),
           ", ".join("%s %.1f" % (d.split("-")[1], c)
                     for d, c in s.inst.cpu().items())), flush=True)


def prio(a):
    """A provider that takes 200 a second: because we keep to that, and because it
    answers no faster."""
    n = a.messages or 1000000
    big = "[static big.example]\n" + HOSTS.replace("%d", "%(big)d")
    fast = "[static fast.example]\n" + HOSTS.replace("%d", "%(fast)d")
    for name, args, limit in (
            ("prio   (our limit)", [], "message-rate = 200/s\n"),
            ("prio   (its pace) ", ["-r", "200"], "")):
        with scene(a, "", big + limit + fast, big=args, fast=[]) as s:
            behind(a, name, s, {"big": "big.example", "fast": "fast.example"},
                   lambda: [s.load("-m", n, "-l", 500, "-d", "big.example",
                                   "-S", "bulk", "-C", 10, "-s", 100)])


def slow(a):
    """Every third to a provider that takes 100 a second, the others to 1,000
    domains: together they take 200 a second, or each answers after 2 s."""
    n = a.messages or 1000000
    routes = ("[static *]\n" + HOSTS + "[static big.example]\n" + HOSTS +
              "[static fast.example]\n" + HOSTS).replace("%d", "%%(%s)d") % (
                  "bulk", "big", "fast")
    for name, args in (("slow   (200/s) ", ["-r", "200"]),
                       ("slow   (2 s)   ", ["-D", "2000"])):
        with scene(a, "", routes, bulk=args, big=["-r", "100"],
                   fast=[]) as s:
            behind(a, name, s, {"big": "big.example", "fast": "fast.example"},
                   lambda: [s.load("-m", n // 3, "-l", 500, "-d",
                                   "big.example", "-S", "bulk", "-s", 100),
                            s.load("-m", n - n // 3, "-l", 500, "-k", 1000,
                                   "-S", "bulk", "-s", 100)])


# Domains of one provider, in three ways: one domain, many whose MX records are
# the same, and many with a route of their own.
FAIR = "message-rate = 100/s\n"
SHARED_MX = """[dns]
stub = shared.example 127.0.0.1@%d
dnssec = no
[limits]
port = %%(big)d
private-addresses = yes
"""


def turn(a, name, s, *domains):
    """Seconds until a small campaign behind a large one is there."""
    n = a.messages or 100000
    s.load("-m", n, "-l", 500, "-c", "large", "-s", 100, "-S", "bulk",
           *domains)
    sink = s.sinks["big"]
    time.sleep(5)
    t = time.time()
    s.load("-m", 100, "-l", 500, "-c", "small", "-f", "small@sender.test",
           "-S", "bulk", *domains)
    while time.time() < t + 120:
        got = [x for x, who, _ in s.arrivals("big", t)
               if who == "small@sender.test"]
        if len(got) == 100:
            break
        time.sleep(0.2)
    waited = sink.received() < n
    print("fair   %-22s: 100 behind %d at 100/s: %s (asked: 5)%s; meanwhile "
          "%.1f/s in all; %s" %
          (name, n, "%.2f s" % (max(got) - t) if len(got) == 100 else
           "%d of 100 in 120 s" % len(got), "" if waited else
           ", BUT NOTHING WAITED", s.rate("big", t, time.time()), burden()),
          flush=True)


def fair(a):
    one = "[static *]\n" + HOSTS.replace("%d", "%(big)d")
    with scene(a, "", one + FAIR, big=[]) as s:
        s.inst.start()
        turn(a, "one domain", s, "-d", "one.example")
    with scene(a, "", one + "provider = big\n",
               "[provider big]\nmx = mx.shared.example\n" + FAIR,
               big=[]) as s:
        s.inst.start()
        turn(a, "1000 sites", s, "-d", "shared.example", "-k", 1000)
    nsd = Nsd({"shared.example": "* MX 10 mx\nmx A 127.0.0.1\n"})
    try:
        with scene(a, SHARED_MX % nsd.port + FAIR,
                   "[static unused.example]\nhosts = mx\n", big=[]) as s:
            s.inst.start(["dray-dns"] + DAEMONS)
            turn(a, "1000 domains, one MX", s, "-d", "shared.example", "-k",
                 1000)
    finally:
        nsd.stop()
