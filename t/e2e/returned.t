#!/usr/bin/python3
# What comes back and who sent it there: bounces, complaints and wishes to leave
# become events and entries of the suppression list if a token of ours says whose
# they are; what is forged becomes a number.
import os
import random
import signal
import subprocess
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))

from door import Door
from line import run
from tap import done, ok, same, until

RETURNS = '''bounce = bounces@own.example
complaint = fbl@own.example
unsubscribe = leave@own.example'''
SENDER = '''[sender brand.example]
return-path = bounces@own.example
feedback-id = spring:brand:dray
unsubscribe-mailto = leave@own.example
'''
FROM = b'From: News <news@brand.example>\r\n'
ORIGINAL = FROM + b'To: <%s>\r\nSubject: Spring\r\n' \
    b'Feedback-ID: spring:brand:dray\r\nMessage-ID: <one@brand.example>\r\n\r\n'
DSN = b'''From: MAILER-DAEMON@there.example
To: <%s>
Subject: Undelivered
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It did not work.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.there.example

Final-Recipient: rfc822; %s
Action: %s
Status: %s
Diagnostic-Code: smtp; %s

--b
Content-Type: message/rfc822

%s
--b--
'''
ARF = b'''From: fbl@there.example
To: <fbl@own.example>
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary=b

--b

Somebody complained.
--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: there/1
Version: 1

--b
Content-Type: message/rfc822

Return-Path: <%s>
%s
--b--
'''


def crlf(b):
    return b.replace(b'\r\n', b'\n').replace(b'\n', b'\r\n')


def dsn(path, to, action=b'failed', status=b'5.1.1',
        said=b'550 5.1.1 no such user here', original=ORIGINAL):
    return crlf(DSN % (path, to, action, status, said, original % to))


def door(more='', **kw):
    d = Door(returns=RETURNS, more=SENDER + more, **kw)
    os.makedirs(d.base + '/keys', exist_ok=True)
    subprocess.run([d.inst.bin + '/dray-keys', '-b', d.base, 'token'],
                   check=True, stdout=subprocess.DEVNULL)
    restart(d)
    return d


def restart(d, how=signal.SIGTERM):
    d.inst.stop(how, only=['dray-bounce'])
    d.inst.start(['dray-bounce'])


def paths(d, *to):
    """Each gets a message; what it left with."""
    d.inst.inject(to, '-X', 'campaign=spring', sender='news@brand.example',
                  data=FROM.replace(b'\r\n', b'\n') + b'Subject: Spring\n\nx\n')
    until(lambda: len(d.events('Delivery')) >= len(to))
    by = {e['recipient']: e['return_path'] for e in d.events('Delivery')}
    return [by[x].encode() for x in to]


def back(d, to, data):
    t = d.talk('returns')
    got = t.mail([to], data, sender=b'')
    t.close()
    same(got[:3], '250', 'taken for ' + to.decode()[:12])


def put(d, i, to, data):
    """As the process for returns does."""
    name = '1700000000.M%dP1Q%d.returns' % (i, i)
    place = d.base + '/spool/returns/'
    with open(place + 'tmp/' + name, 'wb') as f:
        f.write(b'dray-return 1\ntime 1700000000\nfrom <>\nbounce <%s>\n\n'
                % to + data)
    os.rename(place + 'tmp/' + name, place + 'new/' + name)


def from_tenant(d, tenant, campaign, to):
    """Each gets a message of that tenant's campaign, whose name is in no field;
    what it left with."""
    before = len(d.events('Delivery'))
    d.inst.inject(to, '-X', 'campaign=' + campaign, '-X', 'tenant=' + tenant,
                  '-X', 'stream=bulk', sender='news@brand.example',
                  data=FROM.replace(b'\r\n', b'\n') + b'\nx\n')
    ok(until(lambda: len(d.events('Delivery')) == before + len(to)),
       '%s of %s leaves' % (campaign, tenant))
    return {e['recipient']: e['return_path'].encode()
            for e in d.events('Delivery')[before:]}


def gone(d):
    return until(lambda: not os.listdir(d.base + '/spool/returns/new'))


def kept(d):
    return os.listdir(d.base + '/spool/returns/kept')


def listed(d, who):
    return d.tool('dray-suppress', 'query', who)


