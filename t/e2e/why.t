#!/usr/bin/python3
# dray-why: each thing that holds mail back is made, and told.
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

ONE = 'recipients-per-message = 1\ndepth = 1\n'


class Line(line.Line):
    def holds(self, name):
        return [h for p in self.why(name)['paths'] for h in p['holds']]

    def what(self, name):
        return [h['what'] for h in self.holds(name)]

    def wait(self, name, *what):
        """Until that is what holds it."""
        ok(until(lambda: self.what(name) == list(what)),
           '%s: %s' % (name, ', '.join(what) or 'nothing'), self.why(name))
        return self.holds(name)

    def users(self, domain, n, *options):
        self.inject(['u%d@%s' % (i, domain) for i in range(n)], *options)

    def conf_line(self, text):
        with open(self.base + '/etc/dray.conf') as f:
            return 'etc/dray.conf:%d' % (f.read().split('\n').index(text) + 1)


def counts(a):
    return a['ready'], a['held'], a['deferred'], a['in_flight']


def nothing():
    s = Line(args=['-D', '3000'], conf=FAST + ONE)
    a = s.why('a.example')
    same((counts(a), a['paths'], a['streams']), ((0, 0, 0, 0), [], []),
         'nothing is queued')
    ok('no mail for it' in s.ask('a.example'), 'which is said')
    s.users('a.example', 2, '-X', 'stream=transactional')
    ok(until(lambda: s.why('a.example')['in_flight'] == 2), 'two in flight')
    a = s.why('U@A.Example')
    same(counts(a), (0, 0, 0, 2), 'an address is as good as its domain')
    same([(x['name'], x['in_flight']) for x in a['streams']],
         [('transactional', 2)], 'by stream')
    p = a['paths'][0]
    same((p['lanes'] >= 2, p['in_flight'], p['holds']), (True, 2, []),
         'nothing holds it')
    ok(until(s.empty), 'they arrive')
    a = s.why('a.example')
    ok(not a['paths'] or a['paths'][0]['reply_ms'] > 2900,
       'how long the servers take is known', a)
    s.end()


def rates():
    s = Line(conf=FAST + 'message-rate = 5/s\nmessage-burst = 1\n' + ONE)
    s.users('a.example', 30, '-X', 'stream=bulk')
    h, = s.wait('a.example', 'message-rate')
    same((h['stream'], h['limit'], h['set_by']), ('bulk', '5/s',
         s.conf_line('message-rate = 5/s')), 'its value, and who set it')
    ok(0 <= h['next_ms'] <= 210, 'when the next one may leave', h)
    ok('  bulk: message-rate 5/s (etc/dray.conf:' in s.ask('a.example'),
       'for people', s.ask('a.example'))
    s.inst.conf(FAST + ONE + 'byte-rate = 1K/min\n')
    h, = s.wait('a.example', 'byte-rate')
    same(h['set_by'], s.conf_line('byte-rate = 1K/min'), 'another limit')
    s.inst.conf(FAST + ONE)
    s.wait('a.example')
    ok(until(s.empty), 'without limits all arrives')
    s.end()


def provider():
    """What is most specific is told: here the provider's."""
    s = Line(args=['-D', '500'], conf=FAST + ONE, providers='[provider big]\n'
             'domains = big.example\n\nconnections = 4\n')
    s.users('big.example', 300, '-X', 'stream=bulk')
    s.users('big.example', 200, '-X', 'stream=regular')
    until(lambda: s.what('big.example').count('connections') == 2)
    h = [x for x in s.holds('big.example') if x['what'] == 'connections']
    same([(x['stream'], x['set_by'], x['used'], x['most'], x['kept'])
          for x in h],
         [(x, 'etc/providers/bench.conf:4', 3, 4, 1)
          for x in ('regular', 'bulk')], 'connections are all taken')
    p, = s.why('big.example')['paths']
    same((p['provider'], p['lanes']), ('big', 3), 'by whom')
    s.end()


