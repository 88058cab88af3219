#!/usr/bin/python3
# dray-remote signs: in each of the four ways, small and large, with what the
# index says of the body and without, DomainKeys as well; dray-sign late, away,
# back, and without a key.
import hashlib
import os
import re
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
import dkimverify
from remote import *
try:
    from fakesign import BRAND, DNS, KEYS, OP, FakeSign, verify
except ImportError as e:
    tap.skip_all('there is no dkimpy: %s' % e)

RSA, ED, ALSO = ((1, 'brand.example', 'r1'), (2, 'brand.example', 'e1'),
                 (1, 'op.example', 'r2'))
OLD = (3, 'brand.example', 'r1')
GONE = (1, 'brand.example', 'gone')
HEAD = b'From: News <news@brand.example>\r\nTo: a@x.example\r\n' \
    b'Subject: news\r\n \tof today\r\nDate: Sun, 22 Nov 2026 20:00:00 +0000\r\n' \
    b'Message-ID: <1@brand.example>\r\nMIME-Version: 1.0\r\n\r\n'


def relaxed(body):
    """The hash of a body by RFC 6376 3.4.4, written anew."""
    lines = [re.sub(rb'[ \t]+', b' ', x).rstrip(b' ')
             for x in body.split(b'\r\n')]
    while lines and not lines[-1]:
        lines.pop()
    return hashlib.sha256(b''.join(x + b'\r\n' for x in lines)).digest()


BODIES = {
    'plain': b'0123456789\r\n' * 300,
    'empty': b'',
    'no body': None,
    'lines without text': b'\r\n\r\n \t\r\n',
    'dots': b'.one\r\n..two\r\n\r\n.\r\nend\r\n',
    '8 bit': 'Grüße \u4f60\r\n'.encode() * 20,
    'long lines': (b'x ' * 499 + b'\r\n') * 100,
    'blanks': b'a  b\t\tc \t\r\n  d\r\n',
    'large': b'0123456789 \r\n' * 60000,
    'large with dots': b'.xyz\r\n0123456789\r\n' * 40000,
}
olds = []
messages = [HEAD + b if b is not None else HEAD[:-2] for b in BODIES.values()]

for name, caps, how in (('PIPELINING and CHUNKING', BOTH, 'B'),
                        ('PIPELINING', PIPE, 'D'), ('CHUNKING', CHUNK, 'B'),
                        ('neither', (), 'D')):
    got = []
    peer = Peer(server(*caps, 'SIZE 10000000', store=got))
    s = Send()
    sign = FakeSign(s.dir, KEYS)
    s.bundle(7, messages)
    s.lane(1, peer)
    n = len(messages)
    for known in (False, True):
        for i, m in enumerate(messages):
            more = dict(header=len(HEAD), hash=relaxed(m[len(HEAD):])) \
                if known and m.startswith(HEAD) else {}
            s.job(1, 100 + i + n * known, 7, i, ['r%d@peer.example' % i],
                  signers=(RSA, OLD, ED, ALSO) if known else (ED, OLD),
                  must=2, **more)
    s.want('U')
    rs = [s.want('R') for _ in range(2 * n)]
    ok(all(r['codes'] == [250] and r['how'] == how for r in rs),
       name + ': all taken')
    same([x[2].split(b'\r\nFrom: ', 1)[1] for x in got],
         [m.split(b'From: ', 1)[1] for m in messages * 2],
         name + ': what was stored is as it was')
    for known, b in ((False, got[:n]), (True, got[n:])):
        for what, x in zip(BODIES, b):
            same(verify(x[2]),
                 BRAND + OP if known else BRAND[1:],
                 '%s: %s verifies%s' % (name, what, ', known' * known))
    olds.append((name, [x[2] for x in got]))
    sizes = [int(re.search(r'SIZE=(\d+)', x).group(1))
             for x in peer.conns[0].log if 'SIZE=' in x]
    same(sizes, [len(x[2]) for x in got], name + ': SIZE is what comes')
    s.close(1)
    s.want('E')
    same((s.end(), s.stderr, peer.errors), (0, b'', []), name + ': exit 0')
    sign.end()

# --- DomainKeys, which only Perl knows still

if not dkimverify.perl():
    tap.skip('DomainKeys', 'Mail::DKIM is not here')
    olds = []
for name, ms in olds:
    # Those that are not large, twice; in one way these, too.
    ms = [m for m in ms if len(m) < 100000 or name == 'neither']
    ok(all(m.count(b'\r\nDomainKey-Signature: ') == 1 for m in ms),
       name + ': a field of DomainKeys behind others')
    said = dkimverify.by_perl_all(DNS, ms)
    same({tuple(x) for x in said}, {(None, True), (True, True, None, True)},
         name + ': all good')
    if name == 'neither':
        bad = [m.replace(b'0123456789', b'0123456780', 1) for m in ms[:1]]
        ok(True not in dkimverify.by_perl_all(DNS, bad)[0],
           'and of another body it is not')

