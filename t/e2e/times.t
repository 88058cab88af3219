#!/usr/bin/python3
# Mail with a start or windows is delivered then and not before, over a restart
# and whoever flushes it; a window that closes stops what is left; its age
# counts from its start.
import calendar
import os
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import queued
from line import FAST, Line, run
from tap import done, ok, same, until


def inject(s, rcpts, **kw):
    c = queued.Client(s)
    c.send(queued.message(rcpts, **kw))
    v = c.verdict()
    c.close()
    assert v[0] == 'A', v


def when(e):
    t = e['event_time']
    return calendar.timegm(time.strptime(t[:19], '%Y-%m-%dT%H:%M:%S')) + \
        float('0' + t[19:].rstrip('Z'))


def came(s):
    return {e['recipient']: when(e) for e in s.events('Delivery')}


def starts():
    s = Line()
    now = int(time.time())
    inject(s, ['now@a.example'])
    inject(s, ['later@a.example', 'later@b.example'], start=now + 4)
    inject(s, ['window@a.example'], start=0,
           windows=[(now - 100, now - 50), (now + 5, now + 1000)])
    inject(s, ['late@a.example'], start=now + 3600)
    inject(s, ['never@a.example'], start=now + 1, lifetime=5,
           windows=[(now - 100, now - 50)])
    inject(s, ['past@a.example'], start=now - 10, lifetime=3000)
    ok(until(lambda: 'past@a.example' in came(s), 10),
       'what has no start, or is due')
    s.ctl('flush', '--all')
    s.restart()
    s.ctl('flush', '--all')
    ok(until(lambda: len(came(s)) == 5, 15), 'all whose time comes', came(s))
    at = came(s)
    ok(min(at['later@a.example'], at['later@b.example']) >= now + 4,
       'not before their start', (now, at))
    ok(at['window@a.example'] >= now + 5, 'nor before their window', (now, at))
    ok('late@a.example' not in at, 'nor what comes later')
    ok(until(lambda: s.events('Expiration'), 10),
       'what is behind its windows expires')
    e = s.events('Expiration')[0]
    same(e['recipient'], 'never@a.example', 'and nothing else')
    ok(when(e) >= now + 6, 'when its lifetime is over, from its start',
       (now, when(e)))
    s.end()


def closes():
    """At five a second a window of two seconds is not enough for all."""
    s = Line(conf=FAST + 'message-rate = 5/1s\nrecipients-per-message = 1\n')
    now = int(time.time())
    end = now + 3
    inject(s, ['r%d@a.example' % n for n in range(40)], start=0,
           windows=[(now - 5, end), (end + 3, end + 6), (end + 5000, end + 9000)])
    ok(until(lambda: time.time() > end + 7, 20), 'two windows pass')
    at = sorted(came(s).values())
    ok(0 < len(at) < 40, 'some have left', len(at))
    ok(all(t < end + 1 or end + 3 <= t < end + 7 for t in at),
       'none between its windows, nor behind them', (end, at))
    ok(any(t >= end + 3 for t in at), 'more in the second', (end, at))
    s.end()


run([starts, closes], sys.argv[1:])
done()
