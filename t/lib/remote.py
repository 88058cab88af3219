# For tests of dray-remote: a dray-send that does as the test says, an SMTP
# server whose every octet the test decides; what tap.py has comes with it.
#
#   s = Send()                    starts dray-remote, takes its HELLO
#   s.lane(1, peer)               a LANE frame; peers or (ip, port) pairs
#   s.bundle(7, messages)         a file of messages, lent as handle 7
#   s.job(1, 100, 7, 0, rcpts)    message 0 of handle 7, as job 100 of lane 1
#   s.hold() ... s.go()           what is between leaves in one write
#   s.next()                      the next frame, as a dict; s.want('R') likewise,
#                                 and it has to be of that type
#   s.lane(1, peer, tls=MAY)      OFF is the default here; name= is the host's
#   Peer(talk)                    listens; talk(c) runs for each connection, in
#                                 a thread, with c.say, c.line, c.read, c.expect
#   context(file)                 what c.starttls(context) wants
#   done()                        ends them all, and the test
import ctypes
import os
import re
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import threading
import time
import shutil

import tap
from tap import ok, same

B = os.path.abspath(os.environ.get('B', 'build'))
WAIT = 20.0    # seconds until a test gives up on something


def done():
    for s in list(Send.all):
        s.end()
    os._exit(tap.plan())    # whatever the threads do


_table = []
for _i in range(256):
    _c = _i
    for _ in range(8):
        _c = _c >> 1 ^ (0x82f63b78 if _c & 1 else 0)
    _table.append(_c)


def crc32c(data):
    c = 0xffffffff
    t = _table
    for b in data:
        c = t[(c ^ b) & 255] ^ c >> 8
    return c ^ 0xffffffff


def stuff(plain):
    out = plain.replace(b'\r\n.', b'\r\n..')
    return b'.' + out if out[:1] == b'.' else out


