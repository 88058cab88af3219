#!/usr/bin/python3
# Delivery by MX, with a dray-dns that answers as the test says: what
# dray-send makes of each answer, and of a dray-dns that is away or mad.
import os
import shutil
import socket
import struct
import sys
import tempfile
import threading
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from instance import ROOM, Instance, Sink, ledger_rows
from tap import done, ok, same, until

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
OK, NULLMX, NODOMAIN, NOHOST, NOADDR, TEMP = range(6)
top = tempfile.mkdtemp(prefix='dray test.')


class Dns:
    """Answers with table[domain], (verdict, ttl, text, hosts); each host is
    (preference, name, addresses).  A domain that is not there gets no answer;
    an answer of octets is sent as it is."""

    def __init__(self, base):
        self.dir = os.path.join(base, 'sock')
        self.table, self.asked = {}, []
        self.listener = None

    def start(self):
        here = os.getcwd()
        os.chdir(self.dir)
        if os.path.exists('dns'):
            os.unlink('dns')
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind('dns')
        os.chdir(here)
        self.listener.listen(5)
        self.peers = []
        threading.Thread(target=self.serve, args=(self.listener,),
                         daemon=True).start()

    def serve(self, listener):
        while True:
            try:
                c, _ = listener.accept()
            except OSError:
                return
            self.peers.append(c)
            threading.Thread(target=self.talk, args=(c,), daemon=True).start()

    def talk(self, c):
        try:
            while True:
                n, fds = struct.unpack('>IH', self.exact(c, 6))
                b = self.exact(c, n)
                ident, length = struct.unpack('>II', b[2:10])
                name = b[10:10 + length].decode()
                self.asked.append(name)
                if name in self.table:
                    self.answer(c, ident, self.table[name])
        except (OSError, EOFError):
            c.close()

    @staticmethod
    def exact(c, n):
        b = b''
        while len(b) < n:
            got = c.recv(n - len(b))
            if not got:
                raise EOFError
            b += got
        return b

    @staticmethod
    def answer(c, ident, what):
        if isinstance(what, bytes):
            c.sendall(what)
            return
        verdict, ttl, text, hosts = what
        b = b'\x01M' + struct.pack('>IBII', ident, verdict, ttl, len(text))
        b += text.encode() + bytes([len(hosts)])
        for preference, name, addrs in hosts:
            b += struct.pack('>HBI', preference, 0, len(name)) + name.encode()
            b += bytes([len(addrs)])
            for a in addrs:
                v6 = ':' in a
                b += bytes([6 if v6 else 4]) + socket.inet_pton(
                    socket.AF_INET6 if v6 else socket.AF_INET, a)
        c.sendall(struct.pack('>IH', len(b), 0) + b)

    def stop(self):
        # A thread that sleeps in accept() would keep the socket alive.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for c in self.peers:
            try:
                c.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


base = os.path.join(top, 'base')
ledger = os.path.join(top, 'ledger')
open(ledger, 'w').close()
sink = Sink(BUILD, ['-c', ledger])
CONF = ROOM + '''[limits]
backoff-min = 1s
backoff-max = 1s
port = %d
private-addresses = yes
''' % sink.port
ROUTES = '[static unused.example]\nhosts = mx\n'
inst = Instance(BUILD, base, 0, CONF, ROUTES)
dns = Dns(base)
dns.start()
inst.start()


def inject(*rcpts):
    inst.inject(rcpts)


def arrived(rcpt):
    return rcpt in [x[4] for x in ledger_rows(ledger)]


def about(kind, rcpt):
    return [e for e in inst.events(kind) if e.get('recipient') == rcpt]


def asleep(site, reason):
    return [e for e in inst.events('Delayed')
            if e['site'] == site and e['reason'] == reason]


def plain():
    dns.table['two.example'] = (OK, 300, '', [
        (10, 'dead.two.example', ['127.0.0.9']),
        (20, 'mx.two.example', ['127.0.0.1'])])
    inject('u@two.example')
    ok(until(lambda: arrived('u@two.example')),
       'the second server takes it when the first does not answer')
    until(lambda: about('Delivery', 'u@two.example'))
    e = about('Delivery', 'u@two.example')[0]
    same(e['peer_address'], {'name': 'mx.two.example', 'addr': '127.0.0.1',
                             'port': sink.port}, 'and the event names it')
    inject('v@two.example')
    ok(until(lambda: arrived('v@two.example')), 'another one')
    same(dns.asked.count('two.example'), 1, 'was not asked for again')
    inject('x@[127.0.0.1]')
    ok(until(lambda: arrived('x@[127.0.0.1]')),
       'an address literal needs no answer')
    same([x for x in dns.asked if x[0] == '['], [], 'and is not asked for')


