#!/usr/bin/python3
# What dray-smtpd refuses is in the log: each refusal once, with what is known of
# it; no flood of them; what dray-log could not be told is counted; and who
# speaks in the place of dray-smtpd can write nothing else there.
import os
import signal
import socket
import struct
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from door import HEADER, Door
from line import run
from tap import done, ok, same, until

STRANGERS = 'trust = 127.0.0.1\n'


def refused(d):
    return d.events('Rejection')


def have(d, n):
    """At least n are logged."""
    return until(lambda: len(refused(d)) >= n)


def kinds():
    d = Door(smtpd='errors = 1000\nconnections = 5\nrecipients = 100\n'
             'command-timeout = 60s', trust=STRANGERS,
             returns='bounce = bounces@own.example', queue='max-message-size = 1M\n')
    t = d.talk()
    sender = {'sender': 'a@b.example'}
    to = {'recipient': 'x@there.example'}
    one = dict(sender, recipients=1, **to)
    want = []

    def no(got, command, **fields):
        """The reply was a refusal, and so is to be logged."""
        want.append((got, command, fields))

    no(t.say(b'WHAT secret'), '')
    no(t.say(b'EHLO not a name'), 'EHLO', argument='not a name')
    no(t.say(b'RCPT TO:<x@there.example>'), 'RCPT',
       argument='TO:<x@there.example>')
    no(t.say(b'MAIL FROM:<a@b.example> SIZE=soon'), 'MAIL',
       argument='FROM:<a@b.example> SIZE=soon')
    same(t.say(b'DATA')[:3], '503', 'what follows from a refusal')
    no(t.say(b'MAIL FROM:<a@b.example> SIZE=99999999999'), 'MAIL', **sender)
    t.envelope([b'x@there.example'] * 99)
    no(t.say(b'RCPT TO:<"a\x7f"@there.example>'), '', recipients=99, **sender)
    no(t.say(b'RCPT TO:<a@.example>'), 'RCPT', argument='TO:<a@.example>',
       **sender)
    t.say(b'RCPT TO:<y@there.example>')
    no(t.say(b'RCPT TO:<z@there.example>'), 'RCPT', recipient='z@there.example',
       **sender)
    t.say(b'RSET')
    no(t.say(b'DATA'), 'DATA')
    no(t.mail([b'x@there.example'], b'X-Dray-Lifetime: soon\r\n\r\n'), '.',
       size=25, **one)
    no(t.mail([b'x@there.example'], b'bare\n' + HEADER), '.', **one)
    no(t.mail([b'x@there.example', b'y@there.example'],
              b'X-Dray-Stream: none\r\n\r\n'), '.', recipients=2, **sender)
    no(t.chunks([b'x@there.example'], HEADER, b'bare\n'), 'BDAT', **one)
    no(t.mail([b'x@there.example'], HEADER + b'x\r\n' * 400000), '.', **one)
    same(t.mail([b'x@there.example'])[:3], '250', 'what is good is taken')
    s = d.talk('relay', source='127.0.0.9', hello=b'HELO stranger.example')
    s.say(b'MAIL FROM:<a@b.example>')
    no(s.say(b'RCPT TO:<x@there.example>'), 'RCPT', **sender, **to)
    same(s.say(b'DATA')[:3], '554', 'nor what follows from another')
    r = d.talk('returns', source='127.0.0.9')
    r.say(b'MAIL FROM:<>')
    no(r.say(b'RCPT TO:<x@own.example>'), 'RCPT', sender='',
       recipient='x@own.example')
    some = [d.talk(hello=None) for _ in range(3)]
    no(some[2].greeting, 'connect')
    no(t.say(b'BDAT x'), 'BDAT')
    ok(have(d, len(want)), 'all are logged', len(refused(d)))
    got = refused(d)
    same(len(got), len(want), 'each once')
    same([(e['response']['code'], e['response']['content'],
           e['response']['command']) for e in got],
         [(int(reply[:3]), reply[4:], command) for reply, command, _ in want],
         'as they were told')
    for (reply, command, fields), e in zip(want, got):
        about = {k: e[k] for k in ('sender', 'recipient', 'recipients',
                                   'argument') if k in e}
        same(about, {k: v for k, v in fields.items() if k != 'size'},
             reply + ': whom it is about')
    same([e['size'] for e in got if 'size' in e][0], 25, 'the size')
    same(got[0]['response'].get('enhanced_code'),
         {'class': 5, 'subject': 5, 'detail': 1}, 'the enhanced code')
    first = got[5]
    port = t.s.getsockname()[1]
    same([first[k] for k in ('nodeid', 'listener', 'role', 'peer_address',
                             'reception_protocol')],
         ['bench.example', 'submission', 'submission',
          {'name': 'client.example', 'addr': '127.0.0.1', 'port': port},
          'ESMTP'], 'and whose')
    same([[e[k] for k in ('listener', 'role', 'reception_protocol')] +
          [e['peer_address'][k] for k in ('name', 'addr')]
          for e in got if 'session_id' in e and
          e['peer_address']['addr'] == '127.0.0.9'],
         [['relay', 'relay', 'SMTP', 'stranger.example', '127.0.0.9'],
          ['returns', 'returns', 'ESMTP', 'client.example', '127.0.0.9']],
         'others are others')
    same(len({e.get('session_id') for e in got}), 4, 'by session')
    ok('secret' not in str(got), 'what is no command is not told')
    d.end()