def text(n=200, tag='x'):
    """A message of about n octets."""
    head = b'Subject: ' + tag.encode() + b'\r\n\r\n'
    line = b'0123456789' * 7 + b'\r\n'
    return head + line * max(1, (n - len(head)) // len(line))


class Message:
    def __init__(self, plain, flags=0):
        self.plain = plain
        self.stored = stuff(plain)
        self.flags = flags | (1 if len(plain) != len(self.stored) else 0)
        self.crc = crc32c(self.stored)
        self.offset = 0


def _str(s):
    s = s.encode() if isinstance(s, str) else s
    return struct.pack('>I', len(s)) + s


def _ip(a):
    if not a:
        return b'\0'
    if ':' in a:
        return b'\x06' + socket.inet_pton(socket.AF_INET6, a)
    return b'\x04' + socket.inet_pton(socket.AF_INET, a)


TIMES = dict(connect=10, greeting=10, ehlo=10, mail=10, rcpt=10, data=10,
             block=10, dot=10, quit=2, idle=10, session=100, starttls=10)
ORDER = ('connect greeting ehlo mail rcpt data block dot quit idle '
         'session starttls').split()
NO_PIPELINING = 1
NO_CHUNKING = 2
OFF, MAY, ENCRYPT, VERIFY = range(4)
VERIFIED, RESUMED = 1, 2


class Reader:
    def __init__(self, b):
        self.b = b
        self.at = 0

    def num(self, n):
        v = int.from_bytes(self.b[self.at:self.at + n], 'big')
        self.at += n
        return v

    def str(self):
        n = self.num(4)
        s = self.b[self.at:self.at + n]
        self.at += n
        return s


class Send:
    all = []

    def __init__(self, args=(), start=True, **kw):
        self.dir = tempfile.mkdtemp(prefix='dray remote.')
        os.mkdir(self.dir + '/sock')
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.dir + '/sock/send')
        self.listener.listen(5)
        self.listener.settimeout(WAIT)
        self.messages = {}
        self.buf = b''
        self.held = None
        self.proc = None
        Send.all.append(self)
        if start:
            self.start(args, **kw)

    def start(self, args=(), **kw):
        self.proc = subprocess.Popen(
            [B + '/bin/dray-remote', '-b', self.dir] + list(args),
            stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, **kw)
        self.s, _ = self.listener.accept()
        self.s.settimeout(WAIT)
        self.hello = self.want('H')

    def end(self):
        if self in Send.all:
            Send.all.remove(self)
        if self.proc:
            try:
                self.s.close()
            except OSError:
                pass
            try:
                self.proc.wait(WAIT)
            except subprocess.TimeoutExpired:
                self.proc.kill()
                self.proc.wait()
            self.stderr = self.proc.stderr.read()
            self.proc.stderr.close()
        self.listener.close()
        shutil.rmtree(self.dir, ignore_errors=True)
        return self.proc.returncode if self.proc else None

    def frame(self, kind, body, fd=None):
        data = b'\x01' + kind.encode() + body
        head = struct.pack('>IH', len(data), 0 if fd is None else 1)
        anc = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                      struct.pack('i', fd))]
        if self.held is not None:
            self.held += head + data
        elif anc:
            self.s.sendmsg([head + data], anc)
        else:
            self.s.sendall(head + data)

    def hold(self):
        """Frames wait, so that those to come arrive together."""
        self.held = b''

    def go(self):
        held, self.held = self.held, None
        self.s.sendall(held)

    def lane(self, lane, peers, depth=4, messages=0, flags=0,
             helo='client.example', source=None, tls=OFF, name='mx.example',
             **times):
        t = dict(TIMES)
        t.update(times)
        if not isinstance(peers, list):
            peers = [peers]
        b = struct.pack('>IIBII', lane, flags, tls, depth, messages)
        b += b''.join(struct.pack('>I', t[k]) for k in ORDER)
        b += _str(helo) + _ip(source) + bytes([len(peers)])
        for p in peers:
            p = p if isinstance(p, tuple) else (p.ip, p.port)
            b += _ip(p[0]) + struct.pack('>H', p[1])
            b += _str(p[2] if len(p) > 2 else name)
        self.frame('L', b)

    def bundle(self, handle, messages, damage=None):
        """messages: Message or plain octets.  damage: (offset, octets)"""
        ms = []
        fd, name = tempfile.mkstemp(dir=self.dir)
        os.write(fd, b'#' * 37)
        at = 37
        for m in messages:
            m = m if isinstance(m, Message) else Message(m)
            m.offset = at
            view = memoryview(m.stored)
            while view:
                view = view[os.write(fd, view):]
            at += len(m.stored)
            ms.append(m)
        if damage:
            os.pwrite(fd, damage[1], damage[0])
        os.close(fd)
        self.messages[handle] = ms
        fd = os.open(name, os.O_RDONLY)
        self.frame('B', struct.pack('>I', handle), fd)
        os.close(fd)
        return name

    def job_body(self, lane, job, handle, n, rcpts, sender='s@client.example',
                 envid='', ret='', signers=(), must=0, header=0, hash=b'',
                 merge=None, **over):
        """signers: (algorithm, domain, selector); merge: (row, token)"""
        m = self.messages[handle][n]
        f = dict(offset=m.offset, stored=len(m.stored), plain=len(m.plain),
                 crc=m.crc, flags=m.flags, expiry=0xffffffff)
        f.update(over)
        b = struct.pack('>IIIQQQIII', lane, job, handle, f['offset'],
                        f['stored'], f['plain'], f['crc'], f['flags'],
                        int(f['expiry']))
        b += _str(sender) + _str(envid)
        b += (ret.encode() or b'\0')
        b += struct.pack('>I', len(rcpts))
        for r in rcpts:
            r = r if isinstance(r, tuple) else (r, 0, '')
            b += _str(r[0]) + bytes([r[1]]) + _str(r[2])
        b += bytes([len(signers)])
        for alg, domain, selector in signers:
            b += bytes([alg]) + _str(domain) + _str(selector)
        if signers:
            b += struct.pack('>BI', must, header) + _str(hash)
        if merge:
            b += _str(merge[0]) + _str(merge[1])
        return b

    def job(self, *a, **k):
        self.frame('J', self.job_body(*a, **k))

    def close(self, lane):
        self.frame('C', struct.pack('>I', lane))

    def drop(self, handle):
        self.frame('D', struct.pack('>I', handle))

    def raw(self):
        while True:
            if len(self.buf) >= 6:
                n, fds = struct.unpack('>IH', self.buf[:6])
                if len(self.buf) >= 6 + n:
                    data = self.buf[6:6 + n]
                    self.buf = self.buf[6 + n:]
                    assert data[0] == 1
                    return chr(data[1]), data[2:]
            b = self.s.recv(65536)
            if not b:
                return None, b''
            self.buf += b

    def next(self):
        kind, b = self.raw()
        r = Reader(b)
        f = {'type': kind}
        if kind == 'H':
            f['lanes'] = r.num(4)
        elif kind == 'U':
            f.update(lane=r.num(4), address=r.num(1), caps=r.num(4),
                     size=r.num(8), connect=r.num(4), ehlo=r.num(4),
                     local=r.str().decode(), tls=r.num(1), flags=r.num(1),
                     cipher=r.str().decode(), shake=r.num(4),
                     why=r.str().decode('latin1'), rcptmax=r.num(4),
                     mailmax=r.num(4))
        elif kind == 'R':
            f.update(lane=r.num(4), job=r.num(4), phase=chr(r.num(1)),
                     how=chr(r.num(1)), number=r.num(4), first=r.num(4),
                     sent=r.num(4), final=r.num(4))
            f['rcpts'] = [(r.num(2), chr(r.num(1)), r.str().decode(), r.str())
                          for _ in range(r.num(4))]
            f['codes'] = [x[0] for x in f['rcpts']]
            f['phases'] = ''.join(x[1] for x in f['rcpts'])
        elif kind == 'E':
            f.update(lane=r.num(4), reason=chr(r.num(1)),
                     phase=chr(r.num(1)), address=r.num(1), code=r.num(2),
                     status=r.str().decode(), text=r.str(), done=r.num(4),
                     octets=r.num(8))
            f['jobs'] = [(r.num(4), r.num(1)) for _ in range(r.num(4))]
        elif kind == 'X':
            f.update(lane=r.num(4), job=r.num(4), why=r.str().decode())
        if kind:
            assert r.at == len(b), (kind, r.at, len(b))
        return f

    def want(self, kind):
        f = self.next()
        if f['type'] != kind:
            raise Exception('wanted %s, got %r' % (kind, f))
        return f

    def until(self, kind):
        """All frames up to and with the first of this type."""
        fs = []
        while True:
            fs.append(self.next())
            if fs[-1]['type'] in (kind, None):
                return fs


