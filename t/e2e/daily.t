#!/usr/bin/python3
# What a day limits: groups, totals of providers and routes, tenants and
# campaigns; that the counts outlive dray-send, whatever ends it, and that they
# are not lost with a new policy or a damaged file.
import os
import signal
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from line import FAST, Line, run
from tap import done, ok, same, until

DAY = 86400
ROUTES = '[static *]\nhosts = 127.0.0.1:%d\n%s'


class Daily(Line):
    def __init__(self, conf='', routes='', providers='', script='', extra=''):
        self.extra = extra
        super().__init__(script, conf=conf + FAST + extra)
        self.policy(None, routes, providers)

    def policy(self, conf=None, routes='', providers=''):
        if conf is not None:
            self.inst.write_conf(conf + FAST + self.extra)
        self.inst.write('providers', providers)
        self.inst.routes(ROUTES % (self.sink.port, routes))

    def n(self):
        return len(self.arrived())

    def end(self):
        self.inst.stop(9, only=['dray-remote'])
        super().end()


def midnight():
    """Not in the last minutes of a day, which would end it in the middle of a
    test."""
    rest = DAY - time.time() % DAY
    if rest < 100:
        time.sleep(rest + 1)


def group():
    """Each destination, or provider, by itself; recipients count."""
    s = Daily(extra='daily-messages = 5\n')
    s.mail(8)
    s.just(5, 'five to the first')
    s.inject(['r%d@b.example' % i for i in range(8)])
    s.just(10, 'five of eight recipients of a message to the second')
    out = s.ask()
    ok('daily-messages: 5 of 5 used (etc/dray.conf:' in out and
       'the day ends at' in out, 'dray-why tells', out)
    s.policy('', routes='daily-messages = 7\n')
    s.just(14, 'seven with a new policy')
    s.policy('', routes='daily-messages = 0\n')
    s.just(16, 'all without a limit')
    held = [e['delay_ms'].get('held_by') for e in s.events('Delivery')
            if e['delay_ms'].get('held', 0) > 400]
    ok(held.count('daily-messages') >= 6, 'their events tell what held them',
       held)
    s.end()


def totals():
    """Over all sources, and over all providers."""
    s = Daily(providers='[provider big]\ndomains = a.example b.example\n'
              'total-daily-messages = 6\n',
              routes='[route one]\nsources = 127.0.0.2\n'
              '[route two]\nsources = 127.0.0.3\n'
              'total-daily-messages = 4\n')
    s.mail(4, 'a.example', '-X', 'route=one')
    s.just(4, 'four by one route')
    s.mail(4, 'b.example', '-X', 'route=two')
    s.just(6, 'two by the other')
    out = s.ask('b.example')
    ok('total-daily-messages of the provider big: 6 of 6 used (etc/providers'
       in out,
       'dray-why tells which total', out)
    s.mail(4, 'c.example', '-X', 'route=two')
    s.just(8, 'two of what is left to the route')
    ok('total-daily-messages of the route two: 4 of 4 used' in
       s.ask('c.example'),
       'dray-why tells', s.ask('c.example'))
    s.end()


def shares():
    """Others pass those that have to wait."""
    s = Daily('[tenant small]\ndaily-messages = 3\n'
              '[campaign *]\ndaily-messages = 4\n')
    s.mail(6, 'a.example', '-X', 'tenant=small')
    s.mail(6, 'a.example', '-X', 'campaign=c')
    s.just(7, 'three of a tenant, four of a campaign')
    s.mail(6, 'a.example')
    s.just(13, 'and all of nobody\'s')
    out = s.ask()
    ok('share of the tenant small: 3 of 3 used (etc/dray.conf:' in out or
       'share of the campaign c: 4 of 4 used (etc/dray.conf:' in out,
       'dray-why tells whose', out)
    s.restart(signal.SIGKILL)
    s.just(13, 'the same after a kill')
    s.end()