def away():
    """dray-log does not take anything for a while."""
    d = Door(smtpd='errors = 10000', trust=STRANGERS)
    t = d.talk()
    t.say(b'MAIL FROM:<a@b.example>')
    d.inst.stop(only=['dray-log'])
    n = 1500
    t.send(b'RCPT TO:<@>\r\n' * n)
    same({t.reply()[:3] for _ in range(n)}, {'501'}, 'refused all the same')
    same(len(refused(d)), 0, 'and nobody knows')
    d.inst.start(['dray-log'])
    ok(until(lambda: d.events('RejectionSummary')), 'until dray-log is back')
    [s] = d.events('RejectionSummary')
    ok(300 < len(refused(d)) < n, 'some were kept', len(refused(d)))
    same(len(refused(d)) + s['rejections'], n, 'the others counted')
    same((s['reason'], 'network' in s), ('log', False), 'and why')
    ok(s['since'] < s['event_time'], 'and since when', s)
    t.say(b'WHAT')
    ok(have(d, n - s['rejections'] + 1), 'it goes on')
    # It dies; what it has not said to be durable comes again, then.
    before = len(refused(d))
    os.kill(d.inst.procs['dray-log'].pid, signal.SIGSTOP)
    t.send(b'WHAT\r\n' * 20)
    same({t.reply()[:3] for _ in range(20)}, {'500'}, 'one that hangs')
    d.inst.stop(signal.SIGKILL, only=['dray-log'])
    d.inst.start(['dray-log'])
    ok(have(d, before + 20), 'and is killed')
    d.end()


def floods():
    d = Door(smtpd='errors = 10000', trust=STRANGERS)
    begin = {}
    for source in '127.0.0.8', '127.0.0.9':
        t = d.talk(source=source)
        t.send(b'WHAT\r\n' * 300)
        same({t.reply()[:3] for _ in range(300)}, {'500'}, 'three hundred')
        t.close()
    ok(have(d, 120), 'sixty of each are logged')
    t = d.talk()
    t.send(b'MORE\r\n' * 300)
    same({t.reply()[:3] for _ in range(300)}, {'500'}, 'three hundred')
    ok(until(lambda: sum(e['peer_address']['addr'] == '127.0.0.1'
                         for e in refused(d)) == 300),
       'all of who may send are')
    n = {a: sum(e['peer_address']['addr'] == a for e in refused(d))
         for a in ('127.0.0.8', '127.0.0.9')}
    ok(all(60 <= x < 100 for x in n.values()), 'no more of strangers', n)
    same(d.events('RejectionSummary'), [], 'their number comes later')
    d.inst.stop(only=['dray-smtpd'])
    got = d.events('RejectionSummary')
    same({e['network']: e['rejections'] for e in got},
         {a: 300 - x for a, x in n.items()}, 'at the end at the latest')
    same({e['reason'] for e in got}, {'rate'}, 'and why')
    d.end()


def frame(number, *lines):
    body = b'\x01E' + struct.pack('>Q', number) + b''.join(
        x + b'\n' for x in lines)
    return struct.pack('>IH', len(body), 0) + body


def connect(d, name):
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(20)
    here = os.getcwd()
    os.chdir(d.base + '/sock')
    try:
        s.connect(name)
    finally:
        os.chdir(here)
    return s


def forged():
    d = Door()
    good = b'{"type":"Rejection","a":"%s"}'
    bad = [b'{"type":"Delivery","id":"forged"}',
           b'{"type":"Rejection","type":"Delivery","id":"forged"}',
           b'{"type":"Rejection","a":1,"type":"forged"}',
           b'{"type":"Rejection","a":1}{"type":"forged"}',
           b'{"type":"Rejection","ty\\u0070e":"forged"}',
           b'{"type":"Rejection","a":"forged}',
           b'{"type": "Rejection","a":"forged"}',
           b'{"a":"forged","type":"Rejection"}',
           b'{"type":"Rejection","a":"forged\xff"}',
           b'{"type":"Rejection","a":[{"type":"forged"}]}']
    for line in bad:
        s = connect(d, 'door/rejections')
        s.sendall(frame(1, good % b'kept') + frame(2, good % b'forged', line))
        got = b''
        try:
            while True:
                more = s.recv(4096)
                if not more:
                    break
                got += more
        except ConnectionError:
            pass
        ok(b'\x01A' + struct.pack('>Q', 2) not in got, repr(line))
    s = connect(d, 'door/rejections')
    s.sendall(frame(1, good % b'kept', b'{"type":"RejectionSummary","n":1}'))
    ok(s.recv(4096).endswith(struct.pack('>Q', 1)), 'what is good is durable')
    ok(until(lambda: len(refused(d)) >= len(bad) + 1), 'and there')
    ok(not [e for e in d.events() if 'forged' in str(e)], 'nothing else is')
    # They take no room from others.
    many = [connect(d, 'door/rejections') for _ in range(300)]
    s = connect(d, 'log')
    s.sendall(frame(1, b'{"type":"Other"}'))
    ok(s.recv(4096).endswith(struct.pack('>Q', 1)), 'others have room', many[:0])
    ok(until(lambda: d.events('Other')), 'and may write anything')
    d.end()


run([kinds, away, floods, forged], sys.argv[1:])
done()
