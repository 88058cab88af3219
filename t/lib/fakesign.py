"""A dray-sign for tests of dray-remote, that does as the test says; and who
verifies what was signed.

  s = FakeSign(base, keys)    listens on base/sock/sign; keys: Key by (domain,
                              selector)
  s.hold = True               answers nothing until s.go()
  s.end()                     hangs up, and its socket is gone
  s.asked                     how many signatures
  Key('rsa'), Key('ed25519')
  KEYS, DNS                   keys of two domains, and their records by name
  verify(octets)              for each DKIM-Signature of a message, from the
                              first on: (domain, algorithm, is it good)
"""
import base64
import os
import re
import socket
import struct
import subprocess
import threading

import dkim
import dkim.crypto
import nacl.signing

# What says which digest it is, in front of it (RFC 8017 9.2), by algorithm.
KINDS = {1: bytes.fromhex('3031300d060960864801650304020105000420'),
         3: bytes.fromhex('3021300906052b0e03021a05000414')}


class Key:
    def __init__(self, kind, bits=2048):
        self.kind = kind
        if kind == 'ed25519':
            self.key = nacl.signing.SigningKey.generate()
            self.public = base64.b64encode(bytes(self.key.verify_key))
            return
        pem = subprocess.run(
            ['openssl', 'genrsa', '-traditional', str(bits)],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        self.key = dkim.crypto.parse_pem_private_key(pem)
        der = subprocess.run(
            ['openssl', 'rsa', '-pubout', '-outform', 'DER'], input=pem,
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        self.public = base64.b64encode(der)

    def record(self):
        return b'v=DKIM1; k=' + self.kind.encode() + b'; p=' + self.public

    def sign(self, alg, digest):
        if (alg == 2) != (self.kind == 'ed25519'):
            return b''
        if alg == 2:
            return self.key.sign(digest).signature
        n = self.key['modulus']
        size = (n.bit_length() + 7) // 8
        text = KINDS[alg] + digest
        em = b'\0\1' + b'\xff' * (size - len(text) - 3) + b'\0' + text
        m = pow(int.from_bytes(em, 'big'), self.key['privateExponent'], n)
        return m.to_bytes(size, 'big')


class FakeSign:
    def __init__(self, base, keys):
        self.path = os.path.join(base, 'sock/sign')
        self.keys = keys
        self.hold = False
        self.asked = 0
        self.waiting = []
        self.conns = []
        self.lock = threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        here = os.getcwd()
        os.chdir(base)
        try:
            self.listener.bind('sock/sign')
        finally:
            os.chdir(here)
        self.listener.listen(5)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                c, _ = self.listener.accept()
            except OSError:
                return
            with self.lock:
                self.conns.append(c)
            threading.Thread(target=self.serve, args=(c,), daemon=True).start()

    def serve(self, c):
        buf = b''
        while True:
            try:
                got = c.recv(65536)
            except OSError:
                return
            if not got:
                return
            buf += got
            while len(buf) >= 6:
                n = struct.unpack('>I', buf[:4])[0]
                if len(buf) < 6 + n:
                    break
                self.take(c, buf[8:6 + n])
                buf = buf[6 + n:]

    def take(self, c, b):
        number, alg = struct.unpack('>IB', b[:5])
        b = b[5:]
        words = []
        for _ in range(3):
            n = struct.unpack('>I', b[:4])[0]
            words.append(b[4:4 + n])
            b = b[4 + n:]
        with self.lock:
            self.asked += 1
            if self.hold:
                self.waiting.append((c, number, alg, words))
                return
        self.answer(c, number, alg, words)

    def answer(self, c, number, alg, words):
        key = self.keys.get((words[0].decode(), words[1].decode()))
        sig = key.sign(alg, words[2]) if key else b''
        data = b'\1S' + struct.pack('>II', number, len(sig)) + sig
        try:
            c.sendall(struct.pack('>IH', len(data), 0) + data)
        except OSError:
            pass

    def go(self):
        with self.lock:
            self.hold = False
            waiting, self.waiting = self.waiting, []
        for w in reversed(waiting):     # in any order
            self.answer(*w)

    def end(self):
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.lock:
            for c in self.conns:
                try:
                    c.shutdown(socket.SHUT_RDWR)
                    c.close()
                except OSError:
                    pass


# Those of most tests, what DNS has of them, and what they say of a message.
KEYS = {('brand.example', 'r1'): Key('rsa'),
        ('brand.example', 'e1'): Key('ed25519'),
        ('op.example', 'r2'): Key('rsa', 1024)}
DNS = {'%s._domainkey.%s' % (s, d): k.record().decode()
       for (d, s), k in KEYS.items()}
BRAND = [('brand.example', 'rsa-sha256', True),
         ('brand.example', 'ed25519-sha256', True)]
OP = [('op.example', 'rsa-sha256', True)]


def verify(octets, keys=KEYS):
    def dns(name, timeout=5):
        name = name.decode() if isinstance(name, bytes) else name
        selector, domain = name.rstrip('.').split('._domainkey.')
        key = keys.get((domain, selector))
        return key.record() if key else None
    head = octets.split(b'\r\n\r\n')[0] + b'\r\n'
    fields = re.findall(rb'(?ms)^DKIM-Signature:.*?\r\n(?![ \t])', head)
    out = []
    for i, f in enumerate(fields):
        flat = re.sub(rb'\s', b'', f)
        d = re.search(rb';d=([^;]+)', flat).group(1).decode()
        a = re.search(rb';a=([^;]+)', flat).group(1).decode()
        try:
            good = dkim.DKIM(octets).verify(idx=i, dnsfunc=dns)
        except dkim.DKIMException:
            good = False
        out.append((d, a, good))
    return out
