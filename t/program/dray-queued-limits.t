#!/usr/bin/python3
# dray-queued: limits, the policy changed while it runs, memory, a full disk.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from queued import *
import threading


# A changed policy is seen with a message, at most a second later.
def soon(q, test, name, **kw):
    v = []

    def once():
        v[:] = [inject(q, **kw)]
        return test(v[0])

    ok(until(once, 10), name)
    return v[0]


def taken(v):
    return v is not None and v[0] == 'A'


def text(n):
    return (b'x' * 62 + b'\r\n') * (n // 64)


# Live policy

q = Queued(max_message_size='1M')
ok(refused(inject(q, body=text(1100000)), '5.3.4'), 'over 1M')
q.policy(max_message_size='2M')
soon(q, taken, 'taken when the policy allows it', body=text(1100000))
q.policy(max_recipients=1)
soon(q, lambda v: refused(v, '5.5.3'), 'fewer recipients',
      rcpts=['a@x.example', 'b@x.example'])
q.policy(min_free_space='1024G')
v = soon(q, lambda v: refused(v, '4.3.1'), 'no disk space')
ok('disk' in v[3], 'says why')
c = Client(q)
c.send(M())
ok(refused(c.verdict(), '4.3.1'), 'said before the message has come')
c.send(R('r@x.example') + D(TEXT) + E(len(TEXT)))
ok('refusing messages: disk space is short' in q.stderr(), 'logged')
q.policy(min_free_space=0, min_free_inodes=1000000000)
if os.statvfs(q.spool).f_files:
    v = soon(q, lambda v: refused(v, '4.3.1', 'inodes'), 'no inodes')
else:
    skip('no inodes', 'this file system does not count them')
q.policy(min_free_inodes=0)
soon(q, taken, 'recovers by itself')
c.send(message())
ok(taken(c.verdict()), 'for those who stayed, too')
same(q.stderr().count('taking messages again'), 1, 'logged once')
q.policy(max_messages=10)
# The gauge is dray-send's.
with open(q.spool + '/gauge', 'wb') as f:
    f.write(struct.pack('>QQQ', 10, 0, 1000))
v = soon(q, lambda v: refused(v, '4.3.1', 'queue is full'), 'the queue is full')
with open(q.spool + '/gauge', 'wb') as f:
    f.write(struct.pack('>QQQ', 9, 0, 2000))
soon(q, lambda v: refused(v, '4.3.1', 'but for some streams'),
     'one less, which is kept for another stream')
with open(q.spool + '/gauge', 'wb') as f:
    f.write(struct.pack('>QQQ', 8, 0, 3000))
soon(q, taken, 'two less')
os.unlink(q.spool + '/gauge')
q.policy(max_messages=1000000)
soon(q, taken, 'no gauge')
q.policy(lifetime='60s')
q.clear()


def lives_60():
    inject(q, lifetime=100000)
    m = q.messages()[0]
    q.clear()
    return m['expiry'] - m['arrival'] // 1000000 == 60


ok(until(lives_60, 10), 'a lifetime is cut to the policy\'s')

# A timeout made shorter holds for clients that are inside a message

c.send(M())
q.policy(client_timeout='1s')
t = time.monotonic()
soon(q, taken, 'a shorter timeout')
while time.monotonic() < t + 10 and c.quiet(0.1):
    inject(q)
same(c.verdict(), None, 'a client that was silent before goes')
c.close()
q.policy(client_timeout='5m')

# A policy that is none

cdb = q.base + '/policy/policy.cdb'
for octets, name in ((b'', 'empty'), (b'garbage' * 1000, 'garbage'),
                     (open(cdb, 'rb').read()[:-9], 'cut short')):
    with open(cdb + '.new', 'wb') as f:
        f.write(octets)
    os.rename(cdb + '.new', cdb)
    time.sleep(1.1)
    ok(refused(inject(q, rcpts=['a@x.example', 'b@x.example']), '5.5.3'),
       'a policy that is %s: the old one stays' % name)
    inject(q)
same(q.stderr().count('the new policy cannot be read'), 3, 'each is reported once')
os.unlink(cdb)
time.sleep(1.1)
ok(taken(inject(q)), 'no policy: the old one stays')
q.policy(max_recipients=2)
soon(q, taken, 'a good one is taken', rcpts=['a@x.example', 'b@x.example'])
same(q.end(), 0, 'exit 0')

# How bundles are filled

q = Queued(bundle_messages=3)
c = Client(q)
c.send(b''.join(message() for _ in range(30)))
ok(all(taken(c.verdict()) for _ in range(30)), 'three messages a bundle')
n = {}
for m in q.messages():
    n[m['bundle']] = n.get(m['bundle'], 0) + 1
same((max(n.values()), sum(n.values())), (3, 30), 'not more')
c.close()
same(q.end(), 0, 'exit 0')
q = Queued(bundle_size='100K')
c = Client(q)
c.send(b''.join(message(body=text(40000)) for _ in range(8)))
ok(all(taken(c.verdict()) for _ in range(8)), 'by size')
n = {}
for m in q.messages():
    n[m['bundle']] = n.get(m['bundle'], 0) + m['stored']
ok(max(n.values()) <= 102400 and len(n) >= 4, 'not more octets')
q.clear()
rcpts = ['u%04d@d%d.example' % (i, i) for i in range(2000)]
c.send(b''.join(message(rcpts=rcpts) for _ in range(6)))
ok(all(taken(c.verdict()) for _ in range(6)), 'many recipients')
ok(len(q.bundles()) >= 4, 'count as well')
c.send(message(body=text(200000)))
ok(taken(c.verdict()), 'a larger one is alone')
c.close()
same(q.end(), 0, 'exit 0')

# Memory

q = Queued(memory='1M', bundle_size='1M')
taken(inject(q))
low = q.peak()
many = [Client(q) for _ in range(60)]
for c in many:
    c.send(M() + R('r@x.example') + D(text(200000)))
early = []
for c in many:
    # Whether a verdict has come is known once the next one is asked for.
    c.send(D(text(6400)))
inject(q)
for c in many:
    if not c.quiet(0.05):
        early.append(c)
vs = [c.verdict() for c in early]
ok(len(early) >= 50, 'most are refused, before their end')
ok(all(refused(v, '4.3.2') for v in vs), 'with 4.3.2')
print('# %d of 60 refused' % len(early))
if SANITIZED:
    skip('peak', 'the sanitizer keeps what is freed')
else:
    ok(q.peak() - low < 4000000, 'and memory is bounded')
print('# %d KB' % ((q.peak() - low) // 1024))
ok(taken(inject(q)), 'what was refused does not hold memory')
for c in many:
    c.send(E(len(text(200000)) + len(text(6400))))
vs = [c.verdict() for c in many if c not in early]
ok(len(vs) and all(taken(v) for v in vs), 'the others are taken')
for c in many:
    c.send(message())
ok(all(taken(c.verdict()) for c in many), 'then all are served')
for c in many:
    c.close()
c = Client(q)
c.send(M())
sent = c.send(b''.join(R(*['u%d@d%d.example' % (i, i) for i in range(1000)])
                       for _ in range(100)))
ok(refused(c.verdict(), '4.3.2'), 'recipients count as well')
c.close()
ok(taken(inject(q)), 'and do not stay')
q.clear()

# Refusals wait behind a message that is being committed: bounded all the same
c = Client(q)
flood = message() + (M(campaign='x' * 64) + E(0)) * 3000
sender = threading.Thread(target=lambda: c.send(flood * 10))
sender.start()
n = 0
while n < 30010 and c.verdict():
    n += 1
sender.join(WAIT)
c.close()
print('# %d verdicts' % n)
if not SANITIZED:
    ok(q.peak() - low < 20000000, 'so is what refusals take')
    print('# %d KB' % ((q.peak() - low) // 1024))
ok(taken(inject(q)), 'others are served')
same(q.end(), 0, 'exit 0')

# A full disk

small = tempfile.mkdtemp(prefix='dray-test.')
mounted = os.geteuid() == 0 and subprocess.run(
    ['mount', '-t', 'tmpfs', '-o', 'size=4m,nr_inodes=60', 'none', small],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
    stderr=subprocess.DEVNULL).returncode == 0


def unmount():
    if mounted:
        subprocess.run(['umount', '-l', small])
    os.rmdir(small)


def full():
    q = Queued(base=small + '/a base', bundle_size='64K')
    ids = set()
    filler = open(small + '/filler', 'wb')
    filler.write(b'x' * 3000000)
    filler.flush()
    v = inject(q)
    while taken(v) and len(ids) < 300:
        ids.add(v[1])
        v = inject(q, body=text(100000))
    ok(refused(v, '4.3.1', 'No space'), 'a full disk: 4.3.1')
    ok(refused(inject(q, body=text(900000)), '4.3.1'), 'a large message, too')
    same(q.names('tmp'), [], 'nothing half-written stays')
    same(q.ids(), ids, 'what was accepted is whole')
    c = Client(q)
    c.send(message(body=text(100000)) * 20)
    vs = [c.verdict() for _ in range(20)]
    ids |= set(v[1] for v in vs if taken(v))
    ok(any(refused(v, '4.3.1') for v in vs), 'many at once')
    same(q.ids(), ids, 'each is there or refused')
    filler.truncate(0)
    filler.close()
    v = inject(q, body=text(900000))
    ok(taken(v), 'there is room again: taken')
    ids.add(v[1])
    q.clear()
    n = 0
    while n < 200 and taken(v):
        n += 1
        v = inject(q)
    ok(refused(v, '4.3.1', 'No space'), 'no inodes: 4.3.1')
    q.clear()
    ok(taken(inject(q)), 'and again')
    said = q.stderr().count('No space')
    ok(1 <= said < 20, 'it is said, but not each time', q.stderr()[-2000:])
    # What is kept for reuse is given up first.
    q.policy(min_free_space='2M')
    with open(q.spool + '/free/1700000000.M1P1Q1.mx', 'wb') as f:
        f.write(b'x' * 3000000)
    soon(q, taken, 'what is kept for reuse is given up first')
    same(q.names('free'), [], 'it is gone')
    same(q.end(), 0, 'exit 0')


if mounted:
    try:
        full()
    finally:
        for q in Queued.all:
            q.end()
        unmount()
else:
    skip('a full disk', 'needs root, and a mount')
    unmount()
done()
