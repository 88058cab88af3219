#!/usr/bin/python3
# RFC 5321, 4.5.3, line by line: what has to be taken is taken, and what is more
# is refused with the words of RFC 3463; no reply is longer than a line may be.
import os
import subprocess
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from door import HEADER, Door, Talk
from line import run
from tap import done, ok, same, until

REPLY = 512
LINE = 2048     # what a command may have, with its CRLF
NAME = '.'.join(['n' * 63] * 3) + '.' + 'n' * 53 + '.example'   # 253 octets


class Watched(Talk):
    """Remembers the longest reply line."""
    longest = 0

    def reply(self):
        got = super().reply()
        Watched.longest = max([Watched.longest] +
                              [len(x) + 2 for x in got.split('\n')])
        return got


def talk(d, role='relay', **kw):
    return Watched(d.ports[role], **kw)


def domain(n):
    """A domain of n octets."""
    out = b'.example'
    while n - len(out) > 64:
        out = b'.' + b'd' * 63 + out
    return b'd' * (n - len(out)) + out


def paths():
    """4.5.3.1.1 local-part, 4.5.3.1.2 domain, 4.5.3.1.3 path."""
    d = Door()
    t = talk(d)
    local = b'l' * 64
    for name, address, good in (
            ('a local part of 64', local + b'@there.example', True),
            ('one of 65', local + b'l@there.example', False),
            ('one of 64 in quotes', b'"' + b'l' * 62 + b'"@there.example',
             True),
            ('one of 65 in quotes', b'"' + b'l' * 63 + b'"@there.example',
             False),
            ('a domain of 189 behind a local part of 64',
             local + b'@' + domain(189), True),
            ('a domain of 252, a path of 256', b'l@' + domain(252), True),
            ('a domain of 253, a path of 257', b'l@' + domain(253), False),
            ('a path of 257', local + b'@' + domain(190), False),
            ('a label of 63', b'l@' + b'd' * 63 + b'.example', True),
            ('a path of 2000', b'l' * 1000 + b'@' + domain(900), False)):
        for what, wrong, line in (
                ('sender', '553 5.1.7', b'MAIL FROM:<%s>'),
                ('recipient', '553 5.1.3', b'RCPT TO:<%s>')):
            t.say(b'RSET')
            if what == 'recipient':
                t.say(b'MAIL FROM:<a@b.example>')
            got = t.code(line % address)
            want = {'sender': '250 2.1.0', 'recipient': '250 2.1.5'}[what] \
                if good else wrong
            same(got, want, '%s: %s' % (what, name))
    # A source route does not count once it is left out.
    t.say(b'RSET')
    t.say(b'MAIL FROM:<a@b.example>')
    same(t.code(b'RCPT TO:<@%s:%s>' % (domain(200), local + b'@' +
                                       domain(189))), '250 2.1.5',
         'a path of 256 behind a source route')
    d.end()


def commands():
    """4.5.3.1.4 command line: 512, and what extensions add."""
    d = Door()
    t = talk(d)
    t.say(b'EHLO ' + domain(250))
    sender = b'l' * 64 + b'@' + domain(189)
    line = b'MAIL FROM:<%s> SIZE=99999 BODY=8BITMIME RET=HDRS ENVID=' % sender
    same(t.code(line + b'e' * 100), '250 2.1.0', 'MAIL with all of its words')
    line = b'RCPT TO:<%s> NOTIFY=SUCCESS,FAILURE,DELAY ORCPT=rfc822;' % sender
    same(t.code(line + b'o' * 490), '250 2.1.5',
         'RCPT with an original recipient of 500 (RFC 3461)')
    same(t.code(b'NOOP ' + b'x' * (512 - 7)), '250 2.0.0', 'a line of 512')
    same(t.code(b'NOOP ' + b'x' * (LINE - 7)), '250 2.0.0',
         'a line of %d' % LINE)
    t.pieces(b'NOOP ' + b'x' * 1000, b'x' * (LINE - 1007), b'\r', b'\n')
    same(t.reply()[:9], '250 2.0.0', 'the same in pieces')
    same(t.code(b'NOOP ' + b'x' * (LINE - 6)), '500 5.5.2', 'one octet more')
    ok(t.closed(), 'is the end')
    t = talk(d)
    t.pieces(b'NOOP ' + b'x' * 1000, b'x' * 1042, b'x' * 1000)
    same(t.reply()[:9], '500 5.5.2', 'a long one without end')
    ok(t.closed(), 'is the end')
    d.end()


def lines():
    """4.5.3.1.6 text line: 1000 with its CRLF, without the dot that was
    stuffed; 4.5.3.1.7 message content."""
    d = Door()
    t = talk(d)
    body = b'\r\n'
    for name, data, want in (
            ('a line of 1000', body + b'x' * 998 + b'\r\n', '250 2.0.0'),
            ('one of 1001', body + b'x' * 999 + b'\r\n', '554 5.6.0'),
            ('one of 1000 behind a dot', body + b'..' + b'x' * 997 + b'\r\n',
             '250 2.0.0'),
            ('one of 1001 behind a dot', body + b'..' + b'x' * 998 + b'\r\n',
             '554 5.6.0'),
            ('a field of 1000', b'X: ' + b'x' * 995 + b'\r\n\r\n',
             '250 2.0.0'),
            ('a field of 1001', b'X: ' + b'x' * 996 + b'\r\n\r\n',
             '554 5.6.0'),
            ('a field of 50 lines', b'X:' + b' xx\r\n' * 50 + body,
             '250 2.0.0'),
            ('64 KiB', body + (b'x' * 62 + b'\r\n') * 1024, '250 2.0.0'),
            ('a million lines', body + b'\r\n' * 10 ** 6, '250 2.0.0')):
        same(t.mail([b'a@there.example'], HEADER + data)[:9], want,
             'DATA: ' + name)
        plain = (HEADER + data).replace(b'\r\n..', b'\r\n.')
        half = len(plain) // 2
        same(t.chunks([b'a@there.example'], plain[:half], plain[half:])[:9],
             want, 'BDAT: ' + name)
    d.end()


