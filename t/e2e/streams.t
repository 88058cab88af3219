#!/usr/bin/python3
# Whose turn it is: streams by their priority, lanes that are kept free, and
# campaigns and tenants in turn.
import datetime
import os
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from dns import Nsd
from instance import DAEMONS, ROOM, ledger_rows, load
from line import BUILD, FAST, Line, run
from tap import done, ok, same, until

# One lane with room for two messages, of which one is in flight.
ONE = 'connections = 1\ndepth = 1\nidle-timeout = 60s\n'
NEWS = '[stream news]\npriority = 2\n'


class Turns(Line):
    """What is injected is told apart by its sender."""

    def load(self, sender, n, *options, domain='a.example'):
        got = load(BUILD, self.base, '-m', n, '-l', 300, '-s', 1, '-f',
                   sender + '@sender.example', '-d', domain, *options)
        if got['sent'] != n:
            raise SystemExit('%d of %d were taken' % (got['sent'], n))

    def hold(self):
        """From now on messages arrive and their replies do not."""
        self.sink.ask('hold dot')

    def go(self):
        self.sink.ask('go')

    def senders(self):
        """In the order in which their messages have arrived."""
        return [x[3].split('@')[0] for x in ledger_rows(self.ledger)]

    def waits(self, n):
        """All n are queued, and the lane is full."""
        if not until(lambda: self.inst.stat()['recipients'] == n and
                     self.inst.stat()['in_flight'] == 2):
            raise SystemExit('%s' % self.inst.stat())

    def order(self, n):
        """What comes behind the two that were in the lane."""
        self.go()
        until(lambda: len(self.senders()) >= n)
        ok(until(self.empty), 'all is delivered')
        return self.senders()[2:]

    def lanes(self, domain='a.example'):
        return sum(d['lanes'] for d in self.inst.stat()['destinations']
                   if d['name'] == domain)


def held(*conf, **kw):
    s = Turns(conf=''.join(conf) + FAST + ONE, **kw)
    s.hold()
    return s


def date(text):
    return datetime.datetime.fromisoformat(text.replace('Z', '+00:00'))


def apart(names, one):
    """The most of others between two of these, up to the last."""
    at = [i for i, x in enumerate(names) if x == one]
    return max(b - a for a, b in zip(at, at[1:])) - 1


def priority():
    s = held(NEWS)
    s.load('bulk', 40, '-S', 'bulk')
    s.waits(40)
    s.load('news', 5, '-S', 'news')
    s.load('plain', 5, '-S', 'regular')
    s.load('code', 5, '-S', 'transactional')
    s.waits(55)
    names = s.order(55)
    same(names[:5], ['code'] * 5, 'transactional mail goes first')
    same(sorted(names[5:15]), ['news'] * 5 + ['plain'] * 5,
         'then regular mail, and what is as urgent as that')
    ok(apart(names, 'news') <= 1 and apart(names, 'plain') <= 1,
       'these two in turn', names)
    same(names[15:], ['bulk'] * 38, 'and bulk behind all of it')
    s.end()


def live():
    s = held()
    s.load('bulk', 10, '-S', 'bulk')
    s.waits(10)
    s.load('plain', 10, '-S', 'regular')
    s.waits(20)
    before = s.inst.stat()['policy']
    s.inst.conf('[stream bulk]\npriority = 1\n' + FAST + ONE)
    ok(until(lambda: s.inst.stat()['policy'] != before),
       'a new policy is taken while mail waits')
    same(s.order(20), ['bulk'] * 8 + ['plain'] * 10,
         'which has turned the order around')
    s.end()


def gone():
    s = held(NEWS.replace('= 2', '= 9'))
    s.load('bulk', 10, '-S', 'bulk')
    s.waits(10)
    s.load('news', 10, '-S', 'news')
    s.load('code', 3, '-S', 'transactional')
    s.waits(23)
    s.inst.conf(FAST + ONE)
    ok(until(lambda: s.inst.stat()['policy'] == 2), 'a policy without a '
       'stream that there is mail of')
    same(s.order(23), ['code'] * 3 + ['news'] * 10 + ['bulk'] * 8,
         'which goes as regular mail')
    s.end()


def reserved():
    conf = FAST + 'connections = 8\ndepth = 1\nidle-timeout = 60s\n'
    s = Turns(conf=conf)
    s.load('warm', 20)
    ok(until(s.empty), 'a site that answers')
    with open(s.base + '/stall', 'w') as f:
        f.write('dot from bulk@* stall\n')
    s.sink.ask('script ' + s.base + '/stall')
    s.load('bulk', 60, '-S', 'bulk')
    ok(until(lambda: s.sink.ask('rules') == {'1': 6}),
       'it stalls: bulk may have six of eight connections', s.sink.ask('rules'))
    for i in range(3):
        s.load('code%d' % i, 1, '-S', 'transactional')
        ok(until(lambda: 'code%d' % i in s.senders()),
           'transactional mail gets there all the same')
    same(s.sink.ask('rules'), {'1': 6}, 'and bulk does not use its lane')
    ok(s.sink.stat()['open_max'] <= 8, 'no more than eight', s.sink.stat())
    same(s.senders().count('bulk'), 0, 'nothing of bulk has arrived')
    s.sink.ask('script')
    s.inst.stop(9, ['dray-remote'])
    s.inst.start(['dray-remote'])
    ok(until(s.empty), 'it recovers: all is delivered')
    s.end()


