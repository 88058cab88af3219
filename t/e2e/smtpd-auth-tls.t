#!/usr/bin/python3
# Logging in from where others could listen: not in the clear, and under TLS.
# In a network of its own, for addresses that are not loopback.
import base64
import os
import ssl
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import ownnet

HERE, THERE = '192.0.2.1', '198.51.100.7'
ownnet.enter(HERE, THERE)

import auth
import line
from certs import Certs
from door import Door, HEADER, Talk, stored
from line import run
from tap import done, ok, same, until

PLAIN = b'AUTH PLAIN ' + base64.b64encode(b'\0shop\0secret')
cert = Certs(os.path.join(line.top, 'certs')).good('mail.example')
tls = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
tls.check_hostname = False
tls.verify_mode = ssl.CERT_NONE


class Users(Door):
    def __init__(self, more=''):
        super().__init__(
            trust='address = 0.0.0.0\ntrust = 203.0.113.0/24\n' + more,
            more='[certificate it]\ncertificate = %s\n' % cert)
        self.inst.start(['dray-tlskey', 'dray-auth'])
        auth.add(self.base, 'shop', 'secret')
        until(lambda: self.far().secure(tls)[:3] == '220')

    def far(self, role='submission'):
        return Talk(self.ports[role], source=THERE, host=HERE)

    def end(self):
        self.inst.stop(only=['dray-tlskey', 'dray-auth'])
        super().end()


def clear():
    d = Users()
    t = d.far()
    ok('AUTH' not in t.hello, 'it is not offered in the clear', t.hello)
    same(t.say(PLAIN), '538 5.7.11 not without TLS', 'nor taken')
    same(t.say(b'AUTH LOGIN'), '538 5.7.11 not without TLS', 'in any way')
    same(t.say(b'MAIL FROM:<a@b.example>'),
         '530 5.7.0 log in first, after STARTTLS', 'what to do')
    same(t.secure(tls)[:3], '220', 'STARTTLS')
    ok('250-AUTH PLAIN LOGIN' in t.hello.split('\n'), 'then it is', t.hello)
    same(t.say(b'MAIL FROM:<a@b.example>'), '530 5.7.0 log in first',
         'and needed')
    same(t.code(PLAIN), '235 2.7.0', 'and taken')
    d.inst.stop(only=['dray-remote'])
    same(t.mail([b'u@there.example'], HEADER + b'\r\ntls\r\n')[:9],
         '250 2.0.0', 'a message')
    got = stored(d, b'\r\n\r\ntls\r\n')
    ok(b'with ESMTPSA id' in got, 'Received says so', got)
    d.inst.start(['dray-remote'])
    t = d.far('relay')
    same(t.code(b'MAIL FROM:<a@b.example>'), '250 2.1.0',
         'where nobody logs in it is said')
    same(t.code(b'RCPT TO:<u@there.example>'), '550 5.7.1', 'of recipients')
    d.end()


def anew():
    """STARTTLS forgets all that was said before (RFC 3207 4.2)."""
    d = Users()
    t = d.talk()
    same(t.code(PLAIN), '235 2.7.0', 'in the clear on loopback')
    same(t.secure(tls)[:3], '220', 'STARTTLS')
    same(t.code(b'MAIL FROM:<a@b.example>'), '530 5.7.0', 'is a new beginning')
    same(t.code(PLAIN), '235 2.7.0', 'to log in again')
    same(t.code(b'MAIL FROM:<a@b.example>'), '250 2.1.0', 'and send')
    t = d.talk()
    t.send(PLAIN + b'\r\nSTARTTLS\r\n' + PLAIN + b'\r\n')
    got = [t.reply()[:3], t.reply()[:3]]
    ok(got[1] == '554' and t.closed(), 'nothing may be behind it', got)
    d.end()
    d = Users(more='tls = required')
    t = d.talk()
    ok('AUTH' not in t.hello, 'on loopback, too, if TLS is required', t.hello)
    same(t.say(PLAIN)[:10], '538 5.7.11', 'and not taken')
    t.secure(tls)
    same(t.code(PLAIN), '235 2.7.0', 'before that')
    d.end()


run((clear, anew), sys.argv[1:])
done()
