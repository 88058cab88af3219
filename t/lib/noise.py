"""Clients of dray-smtpd that make noise: octets at random, dialogues with a
few octets wrong, connections that break off anywhere; for t/e2e/smtpd-noise.t
and scripts/noise.

run(SECONDS) is the whole test.  SEED makes the same noise again, as far as the
clients' threads allow.
"""
import os
import random
import socket
import struct
import threading
import time

from door import HEADER, Door
from tap import ok, same, until

CLIENTS = 8
GROWTH = 6144   # KiB: what the allocator may keep
LIMITS = '''connections = 40
errors = 50
memory = 4M
command-timeout = 2s
data-timeout = 2s
message-timeout = 5s'''
WORDS = (b'EHLO x.example', b'HELO x', b'MAIL FROM:<a@b.example>',
         b'MAIL FROM:<> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=FULL ENVID=x',
         b'RCPT TO:<noise@there.example>', b'RCPT TO:<postmaster>',
         b'RCPT TO:<"a b"@x.example> NOTIFY=DELAY ORCPT=rfc822;x',
         b'DATA', b'.', b'RSET', b'NOOP', b'QUIT', b'VRFY x', b'HELP',
         b'STARTTLS', b'AUTH PLAIN AGEAYg==', b'AUTH LOGIN', b'YQ==', b'*',
         b'XCLIENT ADDR=192.0.2.1 LOGIN=x', b'EXPN x',
         b'PROXY TCP4 192.0.2.1 192.0.2.2 1000 25', b'BDAT 5', b'BDAT 0 LAST',
         b'BDAT 99999999999999999', b'BDAT 70000 LAST', b'Subject: x', b'',
         b'X-Dray-Stream: bulk', b'Received: x', b' folded', b'..')
BINARY = (b'\r\n\r\n\x00\r\nQUIT\n\x21\x11\x00\x0c\x7f\x00\x00\x01\x7f\x00\x00'
          b'\x01\x00\x01\x00\x19', b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03'
          b'\x03', b'GET / HTTP/1.1\r\nHost: x\r\n\r\n', b'\xff' * 100,
          b'x' * 3000, b'\x00' * 3000, b'\r' * 3000, b'\n' * 3000)


def dialogue(r):
    """Words in an order that may make sense, or not."""
    if r.random() < .5:
        words = [WORDS[0], WORDS[2], WORDS[4], WORDS[7]]
    else:
        words = []
    words += [r.choice(WORDS) for _ in range(r.randrange(1, 30))]
    return b''.join(w + (b'\r\n' if r.random() < .98 else
                         r.choice((b'\n', b'\r', b'', b'\r\r\n', b'\x00')))
                    for w in words)


def whole(r):
    """Transactions that are as they should be."""
    out = b'EHLO x.example\r\n'
    for _ in range(r.randrange(1, 6)):
        body = HEADER + b'\r\n' + b'.x\r\n' * r.randrange(9000)
        out += WORDS[2] + b'\r\n' + WORDS[4] + b'\r\n'
        if r.random() < .5:
            out += b'BDAT %d LAST\r\n' % len(body) + body
        else:
            out += b'DATA\r\n' + body.replace(b'\r\n.', b'\r\n..') + b'.\r\n'
    return out


def spoil(r, b):
    """A few octets of it are others, or not there, or there twice."""
    b = bytearray(b)
    for _ in range(r.randrange(4)):
        at = r.randrange(len(b) + 1)
        how = r.random()
        if how < .4 and at < len(b):
            b[at] = r.randrange(256)
        elif how < .7:
            del b[at:at + r.randrange(1, 20)]
        else:
            b[at:at] = b[at:at + r.randrange(1, 2000)]
    return bytes(b)


def noise(r):
    how = r.random()
    if how < .2:
        return r.randbytes(r.randrange(1, 20000))
    if how < .3:
        return bytes(r.choice(b'\r\n. \x00AB<>:') for _ in range(
            r.randrange(1, 5000)))
    if how < .4:
        return r.choice(BINARY) + dialogue(r)
    return spoil(r, dialogue(r) if how < .8 else whole(r))


class Client(threading.Thread):
    def __init__(self, ports, seed, end):
        super().__init__()
        self.ports, self.random, self.end = ports, random.Random(seed), end
        self.sessions = self.stuck = 0

    def one(self):
        r = self.random
        s = socket.create_connection(('127.0.0.1', r.choice(self.ports)))
        s.settimeout(15)
        self.sessions += 1
        b = noise(r)
        try:
            while b:
                n = r.choice((1, 7, 100, len(b), len(b)))
                s.sendall(b[:n])
                b = b[n:] if r.random() < .98 else b''
                if r.random() < .1:
                    s.recv(r.choice((1, 1000)))
            self.leave(s, r.random())
        except socket.timeout:
            self.stuck += 1
        except OSError:
            pass
        s.close()

    def leave(self, s, how):
        """Breaks off, says that there is no more, or waits to be thrown
        out."""
        if how < .4:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack('ii', 1, 0))
        elif how < .97:
            s.shutdown(socket.SHUT_WR)
        if how >= .4:
            while s.recv(65536):
                pass

    def run(self):
        while time.monotonic() < self.end:
            self.one()


def descriptors(d):
    return len(os.listdir('/proc/%d/fd' %
                          d.inst.procs['dray-smtpd'].pid))


def clients(d, seed, seconds):
    end = time.monotonic() + seconds
    some = [Client(list(d.ports.values()), seed * 1000 + i, end)
            for i in range(CLIENTS)]
    for c in some:
        c.start()
    for c in some:
        c.join()
    return some


def run(seconds):
    seed = int(os.environ.get('SEED') or random.randrange(10 ** 6))
    print('# SEED=%d' % seed, flush=True)
    d = Door(smtpd=LIMITS)
    pid = d.inst.procs['dray-smtpd'].pid
    fds = descriptors(d)
    some = clients(d, seed, seconds / 3)
    before = d.inst.memory('dray-smtpd')
    some += clients(d, seed + 1, seconds * 2 / 3)
    same(d.inst.procs['dray-smtpd'].poll(), None, 'no crash')
    n = sum(c.sessions for c in some)
    ok(n > seconds * 5, 'there was noise: %d sessions' % n)
    same(sum(c.stuck for c in some), 0, 'each session ended')
    # A connection or two to dray-queued may be there that was not before.
    ok(until(lambda: descriptors(d) <= fds + 12), 'nothing is left open',
       '%d descriptors, %d at the start' % (descriptors(d), fds))
    grown = d.inst.memory('dray-smtpd') - before
    if os.environ.get('DRAY_SANITIZED'):
        print('# under sanitizers memory says nothing')
    else:
        ok(grown < GROWTH, 'memory has grown by %d KiB' % grown)
    many = [d.talk() for _ in range(40)]
    same({t.greeting[:3] for t in many}, {'220'}, 'all sessions can be had')
    # One after the other: all together may need longer than one of them may be
    # idle.
    for t in many:
        t.close()
    until(lambda: descriptors(d) <= fds + 12)
    got = set()
    for t in many:
        t = d.talk()
        got.add(t.mail([b'after@there.example'])[:9])
        t.close()
    same(got, {'250 2.0.0'}, 'and mail gets in')
    same(d.inst.procs['dray-smtpd'].pid, pid, 'of the same process')
    ok(until(d.empty, 60) and until(
        lambda: d.arrived().count('after@there.example') == 40),
       'and out')
    same(len(d.arrived()), len(d.events('Delivery')),
         'what arrived is in the log: %d' % len(d.arrived()))
    d.end()
