#!/usr/bin/python3
# Who is on the suppression list gets nothing: of what comes later, of what is
# queued already, and of a campaign that is running; others do.
import json
import os
import subprocess
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from line import FAST, Line, run
from tap import done, ok, same, until

SENDER = '''[sender brand.example]
list-id = news.brand.example
[limits]
'''


def start(*args, conf=FAST, **kw):
    s = Line(*args, conf=conf.replace('[limits]\n', SENDER), **kw)
    os.makedirs(s.base + '/keys')
    s.tool('dray-keys', 'token')
    return s


def suppressed(s):
    return [(e['recipient'], e['suppression']['reason'])
            for e in s.events('AdminBounce')]


def owed(s):
    return len(os.listdir(s.base + '/spool/bounce/new'))


def kinds():
    s = start()
    s.tool('dray-suppress', '-r', 'hard', 'add', 'Hard@a.example')
    s.tool('dray-suppress', '-r', 'unsubscribe', 'add', 'left@a.example')
    to = ['hard@a.example', 'left@a.example', 'other@a.example']
    s.inject(to, '-Xstream=bulk')
    s.just(1, 'bulk mail goes to the third')
    ok(until(lambda: len(suppressed(s)) == 2), 'the others are suppressed',
       suppressed(s))
    same(sorted(suppressed(s)), [('hard@a.example', 'hard'),
                                 ('left@a.example', 'unsubscribe')], 'both')
    e = s.events('AdminBounce')[0]
    same((e['class'], e['blame'], e['response']['enhanced_code']['class'],
          e['suppression']['scope']),
         ('suppressed', 'recipient', 5, 'everywhere'), 'what is said of it')
    same(owed(s), 0, 'nobody is told')
    try:
        s.inject(['hard@a.example'], '-Xstream=transactional')
        ok(False, 'a message to him alone is refused')
    except subprocess.CalledProcessError as e:
        same(e.returncode, 69, 'a message to him alone is refused')
    s.inject(['hard@a.example'], '-Xstream=bulk')
    ok(until(lambda: len(suppressed(s)) == 3), 'unless it is bulk')
    s.inject(['hard@a.example'], '-Xstream=notices')
    ok(until(lambda: len(suppressed(s)) == 4) and until(s.empty) and
       owed(s) == 0, 'or a notice, of which there is none', suppressed(s))
    s.inject(to, '-Xstream=transactional')
    s.just(3, 'who unsubscribed gets a receipt')
    ok(until(lambda: owed(s) == 1), 'its sender is told of the one who does not')
    ok(until(s.empty), 'all is done')
    s.tool('dray-suppress', 'remove', 'hard@a.example')
    s.inject(['HARD@A.example'], '-Xstream=bulk')
    s.just(4, 'who is off the list gets mail')
    same(s.inst.stat()['suppressed'], 5, 'counted')
    s.end()


def lists():
    """Who left by one campaign has left the list; another list is another."""
    s = start()
    s.tool('dray-suppress', '-r', 'unsubscribe', '-s',
           'list=news.brand.example', 'add', 'l@a.example')
    said = s.campaign('one', ['email', 'l@a.example', 'o@a.example'])
    ok('1 accepted, 1 suppressed' in said, 'that is told at once', said)
    s.just(1, 'the other has the campaign')
    s.campaign('two', ['email', 'l@a.example'])
    ok(until(lambda: len(suppressed(s)) == 2), 'nor has he the next one')
    s.inject(['l@a.example'], '-Xstream=bulk', '-Xcampaign=one')
    s.just(2, 'what is from another sender is another list')
    c = json.loads(s.tool('dray-stat', '--json', '--campaign', 'one'))
    same((c['sent'], c['suppressed'], c['removed']), (2, 1, 0), 'counted')
    s.end()


def late():
    """While a campaign runs, and folded meanwhile."""
    s = start(conf=FAST + 'message-rate = 25/1s\nconnections = 1\n')
    who = ['r%d@a.example' % i for i in range(2000)]
    s.campaign('big', ['email'] + who)
    ok(until(lambda: len(s.arrived()) > 10), 'it runs')
    rest = sorted(set(who) - set(s.arrived()))
    p = subprocess.run([s.inst.bin + '/dray-suppress', '-b', s.base, '-r',
                        'complaint', 'add', '-'], text=True,
                       input=''.join(w + '\n' for w in rest[20:]))
    same(p.returncode, 0, 'most of those who wait complain')
    at = time.monotonic()
    before = len(s.arrived())
    until(lambda: time.monotonic() > at + 1, 5)
    n = len(s.arrived())
    same(s.tool('dray-suppress', 'fold').split()[0], str(len(rest) - 20),
         'folded')
    ok(until(s.empty, 60), 'the campaign is at its end')
    got = s.arrived()
    late = set(got[n:]) & set(rest[20:])
    same(late, set(), 'a second later none of them got anything')
    ok(len(set(got[before:]) & set(rest[20:])) <= 25, 'few in that second')
    same(len(got) + len(suppressed(s)), 2000, 'all are accounted for')
    same(len(set(got)), len(got), 'once')
    s.end()


run([kinds, lists, late], sys.argv[1:])
done()
