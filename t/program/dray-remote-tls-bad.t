#!/usr/bin/python3
# dray-remote under TLS, with servers that do it wrong: nothing is lost where
# the clear will do, nothing goes in the clear where it must not, and what is
# reported says what was wrong.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from certs import Certs
from instance import Sink
from remote import *

dir = tempfile.mkdtemp(prefix='dray tls.')
certs = Certs(dir)
pem = certs.good('mx.example')
os.environ['SSL_CERT_FILE'] = certs.ca
V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
MODES = ((MAY, 'may'), (ENCRYPT, 'encrypt'), (VERIFY, 'verify'))


class Tcp:
    """What TLS says on c's connection can be had, and changed, underneath."""

    def __init__(self, c, ctx=None):
        self.inb, self.outb = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.c = c
        self.o = (ctx or context(pem)).wrap_bio(self.inb, self.outb,
                                                server_side=True)

    def flight(self):
        """What the server answers to the ClientHello."""
        while True:
            try:
                self.o.do_handshake()
            except ssl.SSLWantReadError:
                if self.outb.pending:
                    return self.outb.read()
                self.inb.write(self.c.s.recv(65536))


def after(answer):
    """A server whose STARTTLS goes wrong by answer(c), after the 220."""
    def talk(c):
        c.expect('STARTTLS')
        c.s.sendall(b'220 go\r\n')
        answer(c)
    return talk


def wait(c):
    c.s.settimeout(WAIT)
    while c.s.recv(65536):
        pass


def said(what):
    def talk(c):
        c.expect('STARTTLS')
        c.say(what)
        wait(c)
    return talk


def silent(c):
    c.expect('STARTTLS')
    wait(c)


def half_reply(c):
    c.expect('STARTTLS')
    c.s.sendall(b'220-we\r\n220')
    wait(c)


def hang_up(c):
    c.expect('STARTTLS')


def send(octets):
    def answer(c):
        c.s.recv(65536)
        c.s.sendall(octets)
        wait(c)
    return answer


def part(n):
    """So many octets of the server's answer, and then nothing."""
    def answer(c):
        c.s.sendall(Tcp(c).flight()[:n])
        wait(c)
    return answer


def part_close(n):
    def answer(c):
        c.s.sendall(Tcp(c).flight()[:n])
    return answer


def flipped(c):
    f = bytearray(Tcp(c).flight())
    f[-10] ^= 1
    c.s.sendall(bytes(f))
    wait(c)


def old(c):
    """TLS 1.1, as its ServerHello says."""
    hello = (b'\x02\0\0\x26\x03\x02' + bytes(32) + b'\0\x00\x2f\0')
    c.s.recv(65536)
    c.s.sendall(b'\x16\x03\x02' + struct.pack('>H', len(hello)) + hello)
    wait(c)


def shake_and(what):
    def talk(c):
        c.starttls(context(pem))
        c.expect('EHLO')
        if what:
            c.s.sendall(what)
            wait(c)
    return talk


BAD = (
    # name, talk, phase, code, words
    ('454', said('454 4.7.0 not now'), 454, b'4.7.0 not now'),
    ('502', said('502 5.5.1 what'), 502, b'5.5.1 what'),
    ('554', said('554 5.7.3 no'), 554, b'5.7.3 no'),
    ('250', said('250 fine'), 250, b'fine'),
    ('421', said('421 4.3.2 bye'), 421, b'4.3.2 bye'),
    ('no SMTP', said('hello'), 0, b'not an SMTP reply'),
    ('no reply', silent, 0, b'timeout'),
    ('half a reply', half_reply, 0, b'timeout'),
    ('closed', hang_up, 0, b'connection closed'),
    ('closed after 220', after(lambda c: None), 0, None),
    ('reset after 220', after(lambda c: c.reset()), 0, None),
    ('silence after 220', after(wait), 0, b'timeout'),
    ('garbage', after(send(b'\x16\x03\x03\x00\x30' + b'garbage!' * 6)), 0,
     b'TLS: '),
    ('SMTP', after(send(b'500 what is that\r\n' * 3)), 0,
     b'TLS: wrong version number'),
    ('zeros', after(send(bytes(3000))), 0, b'TLS: '),
    ('an alert', after(send(b'\x15\x03\x03\0\x02\x02\x28')), 0,
     b'TLS: sslv3 alert handshake failure'),
    ('a warning, then nothing', after(send(b'\x15\x03\x03\0\x02\x01\x5a')), 0,
     None),
    ('close_notify', after(send(b'\x15\x03\x03\0\x02\x01\0')), 0, None),
    ('1 octet', after(part(1)), 0, b'timeout'),
    ('5 octets', after(part(5)), 0, b'timeout'),
    ('half-way', after(part(200)), 0, b'timeout'),
    ('half-way, closed', after(part_close(200)), 0, b'TLS: '),
    ('an octet changed', after(flipped), 0, b'TLS: '),
    ('TLS 1.1', after(old), 0, b'TLS: unsupported protocol'),
    ('closed after EHLO', shake_and(b''), 0, b'connection closed'),
    ('silence after EHLO', shake_and(None), 0, None),
    ('no SMTP after EHLO', shake_and(b'hello\r\n'), 0,
     b'not an SMTP reply'),
)


