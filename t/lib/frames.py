"""Frames (frame.h) as tests speak them, and a base with one daemon alone.

  string(s), frame(kind, body)    octets
  Talk(base, name)                a client of base/sock/name: send, read, closed
  Alone(program, dirs)            a base with these directories for one daemon:
                                  start, stop, said
"""
import atexit
import os
import signal
import socket
import struct
import subprocess
import tempfile

B = os.path.abspath(os.environ.get('B', os.path.join(
    os.path.dirname(os.path.abspath(__file__)), '..', '..', 'build')))


def string(s):
    s = s.encode() if isinstance(s, str) else s
    return struct.pack('>I', len(s)) + s


def frame(kind, body=b'', version=1):
    kind = kind.encode() if isinstance(kind, str) else kind
    body = bytes([version]) + kind + body
    return struct.pack('>IH', len(body), 0) + body


def connect(base, name, timeout=30):
    """To a local socket, whose path may be too long for one."""
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(timeout)
    fd = os.open(base + '/sock', os.O_PATH)
    try:
        s.connect('/proc/self/fd/%d/%s' % (fd, name))
    finally:
        os.close(fd)
    return s


class Talk:
    def __init__(self, base, name):
        self.s = connect(base, name)

    def send(self, b):
        self.s.sendall(b)

    def _octets(self, n):
        b = b''
        while len(b) < n:
            got = self.s.recv(n - len(b))
            if not got:
                return None
            b += got
        return b

    def read(self):
        """A frame's type and what is in it; None: it hung up"""
        head = self._octets(6)
        body = head and self._octets(struct.unpack('>I', head[:4])[0])
        if not body:
            return None
        assert body[0] == 1
        return body[1:2].decode(), body[2:]

    def closed(self):
        try:
            return self.read() is None
        except ConnectionError:
            return True


class Alone:
    def __init__(self, program, dirs):
        self.program = program
        self.base = os.path.join(tempfile.mkdtemp(prefix='dray-test.'), 'a b')
        for d in dirs:
            os.makedirs(os.path.join(self.base, d))
        self.p = None

    def start(self, **kw):
        """Whether it is ready; kw is Popen's."""
        r, w = os.pipe()
        with open(self.base + '/stderr', 'a') as err:
            self.p = subprocess.Popen(
                [B + '/bin/' + self.program, '-b', self.base, '-d', str(w)],
                pass_fds=[w], stdin=subprocess.DEVNULL, stderr=err, **kw)
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
