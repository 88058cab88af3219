#!/usr/bin/python3
# dray-remote under TLS, with servers that do it right: modes, versions, names,
# what is learnt when, resumption, large messages.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from certs import Certs
from remote import *

V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
dir = tempfile.mkdtemp(prefix='dray tls.')
certs = Certs(dir)
pem = certs.good('mx.example')
os.environ['SSL_CERT_FILE'] = certs.ca


def one(s, peer, lane=1, body=None, **k):
    """One message over one connection: UP, RESULT, DOWN."""
    s.lane(lane, peer, **k)
    s.job(lane, 100 + lane, 7, body or 0, ['a@x'])
    up = s.want('U')
    r = s.want('R')
    s.close(lane)
    return up, r, s.want('E')


# --- modes and versions

s = Send()
s.bundle(7, [text(3000), b'.\r\n..\r\nx' + b'y' * 70000 + b'\r\n.\r\n' * 9000])
for version, number in ((V12, 0x12), (V13, 0x13)):
    for mode, name in ((OFF, 'off'), (MAY, 'may'), (ENCRYPT, 'encrypt'),
                       (VERIFY, 'verify')):
        got = []
        peer = Peer(server(*BOTH, store=got, tls=context(pem, version)))
        up, r, e = one(s, peer, tls=mode)
        what = 'TLS 1.%d, %s: ' % (number - 0x10, name)
        same((up['tls'], up['flags'], bool(up['cipher']), up['why']),
             (mode and number, VERIFIED if mode == VERIFY else 0,
              mode != OFF, ''), what + 'UP tells it')
        same((r['codes'], got[0][2], e['reason'], peer.conns[0].tls),
             ([250], s.messages[7][0].plain, 'q', mode != OFF),
             what + 'delivered')
        same((len(peer.conns), peer.errors), (1, []), what + 'one connection')

for name, good in (('mx.example.', 1), ('MX.Example', 1)):
    peer = Peer(server(*BOTH, tls=context(pem)))
    up, r, e = one(s, peer, tls=VERIFY, name=name)
    same(up['flags'], VERIFIED, 'verified: ' + name)
peer = Peer(server(*BOTH, tls=context(certs.good('127.0.0.1'))))
up, r, e = one(s, peer, tls=VERIFY, name='127.0.0.1')
same(up['flags'], VERIFIED, 'verified: an address')
peer = Peer(server(*BOTH, tls=context(certs.good('*.some.example'))))
up, r, e = one(s, peer, tls=VERIFY, name='mx.some.example')
same(up['flags'], VERIFIED, 'verified: a wildcard')

seen = []
c = context(pem)
c.sni_callback = lambda sock, name, ctx: seen.append(name)
peer = Peer(server(*BOTH, tls=c))
for name in ('mx.example', '127.0.0.1', ''):
    one(s, peer, tls=MAY, name=name)
same(seen, ['mx.example', None, None], 'the server is told its name')


# --- what counts is what is said under TLS

def liar(c):
    c.hello('PIPELINING', 'CHUNKING', 'DSN', 'SIZE 10', 'STARTTLS')
    c.starttls(context(pem))
    c.hello('8BITMIME', greeting=None)
    c.expect('MAIL FROM:<s@client.example>')
    c.alone = c.quiet()
    c.say('250 ok')
    c.expect('RCPT TO:<a@x>')
    c.say('250 ok')
    c.expect('DATA')
    c.say('354 go')
    c.body = c.data()
    c.say('250 ok')
    c.expect('QUIT')


peer = Peer(liar)
up, r, e = one(s, peer, tls=MAY)
same((up['caps'], up['size'], r['codes'], r['how'], peer.conns[0].alone,
      peer.errors), (1 | 8, 0, [250], 'D', True, []),
     'extensions are those of the EHLO under TLS')


def injected(c):
    c.hello('STARTTLS')
    c.starttls(context(pem), b'250-evil\r\n250-PIPELINING\r\n250 CHUNKING\r\n')
    server(*PIPE)(Again(c))


class Again:
    """A connection that has been greeted already."""
    def __init__(self, c):
        self.c = c

    def __getattr__(self, name):
        return getattr(self.c, name)

    def hello(self, *caps):
        self.c.hello(*caps, greeting=None)


peer = Peer(injected)
up, r, e = one(s, peer, tls=ENCRYPT)
same((up['caps'], up['tls'], r['codes'], len(peer.conns)),
     (3, 0x13, [250], 1), 'text behind the reply to STARTTLS is thrown away')


def old(c):
    c.hello('STARTTLS')
    c.starttls(context(pem))
    c.expect('EHLO')
    c.say('500 what')
    c.expect('HELO')
    c.say('250 hello')
    server()(Said(c))


class Said(Again):
    def hello(self, *caps):
        pass


peer = Peer(old)
up, r, e = one(s, peer, tls=MAY)
same((up['caps'], up['tls'], r['codes'], len(peer.conns)),
     (0, 0x13, [250], 1), 'HELO under TLS')

# --- resumption

