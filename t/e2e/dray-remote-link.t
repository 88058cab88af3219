#!/usr/bin/python3
# dray-remote: its link with dray-send, the files it is lent, its start and end.
import os
import signal
import struct
import subprocess
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from remote import *

PROG = B + '/bin/dray-remote'


def run(*args, **k):
    return subprocess.run([PROG] + list(args), capture_output=True,
                          timeout=WAIT, **k)


# --- usage, start

p = run('-x')
same((p.returncode, p.stderr), (100, b'dray-remote: usage: dray-remote '
                                     b'[-b base] [-d fd]\n'), 'usage')
same(run('extra').returncode, 100, 'an argument too many')
same(run('-d', '1').returncode, 100, 'standard output is no ready fd')
t = time.time()
p = run('-b', '/nonexistent dir')
same(p.returncode, 111, 'no dray-send: exit 111')
ok(time.time() - t < 2, 'after a short time')
ok(b'connect to /nonexistent dir/sock/send' in p.stderr, 'says where')
same(p.stderr.count(b'\n'), 1, 'in one line')

s = Send(start=False)
r, w = os.pipe()
env = dict(os.environ, DRAY_BASE=s.dir)
s.proc = subprocess.Popen([PROG, '-d', str(w)], pass_fds=[w], env=env,
                          stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
os.close(w)
s.s, _ = s.listener.accept()
s.s.settimeout(WAIT)
ok(s.want('H')['lanes'] > 0, 'HELLO says how many lanes')
same(os.read(r, 10), b'\n', 'ready')
same(os.read(r, 10), b'', 'and closed')
os.close(r)
pid = s.proc.pid


def status(pid, key):
    for x in open('/proc/%d/status' % pid):
        if x.startswith(key + ':'):
            return x.split()[1]


def caged():
    return status(pid, 'Seccomp') == '2'


t = time.time()
while not (caged() and status(pid, 'State') == 'S') and \
        time.time() < t + WAIT:
    time.sleep(.01)
same((status(pid, 'NoNewPrivs'), status(pid, 'Seccomp')), ('1', '2'),
     'in its sandbox')
lim = open('/proc/%d/limits' % pid).read()
nofile = [x for x in lim.split('\n') if x.startswith('Max open files')][0]
same(nofile.split()[3], nofile.split()[4], 'open files up to the hard limit')
ok([x for x in lim.split('\n') if x.startswith('Max file size')][0].split()[3]
   == '0', 'no file grows')
sw = status(pid, 'voluntary_ctxt_switches')
time.sleep(.4)
same(status(pid, 'voluntary_ctxt_switches'), sw, 'idle, it does not wake up')
same((s.end(), s.stderr), (0, b''), 'exit 0 without a word')

# --- malformed frames

peer = Peer(server(*BOTH))


def malformed(name, do):
    s = Send()
    s.bundle(7, [text(100)])
    do(s)
    while s.next()['type']:
        pass
    rc = s.end()
    same((rc, s.stderr.count(b'\n'), b'malformed frame' in s.stderr),
         (111, 1, True), name)


def raw(data, nfds=0, fds=()):
    def do(s):
        if fds:
            s.s.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                  struct.pack('%di' % len(fds), *fds))])
        else:
            s.s.sendall(data)
    return do


def body(kind, b):
    return lambda s: s.frame(kind, b)


def with_job(change):
    def do(s):
        s.lane(1, peer)
        s.frame('J', change(s.job_body(1, 1, 7, 0, ['a@x'])))
    return do


malformed('another version', raw(struct.pack('>IH', 6, 0) + b'\2D\0\0\0\7'))
malformed('too long', raw(struct.pack('>IH', 200000, 0)))
malformed('too short', raw(struct.pack('>IH', 1, 0) + b'\1'))
malformed('an unknown type', body('Z', b''))
malformed('LANE cut short', body('L', b'\0\0\0\1'))
malformed('CLOSE too long', body('C', b'\0\0\0\1x'))
malformed('DROP of what is not there', body('D', b'\0\0\0\x63'))
malformed('BUNDLE without a file', body('B', b'\0\0\0\x08'))
malformed('BUNDLE twice', lambda s: s.bundle(7, [b'']))
malformed('a descriptor where none belongs',
          lambda s: s.frame('C', struct.pack('>I', 1), 0))
malformed('the same lane twice',
          lambda s: (s.lane(1, Peer(lambda c: c.eof())),
                     s.lane(1, Peer(lambda c: c.eof()))))
