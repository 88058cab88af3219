"""Many domains, whose servers nsd tells."""
import json
import os
import shutil
import subprocess
import tempfile

from dns import Dns, Nsd, sign
from instance import DAEMONS, Instance, Sink, load

MX = """[dns]
stub = bulk.test 127.0.0.1@%d
dnssec = no
[limits]
port = %d
private-addresses = yes
idle-timeout = 1s
"""


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
