"""dray-users, and dray-auth with clients that speak raw frames (authproto.h)."""
import os
import socket
import struct
import subprocess

from frames import Alone, B, Talk, frame, string

SANITIZED = 'DRAY_SANITIZED' in os.environ
CHEAP = ('-m', '8M', '-t', '1')    # hashes that do not take long


def users(base, *args, password=None):
    """dray-users; its exit code, and what it says."""
    r = subprocess.run([B + '/bin/dray-users', '-b', base] + list(args),
                       input=None if password is None else password + '\n',
                       stdin=subprocess.DEVNULL if password is None else None,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True)
    return r.returncode, r.stdout


def add(base, user, password, *facts):
    code, out = users(base, *CHEAP, 'add', user, *facts, password=password)
    if code:
        raise SystemExit(out)


class Auth(Alone):
    """A base with dray-auth alone; kw is Popen's."""
    def __init__(self, start=True, **kw):
        super().__init__('dray-auth', ('auth/count', 'sock', 'policy'))
        self.kw = kw
        if start:
            self.start()

    def start(self):
        return super().start(**self.kw)

    def add(self, user, password, *facts):
        add(self.base, user, password, *facts)

    def users(self, *args, **kw):
        return users(self.base, *args, **kw)


def address(s):
    if ':' in s:
        return b'\6' + socket.inet_pton(socket.AF_INET6, s)
    return b'\4' + socket.inet_aton(s) + bytes(12)


class Client(Talk):
    def __init__(self, base):
        super().__init__(base, 'auth')
        self.n = 0

    def answer(self):
        """type, id, verdict, the rest; None: it hung up"""
        got = self.read()
        if got is None:
            return None
        kind, body = got
        return kind, struct.unpack('>I', body[:4])[0], chr(body[4]), body[5:]

    def ask(self, user, password, where='192.0.2.1'):
        self.n += 1
        self.send(frame(b'C', struct.pack('>I', self.n) + address(where) +
                        string(user) + string(password)))
        return self.n

    def check(self, *args, **kw):
        """The verdict, of one question."""
        self.ask(*args, **kw)
        return self.answer()[2]

    def facts(self, *args, **kw):
        """What a user may do, who has logged in: control, recipients, quota,
        rate, stream, route, tenant, domains."""
        self.ask(*args, **kw)
        b = self.answer()[3]
        out = list(struct.unpack('>BIQQ', b[:21]))
        b = b[21:]
        while b:
            n = struct.unpack('>I', b[:4])[0]
            out.append(b[4:4 + n].decode())
            b = b[4 + n:]
        return out

    def take(self, user):
        """verdict, day, number"""
        self.n += 1
        self.send(frame(b'T', struct.pack('>I', self.n) + string(user)))
        a = self.answer()
        return (a[2],) + struct.unpack('>IQ', a[3])

    def give(self, user, day):
        self.send(frame(b'G', struct.pack('>I', day) + string(user)))
