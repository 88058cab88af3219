#!/usr/bin/python3
# dray-tune stops a campaign whose recipients do not exist, and nothing else;
# the postmaster is told, and an operator lets it go again.
import os
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from instance import load
from line import BUILD, FAST, Line, run
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


run((campaign,), sys.argv[1:])
done()
