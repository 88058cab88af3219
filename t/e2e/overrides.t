#!/usr/bin/python3
# Overrides beyond pauses: each is in force within a second, and so is its end,
# by dray-ctl, by rm, and by time; they outlive dray-send.
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


class Line(line.Line):
    def put(self, name, text):
        path = self.base + '/overrides/'
        with open(path + '.' + name, 'w') as f:
            f.write(text)
        os.rename(path + '.' + name, path + name)

    def rm(self, name):
        os.unlink(self.base + '/overrides/' + name)

    def lanes(self, name):
        for d in self.inst.stat()['destinations']:
            if d['name'] == name:
                return d['lanes']
        return 0

    def reason(self, name):
        for d in self.inst.stat()['destinations']:
            if d['name'] == name:
                return d.get('reason', '')
        return ''

    def speed(self, domain, seconds=1.5):
        """Messages a second to a domain, by the sink's ledger."""
        def count():
            return sum(x.endswith('@' + domain) for x in self.arrived())
        before, t = count(), time.time()
        time.sleep(seconds)
        return (count() - before) / (time.time() - t)

    def load(self, n, *domains):
        """n messages for each of them, one recipient each."""
        for i in range(n):
            self.inject(['x%d@%s' % (i, d) for d in domains])


def fill(s, n, domain):
    load(BUILD, s.base, '-m', n, '-l', 500, '-d', domain)


def connections():
    s = Line(args=['-r', '60'], conf=FAST + 'depth = 1\nconnections = 8\n')
    fill(s, 1500, 'a.example')
    ok(until(lambda: s.lanes('a.example') == 6), 'six connections, two are kept for urgent mail')
    a = s.ctl('connections', 2, '--destination', 'a.example')
    ok(until(lambda: s.lanes('a.example') == 2, SOON), 'two of them stay',
       s.lanes('a.example'))
    s.put('one', 'action = connections\nvalue = 1\ndestination = .example\n')
    ok(until(lambda: s.lanes('a.example') == 1, SOON), 'the least counts',
       s.lanes('a.example'))
    opened = s.sink.stat()['connections']
    time.sleep(0.3)
    same(s.sink.stat()['connections'], opened, 'and no other is opened')
    s.restart()
    ok(until(lambda: s.lanes('a.example') == 1), 'it is in force at start')
    time.sleep(0.5)
    same(s.lanes('a.example'), 1, 'and stays so')
    s.rm('one')
    ok(until(lambda: s.lanes('a.example') == 2, SOON), 'rm ends it')
    same(s.ctl('cancel', '--destination', 'a.example')['overrides'],
         a['overrides'], 'dray-ctl ends the other one')
    ok(until(lambda: s.lanes('a.example') == 6, SOON), 'six connections',
       s.lanes('a.example'))
    s.ctl('remove', '--all')
    s.end()


PROVIDERS = '''
[provider one]
domains = a.example b.example
message-rate = 100/s
[provider two]
domains = c.example
message-rate = 100/s
'''


def slow():
    s = Line(providers=PROVIDERS)
    for d in ('a.example', 'c.example'):
        fill(s, 3000, d)
    ok(until(lambda: s.arrived()), 'mail flows')
    ok(60 < s.speed('a.example') < 120, 'at its rate')
    a = s.ctl('slow', 0.1, '--provider', 'one', '--reason', 'they complain',
              '--reply', '421 4.7.0 slow down')
    same((a['action'], a['messages'] > 1000), ('slow', True),
         'dray-ctl tells how much it concerns')
    time.sleep(0.2)
    n = s.speed('a.example')
    ok(5 < n < 15, 'a tenth of it', n)
    n = s.speed('c.example')
    ok(60 < n < 120, 'the other provider is as fast as it was', n)
    n = s.inst.stat()
    same([(o['action'], o['value'], o['scope'], o['reason'])
          for o in n['overrides']],
         [('slow', '0.1', {'provider': 'one'}, 'they complain')],
         'the statistics tell it')
    show = s.tool('dray-stat')
    ok('override  slow 0.1: provider one, ' in show, 'dray-stat too', show)
    ok(until(lambda: s.events('Override')), 'an event')
    e = s.events('Override')[0]
    same((e['action'], e['value'], e['state'], e['scope'], e['reason'],
          e['reply'], e['override']),
         ('slow', '0.1', 'begin', {'provider': 'one'}, 'they complain',
          '421 4.7.0 slow down', a['overrides'][0]), 'tells all of it')
    ok(e['author'], 'and who')
    s.rm(a['overrides'][0])
    time.sleep(0.2)
    n = s.speed('a.example')
    ok(60 < n < 120, 'without its file all is as it was', n)
    a = s.ctl('slow', '0.01', '--all', '--for', '3s')
    time.sleep(0.5)
    n = s.speed('c.example')
    ok(n <= 3, 'all mail, for three seconds', n)
    ok(until(lambda: not os.listdir(s.base + '/overrides'), 4),
       'then its file is gone')
    n = s.speed('c.example')
    ok(60 < n < 120, 'and it flows again', n)
    ok(until(lambda: len(s.events('Override')) == 4), 'four events')
    same([x['state'] for x in s.events('Override')],
         ['begin', 'end', 'begin', 'expired'], 'are begins and ends')
    s.ctl('remove', '--all')
    s.end()


def sessions(s):
    """The number of transactions of each, in order."""
    n = {}
    for e in s.events('Delivery'):
        n.setdefault(e['session_id'], set()).add(e['id'])
    return [len(x) for x in n.values()]


