"""Mail that comes and goes: messages a second, and what they cost."""
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from instance import Instance, Sink, load

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