def failing(talk, got):
    """Fails so on connections that ask for STARTTLS, and works otherwise."""
    plain = server(*BOTH, store=got)

    def run(c):
        c.hello(*BOTH, 'STARTTLS')
        while b'\n' not in c.buf:
            c.more()
        if c.buf.startswith(b'STARTTLS'):
            c.buf, c.asked = c.buf, True
            talk(c)
        else:
            c.asked = False
            c.hello = lambda *a: None
            plain(c)
    return run


def open_lane(s, job, peers, lane=1, **k):
    """With a job that comes along, so that DOWN cannot cross it."""
    s.hold()
    s.lane(lane, peers, **k)
    s.job(lane, job, 7, 0, ['a@x'])
    s.go()


for name, talk, code, words in BAD:
    got = []
    peer = Peer(failing(talk, got))
    other = []
    second = Peer(server(*BOTH, store=other, tls=context(pem)))
    s = Send()
    s.bundle(7, [text(300)])
    for lane in (1, 2):
        s.lane(lane, [peer, second], tls=MAY, starttls=1, ehlo=1)
        s.job(lane, lane, 7, 0, ['a@x'])
        u = s.want('U')
        r = s.want('R')
        s.close(lane)
        e = s.want('E')
        same((u['address'], u['tls'], r['codes'], e['reason']),
             (0, 0, [250], 'q'), '%s, may, %d: in the clear' % (name, lane))
        if lane == 1 and words is not None:
            ok(u['why'].encode('latin-1').startswith(words), 'it says why',
               u['why'])
        elif lane == 1:
            ok(u['why'], 'it says why')
        else:
            same(u['why'], 'it failed here lately', 'it remembers')
    same(([c.asked for c in peer.conns], len(got), other),
         ([True, False, False], 2, []), 'tried once')
    for mode, word in MODES[1:2]:
        open_lane(s, 3, peer, tls=mode, starttls=1, ehlo=1)
        e = s.want('E')
        same((e['reason'], e['phase'], e['code'], e['jobs']),
             ('c', 't', code, [(3, 0)]), '%s, %s: down' % (name, word))
        if words is not None:
            ok(e['text'].startswith(words), 'it says why', e['text'])
        else:
            ok(e['text'], 'it says why')
        open_lane(s, 4, [peer, second], tls=mode, starttls=1, ehlo=1)
        u = s.want('U')
        same((u['address'], u['tls'], s.want('R')['codes']), (1, 0x13, [250]),
             'the next address will do')
        s.close(1)
        s.want('E')
    same((len(got), len(other)), (2, 1), 'nothing more went in the clear')
    same((s.end(), s.stderr), (0, b''), 'exit 0')

# --- certificates

