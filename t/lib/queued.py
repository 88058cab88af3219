# For tests of dray-queued: an instance, clients that speak raw frames, what is
# in the spool; what tap.py has comes with it.
#
#   q = Queued(keep=value ...)     makes a base with that [queue] policy and
#                                  starts dray-queued; start=False: does not
#   q.policy(key=value ...)        compiles another policy
#   q.end()                        SIGTERM, returns the exit code
#   q.messages()                   all in spool/new, as dicts; q.bundles() names
#   c = Client(q)                  c.send(octets), c.verdict(), c.close()
#   M() R() D() E()                frames; message() a whole one
#   done()                         ends them all, and the test
import atexit
import glob
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import tap
from frames import connect, frame, string
from tap import ok, same, skip, until

B = os.path.abspath(os.environ.get('B', 'build'))
SANITIZED = 'DRAY_SANITIZED' in os.environ
WAIT = 20.0    # seconds until a test gives up on something
ROOM = {'min-free-space': 0, 'min-free-inodes': 0}


def done():
    for q in list(Queued.all):
        q.end()
    tap.done()


# A test that fails half-way leaves nothing running.
def _end_all():
    for q in Queued.all:
        q.end(signal.SIGKILL)


# Frames, queueproto.h

# chunk is (number, chunks, its digest, the campaign's, began).
def M(sender='s@x.example', envid='', stream='', route='', tenant='',
      campaign='', ret=b'\0', flags=0, lifetime=0, start=None, windows=(),
      chunk=None):
    times = b''
    if start is not None:
        flags |= 8
        times = struct.pack('>Q', start) + string(
            b''.join(struct.pack('>II', *w) for w in windows))
    if chunk is not None:
        flags |= 16
        times += struct.pack('>II', *chunk[:2]) + string(chunk[2]) + \
            string(chunk[3]) + struct.pack('>Q', chunk[4])
    return frame('M', struct.pack('>I', flags) + ret +
                 struct.pack('>I', lifetime) + string(sender) + string(envid) +
                 string(stream) + string(route) + string(tenant) +
                 string(campaign) + times)


# Addresses, or (address, notify, orcpt), or (address, notify, orcpt, row)
def R(*rcpts):
    out = b''
    for r in rcpts:
        if not isinstance(r, tuple):
            r = (r, 0, '')
        out += string(r[0]) + bytes([r[1]]) + string(r[2])
        out += b''.join(string(s) for s in r[3:])
    return frame('R', out)


def D(octets):
    return b''.join(frame('D', octets[i:i + 32000])
                    for i in range(0, len(octets), 32000))


def Q(campaign):
    return frame('Q', string(campaign))


def E(n):
    return frame('E', struct.pack('>Q', n))


TEXT = b'Subject: x\r\n\r\nhello\r\n'


# "Subject: {{a}}" and "{{a}}" as a program (merge.h, version 1), and a row of it
PROGRAM = bytes.fromhex(
    '010001010000000161000000000000020000000b4c000000012056000000000000000c56'
    '000000004c000000020d0a48075375626a6563740000520000003e4d494d452d56657273'
    '696f6e3a20312e300d0a436f6e74656e742d547970653a20746578742f706c61696e3b0d'
    '0a09636861727365743d7574662d380d0a54000001')
ROW = bytes.fromhex('0b78')


def message(rcpts=('r@d.example',), body=TEXT, **m):
    return M(**m) + R(*rcpts) + D(body) + E(len(body))


class Client:
    def __init__(self, q):
        self.s = connect(q.base, 'queue', WAIT)
        self.buf = b''

    # Reads nothing meanwhile.  False: the other side has gone.
    def send(self, octets):
        try:
            self.s.sendall(octets)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def _need(self, n):
        while len(self.buf) < n:
            try:
                got = self.s.recv(65536)
            except ConnectionResetError:
                got = b''
            if not got:
                return False
            self.buf += got
        return True

    # ('A', id), ('N', '4' or '5', status, text), or None at the end
    def verdict(self):
        if not self._need(6):
            return None
        n = struct.unpack('>I', self.buf[:4])[0]
        if not self._need(6 + n):
            return None
        body, self.buf = self.buf[6:6 + n], self.buf[6 + n:]
        kind, body = chr(body[1]), body[2:]
        if kind == 'C':
            return self._campaign(body)
        out = [kind]
        if kind == 'N':
            out.append(chr(body[0]))
            body = body[1:]
        while body:
            n = struct.unpack('>I', body[:4])[0]
            out.append(body[4:4 + n].decode())
            body = body[4 + n:]
        return tuple(out)

    # {known, began, chunks, accepted, recipients, digest, bits}
    def _campaign(self, body):
        known, began, chunks, accepted, rcpts = struct.unpack('>BQIIQ',
                                                              body[:25])
        n = struct.unpack('>I', body[25:29])[0]
        return {'known': known, 'began': began, 'chunks': chunks,
                'accepted': accepted, 'recipients': rcpts,
                'digest': body[29:29 + n], 'bits': body[33 + n:]}

    def campaign(self, name):
        self.send(Q(name))
        return self.verdict()

    def quiet(self, seconds=0.0):
        return not self.buf and not select.select([self.s], [], [], seconds)[0]

    def close(self):
        self.s.close()


# One message on a connection of its own
def inject(q, *args, **kw):
    c = Client(q)
    c.send(message(*args, **kw))
    v = c.verdict()
    c.close()
    return v


def refused(v, status, *words):
    return (v is not None and v[0] == 'N' and v[2] == status and
            v[1] == status[0] and all(w in v[3] for w in words))