def campaigns():
    for option in ('-c', '-T'):
        s = held()
        s.load('large', 80, option, 'large')
        s.waits(80)
        s.load('small', 10, option, 'small')
        s.load('tiny', 3, option, 'tiny')
        s.waits(93)
        names = s.order(93)
        what = {'-c': 'campaigns', '-T': 'tenants'}[option]
        ok(names.index('tiny') < 4 and apart(names, 'tiny') <= 2 and
           apart(names, 'small') <= 2, 'three %s take turns' % what, names)
        s.end()
    s = held()
    s.load('large', 40, '-c', 'large', '-S', 'bulk')
    s.waits(40)
    s.load('small', 5, '-c', 'small', '-S', 'regular')
    s.waits(45)
    same(s.order(45)[:5], ['small'] * 5, 'but not those of different streams')
    s.end()


def restream():
    """An override makes mail more or less urgent: what waits, and what comes;
    its end undoes that."""
    s = held()
    s.load('first', 5, '-S', 'regular')
    s.waits(5)
    s.load('sale', 30, '-S', 'bulk', '-c', 'sale')
    s.load('bulk', 20, '-S', 'bulk', '-c', 'other')
    s.load('plain', 10, '-S', 'regular')
    s.waits(65)
    c = s.ctl('restream', 'transactional', '--campaign', 'sale')
    same(c['messages'], 30, 'a campaign becomes urgent')
    s.load('late', 3, '-S', 'bulk', '-c', 'sale')
    s.waits(68)
    ok('restream transactional' in s.tool('dray-ctl', 'list') and
       'delivers some of it as transactional' in s.ask(), 'which is told',
       s.ask())
    names = s.order(68)
    same(names[:33], ['sale'] * 30 + ['late'] * 3, 'so it goes first')
    same(sorted(names[33:46]), ['first'] * 3 + ['plain'] * 10, 'then regular')
    same(names[46:], ['bulk'] * 20, 'and what is bulk as before')
    s.end()


def unstream():
    s = held('[stream slow]\npriority = 9\n')
    s.load('first', 5, '-S', 'regular')
    s.waits(5)
    s.load('sale', 10, '-S', 'transactional', '-c', 'sale')
    s.ctl('restream', 'slow', '--campaign', 'sale', '--stream',
          'transactional')
    s.ctl('restream', 'nothing', '--campaign', 'sale')
    s.ctl('pause', '--campaign', 'held')
    s.load('held', 5, '-S', 'bulk', '-c', 'held')
    s.ctl('restream', 'transactional', '--campaign', 'held', '--destination',
          'a.example')
    s.load('back', 5, '-S', 'bulk', '-c', 'back')
    s.ctl('restream', 'transactional', '--campaign', 'back', '--for', '1h')
    s.ctl('cancel', '--campaign', 'back')
    s.load('bulk', 10, '-S', 'bulk')
    s.waits(35)
    s.ctl('resume', '--campaign', 'held')
    names = s.order(35)
    same(names[:5], ['held'] * 5, 'what was paused is urgent when it comes '
         'free')
    same(names[5:8], ['first'] * 3, 'then regular')
    same(sorted(names[8:23]), ['back'] * 5 + ['bulk'] * 10,
         'bulk, of which some was urgent for a moment')
    same(names[23:], ['sale'] * 10, 'and last what became less urgent; a '
         'stream that is not there is nobody\'s')
    s.end()


def many():
    """More than may move at a turn, beside others that stay, of one
    destination; some recipients of a message are out."""
    s = held()
    s.load('first', 3, '-S', 'regular')
    s.waits(3)
    for name, n in ('stay', 1000), ('sale', 21000), ('stay', 1000):
        s.load(name, n, '-S', 'bulk', '-c', name, '-s', 100)
    s.waits(23003)
    s.ctl('restream', 'transactional', '--campaign', 'sale')
    begin = time.monotonic()

    def urgent():
        return {x['name']: x['ready'] for x in s.why('a.example')['streams']
                }.get('transactional') == 21000
    ok(until(urgent, 10), 'all of a large campaign moves',
       s.why('a.example'))
    print('# in %.3f s' % (time.monotonic() - begin))
    s.ctl('cancel', '--all')
    ok(until(lambda: {x['name'] for x in s.why('a.example')['streams']} ==
             {'bulk', 'regular'}, 10), 'and back', s.why('a.example'))
    s.go()
    ok(until(s.empty), 'all is delivered')
    s.end()


