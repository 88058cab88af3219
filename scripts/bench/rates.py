"""Limits of rate, by the clock of the sink."""
import time

from streams import HOSTS, burden, scene

LIMITS = {"second": ("7/s", 7, 1), "minute": ("100/min", 100, 60),
          "hour": ("1000/h", 1000, 3600)}
BURST = 2


def most(times, period):
    """The most of them in any window of that length."""
    first, best = 0, 0
    for i, t in enumerate(times):
        while times[first] <= t - period:
            first += 1
        best = max(best, i - first + 1)
    return best


def rate(a):
    """What waits is enough for twice the time."""
    secs = max(a.seconds, 150)
    routes = "".join("[static %s.example]\n%smessage-rate = %s\n" % (
        d, HOSTS.replace("%d", "%(sink)d"), LIMITS[d][0]) for d in LIMITS)
    with scene(a, "[limits]\nmessage-burst = %d\n" % BURST, routes,
               sink=[]) as s:
        s.inst.start()
        for d, (_, n, period) in LIMITS.items():
            s.load("-m", 100 + 2 * secs * n // period, "-l", 500, "-d",
                   d + ".example")
        time.sleep(secs)
        end = time.time()
        rows = s.arrivals("sink")
    for d, (text, n, period) in LIMITS.items():
        times = sorted(t for t, _, r in rows if r.endswith("@%s.example" % d))
        got = [t for t in times if t > times[0] + 5]
        # Between the last ones: from one to the next is what a rate is about.
        used = (len(got) - 1) / (got[-1] - got[0]) * period / n
        print("rate   %-8s most in %4d s: %4d (at most %d + %d), %.1f %% used "
              "(asked: 95) in %.0f s; %s" %
              (text, period, most(times, period), n, BURST, 100 * used,
               end - times[0], burden()), flush=True)