def amounts():
    s = Line(conf=FAST + 'depth = 1\nconnections = 1\n')
    s.ctl('messages-per-connection', 3, '--destination', 'a.example')
    s.load(10, 'a.example')
    ok(until(s.empty), 'ten messages')
    ok(max(sessions(s)) <= 3, 'three of them a connection', sessions(s))
    s.ctl('cancel', '--all')
    before = s.sink.stat()['connections']
    s.load(20, 'a.example')
    ok(until(s.empty), 'twenty more')
    ok(s.sink.stat()['connections'] - before < 5,
       'on few connections, when that has ended', sessions(s))
    # One that is open and has had more.
    s.ctl('messages-per-connection', 3, '--destination', '*')
    ok(until(lambda: s.sink.stat()['open'] == 0, SOON),
       'one that has had more is closed')
    s.ctl('cancel', '--all')
    before = s.sink.stat()['messages']
    s.ctl('recipients-per-message', 5, '--destination', 'a.example')
    s.inject(['y%d@a.example' % i for i in range(20)])
    ok(until(s.empty), 'a message to twenty')
    same(s.sink.stat()['messages'] - before, 4, 'goes in four transactions')
    s.ctl('cancel', '--all')
    s.inject(['z%d@a.example' % i for i in range(20)])
    ok(until(s.empty), 'another')
    same(s.sink.stat()['messages'] - before, 5, 'in one, afterwards')
    s.end()


def skips():
    s = Line(conf=FAST.replace('backoff-max = 1s', 'backoff-max = 60s').replace(
        'backoff-min = 1s', 'backoff-min = 60s'))
    other = Sink(BUILD, ['-l', '127.0.0.2:0'])
    second = int(other.p.stdout.readline().rsplit(':', 1)[1])
    s.inst.routes('[static *]\nhosts = 127.0.0.1:%d 127.0.0.2:%d\n' % (
        s.sink.port, second))
    s.load(5, 'a.example')
    ok(until(s.empty), 'mail goes')
    same(s.sink.stat()['messages'], 5, 'to the first server')
    s.ctl('skip-host', '127.0.0.1', '--all')
    ok(until(lambda: s.sink.stat()['open'] == 0, SOON),
       'the connection to what is skipped is closed')
    s.load(5, 'a.example')
    ok(until(s.empty), 'mail goes on')
    same((s.sink.stat()['messages'], other.stat()['messages']), (5, 5),
         'to the second server')
    s.put('second', 'action = skip-host\nvalue = 127.0.0.2\n'
          'destination = a.example\n')
    ok(until(lambda: other.stat()['open'] == 0, SOON), 'both are skipped')
    s.load(1, 'a.example', 'b.example')
    ok(until(lambda: s.reason('a.example') ==
             'an override skips its servers'), 'it sleeps, and says why',
       s.inst.stat()['destinations'])
    ok(until(lambda: 'x0@b.example' in s.arrived()) or
       other.stat()['messages'] == 6, 'another destination does not')
    s.rm('second')
    ok(until(lambda: other.stat()['messages'] == 7, SOON),
       'without the second one it goes at once', other.stat())
    ok(until(s.empty), 'and nothing is left')
    other.end()
    s.end()


def pauses():
    """A pause of a provider."""
    s = Line(providers=PROVIDERS)
    s.ctl('pause', '--provider', 'one')
    s.inject(['x@a.example', 'x@b.example', 'x@c.example', 'x@d.example'])
    ok(until(lambda: set(s.arrived()) == {'x@c.example', 'x@d.example'}),
       'mail for others arrives')
    time.sleep(0.3)
    same(sorted(s.arrived()), ['x@c.example', 'x@d.example'],
         'but not for a provider that is paused')
    a = s.ctl('cancel', '--provider', 'one')
    ok(until(s.empty, SOON), 'until that ends')
    same((a['messages'], a['recipients']), (1, 2), 'what was held is told')
    s.end()


def sources():
    """One address of a route is paused, another one slowed."""
    s = Line()
    s.inst.routes('[route two]\nsources = 127.0.0.1 127.0.0.2\n'
                  'streams = bulk\n'
                  '[static *]\nhosts = 127.0.0.1:%d\n' % s.sink.port)

    def left():
        return [e['egress_source'] for e in s.events('Delivery')]

    s.ctl('pause', '--source', '127.0.0.2', '--route', 'two')
    s.inject(['x@d%d.example' % i for i in range(40)], '-X', 'stream=bulk')
    def held():
        return sum(d['held'] for d in s.inst.stat()['destinations'])

    ok(until(lambda: held() and len(left()) + held() == 40),
       'mail from one address is held')
    same(set(left()), {'127.0.0.1'}, 'mail from the other leaves')
    e = s.events('Delivery')[0]
    same((e['egress_pool'], e['source_address']), ('two', '127.0.0.1'),
         'events tell which')
    s.ctl('cancel', '--source', '127.0.0.2')
    ok(until(s.empty, SOON), 'until that ends')
    s.ctl('message-rate', '10/s', '--source', '127.0.0.2')
    for i in range(60):
        s.inject(['y%d@a.example' % i], '-X', 'stream=bulk')
    ok(until(lambda: left().count('127.0.0.1') >= 40), 'one is as fast')
    held = s.inst.stat()
    ok(until(s.empty, 20), 'and the other slower', held)
    how = [e['delay_ms'].get('held_by') for e in s.events('Delivery')
           if e['egress_source'] == '127.0.0.2'][-5:]
    ok('message-rate' in how, 'by that rate', how)
    s.end()


run([connections, slow, amounts, skips, pauses, sources], sys.argv[1:])
done()