def totals():
    """What all routes to a provider, or all providers of a route, have."""
    big = '[provider big]\ndomains = big.example\n\n'
    s = Line(args=['-D', '500'], conf=FAST + ONE,
             providers=big + 'total-message-rate = 30/min\n')
    s.users('big.example', 50, '-X', 'stream=bulk')
    h, = s.wait('big.example', 'total-message-rate')
    same([h[x] for x in ('stream', 'of', 'name', 'limit', 'set_by')],
         ['bulk', 'provider', 'big', '30/min', 'etc/providers/bench.conf:4'],
         'a total, its value, and who set it')
    ok(0 <= h['next_ms'] <= 2010, 'when the next one may leave', h)
    ok('  bulk: total-message-rate of the provider big 30/min (etc/prov' in
       s.ask('big.example'), 'for people', s.ask('big.example'))
    s.inst.providers(big + 'total-connections = 2\n')
    until(lambda: 'total-connections' in s.what('big.example'))
    h, = s.holds('big.example')
    same([h.get(x) for x in ('of', 'name', 'used', 'most', 'set_by')],
         ['provider', 'big', 2, 2, 'etc/providers/bench.conf:4'],
         'connections in all')
    ok(': total-connections of the provider big: 2 of 2 taken (etc/providers/'
       'bench.conf:4)' in s.ask('big.example'), 'for people')
    s.ctl('slow', '0.5', '--provider', 'big')
    until(lambda: s.holds('big.example')[0].get('most') == 1)
    h = s.holds('big.example')
    same((h[0]['most'], 'set_by' in h[0], h[1]['what']), (1, False, 'override'),
         'an override changes them')
    s.end()


def shares():
    """What a campaign or a tenant may use."""
    s = Line(args=['-D', '500'], conf=FAST + ONE +
             '[campaign c]\nmessage-rate = 30/min\n'
             '[tenant *]\nconnections = 1\n')
    s.users('a.example', 20, '-X', 'stream=bulk', '-X', 'campaign=c')
    h, = s.wait('a.example', 'share')
    same([h.get(x) for x in ('stream', 'of', 'name', 'limit', 'set_by')],
         ['bulk', 'campaign', 'c', '30/min',
          s.conf_line('message-rate = 30/min')], 'the share of a campaign')
    s.users('b.example', 20, '-X', 'stream=regular', '-X', 'tenant=t')
    ok(until(lambda: 'share' in s.what('b.example')), 'of a tenant')
    text = s.ask('b.example')
    ok('  regular: share of the tenant t: 1 of 1 taken (' +
       s.conf_line('connections = 1') + ')' in text, 'for people', text)
    same(s.what('d.example'), [], 'which is nothing to others')
    s.end()


def servers():
    s = Line(args=['-m', '2', '-D', '200'],
             conf=FAST + ONE + 'connections = 20\n')
    s.users('a.example', 400)
    ok(until(lambda: s.what('a.example') == ['servers']),
       'they take no more connections', s.why('a.example'))
    s.end()


def connection_rate():
    s = Line(args=['-D', '1000'], conf=FAST + ONE +
             'connections = 20\nconnection-rate = 2/min\n')
    s.users('a.example', 400)
    h, = s.wait('a.example', 'connection-rate')
    ok(h['set_by'] == s.conf_line('connection-rate = 2/min') and
       h['next_ms'] > 5000, 'connections too often', h)
    s.end()


def asleep():
    dead = Sink(BUILD)
    dead.end()
    s = Line(conf=ROOM + '[limits]\nbackoff-min = 1h\n',
             routes='[static .example]\nhosts = 127.0.0.1:%d\n' % dead.port)
    s.users('a.example', 5)
    begin = time.time()
    h, = s.wait('a.example', 'sleep')
    same((h['of'], h['failures']), ('site', 1), 'the site sleeps')
    ok('refused' in h['reason'], 'for what happened', h)
    ok(3590 < h['until'] - begin < 3610, 'until then', h)
    same(counts(s.why('a.example')), (5, 0, 0, 0), 'five wait')
    s.users('[10.0.0.1]', 3)
    h, = s.wait('[10.0.0.1]', 'sleep')
    same((h['of'], h['failures']), ('destination', 1),
         'a destination, if there is no server to call')
    s.users('a.test', 3)
    s.wait('a.test', 'dns')
    ok('waits for dray-dns' in s.ask('a.test'), 'another one waits for DNS')
    s.end()