malformed('a lane without addresses', lambda s: s.lane(1, []))
malformed('a HELO name with a line end', lambda s: s.lane(1, peer,
                                                          helo='a\r\nQUIT'))
malformed('depth 0', lambda s: s.lane(1, peer, depth=0))
malformed('an unknown handle', with_job(
    lambda b: b[:8] + struct.pack('>I', 99) + b[12:]))
malformed('no recipients', with_job(
    lambda b: b[:-17] + struct.pack('>I', 0) + b'\0'))
RSA = (1, 'c.example', 's1')


def signed(name, *signers, rcpts=('a@x',), **k):
    malformed(name, lambda s: (
        s.lane(1, peer), s.job(1, 1, 7, 0, rcpts, signers=signers, **k)))


signed('more signers than there may be', *[RSA] * 7)
signed('a signer without a domain', (1, '', 's1'))
signed('a domain that ends a field', (1, 'c.example;', 's1'))
signed('a selector with a line end', (1, 'c.example', 's\r\n1'))
signed('a hash that is too short', RSA, hash=b'x' * 31)
signed('a header longer than the message', RSA, header=1000000)
signed('more signatures wanted than there are', RSA, must=2)
malformed('signers cut short', with_job(lambda b: b[:-1] + b'\1\1'))
signed('a row for two', rcpts=['a@x', 'b@x'], merge=(b'', 'x'), flags=64)
malformed('a line end in an address', with_job(
    lambda b: b.replace(b'a@x', b'a\nx')))
malformed('a line end in the sender', with_job(
    lambda b: b.replace(b's@client.example', b's@client\r\nxample')))
malformed('octets behind', with_job(lambda b: b + b'x'))
malformed('plain longer than stored', lambda s: (
    s.lane(1, peer), s.job(1, 1, 7, 0, ['a@x'], plain=101000)))
malformed('101 recipients', lambda s: (
    s.lane(1, peer), s.job(1, 1, 7, 0, ['a@x'] * 101)))

# --- descriptors

s = Send()
s.lane(1, peer)
s.want('U')


def fds():
    return len(os.listdir('/proc/%d/fd' % s.proc.pid))


before = fds()
for i in range(200):
    s.bundle(1000 + i, [text(100, str(i))])
    s.job(1, i, 1000 + i, 0, ['a@x'])
    s.drop(1000 + i)
rs = [s.want('R') for i in range(200)]
ok(all(r['codes'] == [250] for r in rs), '200 bundles')
t = time.time()
while fds() != before and time.time() < t + WAIT:
    time.sleep(.01)
same(fds(), before, 'each closed after its use')
same(s.end(), 0, 'exit 0')

# --- octets that fail their checksum

for name, caps in (('both', BOTH), ('PIPELINING', PIPE), ('neither', ())):
    got = []
    peer2 = Peer(server(*caps, store=got))
    s = Send()
    good = text(1000)
    large = text(3000000)
    s.bundle(7, [good, large])
    s.bundle(8, [good, large, good], damage=(37 + 500, b'!'))
    s.bundle(9, [good, large, good], damage=(37 + 2000000, b'!'))
    s.hold()
    s.lane(1, peer2)
    for i, (h, n, over) in enumerate((
            (8, 0, {}), (7, 0, {}), (9, 1, {}), (8, 1, {}), (9, 0, {}),
            (7, 0, {'offset': 1 << 30}), (7, 1, {'stored': 2999000,
                                                 'plain': 2999000}),
            (7, 0, {'plain': 3}), (7, 1, {}), (8, 2, {}))):
        s.job(1, i, h, n, ['r%d@x' % i], **over)
    s.go()
    fs = [s.next() for _ in range(11)]
    bad = {f['job']: f['why'] for f in fs if f['type'] == 'X'}
    fine = sorted(f['job'] for f in fs if f['type'] == 'R' and
                  f['codes'] == [250])
    want = [0, 2, 5, 6]
    if caps == BOTH:
        want.append(7)
    same(sorted(x for x in bad if x != 7), [0, 2, 5, 6],
         name + ': DAMAGED (%s)' % '; '.join(sorted(set(bad.values()))))
    same([x for x in fine if x != 7], [1, 3, 4, 8, 9],
         name + ': the others are delivered')
    ok(all(x[2] in (good, large) for x in got),
       name + ': nothing damaged was sent')
    s.end()

