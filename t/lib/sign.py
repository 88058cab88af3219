"""dray-sign alone, with clients that speak raw frames (signproto.h)."""
import os
import struct
import subprocess

from frames import Alone, B, Talk, frame, string

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


class Sign(Alone):
    """A base with dray-sign alone."""
    def __init__(self):
        super().__init__('dray-sign', ('keys', 'sock'))

    @staticmethod
    def bin(program):
        return B + '/bin/' + program

    def key(self, domain, selector, kind, bits=2048):
        path = '%s/keys/%s/%s.pem' % (self.base, domain, selector)
        make_key(path, kind, bits)
        return path

    def sign(self, message, *signers):
        """The message signed by these (alg, domain, selector), by dkimsign."""
        return subprocess.run(
            [B + '/t/lib/dkimsign', self.base + '/sock/sign'] +
            ['%d:%s:%s' % s for s in signers], input=message, check=True,
            stdout=subprocess.PIPE, timeout=60).stdout


class Client(Talk):
    def __init__(self, base):
        super().__init__(base, 'sign')
        self.n = 0

    def answer(self):
        """number, signature; None: it hung up"""
        got = self.read()
        if got is None:
            return None
        kind, body = got
        number, n = struct.unpack('>II', body[:8])
        assert kind == 'S' and len(body) == 8 + n
        return number, body[8:]

    def ask(self, alg, domain, selector, digest):
        self.n += 1
        self.send(frame(b'S', struct.pack('>IB', self.n, alg) +
                        string(domain) + string(selector) + string(digest)))
        return self.n

    def signature(self, *args):
        self.ask(*args)
        return self.answer()[1]