def final():
    dns.table['null.example'] = (NULLMX, 300, 'takes no mail', [])
    dns.table['none.example'] = (NODOMAIN, 300, 'no such domain', [])
    dns.table['bare.example'] = (NOHOST, 300, 'no MX, no address', [])
    for site, status in (('null', '5.1.10'), ('none', '5.1.2'),
                         ('bare', '5.1.2')):
        rcpt = 'u@%s.example' % site
        inject(rcpt)
        ok(until(lambda: about('Bounce', rcpt)), site + ' fails at once')
        r = about('Bounce', rcpt)[0]['response']
        same('%(class)d.%(subject)d.%(detail)d' % r['enhanced_code'], status,
             'with ' + status)
        same(r['content'], dns.table[site + '.example'][2], 'and says why')
    many = ['u%d@none.example' % i for i in range(700)]
    inject(*many)
    ok(until(lambda: len([e for e in inst.events('Bounce')
                          if e['site'] == 'none.example']) == 701),
       '700 more, all of them')


def waiting():
    dns.table['soon.example'] = (TEMP, 1, 'SERVFAIL', [])
    inject('u@soon.example')
    ok(until(lambda: asleep('soon.example', 'SERVFAIL')),
       'no definite answer: the destination sleeps')
    same(about('Bounce', 'u@soon.example'), [], 'and nothing fails')
    dns.table['soon.example'] = (OK, 300, '', [(1, 'mx', ['127.0.0.1'])])
    ok(until(lambda: arrived('u@soon.example')), 'until there is one')
    dns.table['hollow.example'] = (NOADDR, 1, 'no address', [])
    inject('u@hollow.example')
    ok(until(lambda: asleep('hollow.example', 'no address')),
       'servers without an address: it sleeps')
    dns.table['self.example'] = (OK, 300, '', [
        (10, 'bench.example', ['127.0.0.1']), (20, 'b', ['127.0.0.1'])])
    inject('u@self.example')
    ok(until(lambda: asleep('self.example',
                            'mail for this domain comes back to this node')),
       'this node itself, and a worse one: it sleeps')
    dns.table['short.example'] = (OK, 1, '', [(1, 'mx', ['127.0.0.1'])])
    inject('u@short.example')
    ok(until(lambda: arrived('u@short.example')), 'an answer for one second')


def away():
    inject('u@away.example')
    ok(until(lambda: 'away.example' in dns.asked), 'a question is open')
    dns.stop()
    dns.table['away.example'] = (OK, 300, '', [(1, 'mx', ['127.0.0.1'])])
    dns.start()
    ok(until(lambda: arrived('u@away.example')),
       'dray-dns ends and comes back: it is asked again')
    good = b'\x01M' + struct.pack('>IBIIB', 0, 0, 1, 0, 0)
    for name, octets in (
            ('a frame of another type', b'\0\0\0\2\0\0\x01Q'),
            ('an answer to no question',
             struct.pack('>IH', len(good), 0) + good),
            ('half an answer', b'\0\0\0\4\0\0\x01M\0\0'),
            ('a frame of 4 gigabytes', b'\xff\xff\xff\xff\0\0')):
        site = 'mad%d.example' % len(name)
        before = dns.asked.count(site)
        dns.table[site] = octets
        inject('u@' + site)
        ok(until(lambda: dns.asked.count(site) > before + 1),
           name + ': the connection ends, and it is asked again')
        dns.table[site] = (OK, 300, '', [(1, 'mx', ['127.0.0.1'])])
        ok(until(lambda: arrived('u@' + site)), 'and delivered')


def private():
    dns.table['hidden.example'] = (OK, 300, '', [(1, 'mx', ['127.0.0.1'])])
    inst.routes(ROUTES + '[static hidden.example]\nhosts = mx\n'
                'private-addresses = no\n')
    inject('u@hidden.example')
    ok(until(lambda: [e for e in inst.events('Delayed')
                      if e['site'] == 'hidden.example']),
       'nothing goes to loopback unless the policy says so')
    inst.routes(ROUTES)
    ok(until(lambda: arrived('u@hidden.example')), 'then it does')


def source():
    dns.table['from.example'] = (OK, 300, '', [(1, 'mx', ['127.0.0.1'])])
    inst.routes(ROUTES + '[static from.example]\nhosts = mx\n'
                'source = 127.0.0.5\nhelo = five.example\n')
    inject('u@from.example')
    ok(until(lambda: about('Delivery', 'u@from.example')),
       'a route by MX that has a source')
    e = about('Delivery', 'u@from.example')
    same(e[0].get('source_address') if e else None, '127.0.0.5',
         'goes out from there')


try:
    plain()
    final()
    waiting()
    away()
    private()
    source()
finally:
    inst.stop()
    sink.end()
    rc, out = inst.fsck()
    ok(rc == 0, 'dray-fsck accepts what is left', out)
    shutil.rmtree(top)
done()