class Gone(Exception):
    pass


def context(pem, version=None):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    c.load_cert_chain(pem)
    if version:
        c.minimum_version = c.maximum_version = version
    return c


class Conn:
    """One connection at the server's end."""

    def __init__(self, sock, n):
        self.s = sock
        self.n = n         # how many there were before
        self.buf = b''
        self.log = []      # command lines
        self.tls = False

    def starttls(self, ctx, behind=b''):
        """Takes STARTTLS and shakes hands; behind follows the reply."""
        self.expect('STARTTLS')
        self.shake(ctx, behind)

    def shake(self, ctx, behind=b''):
        self.s.sendall(b'220 go\r\n' + behind)
        self.s = ctx.wrap_socket(self.s, server_side=True)
        self.tls = True

    def say(self, *lines):
        self.s.sendall(b''.join(
            (x.encode() if isinstance(x, str) else x) + b'\r\n'
            for x in lines))

    def more(self):
        b = self.s.recv(1 << 20)
        if not b:
            raise Gone()
        self.buf += b

    def line(self):
        while b'\n' not in self.buf:
            self.more()
        x, self.buf = self.buf.split(b'\n', 1)
        x = x.rstrip(b'\r').decode('latin1')
        self.log.append(x)
        return x

    def read(self, n):
        while len(self.buf) < n:
            self.more()
        x, self.buf = self.buf[:n], self.buf[n:]
        return x

    def data(self):
        """What comes after 354, unstuffed, up to the dot."""
        at = 0
        while not self.buf.startswith(b'.\r\n'):
            end = self.buf.find(b'\n.\r\n', at)
            if end != -1:
                x, self.buf = self.buf[:end + 1], self.buf[end + 4:]
                return re.sub(rb'(?m)^\.', b'', x)
            at = max(0, len(self.buf) - 3)
            self.more()
        self.buf = self.buf[3:]
        return b''

    def expect(self, *begin):
        for b in begin:
            x = self.line()
            if not x.upper().startswith(b.upper()):
                raise Exception('wanted %r, got %r' % (b, x))
        return x

    def bdat(self):
        x = self.expect('BDAT ').split()
        return self.read(int(x[1]))

    def hello(self, *caps, greeting='220 peer.example'):
        if greeting:
            self.say(greeting)
        self.expect('EHLO ')
        lines = ['peer.example'] + list(caps)
        for x in lines[:-1]:
            self.say('250-' + x)
        self.say('250 ' + lines[-1])

    def quiet(self, secs=0.15):
        """1 if the client sends nothing for so long."""
        if self.buf:
            return False
        self.s.settimeout(secs)
        try:
            b = self.s.recv(65536)
        except socket.timeout:
            return True
        finally:
            self.s.settimeout(WAIT)
        self.buf += b
        return False

    def eof(self):
        """Waits until the client has closed: what it sent before."""
        try:
            while True:
                self.more()
        except (Gone, OSError):
            return self.buf

    def reset(self):
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack('ii', 1, 0))
        self.s.close()


