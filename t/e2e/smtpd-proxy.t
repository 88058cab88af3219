#!/usr/bin/python3
# Who stands in front of dray-smtpd and says who the client is: the PROXY
# protocol, versions 1 and 2, and XCLIENT; from where it may be said, what comes
# of it, and what is no good.
import email
import os
import socket
import struct
import sys
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from door import Door, Talk, stored
from line import run
from tap import done, ok, same, until

SIG = b'\r\n\r\n\0\r\nQUIT\n'
V1 = b'PROXY TCP4 192.0.2.%d 198.51.100.1 40000 25\r\n'


def v2(command, kind, block, length=None):
    return SIG + struct.pack('>BBH', 0x20 | command, kind,
                             len(block) if length is None else length) + block


def ip4(last, more=b''):
    return v2(1, 0x11, bytes([192, 0, 2, last, 198, 51, 100, 1]) +
              struct.pack('>HH', 40000, 25) + more)


def ip6(text, more=b''):
    return v2(1, 0x21, socket.inet_pton(socket.AF_INET6, text) +
              socket.inet_pton(socket.AF_INET6, '2001:db8::25') +
              struct.pack('>HH', 40000, 25) + more)


class Proxied(Talk):
    def __init__(self, port, header, pause=0, source='127.0.0.7',
                 hello=b'EHLO client.example'):
        self.s = socket.create_connection(('127.0.0.1', port), timeout=30,
                                          source_address=(source, 0))
        self.s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.f = self.s.makefile('rb')
        for i in range(len(header) if pause else 0):
            self.send(header[i:i + 1])
            time.sleep(pause)
        if not pause:
            self.send(header)
        self.greeting = self.reply()
        if hello and self.greeting[:3] == '220':
            self.hello = self.say(hello)


def door(**kw):
    return Door(trust='trust = 192.0.2.0/25 2001:db8::/64\n'
                'auth = no\nproxy = 127.0.0.7 127.0.0.8\nxclient = 127.0.0.9', **kw)


def headers():
    d = door()
    d.inst.stop(only=['dray-remote'])
    port = d.ports['submission']
    for name, header, peer in (
            ('version 1', V1 % 1, '[192.0.2.1]'),
            ('version 1, IPv6',
             b'PROXY TCP6 2001:db8::1 2001:db8::25 1 25\r\n',
             '[IPv6:2001:db8::1]'),
            ('version 2', ip4(2), '[192.0.2.2]'),
            ('version 2, IPv6', ip6('2001:db8::2'), '[IPv6:2001:db8::2]'),
            ('TLVs', ip4(3, b'\4\0\3abc' + b'\x20\1\0' + b'x' * 256),
             '[192.0.2.3]'),
            ('IPv4 in IPv6', ip6('::ffff:192.0.2.4'), '[192.0.2.4]')):
        t = Proxied(port, header)
        same(t.greeting[:3], '220', name)
        body = name.encode() + b'\r\n'
        same(t.mail([b'u@x.example'], b'Subject: x\r\n\r\n' + body)[:3], '250',
             'the address that it says is trusted')
        got = email.message_from_bytes(stored(d, body))
        ok(peer in (got['Received'] or ''), 'and stands in the message',
           got['Received'])
    same(Proxied(port, V1 % 200).envelope([b'u@x.example'])[:9], '550 5.7.1',
         'another is not trusted')
    for name, header in (('UNKNOWN', b'PROXY UNKNOWN\r\n'),
                         ('UNKNOWN with more', b'PROXY UNKNOWN a b c\r\n'),
                         ('LOCAL', v2(0, 0, b'')),
                         ('LOCAL with a block', v2(0, 0x11, b'x' * 30)),
                         ('UNSPEC', v2(1, 0, b'x' * 3)),
                         ('UNIX', v2(1, 0x31, b'x' * 216))):
        t = Proxied(port, header)
        same((t.greeting[:3], t.envelope([b'u@x.example'])[:9]),
             ('220', '550 5.7.1'), '%s: the proxy itself' % name)
    for header in (V1 % 5, ip4(5, b'\4\0\1x')):
        t = Proxied(port, header, pause=.002)
        same(t.envelope([b'u@x.example'])[:3], '250', 'octet by octet')
        t = Proxied(port, header + b'EHLO client.example\r\n', hello=None)
        same(t.reply()[:3], '250', 'the first command behind it')
    d.inst.start(['dray-remote'])
    d.end()


