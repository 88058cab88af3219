#!/usr/bin/env python3
"""bench.py BUILD WHAT... - measures dray on this machine, on loopback only.

  relay     10 KB messages, one recipient each, 50 injectors over the queue
            socket, delivered over kept connections
  fanout    20 messages of 1,000 recipients at one domain, one recipient a
            delivery
  trips     messages a second and connection when every reply is 50 ms late
  ctl       the same queue, steered: how long dray-ctl takes, and how long it
            keeps others waiting; once more with a sender for each message
  queue     a million messages to 10,000 sites that do not answer: memory,
            idle CPU, start-up
  mx        a message to each of 100,000 domains, whose servers nsd tells: from
            the first injection to the last delivery, nothing in any cache
  dns       dray-dns alone: 100,000 domains (MX, A, AAAA) asked of nsd, nothing in
            any cache; then the same again, from its cache; then a tenth of
            them in a signed zone, validated
  tls       relay under TLS 1.3 and in the clear, in turn; the same with all
            queued before, so that only delivery counts; and connections of
            ten messages each: how many of them resume a session
  postfix   relay and fanout in turn with Postfix in a harness: --harness DIR,
            whose bench.py runs "w1 postfix --persistent" and "w3
            postfix --opt verp" (one recipient a delivery there too)

Options: --messages N, --rounds N, --sink PROGRAM (another sink with the same
control, for postfix the harness's own), --scratch DIR.

Everything is durable: what is acknowledged has been synced.  The machine is
shared and noisy, so only the ratios of runs taken in turn mean something.
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../../t/lib"))
from dns import Dns, Nsd, sign  # noqa: E402
from instance import DAEMONS, Instance, Sink, load  # noqa: E402

MX = """[dns]
stub = bulk.test 127.0.0.1@%d
dnssec = no
[limits]
port = %d
private-addresses = yes
idle-timeout = 1s
"""
ONE = "[limits]\nrecipients-per-message = 1\n"


def delivery(a, messages, rcpts, size=10240, conf="", chunking=True, sessions=50,
             args=()):
    """One run; a dict of figures."""
    base = tempfile.mkdtemp(prefix="dray-bench.", dir=a.scratch)
    sink = Sink(a.build, args, other=a.sink, port=a.port if a.sink else 0,
                chunking=chunking)
    inst = Instance(a.build, base, sink.port, conf)
    try:
        inst.start()
        time.sleep(0.5)
        c0 = inst.cpu()
        res = load(a.build, base, "-m", messages, "-r", rcpts, "-l", size,
                   "-s", sessions)
        last = sink.wait(messages * rcpts)
        if last is None:
            raise SystemExit("only %d arrived" % sink.received())
        time.sleep(1)           # logging and removal belong to the work
        c1 = inst.cpu()
        n = messages * rcpts
        cpu = {d: (c1[d] - c0[d]) / n * 1000 for d in c1}
        return {"msgs_s": n / (last - res["start"]), "accept_s": res["rate"],
                "cpu_1k": sum(cpu.values()), "cpu_1k_by": cpu,
                "others_cpu_1k": (sink.cpu() + res["cpu"]) / n * 1000,
                "arrived": sink.received()}
    finally:
        inst.stop()
        sink.end()
        shutil.rmtree(base)


def show(name, r):
    print("%-8s %8.0f recipients/s  accepted %8.0f/s  CPU-s/1000 %.4f (%s)  "
          "load and sink %.4f" %
          (name, r["msgs_s"], r["accept_s"], r["cpu_1k"],
           ", ".join("%s %.4f" % (d.split("-")[1], c)
                     for d, c in r["cpu_1k_by"].items()), r["others_cpu_1k"]),
          flush=True)


def relay(a):
    for _ in range(a.rounds):
        show("relay", delivery(a, a.messages or 40000, 1))


def fanout(a):
    for _ in range(a.rounds):
        show("fanout", delivery(a, 20, 1000, conf=ONE, sessions=20))


def trips(a):
    """One connection; a reply 50 ms late is a wire of 50 ms."""
    rows = [(True, 1, 18), (True, 4, 60), (False, 1, 9), (False, 4, 18)]
    for chunking, depth, want in rows:
        base = tempfile.mkdtemp(prefix="dray-bench.", dir=a.scratch)
        sink = Sink(a.build, ["-D", "50"], chunking=chunking)
        inst = Instance(a.build, base, sink.port,
                        "[limits]\nconnections = 1\ndepth = %d\n" % depth)
        n = a.messages or 1000
        try:
            # Queued first, so that nothing but the wire is measured.
            inst.start(["dray-log", "dray-queued", "dray-send"])
            load(a.build, base, "-m", n)
            inst.start(["dray-remote"])
            sink.wait(n)
            s = sink.stat()
            secs = s["last"] - s["first"]
            rate = (n - 1) / secs
            print("trips    %s depth %d: %6.1f messages/s a connection "
                  "(asked: %d), %.2f round trips a message, %d connections, "
                  "%d in flight at most" %
                  ("CHUNKING  " if chunking else "PIPELINING", depth, rate,
                   want, secs / 0.05 / (n - 1), s["connections"],
                   s["inflight_max"]), flush=True)
        finally:
            inst.stop()
            sink.end()
            shutil.rmtree(base)


def drain(a, n, mode, conf=""):
    """Delivers what was queued before; messages a second, and what the sink
    has counted."""
    base = tempfile.mkdtemp(prefix="dray-bench.", dir=a.scratch)
    sink = Sink(a.build, ["-x", "starttls"])
    inst = Instance(a.build, base, sink.port,
                    "[limits]\ntls = %s\n" % mode + conf)
    try:
        inst.start(["dray-log", "dray-queued", "dray-send"])
        load(a.build, base, "-m", n, "-l", 10240)
        inst.start(["dray-remote"])
        sink.wait(n)
        s = sink.stat()
        if s["tls_messages"] != (0 if mode == "off" else n):
            raise SystemExit("%d messages under TLS" % s["tls_messages"])
        return n / (s["last"] - s["first"]), s
    finally:
        inst.stop()
        sink.end()
        shutil.rmtree(base)


def under_tls(a, n, mode):
    return delivery(a, n, 1, conf="[limits]\ntls = %s\n" % mode,
                    args=["-x", "starttls"])


def tls(a):
    n = a.messages or 40000
    relayed, drained = [], []
    for _ in range(a.rounds):
        clear, secret = under_tls(a, n, "off"), under_tls(a, n, "may")
        show("clear", clear)
        show("tls", secret)
        relayed.append(secret["msgs_s"] / clear["msgs_s"])
        clear, secret = drain(a, n, "off")[0], drain(a, n, "may")[0]
        print("tls      queued before: %8.0f messages/s under TLS, %8.0f in "
              "the clear" % (secret, clear), flush=True)
        drained.append(secret / clear)
    print("tls      TLS/clear: relay median %.0f %% (asked: 70), queued before"
          " %.0f %%" % (100 * statistics.median(relayed),
                        100 * statistics.median(drained)), flush=True)
    rate, s = drain(a, n // 4, "may", "messages-per-connection = 10\n")
    print("tls      %d connections of 10 messages, %.0f messages/s: %.1f %% "
          "resumed (asked: 90)" % (s["handshakes"], rate,
                                   100 * s["resumed"] / s["handshakes"]),
          flush=True)


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


def mx_zone(n):
    return "".join("d%d MX 10 mx.d%d\nmx.d%d A 127.0.0.1\n" % (i, i, i)
                   for i in range(n))


def mx(a):
    n = a.messages or 100000
    nsd = Nsd({"bulk.test": mx_zone(n)}, processes=2)
    base = tempfile.mkdtemp(prefix="dray-bench.", dir=a.scratch)
    sink = Sink(a.build)
    inst = Instance(a.build, base, 0, MX % (nsd.port, sink.port),
                    "[static unused.example]\nhosts = mx\n")
    try:
        inst.start(["dray-dns"] + DAEMONS)
        res = load(a.build, base, "-m", n, "-l", 2000, "-k", n, "-s", 50)
        last = sink.wait(n)
        if last is None:
            raise SystemExit("only %d arrived" % sink.received())
        cpu = inst.cpu()
        print("mx       %d domains, one message each: %.0f domains/s  accepted "
              "%.0f/s  CPU-s/1000 %s" %
              (n, n / (last - res["start"]), res["rate"],
               ", ".join("%s %.3f" % (d.split("-")[1], c / n * 1000)
                         for d, c in cpu.items())), flush=True)
    finally:
        inst.stop()
        inst.stop(only=["dray-dns"])
        sink.end()
        nsd.stop()
        shutil.rmtree(base)


def dns_zone(n):
    return "".join("d%d MX 10 mx.d%d\nmx.d%d A 127.0.0.1\nmx.d%d AAAA ::1\n" %
                   (i, i, i, i) for i in range(n))


def dns_ask(a, d, zone, n, what):
    def cpu():
        with open("/proc/%d/stat" % d.p.pid) as f:
            s = f.read().rsplit(")", 1)[1].split()
        return (int(s[11]) + int(s[12])) / os.sysconf("SC_CLK_TCK")
    c = cpu()
    out = subprocess.run([os.path.join(os.path.abspath(a.build),
                                       "t/lib/dnsload"),
                          d.base + "/sock/dns", zone, str(n)],
                         check=True, stdout=subprocess.PIPE, text=True).stdout
    r = json.loads(out)
    with open("/proc/%d/status" % d.p.pid) as f:
        kib = [int(x.split()[1]) for x in f if x.startswith("VmRSS")][0]
    print("dns      %d domains %s: %.0f/s  %d with hosts, %d validated, "
          "%d temporary  CPU-s/1000 %.4f  %d MiB" %
          (n, what, n / r["seconds"], r["good"], r["secure"], r["temporary"],
           (cpu() - c) / n * 1000, kib // 1024), flush=True)


def dns(a):
    n = a.messages or 100000
    signed, ds = sign("signed.test", dns_zone(n // 10))
    nsd = Nsd({"bulk.test": dns_zone(n), "signed.test": signed})
    d = Dns(stub="bulk.test 127.0.0.1@%d signed.test 127.0.0.1@%d" %
            (nsd.port, nsd.port), trust_anchor=ds, cache_size="256M")
    try:
        dns_ask(a, d, "bulk.test", n, "cold")
        for _ in range(a.rounds):
            dns_ask(a, d, "bulk.test", n, "cached")
        dns_ask(a, d, "signed.test", n // 10, "cold, signed")
    finally:
        d.end()
        nsd.stop()


def harness(a, what, *args):
    """One run of Postfix in the harness; its line of JSON."""
    out = subprocess.run([sys.executable, a.harness + "/bench.py", what,
                          "postfix"] + list(args), check=True, text=True,
                         stdout=subprocess.PIPE).stdout
    r = json.loads(out.strip().splitlines()[-1])
    return {"msgs_s": r["deliveries_s"], "cpu_1k": r["cpu_1k"]}


def compare(name, want, pairs):
    rate = [d["msgs_s"] / p["msgs_s"] for d, p in pairs]
    cpu = [p["cpu_1k"] / d["cpu_1k"] for d, p in pairs]
    print("%s: dray/Postfix recipients a second: median %.1f (%s), asked %d; "
          "Postfix/dray CPU: median %.1f (%s)" %
          (name, statistics.median(rate), ", ".join("%.1f" % x for x in rate),
           want, statistics.median(cpu), ", ".join("%.1f" % x for x in cpu)),
          flush=True)


def postfix(a):
    if not a.harness:
        raise SystemExit("postfix needs --harness DIR")
    a.sink = a.sink or os.environ.get("BENCH_TMP", "/tmp/mailbench") + "/mailsink"
    w1, w3 = [], []
    for i in range(a.rounds):
        p = harness(a, "w1", "--persistent")
        d = delivery(a, a.messages or 40000, 1)
        show("relay", d)
        print("postfix  %8.0f recipients/s  CPU-s/1000 %.4f" %
              (p["msgs_s"], p["cpu_1k"]), flush=True)
        w1.append((d, p))
        p = harness(a, "w3", "--opt", "verp")
        d = delivery(a, 20, 1000, conf=ONE, sessions=20)
        show("fanout", d)
        print("postfix  %8.0f recipients/s  CPU-s/1000 %.4f" %
              (p["msgs_s"], p["cpu_1k"]), flush=True)
        w3.append((d, p))
    compare("relay", 12, w1)
    compare("fanout", 8, w3)


def main():
    p = argparse.ArgumentParser(description=__doc__,
                                formatter_class=argparse.RawTextHelpFormatter)
    p.add_argument("build")
    p.add_argument("what", nargs="*", default=["relay", "fanout", "trips"])
    p.add_argument("--messages", type=int)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--sink")
    p.add_argument("--port", type=int, default=2650)
    p.add_argument("--harness")
    p.add_argument("--scratch", default=os.environ.get("TMPDIR", "/tmp"))
    a = p.parse_args()
    known = {f.__name__: f for f in (relay, fanout, trips, queue, mx, tls,
                                   ctl, dns, postfix)}
    for w in a.what:
        if w not in known:
            p.error("unknown: " + w)
    for w in a.what:
        known[w](a)


main()