for kind, made, words in (
        ('expired', certs.expired('mx.example'),
         b'TLS: certificate verify failed: certificate has expired'),
        ('self-signed', certs.own('mx.example'),
         b'TLS: certificate verify failed: self-signed certificate'),
        ('by a stranger', certs.stranger('mx.example'),
         b'TLS: certificate verify failed: unable to get local issuer'),
        ('of another', certs.good('other.example'),
         b'TLS: certificate verify failed: hostname mismatch'),
        ('of a part', certs.good('x*.example'),
         b'TLS: certificate verify failed: hostname mismatch'),
        ('of an address', certs.good('127.0.0.1'),
         b'TLS: certificate verify failed: hostname mismatch')):
    for version in (V12, V13):
        got = []
        peer = Peer(server(*BOTH, store=got, tls=context(made, version)))
        s = Send()
        s.bundle(7, [text(300)])
        for mode in (MAY, ENCRYPT):
            open_lane(s, 1, peer, tls=mode)
            u = s.want('U')
            same((u['tls'] > 0, u['flags'], s.want('R')['codes']),
                 (True, 0, [250]), '%s, %s: taken' % (kind, version.name))
            s.close(1)
            s.want('E')
        open_lane(s, 1, peer, tls=VERIFY)
        e = s.want('E')
        same((e['reason'], e['phase'], e['text'][:len(words)], e['jobs']),
             ('c', 't', words, [(1, 0)]), 'but not to be verified')
        same((len(got), len(peer.conns)), (2, 3), 'nothing was sent')
        s.end()
peer = Peer(server(*BOTH, tls=context(pem)))
s = Send()
for name, words in (('', b'hostname mismatch'),
                    ('127.0.0.1', b'IP address mismatch')):
    s.lane(1, peer, tls=VERIFY, name=name)
    e = s.want('E')
    ok(words in e['text'], 'a host that is called %r' % name, e['text'])
s.end()

# --- STARTTLS is not offered

for mode, word in MODES:
    got = []
    peer = Peer(server(*BOTH, store=got))
    s = Send()
    s.bundle(7, [text(300)])
    open_lane(s, 1, peer, tls=mode)
    if mode == MAY:
        u = s.want('U')
        same((u['tls'], u['why'], s.want('R')['codes']), (0, '', [250]),
             'not offered, may: in the clear')
    else:
        e = s.want('E')
        same((e['reason'], e['phase'], e['text'], len(got)),
             ('c', 't', b'TLS is required, and STARTTLS not offered', 0),
             'not offered, %s: down' % word)
    s.end()

# --- what failed says more than that the next address is dead

d = socket.socket()
d.bind(('127.0.0.1', 0))
for order in (0, 1):
    peer = Peer(failing(said('454 4.7.0 not now'), []))
    two = [peer, ('127.0.0.1', d.getsockname()[1])]
    s = Send()
    s.lane(1, two if order else two[::-1], tls=ENCRYPT)
    e = s.want('E')
    same((e['phase'], e['code'], e['address']), ('t', 454, 1 - order),
         'DOWN tells what TLS met')
    s.end()

# --- a session that is not taken well: TLS once more, without it


def spoils(c):
    c.hello(*BOTH, 'STARTTLS')
    ok_, c.hello = c.hello, lambda *a: None
    c.expect('STARTTLS')
    if c.n == 1:
        c.s.sendall(b'220 go\r\n')
        c.s.recv(65536)
        c.s.sendall(b'\x15\x03\x03\0\x02\x02\x2f')
        return
    c.shake(spoiled)
    ok_(*BOTH, greeting=None)
    server(*BOTH)(c)


for mode in (MAY, ENCRYPT):
    spoiled = context(pem)
    peer = Peer(spoils)
    s = Send()
    s.bundle(7, [text(300)])
    for i, (flags, conns) in enumerate(((0, 1), (0, 3), (RESUMED, 4))):
        open_lane(s, i, peer, tls=mode)
        u = s.want('U')
        same((u['tls'], u['flags'], u['why'], s.want('R')['codes'],
              len(peer.conns)), (0x13, flags, '', [250], conns),
             'an alert to a resumption: lane %d' % i)
        s.close(1)
        s.want('E')
    s.end()

# --- dropped under TLS, after each command in turn

VERBS = {True: ('EHLO', 'MAIL', 'RCPT', 'BDAT', 'MAIL', 'RCPT', 'BDAT',
                'QUIT'),
         False: ('EHLO', 'MAIL', 'RCPT', 'DATA', 'dot', 'MAIL', 'RCPT',
                 'DATA', 'dot', 'QUIT')}


