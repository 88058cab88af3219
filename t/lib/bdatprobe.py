"""What a server does with transactions that arrive in one write.

usage: bdatprobe.py HOST PORT DOMAIN   prints the replies for each case

Recipients whose local part begins with "u" exist.  For each case: what is
sent, command by command, and the replies in their order, up to the end of the
connection, for QUIT is always the last command.
"""
import re
import socket
import sys

WAIT = 20


class Talk:
    """Commands for one write, and what each stands for."""

    def __init__(self, domain):
        self.domain = domain
        self.data = b''
        self.names = []

    def add(self, name, data):
        self.names.append(name)
        self.data += data
        return self

    def line(self, text):
        return self.add(text.split()[0], text.encode() + b'\r\n')

    def mail(self, extra=''):
        return self.line('MAIL FROM:<a@sender.example>' + extra)

    def rcpt(self, local):
        return self.line('RCPT TO:<%s@%s>' % (local, self.domain))

    def bdat(self, key, octets=0):
        """A message whose key can be found in what arrives; octets more."""
        body = b'X-Test: %s\r\nSubject: x\r\n\r\nHello.\r\n' % key.encode()
        body += b'%098d\r\n' % 0 * (octets // 100)
        return self.add('BDAT', b'BDAT %d LAST\r\n' % len(body) + body)

    def one(self, key, local='u', extra='', octets=0):
        return self.mail(extra).rcpt(local).bdat(key, octets)

    def rset(self):
        return self.line('RSET')


def read(s):
    """Everything until the server closes: (replies, whether it did)."""
    data = b''
    closed = True
    try:
        while True:
            b = s.recv(65536)
            if not b:
                break
            data += b
    except ConnectionResetError:
        pass
    except socket.timeout:
        closed = False
    return re.findall(rb'(?m)^(\d{3}) ([^\r\n]*)\r?$', data), closed


def send(host, port, talk):
    """Says hello, writes all of it at once, and reads to the end."""
    with socket.create_connection((host, port), WAIT) as s:
        s.settimeout(WAIT)
        f = s.makefile('rb')
        for hello in (None, b'EHLO probe.example\r\n'):
            if hello:
                s.sendall(hello)
            while f.readline()[3:4] == b'-':
                pass
        talk.line('QUIT')
        try:
            s.sendall(talk.data)
        except OSError:
            pass
        return read(s)


def cases(domain, limit):
    """(name, Talk) of all we want to know."""
    def new():
        return Talk(domain)

    yield 'four', new().one('1').one('2').one('3').one('4')
    yield 'four with RSET', new().one('1').rset().one('2').rset().one('3') \
        .rset().one('4')
    yield 'refused recipient', new().one('1').one('2', 'no').one('3')
    yield 'refused recipient with RSET', \
        new().one('1').one('2', 'no').rset().one('3')
    yield 'one of two refused', \
        new().one('1').mail().rcpt('no').rcpt('u').bdat('2').one('3')
    yield 'SIZE= over the limit', \
        new().one('1').one('2', extra=' SIZE=%d' % (limit * 2)).one('3')
    yield 'SIZE= over the limit with RSET', \
        new().one('1').one('2', extra=' SIZE=%d' % (limit * 2)).rset().one('3')
    yield 'octets over the limit', \
        new().one('1').one('2', octets=limit + 1000).one('3')
    yield 'octets over the limit with RSET', \
        new().one('1').one('2', octets=limit + 1000).rset().one('3')
    yield 'twenty with RSET', many(new(), 20)
    yield 'twenty refused recipients', many(new(), 20, local='no')
    yield 'twenty refused senders', \
        many(new(), 20, extra=' SIZE=%d' % (limit * 2))


def many(talk, n, **how):
    for i in range(n):
        talk.one(str(i + 1), **how).rset()
    return talk


def pairs(talk, replies):
    """The replies as "MAIL 250", one for each command while there are any."""
    return ['%s %s' % (n, r[0].decode())
            for n, r in zip(talk.names, replies)]


if __name__ == '__main__':
    for name, t in cases(sys.argv[3], int(sys.argv[4])):
        got, closed = send(sys.argv[1], int(sys.argv[2]), t)
        print('%s: %s%s' % (name, ' '.join(t.names), '' if closed
                            else ' (left open)'))
        for n, r in zip(t.names + ['?'] * 20, got):
            print('   %-5s %s %s' % (n, r[0].decode(), r[1].decode()))
