#!/usr/bin/python3
# What groups share: the totals of providers and routes, and what a tenant or a
# campaign may use; that those who have to wait hold up nobody else.
import os
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from line import FAST, Line, run
from tap import done, ok, same, until

STALL = 'dot stall\n'


class Shared(Line):
    def __init__(self, shares='', routes='', providers='', script='',
                 static=''):
        super().__init__(script, conf=shares + FAST + 'depth = 1\n',
                         providers=providers)
        self.inst.routes('[static *]\nhosts = 127.0.0.1:%d\n%s%s' % (
            self.sink.port, static, routes))

    def inject(self, to, *options, **kw):
        return super().inject([to], *options, **kw)

    def lanes(self):
        return self.inst.stat()['lanes']

    def flying(self):
        return self.inst.stat()['in_flight']

    def end(self):
        self.inst.stop(9, only=['dray-remote'])
        super().end()


def provider_total():
    s = Shared(providers='[provider big]\ndomains = a.example b.example '
               'c.example\ntotal-connections = 5\n',
               routes='[route one]\nsources = 127.0.0.2 127.0.0.3\n',
               script=STALL)
    for i in range(40):
        s.inject('t%d@%s.example' % (i, 'abc'[i % 3]),
                 *(['-X', 'route=one'] if i % 2 else []))
    ok(until(lambda: s.lanes() == 5), 'five connections over all routes',
       s.lanes())
    ok(not until(lambda: s.lanes() > 5, 1), 'and no more', s.lanes())
    s.end()


def route_total():
    s = Shared(routes='[route one]\nsources = 127.0.0.2 127.0.0.3\n'
               'streams = *\ntotal-connections = 4\n', script=STALL)
    for i in range(40):
        s.inject('t%d@d%d.example' % (i, i))
    ok(until(lambda: s.lanes() == 4), 'four connections to all providers',
       s.lanes())
    ok(not until(lambda: s.lanes() > 4, 1), 'and no more', s.lanes())
    s.end()


def tenant():
    """At most so many of its messages are in flight; others go on."""
    s = Shared('[tenant slow]\nconnections = 2\n',
               script='dot from *@slow.example stall\n')
    for i in range(20):
        s.inject('s%d@o.example' % i, '-X', 'tenant=slow',
                 sender='a@slow.example')
    ok(until(lambda: s.flying() == 2), 'two are in flight', s.flying())
    for i in range(20):
        s.inject('o%d@o.example' % i, '-X', 'tenant=other')
    ok(until(lambda: len(s.events('Delivery')) == 20),
       'mail of another tenant passes', len(s.events('Delivery')))
    same(s.flying(), 2, 'still two')
    s.end()


def windows(times, length):
    most = i = 0
    for j, t in enumerate(times):
        while t - times[i] >= length:
            i += 1
        most = max(most, j - i + 1)
    return most


def campaign_rate():
    s = Shared('[campaign *]\nmessage-rate = 10/s\nmessage-burst = 2\n')
    for i in range(30):
        s.inject('s%d@d%d.example' % (i, i % 3), '-X', 'campaign=big')
    for i in range(10):
        s.inject('o%d@d%d.example' % (i, i % 3))
    ok(until(lambda: len([x for x in s.arrived() if x[0] == 'o']) == 10),
       'what is of no campaign does not wait')
    ok(len(s.arrived()) < 40, 'the campaign does', len(s.arrived()))
    ok(until(lambda: len(s.arrived()) == 40), 'all of it arrives')
    with open(s.ledger) as f:
        at = sorted(float(x.split()[0]) for x in f
                    if x.split()[4][0] == 's')
    ok(windows(at, 1.0) <= 12, 'not above its rate in any second',
       windows(at, 1.0))
    s.end()


def live():
    """A new policy lifts what was held back."""
    s = Shared('[tenant slow]\nmessage-rate = 1/h\nmessage-burst = 1\n')
    for i in range(10):
        s.inject('s%d@o.example' % i, '-X', 'tenant=slow')
    ok(until(lambda: len(s.arrived()) == 1), 'one an hour')
    ok(not until(lambda: len(s.arrived()) > 1, 0.5), 'and no more',
       len(s.arrived()))
    s.inst.write_conf('[tenant slow]\nmessage-rate = 1000/s\n' + FAST)
    s.inst.compile()
    ok(until(lambda: len(s.arrived()) == 10), 'then all', len(s.arrived()))
    s.end()


def address():
    """What one remote address takes, whichever domains are there."""
    s = Shared('', script=STALL, static='address-connections = 3\n')
    for i in range(30):
        s.inject('t%d@d%d.example' % (i, i))
    ok(until(lambda: s.lanes() == 3), 'three connections to one address',
       s.lanes())
    ok(not until(lambda: s.lanes() > 3, 1), 'and no more', s.lanes())
    s.end()


def address_rate():
    s = Shared('', static='address-message-rate = 10/s\n')
    for i in range(30):
        s.inject('t%d@d%d.example' % (i, i))
    ok(until(lambda: len(s.arrived()) == 30), 'all arrive')
    with open(s.ledger) as f:
        at = sorted(float(x.split()[0]) for x in f)
    ok(windows(at, 1.0) <= 12, 'not above the rate in any second',
       windows(at, 1.0))
    s.end()


def provider_times():
    """Retries and lifetime as the provider likes them."""
    s = Shared(providers='[provider p]\ndomains = p.example\n'
               'retry = 1s 1s\nretry-then = 1s\nlifetime = 4s\n'
               '[provider q]\ndomains = q.example\nretry = 1h\n',
               script='rcpt to *@p.example reply 450 4.2.1 later\n'
               'rcpt to *@q.example reply 450 4.2.1 later\n')
    s.inject('a@p.example')
    s.inject('b@q.example')
    ok(until(lambda: s.events('Expiration')), 'it expires')
    e = s.events('Expiration')[0]
    same(e['recipient'], 'a@p.example', 'where the lifetime is short')
    n = [x['recipient'] for x in s.events('TransientFailure')]
    ok(n.count('a@p.example') > 1, 'after several attempts', n)
    same(n.count('b@q.example'), 1, 'the other waits for an hour')
    s.end()


run([address, address_rate, provider_times, provider_total, route_total, tenant, campaign_rate, live], sys.argv[1:])
done()