def drops(n, how, caps, taken):
    """Ends the connection, in this way, in place of the n-th reply."""
    def talk(c):
        count = [0]

        def say(*lines):
            if count[0] == n:
                if how == 'reset':
                    c.s.unwrap = None
                    c.reset()
                elif how == 'alert':
                    c.s.unwrap()
                    c.s.close()
                raise Gone()
            count[0] += 1
            real(*lines)
        c.hello(*caps, 'STARTTLS')
        c.starttls(context(pem))
        c.expect('EHLO')
        real, c.say = c.say, say
        c.say('250-x', *['250-' + x for x in caps], '250 x')
        c.hello = lambda *a: None
        server(store=taken)(c)
    return talk


for chunks in (True, False):
    for n, verb in enumerate(VERBS[chunks]):
        for how in ('close', 'reset', 'alert'):
            taken = []
            peer = Peer(drops(n, how, CHUNK if chunks else (), taken))
            s = Send()
            s.bundle(7, [text(300)])
            s.hold()
            s.lane(1, peer, tls=ENCRYPT, depth=1)
            for i in range(2):
                s.job(1, i, 7, 0, ['a@x'])
            s.go()
            fs = s.until('R' if n > (3 if chunks else 4) else 'E')
            while fs[-1]['type'] == 'R':
                if sum(f['type'] == 'R' for f in fs) == 2:
                    s.close(1)
                fs.append(s.next())
            e = fs[-1]
            good = {f['job'] for f in fs if f.get('codes') == [250]}
            back = dict(e['jobs'])
            what = '%s %s, %s: ' % ('BDAT' if chunks else 'DATA', verb, how)
            same(sorted(list(good) + list(back)), [0, 1],
                 what + 'each job comes back once')
            # In doubt is what the server has taken without saying so.
            doubt = {j for j, begun in back.items() if begun == 2}
            ok(len(taken) in (len(good), len(good) + len(doubt)) and
               len(doubt) <= 1, what + 'no more than what was in flight',
               (taken, good, back))
            ok(e['reason'] in ('c' if n == 0 else 'xq' if verb == 'QUIT'
                               else 'x') and e['text'] is not None,
               what + 'DOWN says so', e)
            s.end()

# The same with messages in flight: replies are counted, not commands.
for n in range(1, 18):
    taken = []
    peer = Peer(drops(n, 'close', BOTH, taken))
    s = Send()
    s.bundle(7, [text(300)])
    s.hold()
    s.lane(1, peer, tls=ENCRYPT, depth=3)
    for i in range(5):
        s.job(1, i, 7, 0, ['a@x'])
    s.go()
    s.want('U')
    fs = s.until('E')
    good = [f['job'] for f in fs if f.get('codes') == [250]]
    back = dict(fs[-1]['jobs'])
    doubt = [j for j in back if back[j] == 2]
    same(sorted(good + list(back)), list(range(5)),
         'in flight, %d replies: each job comes back once' % n)
    ok(len(good) <= len(taken) <= len(good) + len(doubt) and len(doubt) <= 3,
       'no more than what was in flight', (len(taken), good, back))
    s.end()

# --- renegotiation, and new keys

for version, script in (('1.2', 'mail,dot renegotiate'),
                        ('1.3', 'any renegotiate')):
    with open(dir + '/script', 'w') as f:
        f.write(script + '\n')
    k = Sink(os.environ.get('B', 'build'), ['-T', 'max=' + version, '-s',
                                            dir + '/script'])
    k.ip = '127.0.0.1'
    s = Send()
    s.bundle(7, [text(300000)])
    s.hold()
    s.lane(1, k, tls=MAY)
    for i in range(5):
        s.job(1, i, 7, 0, ['a@x'])
    s.go()
    fs = [s.want('U')]
    while fs[-1]['type'] != 'E' and len(fs) < 6:
        fs.append(s.next())
    n = k.stat()
    if version == '1.3':
        same(([f.get('codes') for f in fs[1:]], n['messages']),
             ([[250]] * 5, 5), 'TLS 1.3: the server changes its keys')
    else:
        e = fs[-1]
        same((e['type'], e['reason'], sorted(j for j, _ in e['jobs']),
              n['renegotiated'], n['messages']),
             ('E', 'x', [0, 1, 2, 3, 4], 0, 0),
             'TLS 1.2: no renegotiation, nothing is lost')
        ok(e['text'], 'DOWN says so', e)
    s.end()
    k.end()

shutil.rmtree(dir)
done()
