"""A campaign of a million, steered while it flows: how long until what was said
holds, and what urgent mail notices."""
import os
import subprocess
import threading
import time

from injection import write_list
from instance import ROOM
from streams import part, probe, scene

ONE, TWO = "one@bench.example", "two@bench.example"
TEMPLATE = "From: <one@bench.example>\nSubject: {{f0}}\n\n" + \
    "A line of text, {{f1}}.\n" * 20
# Two of five go to one provider, as fast as we let it have them; the others to
# 50,000 sites, each of which is given one now and then.  What a slow server has
# got is not recalled, so the rates are ours; and nobody looks at how a new
# campaign begins.
CONF = ROOM + "[breaker]\nenabled = no\n" \
    "[limits]\nrecipients-per-message = 1\nmessage-rate = 1/min\n"
HOSTS = "[static *]\nhosts = 127.0.0.1:%(all)d\n" \
    "[static big.example]\nhosts = 127.0.0.1:%(all)d\n" \
    "connections = 20\nmessage-rate = 1000/s\n" \
    "[static fast.example]\nhosts = 127.0.0.1:%(all)d\n" \
    "message-rate = 1000/s\n"


def queue(s, name, sender, n):
    rows, mail = s.base + "/rows", s.base + "/" + name
    write_list(rows, n)
    with open(mail, "w") as f:
        f.write(TEMPLATE)
    with open(rows, "rb") as f:
        subprocess.run(
            [s.inst.bin + "/dray-campaign", "-q", "-b", s.base, "-i", name,
             "-f", sender, "--stream", "bulk", "-T", mail], stdin=f,
            check=True, env=dict(os.environ, TMPDIR=s.base))


def ctl(s, *args):
    """When it began, and when it ended."""
    begin = time.time()
    subprocess.run([s.inst.bin + "/dray-ctl", "-b", s.base] + list(args),
                   check=True, stdout=subprocess.DEVNULL)
    return begin, time.time()


def came(s, sender, begin, end, to=None):
    """When mail of a sender came, in that time; a ledger of a million lines is
    read from near its end."""
    with open(s.ledger("all")) as f:
        f.seek(0, 2)
        f.seek(max(0, f.tell() - (48 << 20)))
        f.readline()
        rows = [x.split() for x in f if x.endswith("\n")]
    return [float(x[0]) for x in rows
            if x[3] == sender and begin <= float(x[0]) < end and
            (not to or x[4].endswith("@" + to))]


def show(what, begin, end, holds, more=""):
    print("steer    %-8s holds after %.3f s (asked: 1), answered after %.3f s%s"
          % (what, holds, end - begin, more), flush=True)


def last(s, begin, seconds=2):
    """Seconds from begin to the last of the campaign that came."""
    time.sleep(max(0, begin + seconds - time.time()))
    return max(came(s, ONE, begin, begin + seconds), default=begin) - begin


def stop_and_go(s):
    begin, end = ctl(s, "pause", "--campaign", "one")
    show("pause", begin, end, last(s, begin), "; in flight then: %d" %
         s.inst.stat()["in_flight"])
    begin, end = ctl(s, "resume", "--campaign", "one")
    time.sleep(1)
    show("resume", begin, end,
         min(came(s, ONE, begin, begin + 9), default=begin + 9) - begin)


def lift(s, n):
    """Another campaign goes before it."""
    queue(s, "two", TWO, n)
    time.sleep(1)
    begin, end = ctl(s, "restream", "regular", "--campaign", "two")
    time.sleep(2)
    a, b = ([(t, w) for t in came(s, w, begin, begin + 2, "big.example")]
            for w in (ONE, TWO))
    both = sorted(a + b)
    # From when on 19 of 20 are of it.
    at = next((t - begin for i, (t, _) in enumerate(both)
               if sum(w == TWO for _, w in both[i:i + 100]) >= 95), 9)
    show("restream", begin, end, at, "; at its provider %d of it came in the "
         "second after, and %d of the other" % tuple(
             sum(begin + 1 <= t for t, _ in x) for x in (b, a)))
    ctl(s, "cancel", "--campaign", "two")


def cancel(s):
    waits = []
    idle = probe(s, {"all": "fast.example"}, 3, 20)["all"]

    def watch():
        while not over.is_set():
            waits.extend(probe(s, {"all": "fast.example"}, 2, 20)["all"])
    over = threading.Event()
    t = threading.Thread(target=watch)
    t.start()
    before = s.inst.stat()["recipients"]
    begin, end = ctl(s, "remove", "--campaign", "one")
    over.set()
    t.join()
    show("remove", begin, end, last(s, begin), "; %d recipients, each with its "
         "event: %.0f/s; urgent mail meanwhile: p50 %.1f ms, p99 %.1f, most "
         "%.1f; before, beside the campaign: %.1f, %.1f, %.1f" % (
             before - s.inst.stat()["recipients"], before / (end - begin),
             part(waits, .5), part(waits, .99), max(waits), part(idle, .5),
             part(idle, .99), max(idle)))


def steer(a):
    n = a.messages or 1000000
    with scene(a, CONF, HOSTS, all=[]) as s:
        s.inst.start()
        begin = time.time()
        queue(s, "one", ONE, n)
        print("steer    %d rows queued in %.1f s" % (n, time.time() - begin),
              flush=True)
        time.sleep(2)
        stop_and_go(s)
        lift(s, max(1000, n // 20))
        cancel(s)
