#!/usr/bin/python3
# Sources that get warm: a quota for each source and provider, spread over the
# day, the rest by another route or waiting; that the counts outlive dray-send,
# and that a new plan is in force at once.
import os
import signal
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import clock
from line import FAST, Line, run
from tap import done, ok, same, skip_all, until

DAY = 86400
PROVIDERS = '''[provider big]
domains = a.example b.example
[provider other]
domains = c.example
'''
ROUTES = '''[static *]
hosts = 127.0.0.1:%d
[static a.example]
hosts = 127.0.0.1:%d
provider = big
[static b.example]
hosts = 127.0.0.1:%d
provider = big
[static c.example]
hosts = 127.0.0.1:%d
provider = other
[route new]
sources = 127.0.0.2
streams = *
[route old]
sources = 127.0.0.9
[route pair]
sources = 127.0.0.3 127.0.0.4
'''


# It is noon: late in the day there are no places for what these tests have.
SHIFT = 0 if clock.SANITIZED else int(DAY // 2 - time.time() % DAY)


def now():
    return time.time() + SHIFT


def day(n):
    """n days from today, as a plan begins."""
    return time.strftime('start = %Y-%m-%d\n', time.gmtime(now() + n * DAY))


class Warm(Line):
    def __init__(self, plan, script='', conf=''):
        super().__init__(script, conf=conf + FAST, providers=PROVIDERS,
                         env=clock.env(CLOCK_SHIFT=SHIFT) if SHIFT else None)
        self.plan(plan)

    def plan(self, text):
        self.inst.routes(ROUTES % ((self.sink.port,) * 4) + text)

    def by(self):
        """How many were delivered by each route."""
        out = {}
        for e in self.events('Delivery'):
            out[e['egress_pool']] = out.get(e['egress_pool'], 0) + 1
        return out

    def reach(self, want, name):
        """The numbers by route, and no more."""
        ok(until(lambda: self.by() == want), name,
           'got %r want %r\n%s' % (self.by(), want, self.ask()))
        until(lambda: self.by() != want, 0.5)
        same(self.by(), want, name + ', and no more')

    def end(self):
        self.inst.stop(9, only=['dray-remote'])
        super().end()


def rest():
    """Seconds of the day that are left."""
    return DAY - now() % DAY


def burst(quota):
    """What leaves at once of a quota that has not been used."""
    each = max(rest() / quota, 7200 / quota)
    return 1 + int(60 // each)


def waits():
    """Without another route: what the day spreads waits."""
    s = Warm('[warmup w]\nroute = new\ntable = 100\n' + day(0))
    n = burst(100)
    s.mail(n + 4)
    s.reach({'new': n}, 'what a minute takes')
    out = s.ask()
    ok('warm-up w (etc/routes/bench.conf:' in out and
       'day 1 of 1: %d of 100 used, the next one in' % n in out,
       'dray-why tells', out)
    s.restart(signal.SIGKILL)
    # The first after a start is never held for long, the count is the same.
    ok(until(lambda: s.by().get('new', 0) > n), 'one more after a kill', s.by())
    ok('1 of 1: ' in s.ask() and ' of 100 used' in s.ask(), 'counted on',
       s.ask())
    time.sleep(1)   # longer than dray-remote took to start: that holds, too
    s.plan('')
    s.reach({'new': n + 4}, 'all without the plan')
    held = [e['delay_ms'].get('held_by') for e in s.events('Delivery')]
    ok('warm-up' in held, 'their events tell what held them', held)
    s.end()


def overflows():
    """What today's quota cannot take goes by the other route at once, and what
    it can keeps its place."""
    s = Warm('[warmup w]\nroute = new\noverflow = old\ntable = 5\n' + day(0))
    n = burst(5)
    s.mail(12)
    ok(until(lambda: s.by().get('old') == 7), 'seven by the other route',
       s.by())
    until(lambda: s.by().get('old', 0) > 7, 0.5)
    same(s.by(), {'old': 7, 'new': n}, 'the others wait for their place')
    s.mail(3, 'b.example')
    ok(until(lambda: s.by().get('old') == 10),
       'another domain has the same plan', s.by())
    s.mail(3, 'c.example')
    ok(until(lambda: s.by().get('new') == 2 * n),
       'another provider has one by itself', s.by())
    same(s.by().get('old'), 10, 'with places for all of it')
    s.mail(2, 'd.example')
    ok(until(lambda: s.by().get('new') == 3 * n),
       'so has who is no provider', s.by())
    s.restart(signal.SIGKILL)
    ok(until(lambda: s.empty() or 'warm-up' in s.ask()), 'loaded again')
    s.mail(6, 'b.example')
    ok(until(lambda: s.by().get('old', 0) >= 14),
       'a kill gives no new places', s.by())
    stat = {x['name']: x['recipients'] for x in s.inst.stat()['routes']}
    ok('new' in stat and 'old' not in stat, 'what is queued has its route',
       stat)
    s.plan('')
    ok(until(s.empty), 'all leave without the plan', s.by())
    s.end()


def begins():
    """Before its first day nothing leaves; after its last all does."""
    s = Warm('[warmup w]\nroute = new\noverflow = old\ntable = 50\n' + day(1))
    s.mail(4)
    s.reach({'old': 4}, 'all by the other route')
    s.plan('[warmup w]\nroute = new\ntable = 50\n' + day(2))
    s.mail(2)
    ok(until(lambda: 'warm-up w' in s.ask() and 'begins at' in s.ask()),
       'or it waits', s.ask())
    s.plan('[warmup w]\nroute = new\noverflow = old\ntable = 0 50\n' + day(0))
    s.reach({'old': 6}, 'a day without any is like that')
    s.plan('[warmup w]\nroute = new\noverflow = old\ntable = 0\n' + day(-1))
    s.mail(5)
    s.reach({'old': 6, 'new': 5}, 'and then it is over')
    s.end()


def sources():
    """Each source by itself; the plan that says more goes first."""
    s = Warm('[warmup any]\nroute = pair\noverflow = old\ntable = 0\n' +
             day(0) +
             '[warmup one]\nroute = pair\nsources = 127.0.0.3\n'
             'table = 1000000\n' + day(0))
    for i in range(40):
        s.inject(['m%d@x%d.example' % (i, i)], '-X', 'route=pair')
    ok(until(s.empty), 'all leave', s.by())
    got = {}
    for e in s.events('Delivery'):
        a = e['source_address']['address'].split(':')[0] \
            if isinstance(e.get('source_address'), dict) \
            else str(e.get('source_address')).split(':')[0]
        got[a] = got.get(a, 0) + 1
    ok(set(got) == {'127.0.0.3', '127.0.0.9'} and len(got) == 2,
       'one source takes its part, that of the other overflows', got)
    s.end()


def spread():
    """A rate can be seen: never faster than the day's in two hours."""
    quota = 36000
    s = Warm('[warmup w]\nroute = new\ntable = %d\n' % quota + day(0))
    n = burst(quota)
    each = max(rest() / quota, 7200 / quota)
    began = time.time()
    s.mail(n + 300)
    ok(until(lambda: s.by().get('new', 0) >= n), 'a minute\'s worth', s.by())
    time.sleep(3)
    got, late = s.by()['new'], time.time() - began
    ok(got <= n + late / each + 2, 'then no more than the day spreads',
       '%d of %d in %.1f s, each %.2f s' % (got, n, late, each))
    ok(until(lambda: s.by()['new'] > got or got == n + 300, 2 * each + 10),
       'and it goes on', s.by())
    s.end()


def tried():
    """Who was tried from the source stays there."""
    s = Warm('[warmup w]\nroute = new\noverflow = old\ntable = 3\n' + day(0),
             script='rcpt to m0@* reply 450 4.2.1 later\n')
    s.mail(1)
    ok(until(lambda: s.events('TransientFailure')), 'it is put off')
    ok(until(lambda: 'warm-up w' in s.ask()), 'and waits for its place',
       s.ask())
    until(lambda: len({e['egress_pool'] for e in s.events('TransientFailure')})
          > 1, 1)
    same({e['egress_pool'] for e in s.events('TransientFailure')}, {'new'},
         'of the same source')
    s.end()


def many():
    """A message for many: what is more than the places goes at once."""
    s = Warm('[warmup w]\nroute = new\noverflow = old\ntable = 10\n' + day(0))
    s.inject(['r%d@a.example' % i for i in range(300)])
    ok(until(s.empty), 'all leave', s.by())
    new = s.by().get('new', 0)
    ok(new <= 10 and s.by()['old'] == 300 - new, 'most by the other route',
       s.by())
    same(len(set(s.arrived())), 300, 'each of them')
    s.end()


def urgent():
    """What must not wait does not wait for a place."""
    s = Warm('[warmup w]\nroute = new\noverflow = old\ntable = 50\n' + day(0))
    n = burst(50)
    s.mail(n + 5)
    s.reach({'new': n}, 'the rest has a place today')
    s.mail(3, 'a.example', '-X', 'stream=transactional')
    s.reach({'new': n, 'old': 3}, 'receipts go by the other route')
    s.end()


def chain():
    """The other route may have a plan, too."""
    s = Warm('[warmup w]\nroute = new\noverflow = pair\ntable = 0\n' + day(0) +
             '[warmup v]\nroute = pair\noverflow = old\ntable = 0\n' + day(0))
    s.mail(5)
    s.reach({'old': 5}, 'by the third route')
    s.end()


def short():
    """What would not live so long goes by the other route, too; so does what
    would wait longer than it may."""
    s = Warm('[warmup w]\nroute = new\noverflow = old\ntable = 5\n' + day(0))
    n = burst(5)
    s.mail(n + 3, 'a.example', '-X', 'lifetime=120')
    s.reach({'new': n, 'old': 3}, 'a short life')
    s.plan('[warmup w]\nroute = new\noverflow = old\ntable = 50\nwait = 1s\n' +
           day(0))
    s.mail(5, 'c.example')
    ok(until(s.empty), 'no patience', s.by())
    s.end()


if rest() < 10800:
    skip_all('the day is almost over, and the sanitizers allow no other')
run([waits, overflows, begins, sources, spread, tried, many, urgent, chain,
     short], sys.argv[1:])
done()
