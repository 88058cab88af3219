#!/usr/bin/python3
# dray-tune stops a campaign whose recipients do not exist, and nothing else;
# the postmaster is told, and an operator lets it go again.
import json
import os
import re
import struct
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from frames import connect, frame
from instance import load
from line import BUILD, FAST, HELLO, Line, run
from tap import done, ok, same, until

DEAD = 'rcpt to dead*@* reply 550 5.1.1 no such user\n'


def tune(s):
    os.makedirs(s.base + '/tune', exist_ok=True)
    s.inst.start(['dray-tune'])


def overrides(s):
    return [x for x in os.listdir(s.base + '/overrides') if x[0] != '.']


def read(s, name):
    with open(s.base + '/overrides/' + name) as f:
        return dict(x.rstrip('\n').split(' = ', 1) for x in f)


def send(s, n, name, *options):
    """One message to n recipients at several domains, of which 30 % are dead."""
    to = ['%s%d@d%d.example' % ('dead' if i % 10 < 3 else 'x', i, i % 20)
          for i in range(n)]
    for i in range(0, n, 500):
        s.inject(to[i:i + 500], '-X', 'campaign=' + name, '-X', 'stream=bulk',
                 *options)


def settled(s, name):
    return [e for e in s.events('Delivery', 'Bounce')
            if e.get('campaign') == name]


def campaign():
    s = Line(DEAD)
    tune(s)
    send(s, 5000, 'dead', '-X', 'tenant=acme')
    s.inject(['y%d@d1.example' % i for i in range(300)], '-X', 'stream=bulk',
             '-X', 'campaign=good', '-X', 'tenant=acme')
    ok(until(lambda: overrides(s)), 'it is stopped')
    name = overrides(s)[0]
    o = read(s, name)
    same((o['action'], o['campaign'], o['tenant'], o['stream'], o['author']),
         ('pause', 'dead', 'acme', 'bulk', 'dray-tune'), 'the campaign alone')
    ok('unknown users of this campaign' in o['reason'], 'and why',
       o['reason'])
    ok('550 5.1.1' in o['reply'] or 'no such user' in o['reply'],
       'by which reply', o['reply'])
    ok('expires' not in o, 'until somebody decides')
    ok(until(lambda: len(settled(s, 'good')) == 300), 'the other flows on')
    ok(until(lambda: 'postmaster@bench.example' in s.arrived()),
       'the postmaster is told')
    n = -1
    while n != len(settled(s, 'dead')):
        n = len(settled(s, 'dead'))
        time.sleep(0.3)
    ok(200 <= n <= 1000, 'within the first 1000 recipients', n)
    same(len(overrides(s)), 1, 'nothing else is stopped')
    e = [x for x in s.events('Override') if x['state'] == 'begin']
    same([(x['override'], x['author']) for x in e], [(name, 'dray-tune')],
         'an event')
    s.inst.stop(9, only=['dray-tune'])
    s.inst.start(['dray-tune'])
    same(overrides(s), [name], 'it stays so when dray-tune is killed')
    s.ctl('cancel', '--override', name)
    ok(until(lambda: len(settled(s, 'dead')) > n + 100),
       'an operator lets it go')
    ok(until(lambda: overrides(s)), 'until it is as bad again')
    s.ctl('remove', '--all')
    s.inst.stop(only=['dray-tune'])
    s.end()


QUICKLY = FAST + """[tune]
interval = 1s
increase = 50%
rest = 1s
hold = 2s
hold-max = 4s
probe = 1s
"""
BIG = '[provider big]\ndomains = a.example\n'


def rate(s):
    """What is in force, in messages a minute."""
    for x in overrides(s):
        if x.startswith('tune-rate-'):
            n, per = read(s, x)['value'].split('/')
            return int(n) * {'s': 60, 'min': 1, 'h': 1 / 60}[per]
    return 0


def slope():
    s = Line('mail over 20/s reply 450 4.7.28 slow down\n', conf=QUICKLY,
             providers=BIG)
    tune(s)
    load(BUILD, s.base, '-m', 600, '-l', 300, '-d', 'a.example')
    ok(until(lambda: rate(s)), 'who is too fast is slowed')
    o = read(s, [x for x in overrides(s) if x.startswith('tune-rate-')][0])
    same((o['provider'], o['route'], o['author']), ('big', '', 'dray-tune'),
         'at that provider, by that way')
    ok('slow down' in o['reply'] and 'refused as too fast' in o['reason'],
       'with the reason', o)
    ok(until(lambda: 0 < rate(s) < 1600), 'near what is taken', rate(s))
    n = rate(s)
    s.inst.stop(9, only=['dray-tune'])
    ok(rate(s), 'it stays so when dray-tune is killed')
    s.inst.start(['dray-tune'])
    low = rate(s)
    ok(until(lambda: rate(s) > low or not rate(s), 20),
       'and goes up again', (n, low, rate(s)))
    s.ctl('remove', '--all')
    s.inst.stop(only=['dray-tune'])
    s.end()


