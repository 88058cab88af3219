"""A campaign, from its list until all of it is on disk."""
import os
import resource
import subprocess
import tempfile
import time

from instance import Instance, ROOM
from personal import template


def write_list(path, n):
    """Ten fields; two of five at one domain, the others at 50,000."""
    with open(path, "w", encoding="ascii") as f:
        f.write("email," + ",".join("f%d" % i for i in range(10)) + "\n")
        for k in range(n):
            at = "big.example" if k % 5 < 2 else "d%d.example" % (k % 50000)
            f.write("user%d@%s,%s\n" % (k, at, ",".join(
                "value%d-%d" % (i, k) for i in range(10))))


def peak(inst, daemon):
    """KiB"""
    with open("/proc/%d/status" % inst.procs[daemon].pid) as f:
        for line in f:
            if line.startswith("VmHWM"):
                return int(line.split()[1])
    return 0


def campaign(a):
    n = a.messages or 1000000
    for _ in range(a.rounds):
        with tempfile.TemporaryDirectory(prefix="dray-bench.",
                                         dir=a.scratch) as top:
            rows, mail = top + "/list.csv", top + "/template.eml"
            write_list(rows, n)
            with open(mail, "w", encoding="utf-8") as f:
                f.write(template(50000))
            inst = Instance(a.build, top + "/base", a.port, ROOM)
            inst.start(only=["dray-queued"])
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            before = used.ru_utime + used.ru_stime
            begin = time.monotonic()
            with open(rows, "rb") as f:
                subprocess.run(
                    [inst.bin + "/dray-campaign", "-q", "-b", inst.base, "-i",
                     "bench", "-f", "news@brand.example", "-T", mail],
                    stdin=f, check=True, env=dict(os.environ, TMPDIR=top))
            took = time.monotonic() - begin
            spool = sum(e.stat().st_blocks * 512
                        for e in os.scandir(inst.base + "/spool/new"))
            used = resource.getrusage(resource.RUSAGE_CHILDREN)
            cpu = used.ru_utime + used.ru_stime - before
            print("campaign %d recipients, %d octets of template: %.1f s, "
                  "%.1f MB of spool in %d bundles; dray-campaign %.1f MB at "
                  "most, dray-queued %.1f MB; %.1f and %.1f s of CPU" % (
                      n, os.path.getsize(mail), took, spool / 1e6,
                      len(os.listdir(inst.base + "/spool/new")),
                      used.ru_maxrss * 1024 / 1e6,
                      peak(inst, "dray-queued") * 1024 / 1e6,
                      cpu, inst.cpu()["dray-queued"]), flush=True)
            inst.stop()