def told():
    d = door()
    a, b, c, e, f = paths(d, 'Ann@a.example', 'b@b.example', 'c@c.example',
                          'e@e.example', 'f@f.example')
    ok(b'+' in a, 'it left with a token', a)
    back(d, a, dsn(a, b'Ann@a.example'))
    ok(until(lambda: d.events('OOB')), 'a bounce is told')
    v = d.events('OOB')[0]
    same([v.get(x) for x in ('recipient', 'campaign', 'class', 'blame',
                             'hardsoft', 'action', 'attributed',
                             'message_id')],
         ['Ann@a.example', 'spring', 'bad-mailbox', 'recipient', 'hard',
          'failed', 'token', 'one@brand.example'], 'as what it is')
    when = v['suppression'].pop('time')
    ok(when <= v['event_time'], 'and when', when)
    same((v['response']['code'], v['response']['enhanced_code'],
          v['suppression']),
         (550, {'class': 5, 'subject': 1, 'detail': 1},
          {'reason': 'hard', 'scope': 'everywhere'}), 'why, and what follows')
    ok('hard' in listed(d, 'ann@a.example'), 'it is suppressed')
    ok(gone(d), 'and the file is gone')
    # The same again, and a delay of another.
    back(d, a, dsn(a, b'Ann@a.example'))
    back(d, b, dsn(b, b'b@b.example', b'delayed', b'4.4.1',
                   b'451 4.4.1 no answer'))
    ok(until(lambda: len(d.events('OOB')) == 2), 'a delay is told')
    same((d.events('OOB')[1]['hardsoft'], listed(d, 'b@b.example')),
         ('soft', ''), 'which is not the end')
    ok(gone(d), 'all is read')
    same(len(d.events('OOB')), 2, 'what was said before is not told again')
    # Behind a forwarder: another one failed, ours is meant.
    back(d, f, dsn(f, b'other@behind.example'))
    ok(until(lambda: len(d.events('OOB')) == 3), 'behind a forwarder')
    v = d.events('OOB')[2]
    same(v.get('failed_recipient'), 'other@behind.example', 'who failed')
    ok('hard' in listed(d, 'f@f.example'), 'ours is suppressed')
    same(listed(d, 'other@behind.example'), '', 'the other one is not')
    back(d, b'fbl@own.example', crlf(ARF % (c, ORIGINAL % b'c@c.example')))
    ok(until(lambda: d.events('Feedback')), 'a complaint')
    v = d.events('Feedback')[0]
    same((v.get('recipient'), v.get('feedback_type'), v['attributed']),
         ('c@c.example', 'abuse', 'token'), 'is told')
    ok('complaint' in listed(d, 'c@c.example'), 'and suppresses')
    back(d, b'leave' + e[e.index(b'+'):], FROM.replace(b'news', b'e') +
         b'Subject: leave\r\n\r\nplease\r\n')
    ok(until(lambda: d.events('Unsubscribe')), 'a wish to leave')
    got = listed(d, 'e@e.example')
    ok('unsubscribe' in got or d.tool('dray-suppress', 'export').count(
        'unsubscribe') == 1, 'ends the mail of that list', got)
    ok(gone(d), 'all is read')
    same(kept(d), [], 'and nothing had to be kept')
    d.end()


def forged():
    d = door()
    r = random.Random(7)
    chars = 'abcdefghijklmnopqrstuvwxyz234567'
    path = paths(d, 'a@a.example')[0]
    fake = b'bounces+' + ''.join(r.choices(chars, k=40)).encode() + \
        b'@own.example'
    back(d, fake, dsn(fake, b'a@a.example'))
    # Nor one of which a letter is another one.
    n = path.index(b'+') + 30
    fake = path[:n] + (b'a' if path[n:n + 1] != b'a' else b'b') + path[n + 1:]
    back(d, fake, dsn(fake, b'a@a.example'))
    # Ordinary mail, and a bounce that names somebody without a token.
    back(d, b'bounces@own.example', FROM + b'Subject: hello\r\n\r\nhello\r\n')
    back(d, b'bounces@own.example', dsn(b'bounces@own.example', b'z@z.example'))
    ok(gone(d), 'all is read')
    ok(until(lambda: d.events('ReturnSummary')), 'in sum')
    restart(d)
    same([(e.get('recipient'), e['failed_recipient'], e['attributed'])
          for e in d.events('OOB')], [(None, 'z@z.example', 'report')],
         'one is told, as what it is: nobody acts on it')
    same(len(kept(d)), 3, 'the rest is kept for the operator')
    same(d.tool('dray-suppress', 'export'), '', 'nobody is suppressed')
    # Many: little is said, and one in ten of what may be kept.
    before = len(d.events('OOB'))
    for i in range(2000):
        to = b'bounces+' + ''.join(r.choices(chars, k=40)).encode() + \
            b'@own.example'
        put(d, i, to, dsn(to, b'a@a.example'))
    for i in range(300):
        put(d, 2000 + i, b'bounces@own.example',
            dsn(b'bounces@own.example', b'y%d@y.example' % i))
    ok(gone(d), 'many are read')
    ok(100 <= len(d.events('OOB')) - before <= 200,
       'a hundred a minute are told', len(d.events('OOB')))
    ok(len(d.events('ReturnSummary')) <= 3, 'and a sum a minute')
    ok(len(kept(d)) <= 1300, 'one in ten of what may be kept', len(kept(d)))
    same(d.tool('dray-suppress', 'export'), '', 'nobody is suppressed')
    d.end()