def held():
    s = Line('mail times 1-5 reply 450 4.7.25 no reverse DNS\n',
             conf=QUICKLY, providers=BIG)
    tune(s)
    load(BUILD, s.base, '-m', 20, '-l', 300, '-d', 'a.example')
    ok(until(lambda: [x for x in overrides(s) if x.startswith('tune-hold-')]),
       'a source that is refused is held')
    o = read(s, [x for x in overrides(s) if x.startswith('tune-hold-')][0])
    same((o['action'], o['provider'], 'stream' in o), ('pause', 'big', False),
         'at that provider')
    ok('no reverse DNS' in o['reply'] and 'expires' in o, 'with the reply', o)
    ok(until(lambda: [x for x in overrides(s)
                      if x.startswith('tune-connections-')] or s.empty(), 15),
       'then comes a probe', overrides(s))
    ok(until(lambda: len(s.arrived()) >= 20, 40), 'then mail flows again',
       len(s.arrived()))
    ok(until(lambda: not [x for x in overrides(s)
                          if not x.startswith('tune-rate-')]),
       'and nothing but a rate is left', overrides(s))
    s.inst.stop(only=['dray-tune'])
    s.end()


def comes_back(s, *events):
    """What dray-bounce would say of mail that came back."""
    now = time.strftime('%Y-%m-%dT%H:%M:%S.000000Z', time.gmtime())
    lines = b''.join(json.dumps(dict(
        {'type': 'OOB', 'event_time': now, 'class': 'bad-mailbox',
         'blame': 'recipient', 'hardsoft': 'hard'}, **e),
        separators=(',', ':')).encode() + b'\n' for e in events)
    with connect(s.base, 'log') as c:
        c.sendall(frame('E', struct.pack('>Q', 1) + lines))
        c.recv(100)


def given_up():
    """Who does not exist at once, who is full the second time."""
    s = Line('rcpt gone@* reply 550 5.1.1 no such user\n'
             'rcpt full@* reply 550 5.2.2 mailbox full\n'
             'rcpt other@* times 1 reply 550 5.2.2 mailbox full\n'
             'rcpt spam@* reply 550 5.7.1 spam\n',
             conf=FAST + '[suppression]\nsoft-count = 2\n')
    os.makedirs(s.base + '/keys', exist_ok=True)
    os.makedirs(s.base + '/suppress', exist_ok=True)
    s.tool('dray-keys', 'token')

    def listed():
        return sorted(x.split('\t')[0] for x in
                      s.tool('dray-suppress', 'export').splitlines()
                      if x and x[0] != '#')

    def done_with(n):
        return len(s.events('Delivery', 'Bounce')) >= n
    tune(s)
    s.inject(['first@a.example'])
    ok(until(lambda: done_with(1)), 'dray-send has found dray-log')
    log = s.base + '/sock/log'
    os.rename(log, log + '.away')
    s.inject(['gone@a.example', 'full@a.example', 'other@a.example',
              'spam@a.example', 'x@a.example'])
    ok(until(lambda: listed() == ['gone@a.example']),
       'who does not exist is suppressed', listed())
    ok(until(lambda: done_with(6)), 'all have their verdict')
    same(s.events('Suppression'), [], 'dray-tune cannot log it')
    os.rename(log + '.away', log)
    ok(until(lambda: s.events('Suppression')), 'until it can')
    e = s.events('Suppression')[0]
    b = [x for x in s.events('Bounce') if x['recipient'] == 'gone@a.example']
    same([e.get(x) for x in ('recipient', 'id', 'class', 'blame', 'failures',
                             'nodeid', 'policy', 'list_hash')],
         ['gone@a.example', b[0]['id'], 'bad-mailbox', 'recipient', None,
          b[0]['nodeid'], b[0]['policy'], None], 'who, and for what')
    when = e['suppression'].pop('time')
    ok(b[0]['event_time'][:19] == when[:19], 'since the bounce', when)
    same(e['suppression'],
         {'reason': 'hard', 'scope': 'everywhere',
          'note': 'bad-mailbox: 550 5.1.1 no such user'}, 'the entry')
    ok(re.fullmatch('[0-9a-f]{16}', e['address_hash']), 'his hash',
       e['address_hash'])
    s.inject(['other@a.example'])
    ok(until(lambda: done_with(7)), 'one is delivered')
    s.inst.stop(only=['dray-tune'])
    with open(s.base + '/tune/state') as f:
        same(len([x for x in f if x.startswith('soft ')]), 1,
             'that ends its count, the other is kept')
    s.inst.start(['dray-tune'])
    comes_back(s, {'recipient': 'lie@a.example', 'attributed': 'report'},
               {'recipient': 'slow@a.example', 'attributed': 'token',
                'hardsoft': 'soft'},
               {'recipient': 'back@a.example', 'attributed': 'token'})
    ok(until(lambda: listed() == ['back@a.example', 'gone@a.example']),
       'of what came back only what a token proves counts', listed())
    comes_back(s, {'recipient': 'back@a.example', 'attributed': 'token'})
    s.inject(['full@a.example'])
    ok(until(lambda: listed() == ['back@a.example', 'full@a.example',
                                  'gone@a.example']),
       'who is full is, the second time', listed())
    ok(until(lambda: len(s.events('Suppression')) >= 3), 'all are logged')
    same([(e['recipient'], e['suppression']['reason'], e.get('failures'))
          for e in s.events('Suppression')],
         [('gone@a.example', 'hard', None), ('back@a.example', 'hard', None),
          ('full@a.example', 'soft', 2)], 'each once')
    # What came back was not delivered, whatever the log said before.
    for more in [], ['well@a.example']:
        n = len(s.events('Delivery'))
        for to in ['later@a.example', 'well@a.example'] + more:
            s.inject([to])
        ok(until(lambda: len(s.events('Delivery')) == n + 2 + len(more)),
           'delivered')
        s.inst.stop(only=['dray-tune'])
        s.inst.start(['dray-tune'])
        comes_back(s, *({'recipient': x, 'attributed': 'token',
                         'class': 'mailbox-full', 'hardsoft': 'soft'}
                        for x in ('well@a.example', 'later@a.example')))
    ok(until(lambda: 'later@a.example' in listed()),
       'who takes all and returns it is suppressed', listed())
    ok('well@a.example' not in listed(), 'not who keeps some')
    s.inst.stop(only=['dray-tune'])
    s.end()