def urgent():
    """What a stream keeps for itself of a day, once it has had mail."""
    s = Daily(extra='daily-messages = 20\n')
    s.mail(1, 'a.example', '-X', 'stream=transactional')
    s.just(1, 'a receipt')
    s.mail(30)
    s.just(18, 'two of twenty are kept')
    s.mail(4, 'a.example', '-X', 'stream=transactional')
    s.just(20, 'for receipts')
    s.end()


def kills():
    """Never too many, and too few by what was written in advance at most."""
    s = Daily(extra='daily-messages = 300\nrecipients-per-message = 1\n')
    s.mail(60)
    for i in range(5):
        until(lambda: s.n() >= 10 * (i + 1))
        s.restart(signal.SIGKILL)
    s.mail(340)
    ok(until(lambda: '300 of 300 used' in s.ask()), 'all of the day is used',
       s.ask())
    # What was killed in flight came twice, and counts twice.
    ok(240 <= s.n() <= 300, 'and not more than it', s.n())
    s.restart()
    n = s.n()
    same(s.n(), n, 'nothing after an orderly restart')
    s.end()


def exact():
    """An orderly end keeps the count as it is."""
    s = Daily(extra='daily-messages = 1000\n')
    s.inject(['r%d@a.example' % i for i in range(100)])
    s.just(100, 'a hundred')
    s.restart()
    s.policy('', routes='daily-messages = 150\n')
    s.inject(['s%d@a.example' % i for i in range(100)])
    s.just(150, 'fifty')
    s.end()


def refused():
    """What never began does not count."""
    s = Daily(extra='daily-messages = 5\n')
    port = s.sink.port
    s.policy(None)
    s.inst.routes(ROUTES % (1, ''))
    s.mail(5)
    ok(until(lambda: 'left alone' in s.ask()), 'nobody listens', s.ask())
    s.inst.routes(ROUTES % (port, ''))
    s.just(5, 'all of the day is left for when somebody does')
    s.end()


def damage():
    """Set aside; as much as there was day counts as used."""
    s = Daily(extra='daily-messages = 86400\n')
    s.mail(5)
    s.just(5, 'five')
    path = s.base + '/spool/daily'
    s.inst.stop(only=['dray-send', 'dray-remote'])
    with open(path, 'r+b') as f:
        f.write(b'x')
    out = s.tool('dray-fsck', '-f', rc=100)
    ok('spool/daily: it is damaged' in out, 'dray-fsck finds it', out)
    s.inst.start(['dray-send', 'dray-remote'])
    ok(os.path.exists(s.base + '/spool/bad/daily'), 'it is set aside')
    passed = int(time.time() % DAY)
    s.policy('', routes='daily-messages = %d\n' % 86400)
    s.mail(1)
    s.just(6, 'what is left may leave')
    s.restart(signal.SIGKILL)
    s.policy('', routes='daily-messages = 3\n')
    s.mail(3, 'new.example')
    n = 3 - 3 * passed // DAY
    ok(until(lambda: s.n() >= 6 + n - 1), 'the rest of the day', s.n())
    until(lambda: s.n() > 6 + n, 0.5)
    ok(s.n() <= 6 + n, 'and not the whole', s.n())
    os.unlink(s.base + '/spool/bad/daily')
    s.end()


def full():
    """A disk that cannot be written: what is limited waits, and goes on."""
    s = Daily(extra='daily-messages = 5\n')
    os.mkdir(s.base + '/spool/daily.new')
    s.mail(3)
    ok(until(lambda: 'is not written yet' in s.ask()), 'dray-why tells',
       s.ask())
    same(s.n(), 0, 'nothing leaves')
    os.rmdir(s.base + '/spool/daily.new')
    s.just(3, 'then all')
    s.end()


midnight()
run([group, totals, shares, urgent, kills, exact, refused, damage, full],
    sys.argv[1:])
done()