class Peer:
    def __init__(self, talk, ip='127.0.0.1'):
        self.talk = talk
        self.ip = ip
        self.s = socket.socket(socket.AF_INET6 if ':' in ip
                               else socket.AF_INET)
        self.s.bind((ip, 0))
        self.s.listen(100)
        self.port = self.s.getsockname()[1]
        self.conns = []
        self.errors = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                s, _ = self.s.accept()
            except OSError:
                return
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.settimeout(WAIT)
            c = Conn(s, len(self.conns))
            self.conns.append(c)
            threading.Thread(target=self.run, args=(c,), daemon=True).start()

    def run(self, c):
        try:
            self.talk(c)
        except Gone:
            pass
        except Exception as e:
            self.errors.append('%s: %s' % (type(e).__name__, e))
        finally:
            try:
                c.s.close()
            except OSError:
                pass


PIPE = ('PIPELINING',)
CHUNK = ('CHUNKING',)
BOTH = ('PIPELINING', 'CHUNKING')


def server(*caps, store=None, mail='250 ok', rcpt='250 ok', data='354 go',
           end='250 2.0.0 taken', rset='250 ok', drop_after=None, tls=None):
    """An ordinary server.  Replies are strings or functions of the address
    or, for end, of (conn, recipients, octets).  tls: a context; STARTTLS is
    offered then."""

    def pick(r, *a):
        return r(*a) if callable(r) else r

    def talk(c):
        c.hello(*caps, *(('STARTTLS',) if tls else ()))
        good = []
        sender = None
        count = 0
        while True:
            x = c.line()
            verb = x[:4].upper()
            if verb == 'MAIL':
                r = '503 nested' if sender else pick(mail, x)
                if r[0] == '2':
                    sender = x
                    good = []
                c.say(r)
            elif verb == 'RCPT':
                r = pick(rcpt, x) if sender else '503 MAIL first'
                if r[0] == '2':
                    good.append(x)
                c.say(r)
            elif verb == 'RSET':
                good = []
                sender = None
                c.say(rset)
            elif verb in ('DATA', 'BDAT'):
                if verb == 'DATA':
                    if not good:
                        c.say('503 no valid recipients')
                        continue
                    r = pick(data, x)
                    c.say(r)
                    if r[0] != '3':
                        continue
                    body = c.data()
                else:
                    body = c.read(int(x.split()[1]))
                    if not good:
                        c.say('503 no valid recipients')
                        continue
                r = pick(end, c, good, body)
                if r[0] == '2' and store is not None:
                    store.append((sender, list(good), body))
                good = []
                sender = None
                c.say(r)
                count += 1
                if count == drop_after:
                    return
            elif verb == 'STAR' and tls and not c.tls:
                c.shake(tls)
                c.hello(*caps, greeting=None)
            elif verb == 'QUIT':
                c.say('221 bye')
                return
            else:
                c.say('500 what')
    return talk