def retries():
    s = Turns('rcpt first 1 reply 451 4.2.1 come again\n',
              conf=ROOM + '[retry]\nschedule = 1h\n[stream hasty]\n'
              'schedule = 1s\nthen = 1s\n')
    s.load('lazy', 1, domain='lazy.example')
    s.load('hasty', 1, '-S', 'hasty', domain='hasty.example')
    ok(until(lambda: 'hasty' in s.senders()),
       'a stream with a retry schedule of its own')
    ok(until(lambda: len(s.events('TransientFailure')) == 2),
       'each is deferred once')
    wait = {e['sender'].split('@')[0]:
            (date(e['next_attempt']) - date(e['event_time'])).total_seconds()
            for e in s.events('TransientFailure')}
    ok(wait['hasty'] < 5 and 3000 < wait['lazy'] <= 3600,
       'the other one waits for an hour', wait)
    s.end()


def starved():
    """Sites of one provider, of which the first has all the connections."""
    route = '[static *]\nhosts = 127.0.0.1:%d\nprovider = big\n'
    s = Turns(conf=FAST + 'idle-timeout = 1h\n',
              providers='[provider big]\nmx = mx.big.example\n'
              'connections = 2\n')
    s.inst.routes(route % s.sink.port)
    ok(until(lambda: s.inst.stat()['policy'] == 2), 'two domains, one provider')
    s.hold()
    s.load('one', 20, domain='one.example')
    ok(until(lambda: s.lanes('one.example') == 2),
       'the first has both connections')
    s.load('two', 5, domain='two.example')
    s.go()
    ok(until(s.empty), 'which it gives up when the second needs them')
    ok(s.sink.stat()['open_max'] <= 2, 'there were never more',
       s.sink.stat())
    s.end()


def sites():
    """Campaigns take turns whatever the sites of a provider are, and however few
    messages they are."""
    s = Turns(conf=FAST + 'idle-timeout = 1h\n',
              providers='[provider big]\nmx = mx.big.example\n'
              'connections = 2\nrecipients-per-message = 1\n')
    s.inst.routes('[static *]\nhosts = 127.0.0.1:%d\nprovider = big\n' %
                  s.sink.port)
    ok(until(lambda: s.inst.stat()['policy'] == 2), 'sites of one provider')
    s.hold()
    s.load('large', 400, '-k', 200, '-c', 'large', domain='hosted.example')
    s.load('whole', 1, '-r', 300, '-c', 'whole', domain='one.example')
    ok(until(lambda: s.inst.stat()['recipients'] == 700),
       'a campaign to many, and one message to many recipients of one')
    s.load('small', 5, '-c', 'small', domain='d150.hosted.example')
    s.load('tiny', 5, '-c', 'tiny', domain='one.example')
    ok(until(lambda: s.inst.stat()['recipients'] == 710), 'and two small ones')
    s.go()
    ok(until(s.empty), 'all is delivered')
    names = s.senders()
    last = [len(names) - names[::-1].index(x) for x in ('small', 'tiny')]
    ok(max(last) < 60, 'these are done soon', (last, names))
    s.end()


def servers():
    """Domains with the same servers: one site."""
    nsd = Nsd({'hosted.example': '* MX 10 mx\nmx A 127.0.0.1\n'})
    s = Turns(conf='', routes='[static unused.example]\nhosts = mx\n')
    s.inst.conf(ROOM + '[dns]\nstub = hosted.example 127.0.0.1@%d\n'
                'dnssec = no\n' % nsd.port + FAST.replace(ROOM, '') +
                ONE.replace('connections = 1', 'connections = 2') +
                'port = %d\nprivate-addresses = yes\n' % s.sink.port)
    s.inst.start(['dray-dns'])
    try:
        s.load('warm', 200, '-k', 200, domain='hosted.example')
        s.load('warm', 1, domain='d7.hosted.example')
        ok(until(s.empty), 'many domains with the same servers')
        ok(s.sink.stat()['open_max'] <= 2, 'share their connections',
           s.sink.stat())
        s.hold()
        s.load('large', 400, '-k', 200, '-c', 'large',
               domain='hosted.example')
        s.load('small', 10, '-c', 'small', domain='d7.hosted.example')
        ok(until(lambda: s.inst.stat()['recipients'] == 410), 'a campaign to '
           'many of them, and one to few')
        s.go()
        ok(until(s.empty), 'all is delivered')
        names = s.senders()[201:]
        last = len(names) - names[::-1].index('small')
        ok(last < 50, 'they take turns', (last, names))
    finally:
        s.inst.stop(9, ['dray-dns'])
        nsd.stop()
    s.end()


run([priority, live, gone, reserved, campaigns, restream,
     unstream, many, retries, starved, sites, servers],
    sys.argv[1:])
done()
