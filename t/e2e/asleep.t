#!/usr/bin/python3
# What sleeps, or waits for a place, is kept small: what was learnt of it stays,
# nothing is lost on the way back, and a new policy reaches it a few at a time
# while mail flows.
import collections
import os
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from instance import ROOM, Sink, ledger_rows, load
from line import BUILD, Line, run
from tap import done, ok, same, until

HOSTS = '[static *]\nhosts = 127.0.0.1:%d\n'


def dead_port():
    s = Sink(BUILD)
    s.end()
    return s.port


def path(s, name):
    """What dray-why tells of the only path of a destination."""
    paths = s.why(name)['paths']
    return paths[0] if paths else {}


def sleep(s, name):
    for h in path(s, name).get('holds', []):
        if h['what'] == 'sleep':
            return h


def back_off():
    """Each time that a site sleeps it is put away, but not its failures."""
    port = dead_port()
    s = Line(conf=ROOM + '[limits]\nbackoff-min = 1s\nbackoff-max = 4s\n'
             'connections = 7\nquit-timeout = 1s\n', routes=HOSTS % port)
    s.inject(['a@a.example'])
    ok(until(lambda: (sleep(s, 'a.example') or {}).get('failures', 0) >= 3),
       'three failures in a row', path(s, 'a.example'))
    p = path(s, 'a.example')
    h = sleep(s, 'a.example') or {}
    same((h.get('of'), p['lanes'], p['group_lanes'], p['group_most']),
         ('site', 0, 0, 7), 'the site sleeps, and has its limit')
    ok('refused' in h.get('reason', ''), 'and its reason', h)
    ok(h.get('until', 0) - time.time() > 1, 'longer than the first time', h)
    s.inject(['b@a.example'])
    same(path(s, 'a.example')['recipients'], 2, 'more mail waits with it')
    sink = Sink(BUILD, ['-c', s.ledger], port=port)
    ok(until(s.empty), 'all of it leaves')
    same(sorted(s.arrived()), ['a@a.example', 'b@a.example'], 'once')
    s.inst.stop()
    sink.end()
    s.inst.start()
    s.end()


def overridden():
    """An override is told also where the group is put away."""
    s = Line(conf=ROOM + '[limits]\nbackoff-min = 1h\n',
             routes=HOSTS % dead_port())
    s.inject(['a@a.example'])
    ok(until(lambda: sleep(s, 'a.example')), 'it sleeps')
    s.ctl('connections', '2', '--destination', 'a.example')
    ok(until(lambda: 'override' in
             [h['what'] for h in path(s, 'a.example')['holds']]),
       'the override is told', path(s, 'a.example'))
    s.end()


def all_asleep(s, n):
    dests = s.inst.stat()['destinations']
    return len(dests) == n and all(d['asleep_until'] for d in dests)


def many_owners():
    """Runs of several campaigns rest and come back, each recipient once."""
    port = dead_port()
    s = Line(conf=ROOM + '[limits]\nbackoff-min = 2s\nbackoff-max = 2s\n'
             'quit-timeout = 1s\n', routes=HOSTS % port)
    n = 2000
    load(BUILD, s.base, '-m', n, '-l', 200, '-k', 3, '-C', 40, '-s', 10)
    ok(until(lambda: s.inst.stat()['recipients'] == n), 'all of them wait')
    ok(until(lambda: all_asleep(s, 3)), 'asleep')
    sink = Sink(BUILD, ['-c', s.ledger], port=port)
    ok(until(s.empty, 60), 'then they leave')
    got = collections.Counter(s.arrived())
    same((sum(got.values()), s.inst.stat()['delivered']), (n, n), 'each once')
    s.inst.stop()
    sink.end()
    s.inst.start()
    s.end()


def arrivals(name):
    return [(float(x[0]), x[3], x[4]) for x in ledger_rows(name)]


def switched():
    """Mail to thousands of destinations, some of them asleep, goes elsewhere
    under the new policy; lanes that are open finish what they have."""
    n, asleep = 3000, 500
    s = Line(args=['-r', '300'],
             conf=ROOM + '[limits]\nbackoff-min = 1h\ndepth = 1\n'
             'connections = 2\nrecipients-per-message = 1\nquit-timeout = 1s\n')
    other = Sink(BUILD, ['-c', s.base + '/other'])
    s.inst.routes(HOSTS % s.sink.port + '[static .dead.test]\n'
                  'hosts = 127.0.0.1:%d\n' % dead_port())
    load(BUILD, s.base, '-m', asleep, '-l', 200, '-d', 'dead.test', '-k',
         asleep, '-C', 10, '-s', 10)
    ok(until(lambda: all_asleep(s, 100)), 'some are asleep')
    load(BUILD, s.base, '-m', n, '-l', 200, '-k', 20, '-C', 10, '-s', 10)
    ok(until(lambda: len(s.arrived()) > 300), 'mail flows')
    t = time.time()
    s.inst.routes(HOSTS % other.port)
    new = s.inst.stat()['policy']
    ok(until(s.empty, 60), 'until all of it has left')
    there = {a[2] for a in arrivals(s.base + '/other')}
    both = s.arrived() + list(there)
    same((len(both), len(set(both))), (n + asleep, n + asleep),
         'each recipient once')
    same(sum(x.endswith('dead.test') for x in there), asleep,
         'what slept was tried at once')
    ok(len(there) > asleep, 'what waited went to the new servers, too')
    same({e['policy'] for e in s.events('Delivery')
          if e['recipient'] in there}, {new}, 'by the new policy')
    sent = [l for l in s.events('Delivery') if l['recipient'] not in there]
    ok(sent, 'and some had gone to the old ones')
    s.inst.stop()
    other.end()
    s.inst.start()
    s.end()


run([back_off, overridden, many_owners, switched], sys.argv[1:])
done()
