"""What a server does with transactions that arrive in one write.

usage: bdatprobe.py HOST PORT DOMAIN SIZE   prints the replies in each case

SIZE is the server's limit.  Recipients whose local part begins with "u" exist
at DOMAIN, no others.  What dray-remote(8) says of servers was found with this.
"""
import itertools
import re
import socket
import sys

WAIT = 60


class Talk:
    """Commands for one write, what each is, and which of them end a message
    that has to arrive: relied tells whether dray-remote sends such a thing."""

    def __init__(self, name, tag, domain, relied):
        self.name = name
        self.tag = tag      # what keys and recipients of this one begin with
        self.domain = domain
        self.relied = relied
        self.data = b''
        self.verbs = []
        self.want = []      # codes; None: whatever it is
        self.arrive = []    # (recipient, key)

    def add(self, data, want):
        self.verbs.append(data.split(None, 1)[0].decode())
        self.want.append(want)
        self.data += data
        return self

    def line(self, text, want=250):
        return self.add(text.encode() + b'\r\n', want)

    def mail(self, extra='', want=250):
        return self.line('MAIL FROM:<a@sender.example>' + extra, want)

    def rcpt(self, local, want=250):
        return self.line('RCPT TO:<%s>' % self.address(local), want)

    def address(self, local):
        return '%s@%s' % (re.sub('(?=[0-9])', self.tag, local, 1), self.domain)

    def bdat(self, key, octets=0, want=250):
        """A message that is known by its key; so many octets more."""
        body = b'X-Test: %s\r\nSubject: x\r\n\r\nHello.\r\n' % (
            (self.tag + key).encode())
        body += b'%098d\r\n' % 0 * (octets // 100)
        return self.add(b'BDAT %d LAST\r\n' % len(body) + body, want)

    def good(self, key):
        self.arrive.append((self.address('u' + key), self.tag + key))
        return self.mail().rcpt('u' + key).bdat(key)

    def nobody(self, key):
        return self.mail().rcpt('no' + key, 550).bdat(key, want=None)

    def half(self, key):
        self.arrive.append((self.address('u' + key), self.tag + key))
        return self.mail().rcpt('no' + key, 550).rcpt('u' + key).bdat(key)

    def declared(self, key, size):
        """Too large, as MAIL says."""
        return self.mail(' SIZE=%d' % size, 552).rcpt('u' + key, None) \
            .bdat(key, want=None)

    def long(self, key, octets):
        """Too large, as is seen when it comes."""
        return self.mail().rcpt('u' + key).bdat(key, octets, 552)

    def rset(self):
        return self.line('RSET')


def cases(domain, limit):
    """All we want to know."""
    big = 2 * limit

    tags = ('case%d.' % i for i in itertools.count())

    def new(name, relied=True):
        return Talk(name, next(tags), domain, relied)

    yield new('four messages').good('1').good('2').good('3').good('4')
    yield new('four, RSET between them') \
        .good('1').rset().good('2').rset().good('3').rset().good('4')
    yield new('the second for nobody, then RSET') \
        .good('1').nobody('2').rset().good('3')
    yield new('the second for nobody, no RSET', False) \
        .good('1').nobody('2').good('3')
    yield new('one of two recipients refused').good('1').half('2').good('3')
    yield new('the second too large by SIZE=, then RSET') \
        .good('1').declared('2', big).rset().good('3')
    yield new('the second too large by SIZE=, no RSET', False) \
        .good('1').declared('2', big).good('3')
    yield new('the second too large without SIZE=, then RSET', False) \
        .good('1').long('2', big).rset().good('3')
    yield new('the second too large without SIZE=, no RSET', False) \
        .good('1').long('2', big).good('3')
    t = new('twenty, RSET between them')
    for i in range(20):
        t.good(str(i)).rset()
    yield t
    t = new('twenty for nobody, RSET between them', False)
    for i in range(20):
        t.nobody(str(i)).rset()
    yield t
    t = new('twenty too large by SIZE=, RSET between them', False)
    for i in range(20):
        t.declared(str(i), big).rset()
    yield t


def read(s):
    """Everything until the server closes: [(code, text)], whether it did."""
    data, closed = b'', True
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
    return [(int(c), t.decode(errors='replace')) for c, t in re.findall(
        rb'(?m)^(\d{3}) ([^\r\n]*)\r?$', data)], closed


def reply(f):
    """Lines of one reply."""
    out = []
    while True:
        x = f.readline()
        out.append(x.decode(errors='replace').rstrip('\r\n'))
        if x[3:4] != b'-':
            return out


def hello(host, port):
    """A connection after EHLO, and what is offered."""
    s = socket.create_connection((host, port), WAIT)
    f = s.makefile('rb')
    reply(f)
    s.sendall(b'EHLO probe.example\r\n')
    return s, [x[4:].split()[0].upper() for x in reply(f)[1:]]


def send(host, port, talk):
    """All of it in one write, and QUIT: the replies and whether the server
    closed the connection."""
    s, _ = hello(host, port)
    with s:
        talk.line('QUIT', 221)
        try:
            s.sendall(talk.data)
        except OSError:
            pass    # what it said before it hung up can still be read
        return read(s)


def brief(talk, got):
    """One line for a case, verbs with their codes: "MAIL 250, RCPT 250"."""
    return ', '.join('%s %d' % (v, c) for v, (c, _) in zip(talk.verbs, got)) + \
        (', and it hangs up' if len(got) < len(talk.verbs) else '')


if __name__ == '__main__':
    for t in cases(sys.argv[3], int(sys.argv[4])):
        got, closed = send(sys.argv[1], int(sys.argv[2]), t)
        print('%s%s' % (t.name, '' if closed else ' (left open)'))
        for v, (code, text) in zip(t.verbs + ['?'] * len(got), got):
            print('\t%-4s %d %s' % (v, code, text))