def workers():
    s = Line()
    s.inst.stop(only=['dray-remote'])
    s.users('a.example', 5, '-X', 'stream=regular')
    h, = s.wait('a.example', 'workers')
    same((h['workers'], h['places']), (0, 0), 'no dray-remote')
    s.inst.start(['dray-remote'])
    ok(until(s.empty), 'with one all arrives')
    s.end()


def overrides():
    s = Line()
    s.ctl('pause', '--campaign', 'c', '--reason', 'wrong link')
    s.users('a.example', 7, '-X', 'campaign=c')
    h, = s.wait('a.example', 'override')
    same((h['all'], h['reason'], h['scope']), (False, 'wrong link',
                                              {'campaign': 'c'}),
         'one that holds some of it')
    same(counts(s.why('a.example')), (0, 7, 0, 0), 'seven are held')
    s.ctl('pause', '--destination', 'a.example', '--for', '1h')
    until(lambda: len(s.holds('a.example')) == 2)
    h = s.holds('a.example')
    same([x['all'] for x in h], [True, False], 'one that holds all')
    same(h[0]['id'] in os.listdir(s.base + '/overrides'), True, 'by its id')
    same(s.what('b.example'), [], 'which is nothing to others')
    s.ctl('resume', '--all')
    ok(until(s.empty), 'without them all arrives')
    s.end()


def bends():
    s = Line(args=['-D', '1000'], conf=FAST + ONE + 'connections = 8\n')
    s.ctl('slow', '0.25', '--destination', 'a.example', '--reason', 'too fast')
    s.users('a.example', 40, '-X', 'stream=bulk')
    ok(until(lambda: sorted(s.what('a.example')) ==
             ['connections', 'override']), 'an override takes connections',
       s.why('a.example'))
    h = {x['what']: x for x in s.holds('a.example')}
    same((h['override']['action'], h['override']['reason'],
          h['connections']['most'], 'set_by' in h['connections']),
         ('slow', 'too fast', 2, False), 'it is told, and no place in the policy')
    s.end()


def deferred():
    s = Line('rcpt reply 450 4.2.1 not now\n',
             conf=ROOM + '[retry]\nschedule = 1h\nthen = 1h\n')
    begin = time.time()
    s.users('a.example', 6)
    ok(until(lambda: counts(s.why('a.example')) == (0, 0, 6, 0)),
       'six are deferred', s.why('a.example'))
    a = s.why('a.example')
    ok(3590 < a['next_attempt'] - begin < 3610, 'for an hour', a)
    same(s.what('a.example'), [], 'nothing else holds them')
    s.end()


def log():
    s = Line(conf=FAST)
    s.inst.stop(only=['dray-log'])
    load(BUILD, s.base, '-m', 15000, '-l', 500, '-s', 100, '-d', 'a.example')
    ok(until(lambda: 'log' in s.what('a.example')),
       'what is not in the log holds back', s.why('a.example'))
    s.inst.start(['dray-log'])
    ok(until(s.empty, 60), 'with dray-log all arrives')
    s.end()


def many():
    """Who asks does not hold up the mail, and gets the sum of all of it."""
    s = Line(conf=FAST)
    s.ctl('pause', '--all')
    n = 20000
    load(BUILD, s.base, '-m', n, '-l', 500, '-s', 100, '-d', 'a.example')
    ok(until(lambda: s.inst.stat()['recipients'] == n), 'many wait')
    ok(until(lambda: not s.why('a.example')['loading']), 'all are known')
    a = s.why('a.example')
    same(sum(counts(a)), n, 'all are counted')
    same(sum(x['ready'] + x['held'] for x in a['streams']), n, 'by stream')
    s.end()