class Queued:
    all = []

    def __init__(self, start=True, base=None, limit=None, **keys):
        if base is None:
            top = tempfile.mkdtemp(prefix='dray-test.')
            atexit.register(shutil.rmtree, top, True)
            base = top + '/a base'
        self.base = base
        self.spool = base + '/spool'
        self.limit = limit
        self.p = None
        # Not in the base: its disk may be full.
        self.log = tempfile.TemporaryFile()
        for d in ('etc', 'policy', 'sock', 'log') + tuple(
                'spool/' + d for d in ('tmp', 'new', 'cur', 'free', 'bad',
                                       'bounce/tmp', 'bounce/new',
                                       'bounce/cur')):
            os.makedirs(base + '/' + d, exist_ok=True)
        if not os.path.exists(self.spool + '/trigger'):
            os.mkfifo(self.spool + '/trigger', 0o600)
        self.keys = dict(ROOM)
        self.sections = ''
        self.policy(**keys)
        if not Queued.all:
            atexit.register(_end_all)
        Queued.all.append(self)
        if start and not self.start():
            print('# ' + self.stderr())
            sys.exit('dray-queued does not start')

    # Underscores stand for hyphens.  Keys not given stay as they are, and so
    # do sections behind that of [queue].
    def policy(self, sections=None, **keys):
        if sections is not None:
            self.sections = sections
        for k, v in keys.items():
            self.keys[k.replace('_', '-')] = v
        with open(self.base + '/etc/dray.conf', 'w') as f:
            f.write('[node]\nhostname = mx.example\n[queue]\n')
            for k, v in self.keys.items():
                f.write('%s = %s\n' % (k, v))
            f.write(self.sections)
        subprocess.run([B + '/bin/dray-policy', '-b', self.base, 'compile'],
                       check=True, stdout=subprocess.DEVNULL)

    # True once it says that it is ready; env is added to the environment
    def start(self, env=None, fds=()):
        r, w = os.pipe()
        pre = self.limit if self.limit else lambda: None
        self.p = subprocess.Popen(
            [B + '/bin/dray-queued', '-b', self.base, '-d', str(w)],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.log, pass_fds=[w, *fds], preexec_fn=pre,
            env=dict(os.environ, **(env or {})))
        os.close(w)
        select.select([r], [], [], WAIT)
        up = os.read(r, 10) == b'\n'
        if up:
            os.read(r, 10)    # it closes its end
        os.close(r)
        if not up:
            self.p.wait(WAIT)
        return up

    def kill(self, sig):
        self.p.send_signal(sig)

    def end(self, sig=signal.SIGTERM):
        if not self.p:
            return None
        if self.p.poll() is None:
            self.p.send_signal(signal.SIGCONT)
            self.p.send_signal(sig)
        try:
            rc = self.p.wait(WAIT)
        except subprocess.TimeoutExpired:
            self.p.kill()
            rc = 'it had to be killed'
        self.p = None
        return rc

    def stderr(self):
        size = os.fstat(self.log.fileno()).st_size
        return os.pread(self.log.fileno(), size, 0).decode(errors='replace')

    def peak(self):
        with open('/proc/%d/status' % self.p.pid) as f:
            for line in f:
                if line.startswith('VmHWM:'):
                    return int(line.split()[1]) * 1024

    # Seconds of the processor it has used
    def cpu(self):
        with open('/proc/%d/stat' % self.p.pid) as f:
            f = f.read().rsplit(')', 1)[1].split()
        return (int(f[11]) + int(f[12])) / os.sysconf('SC_CLK_TCK')

    def fds(self):
        return len(os.listdir('/proc/%d/fd' % self.p.pid))

    def names(self, where):
        return sorted(os.listdir(self.spool + '/' + where))

    def bundles(self):
        return self.names('new')

    def messages(self):
        files = [self.spool + '/new/' + n for n in self.bundles()]
        out = []
        for i in range(0, len(files), 200):
            r = subprocess.run([B + '/t/lib/bundledump'] + files[i:i + 200],
                               stdout=subprocess.PIPE, check=True)
            out += parse(r.stdout.decode(), self.spool + '/new/')
        return out

    # Ids of all messages, and no id twice
    def ids(self):
        got = [m['id'] for m in self.messages()]
        assert len(got) == len(set(got))
        return set(got)

    def octets(self, m):
        with open(self.spool + '/new/' + m['bundle'], 'rb') as f:
            f.seek(m['offset'])
            return f.read(m['stored'])

    def clear(self):
        for n in glob.glob(glob.escape(self.spool) + '/new/*'):
            os.unlink(n)


def parse(text, where):
    out = []
    for line in text.split('\n'):
        w = line.split(' ', 1)
        if w[0] == 'bundle':
            bundle = w[1]
        elif w[0] == 'msg':
            m = dict(x.split('=') for x in w[1].split())
            m = {k: v if k == 'ret' else int(v) for k, v in m.items()}
            m['bundle'] = bundle
            m['id'] = '%s-%d' % (bundle, m['number'])
            m['rcpts'] = []
        elif w[0] == 'text':
            name, value = w[1].split(' ', 1)
            m[name] = value
        elif w[0] == 'rcpt':
            domain, notify, orcpt, local = w[1].split(' ', 3)
            m['rcpts'].append((local + '@' + domain, int(notify), orcpt))
        elif w[0] == 'row':
            m.setdefault('rows', []).append(bytes.fromhex(w[1]))
        elif w[0] == 'start':
            m['start'] = int(w[1])
        elif w[0] == 'windows':
            m['windows'] = bytes.fromhex(w[1])
        elif w[0] == 'end':
            out.append(m)
    return out
