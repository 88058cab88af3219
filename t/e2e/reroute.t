#!/usr/bin/python3
# Which route mail takes when an override, or another policy, changes it: what
# is new, what waits, sleeps, is held or deferred, and what is in flight.
import os
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import line
from instance import ROOM, Sink, load
from line import BUILD, FAST, run
from tap import done, ok, same, until

SOON = 1.0    # seconds until an override is in force
STATIC = '[static *]\nhosts = 127.0.0.1:%d\n'
ROUTES = '''[route own]
sources = 127.0.0.2
streams = *
[route other]
sources = 127.0.0.3 127.0.0.4
'''
PROVIDERS = '[provider big]\ndomains = a.example b.example\n'
HOUR = ROOM + '[retry]\nschedule = 1h\nthen = 1h\n'


class Line(line.Line):
    def __init__(self, script='', conf=FAST, **kw):
        super().__init__(script, conf=conf, **kw)
        self.inst.routes(STATIC % self.sink.port + ROUTES)

    def sent(self, *domains):
        """The routes that deliveries to these domains took, and how many."""
        out = {}
        for e in self.events('Delivery'):
            if not domains or e['recipient'].split('@')[1] in domains:
                route = e.get('egress_pool', '')
                out[route] = out.get(route, 0) + 1
        return out

    def arrive(self, n, name):
        return ok(until(lambda: len(self.events('Delivery')) == n), name,
                  self.sent())


def scopes():
    s = Line(providers=PROVIDERS)
    s.mail(2, 'a.example')
    s.arrive(2, 'mail arrives')
    same(s.sent(), {'own': 2}, 'by its own route')
    s.ctl('reroute', 'other', '--campaign', 'c', '--reason', 'blocked')
    s.mail(3, 'a.example', '-X', 'campaign=c')
    s.mail(3, 'a.example', '-X', 'campaign=d')
    s.arrive(8, 'two campaigns arrive')
    same(s.sent(), {'own': 5, 'other': 3}, 'one of them by the other route')
    s.ctl('pause', '--campaign', 'c')
    s.mail(1, 'a.example', '-X', 'campaign=c')
    text = ''
    def told():
        nonlocal text
        text = s.ask()
        return 'sends mail by the route other' in text and \
            ': blocked' in text
    ok(until(told), 'dray-why tells it', text)
    s.ctl('resume', '--campaign', 'c')
    s.arrive(9, 'what it held')
    s.ctl('cancel', '--all')
    s.ctl('reroute', 'other', '--provider', 'big')
    s.mail(4, 'b.example')
    s.mail(4, 'c.example')
    s.arrive(17, 'mail for two providers arrives')
    same((s.sent('b.example'), s.sent('c.example')),
         ({'other': 4}, {'own': 4}), 'for one of them by the other route')
    s.ctl('reroute', 'own', '--destination', 'b.example')
    s.mail(1, 'b.example')
    s.arrive(18, 'another override')
    same(s.sent('b.example'), {'other': 4, 'own': 1}, 'the last one counts')
    s.ctl('cancel', '--all')
    s.ctl('reroute', 'other', '--stream', 'bulk')
    s.ctl('reroute', 'nowhere', '--destination', 'd.example')
    s.mail(2, 'd.example', '-X', 'stream=bulk')
    s.mail(2, 'd.example', '-X', 'stream=regular')
    s.arrive(22, 'a route that is not there')
    same(s.sent('d.example'), {'other': 2, 'own': 2}, 'is nobody\'s')
    s.end()


def sleeping():
    """A destination that fails by one source goes by another."""
    dead = Sink(BUILD)
    dead.end()
    s = Line(conf=ROOM + '[limits]\nbackoff-min = 1h\n')
    s.inst.routes((STATIC + ROUTES) % dead.port)
    s.mail(20, 'a.example')
    ok(until(lambda: s.inst.stat()['destinations'][0].get('reason')),
       'it sleeps')
    again = Sink(BUILD, ['-c', s.ledger], port=dead.port)
    s.ctl('reroute', 'other', '--destination', 'a.example')
    s.arrive(20, 'what sleeps arrives')
    same(s.sent(), {'other': 20}, 'by the other route')
    routes = {r['name']: r['recipients'] for r in s.inst.stat()['routes']}
    same(sum(routes.values()), 0, 'and is counted nowhere')
    again.end()
    s.end()


