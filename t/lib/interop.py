"""Mail of many shapes through the whole of dray to a server that others wrote
(peers.py): every message arrives once, octet for octet, and every recipient
has the verdict that the server gave.

main(NAME) is the whole test of one server.
"""
import collections
import json
import os
import shutil
import tempfile
from concurrent.futures import ThreadPoolExecutor

import debs
import peers
from certs import Certs
from instance import ROOM, Instance
from tap import count, done, ok, same, skip, skip_all, until

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
CONF = ROOM + '''[retry]
schedule = 1s 1s 1s
then = 1s
[limits]
backoff-min = 1s
backoff-max = 2s
connections = 4
'''
MIME = b'MIME-Version: 1.0\nContent-Type: text/plain; charset=%s\n' \
    b'Content-Transfer-Encoding: 8bit\n'
DOTS = b'.\n..\n.x\n\n...\nx.\n.\n'


def plain(n):
    return b'', b'Hello, %d.\n' % n


def dots(n):
    return b'', DOTS * (n % 7 + 1)


def utf8(n):
    line = 'Grüße, %d: ἐν ἀρχῇ ἦν ὁ λόγος\n' % n
    return MIME % b'utf-8', line.encode() * 50


def latin1(n):
    return MIME % b'iso-8859-1', bytes(range(160, 256)) * 5 + b'\n.\n'


def empty(n):
    return b'', b''


def longest(n):
    return b'', (b'.' + b'x' * 997 + b'\n') * (n % 5 + 1)


def blanks(n):
    return b'', b'From me to you\n \t\n>From\nend \n\n\n\n'


