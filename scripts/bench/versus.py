"""Through the door, in turn with Postfix, in a harness that runs both."""
import glob
import json
import os
import statistics
import subprocess
import sys

ADAPTER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "adapter.sh")
# Name, workload and options, what is asked of the ratio of messages/s.
WORK = (("10 KB, kept sessions", ["w1", "--persistent"], 12),
        ("10 KB, a connection each", ["w1"], 8),
        ("100 KB, a connection each", ["w2"], 8),
        ("10 KB, one client in lock-step",
         ["w1", "--persistent", "--sessions", "1", "-n", "2000"], 1))


def results():
    return os.path.join(os.environ.get("BENCH_TMP", "/tmp/mailbench"),
                        "results.jsonl")


def run(a, *args):
    """A run of the harness; the lines of JSON that came of it."""
    try:
        skip = os.path.getsize(results())
    except FileNotFoundError:
        skip = 0
    subprocess.run([sys.executable, a.harness + "/bench.py"] + list(args),
                   check=True, stdout=subprocess.DEVNULL)
    with open(results()) as f:
        f.seek(skip)
        return [json.loads(x) for x in f]


def syncs(a, args, mta):
    """Calls of fsync and fdatasync a message; it is slow under strace."""
    n = ["-n", "500"] if "-n" not in args else []
    r = run(a, args[0], mta, "--strace", *args[1:], *n)[-1]
    calls = r["syscalls"]
    return sum(calls.get(c, 0) for c in ("fsync", "fdatasync")) / r["delivered"]


def journal():
    """Transactions of the file system's journal so far; None: it has none."""
    d = os.stat(os.path.dirname(results())).st_dev
    name = os.path.basename(os.path.realpath(
        "/sys/dev/block/%d:%d" % (os.major(d), os.minor(d))))
    for info in glob.glob("/proc/fs/jbd2/%s-*/info" % name):
        with open(info) as f:
            return int(f.read().split()[0])
    return None


def commits(a, args, mta):
    before = journal()
    if before is None:
        return "no journal here"
    r = run(a, args[0], mta, *args[1:])[-1]
    return "%.2f commits of the journal a message" % (
        (journal() - before) / r["delivered"])


def median(rows, mta, key):
    return statistics.median(r[key] for r in rows
                             if r.get("adapter") == mta and key in r)


def door(a):
    if not a.harness:
        raise SystemExit("door needs --harness DIR")
    os.environ["BUILD"] = os.path.abspath(a.build)
    for name, args, want in WORK:
        rows = run(a, "compare", args[0], ADAPTER, "postfix", "--rounds",
                   str(a.rounds), *args[1:])
        r = rows[-1]
        print("door   %s: dray/Postfix messages a second %.1f (asked: %d; %s "
              "against %s), CPU 1/%.0f (%.3f against %.3f s/1000)" %
              (name, r["ratio_msgs_s"], want,
               " ".join("%.0f" % x for x in r["runs_msgs_s"]["a"]),
               " ".join("%.0f" % x for x in r["runs_msgs_s"]["b"]),
               1 / r["ratio_cpu_1k"], r["a_cpu_1k"], r["b_cpu_1k"]),
              flush=True)
        for mta in (ADAPTER, "postfix"):
            print("door   %s: %s: %.2f flushes of the device a message, %.2f "
                  "syncs; %s" %
                  (name, "dray" if mta == ADAPTER else mta,
                   median(rows, mta, "flush_per_delivery"),
                   syncs(a, args, mta), commits(a, args, mta)), flush=True)