def waiting():
    """What is held, deferred and ready, with several recipients a message."""
    s = Line('rcpt to later*@* first 1 reply 450 4.2.1 not now\n', conf=HOUR)
    s.inject(['later%d@a.example' % i for i in range(3)])
    ok(until(lambda: len(s.events('TransientFailure')) == 3), 'three deferred')
    s.ctl('pause', '--stream', 'bulk')
    s.inject(['x%d@a.example' % i for i in range(5)], '-X', 'stream=bulk')
    ok(until(lambda: s.inst.stat()['recipients'] == 8), 'five are held')
    same({r['name']: r['recipients'] for r in s.inst.stat()['routes']},
         {'own': 8}, 'they are told by route')
    s.ctl('reroute', 'other', '--all')
    s.ctl('resume', '--stream', 'bulk')
    s.arrive(5, 'what was held arrives')
    s.ctl('flush', '--all')
    s.arrive(8, 'what was deferred does')
    same(s.sent(), {'other': 8}, 'by the other route')
    s.end()


def back():
    """When it ends, what waits takes its own route again."""
    s = Line(conf=HOUR + '[limits]\nconnections = 1\n')
    s.sink.ask('hold dot')
    s.ctl('reroute', 'other', '--all')
    s.mail(30, 'a.example', '-X', 'campaign=c')
    ok(until(lambda: s.sink.stat()['open'] > 0), 'some are in flight')
    name, = os.listdir(s.base + '/overrides')
    os.unlink(s.base + '/overrides/' + name)
    ok(until(lambda: 'own' in {r['name']: 1 for r in s.inst.stat()['routes']
                               if r['recipients'] > 15}, 5),
       'most are back soon', s.inst.stat()['routes'])
    s.sink.ask('go')
    s.arrive(30, 'all arrive')
    got = s.sent()
    ok(got.get('own', 0) > 15 and sum(got.values()) == 30,
       'most by their own route', got)
    s.end()


def policy():
    """A new policy chooses anew for what waits."""
    s = Line('rcpt to later*@* first 1 reply 450 4.2.1 not now\n', conf=HOUR)
    s.ctl('pause', '--campaign', 'c')
    s.mail(10, 'a.example', '-X', 'campaign=c')
    s.inject(['later@b.example'])
    s.mail(2, 'a.example', '-X', 'route=own')
    s.arrive(2, 'what is not held')
    before = s.inst.stat()['policy']
    s.inst.routes(STATIC % s.sink.port + ROUTES.replace(
        'streams = *\n', '').replace('127.0.0.4\n', '127.0.0.4\nstreams = *\n'))
    ok(until(lambda: s.inst.stat()['policy'] != before), 'a new policy')
    s.ctl('resume', '--all')
    s.ctl('flush', '--all')
    s.arrive(13, 'what waited arrives')
    same((s.sent('a.example'), s.sent('b.example')),
         ({'own': 2, 'other': 10}, {'other': 1}), 'by the route of its policy')
    s.end()


def overflowed():
    """What a warm-up plan moved stays there, whatever the policy chooses."""
    plan = ('[warmup w]\nroute = own\nstart = %s\ntable = 0 0\n'
            'overflow = other\n' % time.strftime('%Y-%m-%d', time.gmtime()))
    s = Line('rcpt to later*@* first 1 reply 450 4.2.1 not now\n', conf=HOUR)
    before = s.inst.stat()['policy']
    s.inst.routes(STATIC % s.sink.port + ROUTES + plan)
    ok(until(lambda: s.inst.stat()['policy'] != before), 'a plan')
    s.inject(['later@a.example'])
    ok(until(lambda: s.events('TransientFailure')), 'put off')
    same([e['egress_pool'] for e in s.events('TransientFailure')], ['other'],
         'by the route that it overflows to')
    before = s.inst.stat()['policy']
    s.inst.routes(STATIC % s.sink.port + plan +
                  ROUTES.replace('127.0.0.2', '127.0.0.2 127.0.0.5'))
    ok(until(lambda: s.inst.stat()['policy'] != before), 'another policy')
    s.ctl('flush', '--all')
    s.arrive(1, 'it arrives')
    same(s.sent(), {'other': 1}, 'by the same route')
    s.end()


def many():
    """More than a turn moves, and the log says that nothing is lost."""
    s = Line(conf=FAST)
    s.ctl('pause', '--all')
    n = 30000
    load(BUILD, s.base, '-m', n, '-l', 500, '-s', 100, '-d', 'a.example')
    ok(until(lambda: s.inst.stat()['recipients'] == n), 'many wait')
    s.ctl('reroute', 'other', '--all')
    ok(until(lambda: [r['name'] for r in s.inst.stat()['routes']] ==
             ['other']), 'they move')
    s.ctl('resume', '--all')
    ok(until(s.empty, 60), 'all arrive')
    same(s.sent(), {'other': n}, 'each once, by the other route')
    s.end()


run((scopes, sleeping, waiting, back, policy, overflowed, many), sys.argv[1:])
done()