# --- one message to many costs one signature

got = []
peer = Peer(server(*BOTH, store=got))
s = Send()
sign = FakeSign(s.dir, KEYS)
s.bundle(7, messages[:2])
for lane in (1, 2):
    s.lane(lane, peer)
    for i in range(20):
        s.job(lane, lane * 100 + i, 7, 0, ['r%d@peer.example' % i],
              signers=(RSA,), must=1)
left = 40
while left:
    left -= s.next()['type'] == 'R'
same(sign.asked, 1, 'forty transactions, one signature')
ok(all(verify(x[2])[0][2] for x in got[:3]), 'which is good')
s.close(2)
s.want('E')

# --- dray-sign is late, and what is ahead is bounded

sign.hold = True
before = sign.asked
for i in range(30):
    s.job(1, 500 + i, 7, 1, ['x%d@peer.example' % i], signers=(RSA,) * (i % 5),
          must=0)
t = time.time()
r = s.want('R')
same((r['job'], r['codes']), (500, [250]), 'one that nobody signs goes')
while sign.asked < before + 1 and time.time() < t + WAIT:
    time.sleep(.01)
ok(before < sign.asked <= before + 4 * 5, 'some are asked for')
s.lane(3, peer)
s.job(3, 900, 7, 0, ['y@peer.example'])
s.want('U')
r = s.want('R')
same((r['job'], r['codes']), (900, [250]), 'another lane goes on')
sign.go()
rs = [s.want('R') for _ in range(29)]
same([r['job'] for r in rs], list(range(501, 530)), 'then all go, in order')

# --- it goes away and comes back

sign.hold = True
sign.asked = 0
s.bundle(8, [HEAD + b'2\r\n', HEAD + b'3\r\n'])
s.job(1, 600, 8, 0, ['x@peer.example'], signers=(RSA, ED), must=1)
while sign.asked < 2 and time.time() < t + WAIT:
    time.sleep(.01)
sign.end()
sign = FakeSign(s.dir, KEYS)
r = s.want('R')
same((r['job'], r['codes']), (600, [250]), 'what was asked is asked again')
same([x[2] for x in verify(got[-1][2], KEYS)], [True, True], 'and signed')

# --- there is no key

s.job(1, 700, 8, 1, ['x@peer.example'], signers=(GONE,), must=1)
r = s.want('R')
same(r['rcpts'][0][:3], (0, '-', '4.7.5'), 'no key: not now')
ok(b'no key' in r['rcpts'][0][3], 'and why')
s.job(1, 701, 8, 1, ['x@peer.example'], signers=(GONE, ED), must=1)
same(s.want('R')['codes'], [250], 'one of two is enough')
same(verify(got[-1][2]), BRAND[1:], 'which signs it')
s.job(1, 702, 8, 1, ['x@peer.example'], signers=(GONE,), must=0)
same(s.want('R')['codes'], [250], 'or none, if that is allowed')
same(verify(got[-1][2]), [], 'it is unsigned')
s.job(1, 703, 8, 1, ['x@peer.example'], signers=((1, 'brand.example', 'e1'),),
      must=1)
same(s.want('R')['codes'], [0], 'a key of another kind is none')

# --- damage is seen all the same

s.bundle(9, [messages[0], messages[8]], damage=(600, b'?'))
s.job(1, 800, 9, 0, ['x@peer.example'], signers=(RSA,), must=1)
x = s.want('X')
same((x['job'], x['why']), (800, 'checksum'), 'damaged, and not sent')
s.bundle(10, [messages[0], messages[8]], damage=(300000, b'?'))
s.job(1, 801, 10, 1, ['x@peer.example'], signers=(RSA,), must=1)
x = s.want('X')
same((x['job'], x['why']), (801, 'checksum'), 'nor a large one')

# --- it stays away: what waits has a verdict of ours, the rest goes on



def result():
    while True:
        f = s.next()
        if f['type'] == 'R':
            return f


sign.end()
s.bundle(11, [HEAD + b'4\r\n'])
s.lane(4, peer, idle=2)
s.job(4, 950, 11, 0, ['x@peer.example'], signers=(RSA,), must=0)
s.job(1, 951, 11, 0, ['y@peer.example'], expiry=time.time() + 2,
      signers=(ED,), must=1)
r = result()
same((r['job'], r['rcpts'][0][2]), (951, '5.4.7'), 'it expires while it waits')
r = result()
same((r['job'], r['rcpts'][0][:3]), (950, (0, '-', '4.7.5')),
     'without dray-sign nothing leaves unsigned')
s.job(4, 952, 11, 0, ['x@peer.example'])
same(result()['codes'], [250], 'the lane is still there')
same(peer.errors, [], 'the server is content')
s.end()
ok(s.stderr.count(b'\n') <= 3, 'it is said, and not often')
done()
