"""dray-users, and dray-auth with clients that speak raw frames (authproto.h)."""
import os
import signal
import socket
import struct
import subprocess
import tempfile

from tap import until

B = os.path.abspath(os.environ.get('B', os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '..', '..', 'build')))
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


def make_base():
    base = os.path.join(tempfile.mkdtemp(prefix='dray-test.'), 'a b')
    for d in ('auth/count', 'sock', 'policy'):
        os.makedirs(os.path.join(base, d))
    return base


class Auth:
    """A base with dray-auth alone."""
    def __init__(self, start=True, **kw):
        self.base = make_base()
        self.kw = kw
        self.p = None
        if start:
            self.start()

    def start(self):
        r, w = os.pipe()
        self.p = subprocess.Popen(
            [B + '/bin/dray-auth', '-b', self.base, '-d', str(w)],
            pass_fds=[w], stdin=subprocess.DEVNULL,
            stderr=open(self.base + '/stderr', 'a'), **self.kw)
        os.close(w)
        up = os.read(r, 1)
        os.close(r)
        return up == b'\n'

    def stop(self, how=signal.SIGTERM):
        self.p.send_signal(how)
        return self.p.wait()

    def said(self):
        with open(self.base + '/stderr') as f:
            return f.read()

    def add(self, user, password, *facts):
        add(self.base, user, password, *facts)

    def users(self, *args, **kw):
        return users(self.base, *args, **kw)


def string(s):
    s = s.encode() if isinstance(s, str) else s
    return struct.pack('>I', len(s)) + s


def frame(kind, body=b'', version=1):
    body = bytes([version]) + kind + body
    return struct.pack('>IH', len(body), 0) + body


def address(s):
    if ':' in s:
        return b'\6' + socket.inet_pton(socket.AF_INET6, s)
    return b'\4' + socket.inet_aton(s) + bytes(12)


class Client:
    def __init__(self, base):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(30)
        here = os.open('.', os.O_RDONLY)
        os.chdir(base)
        try:
            self.s.connect('sock/auth')
        finally:
            os.fchdir(here)
            os.close(here)
        self.n = 0

    def send(self, b):
        self.s.sendall(b)

    def _read(self, n):
        b = b''
        while len(b) < n:
            got = self.s.recv(n - len(b))
            if not got:
                return None
            b += got
        return b

    def answer(self):
        """type, id, verdict, the rest; None: it hung up"""
        head = self._read(6)
        body = head and self._read(struct.unpack('>I', head[:4])[0])
        if not body:
            return None
        return (body[1:2].decode(), struct.unpack('>I', body[2:6])[0],
                chr(body[6]), body[7:])

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

    def closed(self):
        try:
            return self.answer() is None
        except ConnectionError:
            return True
