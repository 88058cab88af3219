# For tests of dray-dns: an instance with that daemon alone, a client that
# speaks raw frames (dnsproto.h), and a real authoritative server, nsd.
#
#   n = Nsd({zone: text ...})    starts nsd on 127.0.0.1:n.port with these
#                                zones; text without a SOA record gets one
#   sign(zone, text)             the text signed, and the DS records of its key
#   d = Dns(key=value ...)       an instance whose [dns] says that, dray-dns
#                                started; start=False: it is not
#   d.policy(key=value ...)      compiles another one
#   c = Client(d)                c.ask(name ...) gives the answers in the order
#                                of the names; c.send(octets), c.answer()
#   done()                       ends them all, and the test
#
# An answer: verdict, ttl, text, and hosts, each with preference, flags, name
# and ip, a list of addresses.
import atexit
import collections
import glob
import ipaddress
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

import tap
from frames import connect, frame
from tap import ok, same, skip, skip_all, until

B = os.path.abspath(os.environ.get('B', 'build'))
SANITIZED = 'DRAY_SANITIZED' in os.environ
WAIT = 30.0    # seconds until a test gives up on something

OK, NULLMX, NODOMAIN, NOHOST, NOADDR, TEMP = range(6)
SECURE, IMPLICIT = 1, 2
AHEAD = 4096

Answer = collections.namedtuple('Answer', 'id verdict ttl text hosts')
Host = collections.namedtuple('Host', 'preference flags name ip')

_running = []    # processes, newest last
_scratch = []


def scratch():
    _scratch.append(tempfile.mkdtemp(prefix='dray-test.'))
    d = os.path.join(_scratch[-1], 'a b')
    os.mkdir(d)
    return d


def spawn(argv, **kw):
    p = subprocess.Popen(argv, stdin=subprocess.DEVNULL, **kw)
    _running.append(p)
    return p


def end(p, how=signal.SIGTERM):
    """Ends a process, and tells its exit code."""
    if p in _running:
        _running.remove(p)
    if p.poll() is None:
        p.send_signal(how)
    try:
        return p.wait(10)
    except subprocess.TimeoutExpired:
        p.kill()
        return p.wait()


def _cleanup():
    while _running:
        end(_running[-1])
    for d in _scratch:
        shutil.rmtree(d, ignore_errors=True)


atexit.register(_cleanup)


def done():
    _cleanup()
    tap.done()


def free_port(host='127.0.0.1'):
    """One that is free for UDP and TCP."""
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    for _ in range(100):
        u = socket.socket(family, socket.SOCK_DGRAM)
        t = socket.socket(family, socket.SOCK_STREAM)
        try:
            u.bind((host, 0))
            t.bind((host, u.getsockname()[1]))
            return u.getsockname()[1]
        except OSError:
            continue
        finally:
            u.close()
            t.close()
    raise SystemExit('no free port')


# Zones

SOA = '@ 300 IN SOA ns.example. hostmaster.example. 1 3600 900 86400 60\n'


def zone_text(zone, text):
    head = '$ORIGIN %s.\n$TTL 300\n' % zone.strip('.')
    if ' SOA ' not in text:
        head += SOA + '@ NS ns.%s.\n' % zone + 'ns A 127.0.0.1\n'
    return head + text + '\n'


def sign(zone, text, *options):
    """The zone signed; and its DS record, as one line."""
    d = scratch()
    key = subprocess.run(['ldns-keygen', '-a', 'ECDSAP256SHA256', '-k', zone],
                         cwd=d, check=True, stdout=subprocess.PIPE,
                         text=True).stdout.strip()
    with open(os.path.join(d, 'zone'), 'w') as f:
        f.write(zone_text(zone, text))
    subprocess.run(['ldns-signzone', '-o', zone, '-f', 'signed', *options,
                    'zone', key], cwd=d, check=True)
    ds = subprocess.run(['ldns-key2ds', '-n', '-2', 'signed'], cwd=d,
                        check=True, stdout=subprocess.PIPE, text=True).stdout
    with open(os.path.join(d, 'signed')) as f:
        signed = f.read()
    ds = [x for x in ds.splitlines() if '\tDS\t' in x][0].split()
    # name ttl IN DS tag algorithm type digest
    return signed, ' '.join([zone, 'DS'] + ds[4:])