def bad():
    d = door()
    port = d.ports['relay']
    for header in (
            b'EHLO client.example\r\n', b'\r\n', b'PROXY\r\n', b'PROXY \r\n',
            b'PROXY TCP4\r\n', b'PROXY TCP4 192.0.2.1 192.0.2.2 1\r\n',
            b'PROXY TCP4 192.0.2.1 192.0.2.2 1 25 \r\n',
            b'PROXY TCP4  192.0.2.1 192.0.2.2 1 25\r\n',
            b'PROXY TCP4 192.0.2.1 192.0.2.2 1 65536\r\n',
            b'PROXY TCP4 192.0.2.1 192.0.2.2 01 25\r\n',
            b'PROXY TCP4 192.0.2.256 192.0.2.2 1 25\r\n',
            b'PROXY TCP4 2001:db8::1 2001:db8::2 1 25\r\n',
            b'PROXY TCP6 192.0.2.1 192.0.2.2 1 25\r\n',
            b'PROXY TCP4 192.0.2.1 192.0.2.2 1 25\n',
            b'PROXY UDP4 192.0.2.1 192.0.2.2 1 25\r\n',
            b'proxy TCP4 192.0.2.1 192.0.2.2 1 25\r\n',
            b'PROXY UNKNOWN ' + b'x' * 100 + b'\r\n',
            v2(2, 0x11, b'x' * 12), v2(1, 0x11, b'x' * 11),
            v2(1, 0x21, b'x' * 35), v2(1, 0x12, b'x' * 12),
            v2(1, 0x41, b'x' * 12), v2(1, 0x11, b'x' * 20, 65535),
            SIG + b'\x11\x11\0\x0c' + b'x' * 12):
        t = Proxied(port, header)
        same((t.greeting, t.closed()), ('', True), '%r' % header[:50])
        t.close()
    # Somebody else's is a command, and none that there is.
    t = d.talk('relay', hello=None)
    same(t.code((V1 % 1)[:-2]), '500 5.5.1', 'from elsewhere: version 1')
    same(t.envelope([b'u@x.example'])[:9], '503 5.5.1', 'it means nothing')
    t = d.talk('relay', hello=None)
    t.send(ip4(1))
    same((t.reply()[:3], t.reply()[:3]), ('500', '500'), 'version 2')
    begin = time.monotonic()
    t = Proxied(port, b'PROXY TCP4 192.0.2.1')
    same(t.greeting, '', 'a header that does not end')
    ok(time.monotonic() - begin > 9, 'has ten seconds')
    d.inst.conf(d.text.replace('[smtpd]', '[smtpd]\nnetwork-connections = 3'))

    def four():
        made = [Proxied(port, V1 % 9) for _ in range(4)]
        got = [t.greeting[:3] for t in made]
        for t in made:
            t.close()
        return got

    ok(until(lambda: four() == ['220'] * 3 + ['421']),
       'limits count the client')
    some = [Proxied(port, V1 % i) for i in range(10, 20)]
    same({t.greeting[:3] for t in some}, {'220'}, 'and not the proxy')
    d.end()


def xclient():
    d = door()
    d.inst.stop(only=['dray-remote'])

    def ours():
        return d.talk(source='127.0.0.9')

    t = ours()
    ok('250-XCLIENT NAME ADDR PORT PROTO HELO DESTADDR DESTPORT' in t.hello,
       'offered to whom it is for', t.hello)
    same(t.envelope([b'u@x.example'])[:9], '550 5.7.1', 'not trusted itself')
    same(t.code(b'XCLIENT ADDR=192.0.2.1'), '503 5.5.1', 'within a message')
    t.say(b'RSET')
    same(t.say(b'XCLIENT ADDR=192.0.2.1 NAME=c.example PORT=4 DESTPORT=25 '
               b'DESTADDR=198.51.100.1'), '220 bench.example ESMTP',
         'the session begins anew')
    same(t.code(b'MAIL FROM:<a@b.example>'), '503 5.5.1', 'with EHLO')
    t.say(b'EHLO client.example')
    same(t.mail([b'u@x.example'], b'Subject: x\r\n\r\nx1\r\n')[:3], '250',
         'what it says is trusted')
    got = email.message_from_bytes(stored(d, b'x1\r\n'))['Received'] or ''
    ok('client.example ([192.0.2.1])' in got, 'and stands in the message', got)
    same(t.say(b'xclient addr=IPV6:2001:db8::1 helo=h+2Eexample proto=SMTP')
         [:3], '220', 'IPv6, HELO and PROTO')
    same(t.mail([b'u@x.example'], b'Subject: x\r\n\r\nx2\r\n')[:3], '250',
         'no EHLO is wanted')
    got = email.message_from_bytes(stored(d, b'x2\r\n'))['Received'] or ''
    ok(got.startswith('from h.example ([IPv6:2001:db8::1])') and
       'with SMTP id' in got, 'who said which', got)
    same(t.say(b'XCLIENT ADDR=192.0.2.200 LOGIN=[UNAVAILABLE] '
               b'NAME=[TEMPUNAVAIL]')[:3], '220', 'another one')
    t.say(b'EHLO client.example')
    same(t.envelope([b'u@x.example'])[:9], '550 5.7.1', 'is not trusted')
    t.say(b'RSET')
    for what in (b'', b'ADDR', b'ADDR=', b'ADDR=192.0.2', b'ADDR=2001:db8::1',
                 b'ADDR=IPV6:192.0.2.1', b'PORT=65536', b'PORT=x', b'=x',
                 b'PROTO=LMTP', b'HELO=a+20b', b'HELO=a+0Ab', b'HELO=a+2',
                 b'LOGIN=me', b'NONE=x', b'NAME=' + b'x' * 300,
                 b'ADDR=192.0.2.1 PORT=x'):
        same(t.code(b'XCLIENT ' + what), '501 5.5.4',
             'XCLIENT ' + what[:30].decode())
    same(t.envelope([b'u@x.example'])[:9], '550 5.7.1',
         'nothing of these counts')
    t = d.talk()
    ok('XCLIENT' not in t.hello, 'to others it is not offered')
    same(t.code(b'XCLIENT ADDR=192.0.2.1'), '550 5.7.0', 'nor taken')
    same(t.envelope([b'u@x.example'])[:9], '550 5.7.1', 'nor does it count')
    d.inst.start(['dray-remote'])
    d.end()


run([headers, bad, xclient], sys.argv[1:])
done()