def message():
    """What SIZE announces is what is taken, to the octet."""
    d = Door(queue='max-message-size = 104096\n')
    t = talk(d)
    ok('250-SIZE 100000' in t.hello, 'SIZE is announced')
    for n, want in ((100000, '250 2.0.0'), (100001, '552 5.3.4')):
        data = HEADER + b'\r\n'
        data += b'x' * 500 + b'\r\n'
        rest = n - len(data)
        data += (b'z' * 98 + b'\r\n') * (rest // 100 - 1)
        data += b'e' * (n - len(data) - 2) + b'\r\n'
        same(t.mail([b'a@there.example'], data)[:9], want,
             'DATA: %d octets' % n)
        same(t.chunks([b'a@there.example'], data)[:9], want,
             'BDAT: %d octets' % n)
        same(t.code(b'MAIL FROM:<a@b.example> SIZE=%d' % n),
             want.replace('0.0', '1.0'), 'SIZE=%d' % n)
        t.say(b'RSET')
    d.end()


def recipients():
    """4.5.3.1.8 and 4.5.3.1.10: at least a hundred; those that are too many
    are refused for now, and the others get the message."""
    d = Door(smtpd='recipients = 100\nerrors = 1000')
    t = talk(d)
    ok('LIMITS RCPTMAX=100' in t.hello, 'LIMITS says it')
    to = [b'r%d@there.example' % i for i in range(150)]
    t.say(b'MAIL FROM:<a@b.example>')
    got = [t.code(b'RCPT TO:<%s>' % x) for x in to]
    same(got, ['250 2.1.5'] * 100 + ['452 4.5.3'] * 50,
         'a hundred recipients and fifty more')
    same(t.code(b'DATA')[:3], '354', 'the message is wanted')
    t.send(HEADER + b'\r\nhello\r\n')
    same(t.say(b'.')[:9], '250 2.0.0', 'and taken')
    until(lambda: len(d.arrived()) >= 100)
    same(sorted(d.arrived()), sorted(x.decode() for x in to[:100]),
         'for the hundred')
    same(t.mail(to[100:])[:9], '250 2.0.0', 'the others have another')
    until(lambda: len(d.arrived()) >= 150)
    same(sorted(d.arrived()), sorted(x.decode() for x in to), 'all have it')
    d.end()


def replies():
    """4.5.3.1.5 reply line: 512 with its CRLF, where our own name is as long
    as a name can be."""
    d = Door()
    with open(d.base + '/etc/dray.conf', 'w') as f:
        f.write('[node]\nhostname = %s\n' % NAME + d.text)
    d.inst.compile()
    until(lambda: NAME in talk(d).greeting)
    t = talk(d, 'submission')
    ok(NAME in t.greeting and NAME in t.hello, 'our name is long', t.greeting)
    t.say(b'EHLO ' + domain(250))
    t.mail([b'l' * 64 + b'@' + domain(189)],
           sender=b'm' * 64 + b'@' + domain(189))
    t.mail([b'a@there.example'], b'X-Dray-Stream: %s\r\n\r\n' % (b's' * 900))
    t.mail([b'a@there.example'], b'X-Dray-Route: r%s\r\n\r\n' % (b's' * 30))
    t.mail([b'a@there.example'], b'X-Dray-' + b'x' * 900 + b': y\r\n\r\n')
    for line in (b'HELO ' + domain(250), b'VRFY ' + b'x' * 2000, b'HELP',
                 b'EXPN ' + b'x' * 2000, b'x' * 2040, b'MAIL FROM:<a@b.example>'
                 b' ' + b'x' * 2000):
        t.say(line)
    ok(len(NAME) < Watched.longest <= REPLY,
       'the longest reply of all has %d octets' % Watched.longest)
    d.end()


def timeouts():
    """4.5.3.2.7: five minutes for a command, by default."""
    d = Door()
    out = subprocess.run(
        [d.inst.bin + '/dray-policy', '-b', d.base, 'show'],
        stdout=subprocess.PIPE, check=True).stdout.decode()
    have = dict(x.split('\t')[:2] for x in out.splitlines())
    same((have['smtpd/command-timeout'], have['smtpd/data-timeout']),
         ('5m', '3m'), 'what a client has for a command, and within a message')
    d.end()
    # What each of them ends is in smtpd.t; here, that they are not one.
    d = Door(smtpd='command-timeout = 1s\ndata-timeout = 1h\n'
             'message-timeout = 1h')
    idle, t = talk(d), talk(d)
    t.envelope([b'slow@there.example'])
    t.say(b'DATA')
    t.send(HEADER)
    same(idle.reply(), '421 4.4.2 too slow', 'an idle session ends')
    t.send(b'\r\nhello\r\n')
    same(t.say(b'.')[:9], '250 2.0.0', 'one within a message has its own time')
    same(t.reply(), '421 4.4.2 too slow', 'until it is idle')
    d.end()


run([paths, commands, lines, message, recipients, replies, timeouts],
    sys.argv[1:])
done()