class Nsd:
    def __init__(self, zones, processes=1):
        self.dir = scratch()
        self.zones = zones
        self.p = None
        if not shutil.which('nsd') and not os.path.exists('/usr/sbin/nsd'):
            skip_all('there is no nsd')
        for _ in range(5):
            self.port = free_port()
            self.configure(processes)
            if self.start():
                return
        raise SystemExit('nsd does not start: ' + self.log())

    def configure(self, processes):
        # nsd's configuration knows no blank in a name: it stays in its
        # directory.
        with open(os.path.join(self.dir, 'conf'), 'w') as f:
            f.write('''server:
    ip-address: 127.0.0.1@%d
    server-count: %d
    username: ""
    chroot: ""
    zonesdir: "."
    database: ""
    pidfile: "pid"
    logfile: "log"
    zonelistfile: "zones"
    xfrdfile: "xfrd"
    xfrdir: "."
    minimal-responses: no
    rrl-ratelimit: 0
remote-control:
    control-enable: no
''' % (self.port, processes))
            for i, zone in enumerate(self.zones):
                name = 'zone%d' % i
                with open(os.path.join(self.dir, name), 'w') as z:
                    t = self.zones[zone]
                    z.write(t if 'RRSIG' in t or '$ORIGIN' in t
                            else zone_text(zone, t))
                f.write('zone:\n    name: "%s"\n    zonefile: "%s"\n' %
                        (zone, name))

    def start(self):
        nsd = shutil.which('nsd') or '/usr/sbin/nsd'
        self.p = spawn([nsd, '-d', '-c', 'conf'], cwd=self.dir,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        zone = list(self.zones)[0]
        return until(lambda: self.p.poll() is not None or
                     probe(self.port, zone), 20) and self.p.poll() is None

    def log(self):
        try:
            with open(os.path.join(self.dir, 'log')) as f:
                return f.read()[-2000:]
        except OSError:
            return ''

    def stop(self):
        end(self.p)


def query(name, qtype=6, number=1):
    q = struct.pack('>HHHHHH', number, 0, 1, 0, 0, 0)
    for label in name.strip('.').split('.'):
        q += bytes([len(label)]) + label.encode()
    return q + b'\0' + struct.pack('>HH', qtype, 1)


def probe(port, zone):
    """Does a server answer for this zone?"""
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(0.2)
    try:
        s.connect(('127.0.0.1', port))
        s.send(query(zone))
        b = s.recv(4096)
        return b[3] & 15 == 0 and b[7] > 0
    except OSError:
        return False
    finally:
        s.close()


# dray-dns and its clients

class Dns:
    def __init__(self, start=True, env=None, **keys):
        self.base = scratch()
        self.env = env
        self.p = None
        for d in ('etc', 'policy', 'sock'):
            os.mkdir(os.path.join(self.base, d))
        self.policy(**keys)
        if start:
            self.start()

    def policy(self, **keys):
        with open(os.path.join(self.base, 'etc/dray.conf'), 'w') as f:
            f.write('[node]\nhostname = dns.example\n[dns]\n')
            for k in keys:
                f.write('%s = %s\n' % (k.replace('_', '-'), keys[k]))
        subprocess.run([B + '/bin/dray-policy', '-b', self.base, 'compile'],
                       check=True, stdout=subprocess.DEVNULL)

    def start(self, **kw):
        r, w = os.pipe()
        self.err = open(os.path.join(self.base, 'stderr'), 'ab')
        self.p = spawn([B + '/bin/dray-dns', '-b', self.base, '-d', str(w)],
                       pass_fds=[w] + kw.pop('fds', []), stderr=self.err,
                       env=self.env and dict(os.environ, **self.env), **kw)
        os.close(w)
        ready = os.read(r, 1)
        os.close(r)
        if not ready:
            raise SystemExit('dray-dns did not start: ' + self.stderr())

    def stderr(self):
        with open(os.path.join(self.base, 'stderr'), errors='replace') as f:
            return f.read()

    def end(self, how=signal.SIGTERM):
        return end(self.p, how)


def question(number, name):
    name = name if isinstance(name, bytes) else name.encode()
    return frame('M', struct.pack('>II', number, len(name)) + name)


class Reader:
    def __init__(self, b):
        self.b = b

    def get(self, fmt):
        n = struct.calcsize('>' + fmt)
        v = struct.unpack('>' + fmt, self.b[:n])
        self.b = self.b[n:]
        return v[0]

    def octets(self, n):
        s, self.b = self.b[:n], self.b[n:]
        if len(s) != n:
            raise ValueError('cut off')
        return s

    def string(self):
        return self.octets(self.get('I')).decode()


def parse(body):
    r = Reader(body)
    a = [r.get('I'), r.get('B'), r.get('I'), r.string()]
    hosts = []
    for _ in range(r.get('B')):
        preference, flags, name = r.get('H'), r.get('B'), r.string()
        ip = []
        for _ in range(r.get('B')):
            ip.append(str(ipaddress.ip_address(
                r.octets(16 if r.get('B') == 6 else 4))))
        hosts.append(Host(preference, flags, name, ip))
    if r.b:
        raise ValueError('octets behind the answer')
    return Answer(*a, hosts)


class Client:
    def __init__(self, d):
        self.s = connect(d.base, 'dns', WAIT)
        self.b = b''
        self.number = 0

    def send(self, b):
        self.s.sendall(b)

    def closed(self):
        """The server has closed the connection."""
        try:
            return self.s.recv(1) == b''
        except ConnectionResetError:
            return True

    def answer(self):
        while True:
            if len(self.b) >= 6:
                n = struct.unpack('>I', self.b[:4])[0]
                if len(self.b) >= 6 + n:
                    body, self.b = self.b[6:6 + n], self.b[6 + n:]
                    if body[:2] != b'\1M':
                        raise ValueError('what is this: %r' % body)
                    return parse(body[2:])
            got = self.s.recv(262144)
            if not got:
                raise EOFError('dray-dns hung up')
            self.b += got

    def ask(self, *names):
        """The answers, in the order of the names."""
        first = self.number
        self.number += len(names)
        self.send(b''.join(question(first + i, n)
                           for i, n in enumerate(names)))
        got = {}
        for _ in names:
            a = self.answer()
            got[a.id] = a
        return [got[first + i] for i in range(len(names))]

    def one(self, name):
        return self.ask(name)[0]

    def close(self):
        self.s.close()
