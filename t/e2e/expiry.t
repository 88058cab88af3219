#!/usr/bin/python3
# Mail that lives three seconds is given up then, wherever it is: an Expiration
# event, a notice, and a queue that is empty.
import calendar
import glob
import json
import os
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from instance import ROOM
from line import FAST, Line, run
from tap import done, ok, same, until

LIVES = 3
SLACK = 4     # seconds that a busy machine may add
LATE = ROOM + '[retry]\nschedule = 1h\nthen = 1h\n[limits]\n' \
    'backoff-min = 1h\nbackoff-max = 1h\nquit-timeout = 1s\n'
ONE = FAST + 'connections = 1\ndepth = 1\n'


def notices(s):
    out = []
    for n in glob.glob(s.base + '/spool/bounce/new/*'):
        with open(n) as f:
            out += [json.loads(x) for x in f]
    return sorted(x['recipient'] for x in out if 'recipient' in x)


def when(event):
    t = event['event_time']
    return calendar.timegm(time.strptime(t[:19], '%Y-%m-%dT%H:%M:%S')) + \
        float('0' + t[19:].rstrip('Z'))


def expired(s):
    return sorted(e['recipient'] for e in s.events('Expiration'))


class Doomed:
    """Mail that shall expire somewhere in a line of its own."""

    def __init__(self, what, line, rcpts=('x@a.example',), **inject):
        self.what, self.line, self.rcpts = what, line, sorted(rcpts)
        self.since = time.time()
        for r in self.rcpts:
            line.inject([r], '-X', 'lifetime=%d' % LIVES, **inject)
        self.last = time.time()

    def check(self, ends=True):
        """In time, with a notice, and the line at its end."""
        s = self.line
        good = until(lambda: expired(s) == self.rcpts, LIVES + SLACK + 10)
        took = [when(e) for e in s.events('Expiration')] or [0]
        ok(good and max(took) < self.last + LIVES + SLACK,
           self.what + ': all expire in time',
           '%s of %s, %s' % (expired(s), self.rcpts, s.events()))
        ok(min(took) > self.since + LIVES - 1.5, self.what + ': not before')
        ok(until(lambda: notices(s) == self.rcpts, 5),
           self.what + ': each has its notice', notices(s))
        if ends:
            ok(until(s.empty, 5), self.what + ': nothing is left')
        s.end()


def waiting():
    """Nothing is sent of them."""
    held = Line()
    held.ctl('pause', '--all')
    lonely = Line()
    lonely.inst.stop(only=['dray-remote'])
    all = [
        Doomed('held by a rule', held),
        Doomed('deferred', Line('rcpt reply 450 4.2.1 come again\n',
                                conf=LATE)),
        Doomed('its destination sleeps', Line(
            conf=LATE, routes='[static *]\nhosts = 127.0.0.1:1\n')),
        Doomed('no dray-remote', lonely),
        Doomed('no answer from dray-dns', Line(
            routes='[static other.example]\nhosts = 127.0.0.1:1\n')),
    ]
    for d in all:
        d.check()


def in_line():
    """Behind a connection that is busy with other mail."""
    s = Line('dot to busy@* delay 30s\n', conf=ONE)
    s.inject(['busy@a.example'])
    ok(until(lambda: s.sink.stat()['inflight_max'] == 1), 'a lane is busy')
    Doomed('in line', s, ['w%d@a.example' % i for i in range(20)]).check(False)


def down():
    """dray-send was not there in time."""
    s = Line('rcpt reply 450 4.2.1 come again\n', conf=LATE)
    s.inst.stop(only=['dray-remote', 'dray-send'])
    s.inject(['x@a.example'], '-X', 'lifetime=1')
    until(lambda: False, 2)
    s.inst.start(['dray-send', 'dray-remote'])
    ok(until(lambda: expired(s) == ['x@a.example'], SLACK),
       'expired when dray-send starts')
    ok(until(s.empty, 5), 'nothing is left')
    s.end()


def dialing():
    all = [Doomed('no answer at ' + name, Line(name + ' stall\n'))
           for name in ('connect', 'ehlo')]
    all.append(Doomed('many, no answer at connect',
                      Line('connect stall\n', conf=ONE),
                      ['p%d@a.example' % i for i in range(12)]))
    for d in all:
        d.check()


def sending():
    """Until its end has been sent nobody can have taken the message."""
    all = [Doomed('no answer at ' + name, Line(
        name + ' stall\n', ['-x', 'nochunking', '-x', 'nopipelining']))
        for name in ('mail', 'rcpt', 'data')]
    all.append(Doomed('many, no answer at mail', Line(
        'mail stall\n', ['-x', 'nochunking'], ONE),
        ['p%d@a.example' % i for i in range(12)]))
    all.append(Doomed('in mid-message', Line('body freeze at 100000\n'),
                      data=b'Subject: x\n\n' + b'0123456789\n' * 3000000))
    for d in all:
        d.check()


def doubt():
    """Its end has been sent: the server may have it."""
    s = Line('dot to late*@* delay 5s\ndot to never*@* stall\n',
             conf=FAST + 'dot-timeout = 8s\nmail-timeout = 8s\n')
    t = Line('dot stall\n', conf=FAST + 'session-timeout = 5s\n')
    for line, rcpt in ((t, 's@a.example'), (s, 'late@a.example'),
                       (s, 'never@b.example')):
        line.inject([rcpt], '-X', 'lifetime=%d' % LIVES)
    ok(until(lambda: s.events('Delivery'), 5 + SLACK),
       'a reply after its time counts', s.events())
    same(s.arrived(), ['late@a.example'], 'it has arrived')
    ok(until(lambda: expired(s), 8 + SLACK),
       'no reply: expired when the server has had its time', s.events())
    same(expired(s), ['never@b.example'], 'that one alone')
    ok(until(lambda: notices(s) == ['never@b.example'], 5),
       'and a notice of it alone', notices(s))
    ok(until(lambda: expired(t) == ['s@a.example'], SLACK),
       'or when the lane has had its time', t.events())
    s.end()
    t.end()


def one_message():
    """Its first recipient is in flight, the others wait."""
    s = Line('dot stall\n', conf=ONE + 'recipients-per-message = 1\n')
    want = ['r%d@a.example' % i for i in range(300)]
    s.inject(want, '-X', 'lifetime=%d' % LIVES)
    ok(until(lambda: len(expired(s)) == 299, LIVES + SLACK + 2),
       'all recipients but the one in flight', len(expired(s)))
    s.end()


run([waiting, in_line, down, dialing, sending, doubt, one_message],
    sys.argv[1:])
done()
