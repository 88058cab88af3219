#!/usr/bin/python3
# Virtual routes: which mail takes which one, from which source it leaves and
# with which name, that it stays there, and what a new policy changes.
import collections
import os
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from instance import ROOM
from line import FAST, Line, run
from tap import done, ok, same, until

STATIC = '[static *]\nhosts = 127.0.0.1:%d\n'
ROUTES = '''[route two]
sources = 127.0.0.2 127.0.0.3*3
streams = bulk
[route shop]
sources = 127.0.0.4
senders = .shop.example
[route named]
sources = 127.0.0.6
[source 127.0.0.3]
helo = three.example
'''


class Routed(Line):
    def __init__(self, routes=ROUTES, script='', args=(), **kw):
        super().__init__(script, args, **kw)
        self.inst.routes(STATIC % self.sink.port + routes)

    def inject(self, to, *options, **kw):
        return super().inject([to], *options, **kw)

    def sent(self, *kinds):
        """Recipient: its source and route, of each attempt."""
        out = collections.defaultdict(list)
        for e in self.events(*(kinds or ('Delivery',))):
            out[e['recipient']].append((e['source_address'].rsplit(':', 1)[0],
                                        e.get('egress_pool', '')))
        return out


def choice():
    s = Routed()
    s.inject('a@o.example')
    s.inject('b@o.example', '-X', 'stream=bulk')
    s.inject('c@o.example', sender='x@a.shop.example')
    s.inject('d@o.example', '-X', 'stream=bulk', sender='x@a.shop.example')
    s.inject('e@o.example', '-X', 'route=named')
    s.inject('f@o.example', '-X', 'route=nobody')
    ok(until(lambda: len(s.events('Delivery')) == 6), 'all arrive')
    got = {k[0]: v for k, v in s.sent().items()}
    same(got['a'], [('127.0.0.1', '')], 'without a route the system chooses')
    ok(got['b'][0][0] in ('127.0.0.2', '127.0.0.3') and got['b'][0][1] == 'two',
       'a stream has its route', got['b'])
    same(got['c'], [('127.0.0.4', 'shop')], 'a sender has')
    same(got['d'], [('127.0.0.4', 'shop')], 'a sender says more than a stream')
    same(got['e'], [('127.0.0.6', 'named')], 'or the message names it')
    same(got['f'], [('127.0.0.1', 'nobody')],
         'one that the policy does not know has no source')
    s.end()


def weights():
    n = 400
    s = Routed()
    for i in range(n):
        s.inject('w%d@d%d.example' % (i, i), '-X', 'stream=bulk')
    ok(until(lambda: len(s.events('Delivery')) == n, 60), 'all arrive')
    count = collections.Counter(v[0][0] for v in s.sent().values())
    same(set(count), {'127.0.0.2', '127.0.0.3'}, 'from both sources')
    share = count['127.0.0.3'] / n
    ok(0.65 < share < 0.85, 'three quarters from the one with weight 3', share)
    s.end()


def sticks():
    """What is put off comes from the same source again, also after a
    restart."""
    n = 30
    s = Routed(script='rcpt first 2 reply 450 4.7.1 later\n')
    for i in range(n):
        s.inject('g%d@o.example' % i, '-X', 'stream=bulk')
    ok(until(lambda: len(s.events('TransientFailure')) >= n),
       'all are put off')
    s.inst.stop(only=['dray-remote', 'dray-send'])
    s.inst.start(['dray-send', 'dray-remote'])
    ok(until(lambda: len(s.events('Delivery')) == n, 60), 'and arrive')
    at = s.sent('TransientFailure', 'Delivery')
    same([v for v in at.values() if len(set(v)) > 1], [],
         'each from one source')
    ok(all(len(v) == 3 for v in at.values()), 'at the third attempt')
    same(len({v[0] for v in at.values()}), 2, 'which is not always the same')
    s.end()


def live():
    """A source that is no more: what waits for it takes another one."""
    s = Routed('[route two]\nsources = 127.0.0.2 127.0.0.3\n'
               'streams = *\n', 'rcpt first 1 reply 450 4.7.1 later\n',
               conf=ROOM + '[retry]\nschedule = 1h\n')
    for i in range(20):
        s.inject('l%d@o.example' % i)
    ok(until(lambda: len(s.events('TransientFailure')) == 20), 'put off')
    before = s.inst.stat()['policy']
    s.inst.routes(STATIC % s.sink.port +
                  '[route two]\nsources = 127.0.0.7\nstreams = *\n')
    ok(until(lambda: s.inst.stat()['policy'] != before), 'another policy')
    s.ctl('flush', '--all')
    ok(until(lambda: len(s.events('Delivery')) == 20), 'they arrive')
    at = s.sent('TransientFailure', 'Delivery')
    same({v[-1] for v in at.values()}, {('127.0.0.7', 'two')},
         'from the source that the route has now')
    s.end()


def limits():
    """Each source counts for itself; the provider's limits are those for the
    route, where they are given."""
    s = Routed('[route two]\nsources = 127.0.0.2 127.0.0.3\nstreams = *\n'
               'connections = 3\n', 'dot stall\n')
    for i in range(60):
        s.inject('c%d@o.example' % i)
    ok(until(lambda: s.inst.stat()['lanes'] == 6),
       'three connections from each source', s.inst.stat()['lanes'])
    s.inst.stop(9, only=['dray-remote'])
    s.end()


run([choice, weights, sticks, live, limits], sys.argv[1:])
done()
