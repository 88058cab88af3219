"""dray-sign alone, with clients that speak raw frames (signproto.h)."""
import atexit
import os
import signal
import socket
import struct
import subprocess
import tempfile

from auth import frame, string

B = os.path.abspath(os.environ.get('B', os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '..', '..', 'build')))
RSA, ED25519, RSA_SHA1 = 1, 2, 3


def make_key(path, kind, bits=2048):
    """A private key in a file, by openssl(1), there at once as a whole."""
    args = ['-algorithm', 'ED25519'] if kind == 'ed25519' else \
        ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:%d' % bits]
    os.makedirs(os.path.dirname(path), exist_ok=True)
    new = os.path.join(os.path.dirname(path), '.new')
    subprocess.run(['openssl', 'genpkey', '-out', new] + args, check=True,
                   stderr=subprocess.DEVNULL)
    os.rename(new, path)


class Sign:
    """A base with dray-sign alone."""
    def __init__(self):
        self.base = os.path.join(tempfile.mkdtemp(prefix='dray-test.'), 'a b')
        for d in ('keys', 'sock'):
            os.makedirs(os.path.join(self.base, d))
        self.p = None

    @staticmethod
    def bin(program):
        return B + '/bin/' + program

    def key(self, domain, selector, kind, bits=2048):
        path = '%s/keys/%s/%s.pem' % (self.base, domain, selector)
        make_key(path, kind, bits)
        return path

    def start(self, **kw):
        r, w = os.pipe()
        self.p = subprocess.Popen(
            [B + '/bin/dray-sign', '-b', self.base, '-d', str(w)],
            pass_fds=[w], stdin=subprocess.DEVNULL,
            stderr=open(self.base + '/stderr', 'a'), **kw)
        atexit.register(self.p.kill)
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

    def sign(self, message, *signers):
        """The message signed by these (alg, domain, selector), by dkimsign."""
        return subprocess.run(
            [B + '/t/lib/dkimsign', self.base + '/sock/sign'] +
            ['%d:%s:%s' % s for s in signers], input=message, check=True,
            stdout=subprocess.PIPE, timeout=60).stdout


class Client:
    def __init__(self, base):
        self.s = socket.socket(socket.AF_UNIX)
        self.s.settimeout(30)
        here = os.open('.', os.O_RDONLY)
        os.chdir(base)
        try:
            self.s.connect('sock/sign')
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
        """number, signature; None: it hung up"""
        head = self._read(6)
        body = head and self._read(struct.unpack('>I', head[:4])[0])
        if not body:
            return None
        number, n = struct.unpack('>II', body[2:10])
        assert body[:2] == b'\1S' and len(body) == 10 + n
        return number, body[10:]

    def ask(self, alg, domain, selector, digest):
        self.n += 1
        self.send(frame(b'S', struct.pack('>IB', self.n, alg) +
                        string(domain) + string(selector) + string(digest)))
        return self.n

    def signature(self, *args):
        self.ask(*args)
        return self.answer()[1]

    def closed(self):
        try:
            return self.answer() is None
        except ConnectionError:
            return True
