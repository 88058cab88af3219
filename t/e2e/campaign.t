#!/usr/bin/python3
# A campaign from its list to its recipients: each has one message, with his own
# values; it is paused, let go, moved and cancelled while it runs; what is said
# of it while it does and afterwards.
import json
import os
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from line import FAST, Line, run
from tap import done, ok, same, until

TEMPLATE = '''From: Brand <news@brand.example>
To: {{email}}
Subject: Hello {{name}}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Dear {{name}},
.a line that begins with a dot
'''


def campaign(s, name, rows, *options, **kw):
    return s.campaign(name, ['email,name'] + ['%s,%s' % r for r in rows],
                      *options, template=TEMPLATE, **kw)


def people(n, domain='%d.example'):
    return [('r%d@%s' % (i, domain.replace('%d', 'd%d' % (i % 7))),
             'Name %d' % i) for i in range(n)]


def arrives():
    s = Line()
    campaign(s, 'one', people(60))
    s.just(60, 'each of them has it')
    same(sorted(set(s.arrived())), sorted(r[0] for r in people(60)), 'once')
    got = s.events('Delivery')
    same({e['campaign'] for e in got}, {'one'}, 'as this campaign')
    said = campaign(s, 'one', people(60))
    ok('already queued' in said, 'again: nothing', said)
    s.just(60, 'nobody has it twice')
    s.end()


def counts(s, name):
    return json.loads(s.tool('dray-stat', '--json', '--campaign', name))


def steered():
    """At ten a second: paused, let go, cancelled."""
    s = Line('rcpt to *@d3.example reply 550 5.1.1 no such user\n',
             conf=FAST + 'message-rate = 10/1s\nconnections = 1\n')
    s.ctl('pause', '--campaign', 'two')
    campaign(s, 'two', people(400))
    campaign(s, 'other', [('o@d1.example', 'O')])
    ok(until(lambda: s.arrived() == ['o@d1.example'], 10),
       'one is paused, the other is not', s.arrived())
    c = counts(s, 'two')
    same((c['sent'], c['waiting'], c['bounced']), (0, 400, 0), 'nothing left')
    s.ctl('resume', '--campaign', 'two')
    ok(until(lambda: counts(s, 'two')['bounced_by_class'], 20), 'it goes on')
    s.ctl('pause', '--campaign', 'two')
    ok(until(lambda: counts(s, 'two')['in_flight'] == 0, 10), 'and stops')
    n = counts(s, 'two')['sent']
    time.sleep(0.5)
    c = counts(s, 'two')
    same(c['sent'], n, 'at once')
    ok(0 < n < 400 and c['per_second'] > 0 and c['ends_in'] > 0, 'its rate', c)
    same(c['sent'] + c['bounced'] + c['waiting'], 400, 'all are somewhere')
    ok(' sent\n' in s.tool('dray-stat', '--campaign', 'two'), 'in words')
    s.ctl('remove', '--campaign', 'two', '--reason', 'wrong price')

    def ended():
        c = counts(s, 'two')    # from the log, which is a little behind
        return c['waiting'] == 0 and \
            c['removed'] + c['sent'] + c['bounced'] == 400
    ok(until(ended, 10), 'it is cancelled', counts(s, 'two'))
    s.end()


run([arrives, steered], sys.argv[1:])
done()