for version, name in ((V12, 'TLS 1.2'), (V13, 'TLS 1.3')):
    peer = Peer(server(*BOTH, tls=context(pem, version)))
    flags = [one(s, peer, tls=VERIFY)[0]['flags'] for _ in range(4)]
    same(flags, [1, 3, 3, 3], name + ': sessions are resumed, still verified')
    flags = [one(s, peer, tls=m, **k)[0]['flags'] & RESUMED for m, k in (
        (MAY, {}), (ENCRYPT, {}), (VERIFY, dict(source='127.0.0.1')),
        (MAY, dict(name='other.example')))]
    same(flags, [0] * 4, name + ': but not another mode\'s, source\'s, host\'s')
    peer.talk = server(*BOTH, tls=context(pem, version))
    up, r, e = one(s, peer, tls=VERIFY)
    same((up['flags'], r['codes'], len(peer.conns)), (VERIFIED, [250], 9),
         name + ': a session that the server has forgotten')

# Two tickets come with the first handshake, and none with the next four.
ctx = context(pem, V13)
peer = Peer(server(*BOTH, tls=ctx))
one(s, peer, tls=MAY)
ctx.num_tickets = 0
for i in range(4):
    s.lane(i, peer, tls=MAY)
ups = [s.want('U') for i in range(4)]
same(sorted(u['flags'] for u in ups), [0, 0, 2, 2],
     'TLS 1.3: a ticket is used once')
for i in range(4):
    s.close(i)
    s.want('E')
ctx.num_tickets = 2
flags = [one(s, peer, tls=MAY)[0]['flags'] for _ in range(4)]
same(flags, [0, 2, 2, 2], 'and a new one comes with each connection')
s.end()

# --- large messages, both ways, and a reader that is slow

big = b''.join(b'%d\r\n.%d\r\n' % (i, i) for i in range(300000))
for version in (V12, V13):
    for caps, how in ((BOTH, 'B'), (PIPE, 'D'), ((), 'D')):
        got = []
        peer = Peer(server(*caps, store=got, tls=context(pem, version)))
        s = Send()
        s.bundle(7, [big, text(200)])
        s.lane(1, peer, tls=MAY)
        for i in range(3):
            s.job(1, i, 7, 1 if i == 1 else 0, ['a@x'])
        s.want('U')
        rs = [s.want('R') for _ in range(3)]
        same([(r['codes'], r['how']) for r in rs], [([250], how)] * 3,
             '%s, %s: 5 MB delivered' % (version.name, how))
        same([len(g[2]) for g in got],
             [len(m.plain) for m in (s.messages[7] * 2)[:3]],
             'in its full length')
        ok([g[2] for g in got] == [m.plain for m in (s.messages[7] * 2)[:3]],
           'octet for octet')
        s.end()


def sleepy(c):
    """Does not read at first, so that writes have to wait."""
    c.s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    c.hello(*BOTH, 'STARTTLS')
    c.starttls(context(pem))
    c.hello(*BOTH, greeting=None)
    time.sleep(.3)
    server(store=bodies)(Said(c))


bodies = []
peer = Peer(sleepy)
s = Send()
s.bundle(7, [text(200000)])
s.lane(1, peer, tls=MAY, depth=10)
for i in range(12):
    s.job(1, i, 7, 0, ['a@x'])
s.want('U')
same([s.want('R')['codes'] for _ in range(12)], [[250]] * 12,
     'a server that is slow to read')
s.close(1)
s.want('E')
same(([b[2] == s.messages[7][0].plain for b in bodies], peer.errors),
     ([True] * 12, []), 'gets all of it')
same((s.end(), s.stderr), (0, b''), 'exit 0, and not a word')


def stalls(c):
    """Reads nothing until the client has given up, and then all that came."""
    c.hello(*BOTH, 'STARTTLS')
    c.starttls(context(pem))
    c.hello(*BOTH, greeting=None)
    gone.wait(WAIT)
    seen = b''
    try:
        while True:
            b = c.s.recv(1 << 20)
            if not b:
                break
            seen += b
    except OSError:
        pass
    came.append(seen)


came, gone = [], threading.Event()
peer = Peer(stalls)
s = Send()
s.bundle(7, [text(100000)])
s.lane(1, peer, tls=MAY, depth=100, block=1)
for i in range(100):
    s.job(1, i, 7, 0, ['job%d.@x' % i])
s.want('U')
e = s.until('E')[-1]
gone.set()
end = time.time() + WAIT
while not came and time.time() < end:
    time.sleep(.01)
begun = {j for j, flag in e['jobs'] if flag}
whole = {j for j, flag in e['jobs'] if flag == 2}
all = b''.join(came)
saw = {int(n) for n in re.findall(rb'RCPT TO:<job(\d+)\.@x>', all)}
ok(0 < len(begun) < 100, 'a server that reads nothing: some jobs were begun',
   'begun: %d' % len(begun))
ok(saw and saw <= begun, 'and among them are all that it can have seen',
   'seen: %r, begun: %r' % (sorted(saw), sorted(begun)))
same(all.count(s.messages[7][0].plain), len(whole),
     'and what is told as sent is all that it can have had whole')
same((s.end(), s.stderr), (0, b''), 'exit 0, and not a word')

# --- no CA certificates

os.environ['SSL_CERT_FILE'] = dir + '/none'
s = Send()
s.bundle(7, [text(200)])
peer = Peer(server(*BOTH, tls=context(pem)))
up, r, e = one(s, peer, tls=MAY)
same(r['codes'], [250], 'no CA certificates: TLS without verification')
s.lane(1, peer, tls=VERIFY)
e = s.want('E')
same((e['reason'], e['phase']), ('c', 't'), 'and none is valid')
same((s.end(), s.stderr), (0, b"dray-remote: warning: no CA certificates: "
                           b"no server's certificate will be valid\n"),
     'which is said at start')

shutil.rmtree(dir)
done()