def delays(s, kind='Delivery', **which):
    """What the events say that held them."""
    return [e['delay_ms'] for e in s.events(kind)
            if all(e.get(k) == v for k, v in which.items())]


def held_by_limits():
    s = Line(conf=FAST + ONE + 'message-rate = 5/s\nmessage-burst = 1\n')
    s.users('a.example', 12)
    ok(until(s.empty), 'twelve at five a second')
    ok(until(lambda: len(delays(s)) == 12), 'are in the log')
    d = delays(s)
    last = max(d, key=lambda x: x.get('held', 0))
    ok('held' not in d[0] and last['held_by'] == 'message-rate' and
       1900 < last['held'] < 4000 and last['queued'] < 500,
       'the last one was held by the rate', d)
    same([x['held'] for x in d[1:]], sorted(x['held'] for x in d[1:]),
         'each longer than the one before')
    s.users('b.example', 1)
    ok(until(lambda: len(delays(s)) == 13), 'one more')
    ok('held' not in delays(s)[12], 'which nothing held', delays(s)[12])
    s.end()
    s = Line(args=['-D', '300'], conf=FAST + ONE + 'connections = 1\n')
    s.users('a.example', 6, '-X', 'stream=transactional')
    ok(until(lambda: len(delays(s)) == 6), 'one connection for six')
    last = delays(s)[5]
    ok(last['held_by'] == 'connections' and last['held'] > 700,
       'the last one was held by that', last)
    s.end()


def held_by_failures():
    first = Sink(BUILD)
    first.end()
    s = Line(conf=ROOM + '[limits]\nbackoff-min = 3s\n',
             routes='[static *]\nhosts = 127.0.0.1:%d\n' % first.port)
    s.users('a.example', 1)
    ok(until(lambda: s.events('Delayed')), 'a site fails')
    again = Sink(BUILD, port=first.port)
    ok(until(lambda: delays(s)), 'and is back')
    d, = delays(s)
    ok(d['held_by'] == 'sleep' and d['held'] > 1500, 'it slept', d)
    again.end()
    s.inst.stop(only=['dray-remote'])
    s.inst.routes('[static *]\nhosts = 127.0.0.1:%d\n' % s.sink.port)
    s.users('w.example', 1)
    s.wait('w.example', 'workers')
    time.sleep(0.5)
    s.inst.start(['dray-remote'])
    ok(until(lambda: delays(s, site='w.example')), 'there was no dray-remote')
    d, = delays(s, site='w.example')
    ok(d['held_by'] == 'workers' and d['held'] > 450, 'that is told', d)
    s.end()
    s = Line('rcpt times 1 reply 450 4.2.1 not now\n', conf=FAST)
    s.users('a.example', 1)
    ok(until(s.empty), 'what was put off arrives')
    ok(until(lambda: delays(s)), 'and is in the log')
    ok('held' not in delays(s)[0], 'nothing held it but its server',
       delays(s))
    s.end()


def held_by_overrides():
    for args in (['--campaign', 'c'], ['--destination', 'a.example']):
        s = Line()
        s.ctl('pause', *args)
        ident, = os.listdir(s.base + '/overrides')
        s.users('a.example', 1, '-X', 'campaign=c')
        s.wait('a.example', 'override')
        time.sleep(0.5)
        s.ctl('resume', '--all')
        ok(until(lambda: delays(s)), 'an override ends')
        d, = delays(s)
        ok(d['held_by'] == 'override ' + ident and d['held'] > 450,
           'its id is in the event', d)
        s.end()


run((nothing, rates, provider, totals, shares, servers, connection_rate,
     asleep, workers, overrides, bends, deferred, log, many, held_by_limits, held_by_failures,
     held_by_overrides), sys.argv[1:])
done()