# A file that shrinks while it is sent.
for caps in (BOTH, PIPE):
    go = threading.Event()

    def lazy(c):
        c.hello(*caps)
        c.expect('MAIL', 'RCPT')
        if caps == PIPE:
            c.expect('DATA')
        c.say('250 ok', '250 ok')
        if caps == PIPE:
            c.say('354 go')
        else:
            c.expect('BDAT')
        c.read(100000)
        c.begun = True
        go.wait(WAIT)
        c.eof()

    peer2 = Peer(lazy)
    s = Send()
    name = s.bundle(7, [text(20000000)])
    s.hold()
    s.lane(1, peer2)
    s.job(1, 1, 7, 0, ['a@x'])
    s.job(1, 2, 7, 0, ['a@x'])
    s.go()
    s.want('U')
    while not (peer2.conns and hasattr(peer2.conns[0], 'begun')):
        time.sleep(.01)
    os.truncate(name, 100)
    go.set()
    x = s.want('X')
    e = s.want('E')
    same((x['job'], e['reason'], e['jobs']), (1, 'q', [(2, 0)]),
         'a file cut short in mid-message: DAMAGED, the lane ends')
    s.end()

# --- dray-send does not read

peer2 = Peer(server(*BOTH, rcpt='550 5.1.1 ' + 'n' * 1000))
s = Send()
s.bundle(7, [text(100)])
s.lane(1, peer2, mail=5)
for i in range(80):
    s.job(1, i, 7, 0, ['a@x'] * 100)


def mails():
    return sum(x.startswith('MAIL') for x in
               (peer2.conns[0].log if peer2.conns else []))


last, since = -1, time.time()
while time.time() - since < .5:
    n = mails()
    if n != last:
        last, since = n, time.time()
    time.sleep(.02)
ok(4 < last < 60, 'results pile up to a limit (%d of 80 jobs)' % last)
s.want('U')
same([s.want('R')['job'] for i in range(80)], list(range(80)),
     'and all come when they are read')
same(s.end(), 0, 'exit 0')

# --- SIGTERM

go = threading.Event()


def slow(c):
    c.hello(*BOTH)
    c.expect('MAIL', 'RCPT')
    c.bdat()
    c.begun = True
    go.wait(WAIT)
    c.say('250 ok', '250 ok', '250 ok')
    c.expect('QUIT')
    c.say('221 ok')


peer2 = Peer(slow)
s = Send()
s.bundle(7, [text(100)])
s.hold()
s.lane(1, peer2, depth=1)
s.lane(2, Peer(server(*BOTH)))
for i in range(3):
    s.job(1, i, 7, 0, ['a@x'])
s.go()
s.want('U')
s.want('U')
while not (peer2.conns and hasattr(peer2.conns[0], 'begun')):
    time.sleep(.01)
s.proc.send_signal(signal.SIGTERM)
e = s.want('E')
same((e['lane'], e['reason']), (2, 'q'), 'SIGTERM: idle lanes end at once')
s.lane(3, peer)
e = s.want('E')
same((e['lane'], e['reason'], e['jobs']), (3, 'q', []),
     'no new ones are opened')
go.set()
fs = s.until('E')
same((fs[0].get('codes'), fs[-1]['jobs']), ([250], [(1, 0), (2, 0)]),
     'what is in flight is finished')
same(s.next()['type'], None, 'then the link ends')
same(s.end(), 0, 'exit 0')

peer2 = Peer(lambda c: (c.hello(*BOTH), c.expect('MAIL', 'RCPT'), c.bdat(),
                        setattr(c, 'begun', True), c.eof()))
s = Send()
s.bundle(7, [text(100)])
s.lane(1, peer2)
s.job(1, 1, 7, 0, ['a@x'])
s.want('U')
while not (peer2.conns and hasattr(peer2.conns[0], 'begun')):
    time.sleep(.01)
t = time.time()
s.proc.send_signal(signal.SIGTERM)
while s.next()['type']:
    pass
ok(3 < time.time() - t < 15, 'SIGTERM: a silent server is not waited for long')
same(s.end(), 0, 'exit 0')

# --- dray-send dies with work in hand

s = Send()
s.bundle(7, [text(100)])
s.lane(1, Peer(lambda c: c.eof()))
s.job(1, 1, 7, 0, ['a@x'])
same((s.end(), s.stderr), (0, b''), 'dray-send gone in the middle: exit 0')

done()