def large(n):
    return b'', b'.%07d abcdefghijklmnopqrstuvwxyz\n' % n * (300 * 1024 // 36)


SHAPES = (plain, dots, utf8, latin1, plain, empty, longest, plain, blanks)


WISHES = ['-N', 'failure,delay', '-R', 'hdrs', '-V', 'number+']


class Letter:
    def __init__(self, n, domain, shape, local):
        self.sender = '' if n % 11 == 5 else 'a@sender.example'
        self.options = WISHES if n % 5 == 0 else []
        self.key = b'%s-%d' % (shape.__name__.encode(), n)
        fields, self.body = shape(n)
        self.data = b'X-Test: %s\nSubject: number %d\n%s\n%s' % (
            self.key, n, fields, self.body)
        self.rcpts = ['%s.%d@%s' % (x, n, domain) for x in local]


def ascii_letters(n, domain, size):
    """n of all shapes: every eighth to several recipients, of whom some do not
    exist; some large, one too large."""
    out = []
    for i in range(n):
        local = ['ua', 'ub', 'no', 'uc'] if i % 8 == 3 else \
            ['no'] if i % 20 == 10 else ['u']
        shape = large if i % 25 == 12 else SHAPES[i % len(SHAPES)]
        out.append(Letter(i, domain, shape, local))

    def huge(n):
        return b'', b'%099d\n' % n * (size // 100 + 1)
    out.insert(n // 2, Letter(n, domain, huge, ['uhuge']))
    return out


def letters(n, domain, size):
    """And one to an address that is not ASCII."""
    return ascii_letters(n, domain, size) + \
        [Letter(n + 1, domain, plain, ['u\u00fc'])]


class Run:
    """One instance, one policy, one peer."""

    def __init__(self, peer, routes, conf=CONF):
        self.peer = peer
        self.base = tempfile.mkdtemp(prefix='dray test.')
        os.chmod(self.base, 0o755)
        self.inst = Instance(BUILD, self.base, 0, conf, routes)
        self.inst.start()
        if '[dns]' in conf:
            self.inst.start(['dray-dns'])

    def inject(self, letter):
        self.inst.inject(letter.rcpts, *letter.options,
                         sender=letter.sender, data=letter.data)

    def inject_all(self, many):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.inject, many))

    def events(self, *kinds):
        return self.inst.events(*kinds)

    def values(self, field):
        """Those of all deliveries, each once."""
        return sorted({e.get(field) for e in self.events('Delivery')}, key=str)

    def end_daemons(self):
        self.inst.stop()
        self.inst.stop(only=['dray-dns'])

    def end(self):
        self.end_daemons()
        if os.environ.get('KEEP') != '1':
            shutil.rmtree(self.base)


def explain(run, wrong):
    """What is known of some of those that failed."""
    for r in sorted(wrong)[:3]:
        for e in run.events('TransientFailure', 'Bounce')[:50]:
            if e['recipient'] == r:
                print('#   %s' % json.dumps(e))


OWN = {'uhuge': {'class': 5, 'subject': 3, 'detail': 4},
       'u\u00fc': {'class': 5, 'subject': 6, 'detail': 7}}


def expected(peer, rcpt):
    """Type of the event, code of the reply; 0 for what dray says itself."""
    if rcpt.startswith('no'):
        return 'Bounce', 550
    if rcpt.startswith('uhuge') or \
            (not rcpt.isascii() and 'SMTPUTF8' not in peer.offers):
        return 'Bounce', 0
    return 'Delivery', 250


def verdicts(run, many, limit):
    """Every recipient has one event, and the right one."""
    want = {r: expected(run.peer, r) for x in many for r in x.rcpts}
    ok(until(run.inst.empty, limit), 'the queue is empty', run.peer.said())
    got = collections.defaultdict(list)
    for e in run.events('Delivery', 'Bounce', 'Expiration'):
        got[e['recipient']].append((e['type'], e['response']['code']))
    wrong = {r: (v, got[r]) for r, v in want.items() if got[r] != [v]}
    same(wrong, {}, 'each of %d recipients has its verdict' % len(want))
    explain(run, wrong)
    same(sorted(set(got) - set(want)), [], 'and nobody else has one')
    own = {e['recipient'].split('.')[0]: e['response']['enhanced_code']
           for e in run.events('Bounce') if e['response']['code'] == 0}
    said = {r.split('.')[0]: OWN[r.split('.')[0]]
            for r, v in want.items() if v == ('Bounce', 0)}
    same(own, said, 'what dray itself refuses has its status')


def content(run, many):
    want = {r: x for x in many for r in x.rcpts
            if expected(run.peer, r)[0] == 'Delivery'}
    until(lambda: run.peer.count() >= len(want), 30)
    got = run.peer.arrived()
    have = collections.Counter(r for r, _ in got)
    same({r: n for r, n in have.items() if n != 1}, {}, 'nothing came twice')
    same(sorted(set(want) ^ set(have)), [], 'all that was accepted arrived')
    bad = [r for r, data in got if r in want and not intact(want[r], data)]
    same(bad, [], 'octet for octet')


def intact(letter, data):
    head, _, body = data.partition(b'\n\n')
    mine = letter.data.partition(b'\n\n')[0]
    return head.startswith(mine) and body == letter.body


def refused(n, domain, size):
    """All but the last are for nobody: more than servers like to hear of on
    one connection."""
    return [Letter(i, domain, SHAPES[i % len(SHAPES)],
                   ['no'] if i < n - 1 else ['u']) for i in range(n)]


def transfer(peer, n, routes, command, conf=CONF, limit=90, make=letters,
             look=lambda run: None):
    """n messages with one policy."""
    peer.clear()
    many = make(n, peer.domain, peer.size)
    run = Run(peer, routes, conf)
    try:
        run.inject_all(many)
        verdicts(run, many, limit)
        content(run, many)
        run.end_daemons()
        same(run.values('data_command'), [command], 'by ' + command)
        look(run)
        t = run.events('TransientFailure', 'Delayed')
        print('# %d sessions, %d failures for a time' % (
            len(run.events('Session')), len(t)))
        for text in sorted({e.get('reason') or e['response']['content']
                            for e in t}):
            print('#   ' + text)
    finally:
        run.end()


def encrypted(run):
    same(run.values('tls_protocol_version'), ['TLSv1.3'], 'over TLS 1.3')


def proved(run):
    encrypted(run)
    same(run.values('tls_verified'), [True], 'with a certificate that is valid')


def clear(run):
    same(run.values('tls_protocol_version'), [None], 'in the clear')


def given_up(run):
    clear(run)
    ok(None not in run.values('tls_failure'),
       'since TLS, which it offers, does not work', run.values('tls_failure'))


def static(peer):
    """By addresses: (address, number of messages, keys of the route, DATA or
    BDAT, shapes, what to look for).  The first shows what bounds a server has
    for a connection."""
    v4, other = peers.addresses()[0], peers.addresses()[-1]
    bdat = 'BDAT' if 'CHUNKING' in peer.offers else 'DATA'
    return [
        (v4, 250, 'connections = 1\ntls = off\n', bdat, letters, clear),
        (other, 100, 'depth = 20\ntls = encrypt\n', bdat, letters, encrypted),
        (other, 100, 'chunking = no\n', 'DATA', letters, encrypted),
        (v4, 60, 'pipelining = no\ntls = off\n', bdat, letters, clear),
        (v4, 14, 'connections = 1\n', bdat, refused, encrypted),
    ]


def by_address(peer):
    for address, n, keys, command, make, look in static(peer):
        print('# %s, %s, %s' % (address, keys.strip().replace('\n', ', '),
                                make.__name__))
        host = '[%s]' % address if ':' in address else address
        transfer(peer, n, '[static *]\nhosts = %s:%d\n%s' % (
            host, peer.port, keys), command, make=make, look=look)


ZONE = """@ MX 10 down
@ MX 20 mx
@ MX 30 worse
down A 127.0.0.9
down AAAA ::2
mx A 127.0.0.1
mx AAAA ::1
worse A 127.0.0.10
"""


def by_mx(peer):
    """By the names in a signed zone: nobody listens at the first, the second is
    the peer, the third is worse."""
    if not shutil.which('nsd', path=debs.PATH):
        skip('delivery by MX', 'there is no nsd')
        return
    import dns
    signed, ds = dns.sign(peer.domain, ZONE)
    _, other = dns.sign(peer.domain, ZONE)
    nsd = dns.Nsd({peer.domain: signed})
    section = '[dns]\nstub = %s 127.0.0.1@%d\ntrust-anchor = %s\n'
    route = '[static *]\nhosts = mx\nport = %d\n' \
        'private-addresses = yes\ntls = verify\n' % peer.port
    conf = CONF + section % (peer.domain, nsd.port, ds)
    bdat = 'BDAT' if 'CHUNKING' in peer.offers else 'DATA'
    # The server that is down might take what this one does not.
    make = letters if 'SMTPUTF8' in peer.offers else ascii_letters
    for address, family in zip(peers.addresses(), ('ipv4-first', 'ipv6')):
        def look(run):
            proved(run)
            same({tuple(sorted(e['peer_address'].items()))
                  for e in run.events('Delivery')},
                 {(('addr', address), ('name', peer.host),
                   ('port', peer.port))}, 'at the second MX, ' + address)
        print('# MX, ' + family)
        transfer(peer, 60, route + 'address-family = %s\n' % family, bdat,
                 conf, make=make, look=look)
    forged(peer, route, CONF + section % (peer.domain, nsd.port, other))
    nsd.stop()


def forged(peer, route, conf):
    """The zone is signed by another key than the one that is trusted."""
    peer.clear()
    run = Run(peer, route, conf)
    try:
        run.inject(Letter(0, peer.domain, plain, ['u']))
        ok(until(lambda: run.events('Delayed')),
           'a zone whose signatures do not hold: mail waits')
        print('#   %s' % [e['reason'] for e in run.events('Delayed')][:1])
        same((peer.count(), run.events('Delivery', 'Bounce')), (0, []),
             'and goes nowhere')
    finally:
        run.end()


def main(name):
    scratch = tempfile.mkdtemp(prefix='dray test.')
    os.chmod(scratch, 0o755)
    certs = Certs(scratch)
    os.environ['SSL_CERT_FILE'] = certs.ca
    peer = None
    try:
        peer = peers.start(name, BUILD, tls=certs.good('mx.%s.example' % name))
        print('# %s %s' % (name, peer.version))
        by_address(peer)
        by_mx(peer)
        if name == 'opensmtpd':
            unmended(certs)
    except peers.Missing as e:
        skip_all(str(e))
    finally:
        if peer and count[1]:
            print(''.join('#   %s\n' % x for x in peer.said().splitlines()))
        if peer:
            peer.end()
        shutil.rmtree(scratch)
    done()


def unmended(certs):
    """As Debian has it: no handshake succeeds."""
    peer = peers.start('unmended', BUILD,
                       tls=certs.good('mx.unmended.example'))
    try:
        print('# unmended')
        transfer(peer, 40, '[static *]\nhosts = 127.0.0.1:%d\n' % peer.port,
                 'DATA', look=given_up)
    finally:
        peer.end()