def overrides(d):
    out = []
    for x in os.listdir(d.base + '/overrides'):
        if x[0] != '.':
            with open(d.base + '/overrides/' + x) as f:
                out.append(dict(y.rstrip('\n').split(' = ', 1) for y in f))
    return out


def tallies(d, kind):
    """names: hard bounces, of dray-tune's counts of a kind"""
    with open(d.base + '/tune/state') as f:
        rows = [x.split(' ', 15) for x in f if x.startswith('tally ')]
    return {tuple(x[15][1:].split('\t')[:-1]): int(x[5]) for x in rows
            if x[15][0] == kind}


def owners():
    """Whose it was that came back: a hash in the token, and the names from what
    was delivered before."""
    d = door('list-id = all.brand.example\n[breaker]\nsample = 20\n'
             '[suppression]\nhard = tenant\ncomplaint = tenant\n'
             'unsubscribe = tenant\n')
    os.makedirs(d.base + '/tune', exist_ok=True)
    d.inst.start(['dray-tune'])
    to = ['d%d@d.example' % i for i in range(30)]
    dead = from_tenant(d, 'acme', 'dead', to)
    fine = from_tenant(d, 'other', 'fine', to)
    d.inst.stop(only=['dray-tune'])
    d.inst.start(['dray-tune'])
    blank = ORIGINAL.replace(b'Feedback-ID: spring:brand:dray\r\n', b'')
    for i, a in enumerate(to[:20]):
        put(d, i, dead[a], dsn(dead[a], a.encode(), original=blank))
    ok(until(lambda: overrides(d)), 'a campaign is stopped that comes back')
    same([[o.get(x) for x in ('action', 'campaign', 'tenant', 'stream')]
          for o in overrides(d)], [['pause', 'dead', 'acme', 'bulk']],
         'and nothing else')
    ok(until(lambda: len(d.events('OOB')) == 20), 'all are told')
    same([e.get('campaign') for e in d.events('OOB')], [None] * 20,
         'although no field had its name')
    ok(until(lambda: d.tool('dray-suppress', 'export').count('tenant=acme')
             == 20), 'each is suppressed for that tenant',
       d.tool('dray-suppress', 'export'))
    # Word that it is late decides nothing; complaints and wishes to leave do.
    put(d, 50, fine[to[0]], dsn(fine[to[0]], to[0].encode(), b'delayed'))
    back(d, b'fbl@own.example', crlf(ARF % (fine[to[1]], blank %
                                            to[1].encode())))
    back(d, b'leave' + fine[to[2]][7:], FROM + b'\r\nplease\r\n')
    ok(until(lambda: d.tool('dray-suppress', 'export').count('tenant=other')
             == 2), 'who complains or leaves, for the other tenant',
       d.tool('dray-suppress', 'export'))
    d.inst.inject([to[0], to[29]], '-X', 'tenant=acme', '-X', 'campaign=next',
                  '-X', 'stream=bulk')
    d.inst.inject(to[:2], '-X', 'tenant=other', '-X', 'campaign=next',
                  '-X', 'stream=bulk')
    ok(until(lambda: len([e for e in d.events('Delivery', 'AdminBounce')
                          if e.get('campaign') == 'next']) == 4), 'then')
    same(sorted((e['tenant'], e['recipient'], e['type'])
                for e in d.events('Delivery', 'AdminBounce')
                if e.get('campaign') == 'next'),
         [('acme', to[0], 'AdminBounce'), ('acme', to[29], 'Delivery'),
          ('other', to[0], 'Delivery'), ('other', to[1], 'AdminBounce')],
         'each tenant writes to those who did not come back to him')
    d.inst.stop(only=['dray-tune'])
    got = tallies(d, 't')
    ok(got['bulk', 'acme'] > 0 and got['bulk', 'other'] == 0,
       'they count for the right tenant', got)
    d.end()


def killed():
    """It starts over, and what waits for the log stays."""
    d = door()
    to = ['k%d@k.example' % i for i in range(40)]
    path = paths(d, *to)
    d.inst.stop(only=['dray-log'])
    for p, a in zip(path, to):
        back(d, p, dsn(p, a.encode()))
    same(len(os.listdir(d.base + '/spool/returns/new')), 40,
         'without the log they stay')
    restart(d, signal.SIGKILL)
    d.inst.start(['dray-log'])
    restart(d, signal.SIGKILL)
    ok(gone(d), 'then they are read')
    same({e['recipient'] for e in d.events('OOB')}, set(to), 'all are told')
    same(d.tool('dray-suppress', 'export').count('hard'), 40,
         'and suppressed, once each')
    d.end()


run([told, forged, owners, killed], sys.argv[1:])
done()