SENDERS = '''[suppression]
hard = list
[sender brand.example]
list-id = news.brand.example
[sender other.example]
list-id = offers.other.example
'''


def lists():
    """Who does not exist has no more mail of that list, whatever the campaign."""
    s = Line('rcpt gone@* times 1-2 reply 550 5.1.1 no such user\n',
             conf=FAST + SENDERS)
    os.makedirs(s.base + '/keys', exist_ok=True)
    os.makedirs(s.base + '/suppress', exist_ok=True)
    s.tool('dray-keys', 'token')

    def entries():
        return sorted(tuple(x.split('\t')[i] for i in (0, 1, 3)) for x in
                      s.tool('dray-suppress', 'export').splitlines()
                      if x and x[0] != '#')
    tune(s)
    s.campaign('one', ['email', 'gone@a.example', 'x@a.example'])
    news = ('gone@a.example', 'hard', 'list=news.brand.example')
    ok(until(lambda: entries() == [news]), 'the list is that of the sender',
       entries())
    same([e['list'] for e in s.events('Bounce')], ['news.brand.example'],
         'which the bounce names')
    said = s.campaign('two', ['email', 'gone@a.example', 'y@a.example'])
    ok('1 accepted, 1 suppressed' in said, 'its next campaign leaves him out',
       said)
    s.inject(['gone@a.example'], '-Xstream=bulk', '-Xcampaign=plain')
    ok(until(lambda: len(entries()) == 2), 'mail without a list is another',
       entries())
    same(entries()[1], ('gone@a.example', 'hard', 'list=plain'),
         'that of its campaign')
    said = s.campaign('one-more', ['email', 'gone@a.example'], '-f',
                      'news@other.example',
                      template=HELLO.replace('brand', 'other'))
    ok('1 accepted, 0 suppressed' in said, 'another list writes to him', said)
    s.just(3, 'who has mail, then')
    ok('gone@a.example' in s.arrived(), 'he too', s.arrived())
    same([(e['recipient'], e['campaign']) for e in s.events('AdminBounce')],
         [('gone@a.example', 'two')], 'nobody else got nothing')
    s.inst.stop(only=['dray-tune'])
    s.end()


run((campaign, slope, held, given_up, lists), sys.argv[1:])
done()
