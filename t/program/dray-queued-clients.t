#!/usr/bin/python3
# dray-queued: clients that are many, slow, gone or mad, and its own end.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from queued import *
import resource
import threading


def text(n):
    return (b'x' * 62 + b'\r\n') * (n // 64)


def complaints(q):
    return [x for x in q.stderr().split('\n') if 'hung up' in x]


# Each of these is hung up on, and nobody else

q = Queued()
before = q.fds()
other = Client(q)
other.send(M(campaign='other') + R('o@x.example') + D(TEXT[:5]))
good = M() + R('r@x.example')
for octets, name in (
        (frame('R', string('a@b') + b'\0' + string('')), 'R first'),
        (D(TEXT), 'D first'),
        (E(0), 'E first'),
        (M() + M(), 'M within a message'),
        (frame('X'), 'an unknown type'),
        (M() + frame('\0'), 'type NUL'),
        (frame('M', b'', version=2) + M(), 'another version'),
        (frame('M', b''), 'an empty M'),
        (M()[:6] + M()[6:-1] + b'\xff', 'a field that is too long'),
        (frame('M', M()[8:] + b'x'), 'an octet too many'),
        (M(flags=8), 'unknown flags'),
        (M(ret=b'X'), 'an unknown RET'),
        (M(sender='a' * 641), 'a sender of 641'),
        (M(envid='a' * 1025), 'an envelope id of 1025'),
        (good + frame('E', b'\0' * 7), 'a short E'),
        (good + frame('E', b'\0' * 9), 'a long E'),
        (good + D(TEXT) + E(len(TEXT) - 1), 'a count too small'),
        (good + D(TEXT) + E(len(TEXT) + 1), 'a count too large'),
        (good + E(2 ** 64 - 1), 'a count beyond all'),
        (M() + frame('R', string('a@b')), 'R cut short'),
        (M() + frame('R', struct.pack('>I', 2 ** 32 - 1) + b'a@b'),
         'R with a wrong length'),
        (M() + R('a' * 5000), 'an address of 5000'),
        (good + D(TEXT) + R('late@d.example'), 'R behind D'),
        (struct.pack('>IH', 65537, 0) + b'\1M', 'a frame that is too long'),
        (struct.pack('>IH', 2 ** 32 - 1, 0) + b'\1M', 'one of 4 GiB'),
        (struct.pack('>IH', 1, 0) + b'\1', 'a frame without a type'),
        (struct.pack('>IH', 0, 0), 'a frame without anything'),
        (struct.pack('>IH', 2, 1) + b'\1M', 'a descriptor announced'),
        (b'MAIL FROM:<a@x.example>\r\n', 'SMTP'),
        (b'GET / HTTP/1.0\r\n\r\n', 'HTTP'),
        (bytes(range(256)) * 300, 'noise')):
    c = Client(q)
    c.send(octets)
    same(c.verdict(), None, name)
    c.close()
    c = Client(q)
    c.send(message() + octets)
    v = c.verdict()
    # What was whole before it is still taken, its verdict may be lost.
    ok(v is None or v[0] == 'A', name + ', after a message')
    c.close()
c = Client(q)
fd = os.open('/dev/null', os.O_RDONLY)
c.s.sendmsg([M()], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                     struct.pack('i', fd))])
same(c.verdict(), None, 'a descriptor sent')
c.close()
other.send(D(TEXT[5:]) + E(len(TEXT)))
same(other.verdict()[0], 'A', 'another client goes on')
same(len(q.messages()), 32, 'whole messages are all there')
n = len(complaints(q))
ok(1 <= n <= 20, 'it is said, but not so often that it fills the log')
print('# said %d times' % n)
other.close()
ok(until(lambda: q.fds() == before), 'no descriptor is left open')
q.clear()

# Gone in the middle

big = text(400000)
for octets, name in ((M(), 'after M'), (M()[:9], 'within M'),
                     (good, 'after R'), (good + D(TEXT), 'within the message'),
                     (good + D(big), 'within a large message'),
                     (good + D(big) + D(big)[:1000], 'within a frame of it')):
    c = Client(q)
    c.send(octets)
    if len(octets) > 300000:
        ok(until(lambda: q.names('tmp')), name + ': its file is there')
    c.close()
    ok(until(lambda: q.fds() == before), 'gone ' + name)
    same((q.names('tmp'), q.names('new')), ([], []), 'leaves nothing')
c = Client(q)
c.send(message(campaign='last'))
c.close()
ok(until(lambda: [m['campaign'] for m in q.messages()] == ['last']),
   'gone after the end: the message is kept')
c = Client(q)
c.send(b''.join(message(rcpts=['bad']) for _ in range(100)))
c.close()
same(inject(q)[0], 'A', 'gone without reading its refusals')
q.clear()

# Slow

q.end()
q = Queued(client_timeout='1s')
idle = Client(q)
idle.send(message())
idle.verdict()
slow = [Client(q) for _ in range(3)]
slow[0].send(M())
slow[1].send(good + D(big))
slow[2].send(good[:-3])
alive = Client(q)
alive.send(good)
t = time.monotonic()
ended = [None] * 3
while None in ended and time.monotonic() < t + WAIT:
    alive.send(D(b'x\r\n'))
    for i in range(3):
        if ended[i] is None and not slow[i].quiet(0.1):
            ended[i] = slow[i].verdict(), time.monotonic() - t
ok(all(e and e[0] is None for e in ended), 'clients that say nothing go')
ok(all(e and 0.9 < e[1] < 10 for e in ended), 'after their time')
same(q.names('tmp'), [], 'what they sent has gone')
idle.send(message())
same(idle.verdict()[0], 'A', 'one between messages may be silent')
# How much it has sent in all is not known here.
alive.send(frame('D'))
ok(alive.quiet(0.2), 'one that says something now and then may stay')
for x in slow + [idle, alive]:
    x.close()
same(q.end(), 0, 'exit 0')

# Too many

q = Queued(clients=5)
busy = [Client(q) for _ in range(4)]
for x in busy:
    x.send(good)
idle = Client(q)
idle.send(message())
idle.verdict()
new = Client(q)
new.send(message())
same(new.verdict()[0], 'A', 'one more than allowed: an idle one has to go')
same(idle.verdict(), None, 'this one')
new.send(good)
ok(new.quiet(0.1), 'now all are busy')
last = Client(q)
last.send(message())
same(last.verdict(), None, 'one more is hung up on')
for i, x in enumerate(busy + [new]):
    x.send(D(TEXT) + E(len(TEXT)))
    same(x.verdict()[0], 'A', 'busy client %d goes on' % i)
same(inject(q)[0], 'A', 'there is room again')
for x in busy + [new]:
    x.close()
q.kill(signal.SIGSTOP)
many = [Client(q) for _ in range(40)]
for x in many:
    x.send(message())
q.kill(signal.SIGCONT)
vs = [x.verdict() for x in many]
ok(len([v for v in vs if v]) >= 5, 'of many at once at least so many are served')
ok(all(v is None or v[0] == 'A' for v in vs), 'and the others see an end')
same(q.end(), 0, 'exit 0')

# Descriptors run out

q = Queued(limit=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
many = [Client(q) for _ in range(60)]
for x in many[:30]:
    x.send(good)
used = q.cpu()
time.sleep(1)
ok(q.cpu() - used < 0.5, 'out of descriptors it does not spin')
for x in many:
    x.close()
ok(until(lambda: (inject(q) or 'N')[0] == 'A'), 'and goes on afterwards')
same(q.end(), 0, 'exit 0')

# A client that reads nothing

q = Queued()
deaf = Client(q)
deaf.s.settimeout(2)
sent = 0
try:
    while sent < 200000:
        deaf.s.sendall(b''.join(message(rcpts=['bad']) for _ in range(100)))
        sent += 100
except socket.timeout:
    pass
ok(sent < 200000, 'a client that reads nothing is not read from for ever')
if not SANITIZED:
    ok(q.peak() < 40000000, 'and takes little memory')
same(inject(q)[0], 'A', 'others go on')
got = 0
while got < 1000 and deaf.verdict():
    got += 1
same(got, 1000, 'it may begin to read')
deaf.close()
q.clear()

# The end, while clients are active

acked = set()
stop = threading.Event()


def work(k):
    c = Client(q)
    while not stop.is_set():
        if not c.send(b''.join(message(campaign='w%d' % k)
                               for _ in range(1 + k % 3 * 20))):
            break
        for _ in range(1 + k % 3 * 20):
            v = c.verdict()
            if v is None:
                return
            if v[0] == 'A':
                acked.add(v[1])


# Never waits for a verdict
def flood(c):
    while not stop.is_set() and c.send(message(campaign='flood') * 20):
        pass


def drink(c):
    v = c.verdict()
    while v:
        if v[0] == 'A':
            acked.add(v[1])
        v = c.verdict()


half = Client(q)
half.send(good + D(big))
workers = [threading.Thread(target=work, args=(k,)) for k in range(4)]
for x in (Client(q), Client(q)):
    workers.append(threading.Thread(target=flood, args=(x,)))
    workers.append(threading.Thread(target=drink, args=(x,)))
for w in workers:
    w.start()
until(lambda: len(acked) > 500)
t = time.monotonic()
same(q.end(), 0, 'SIGTERM while clients are active: exit 0')
ok(time.monotonic() - t < 5, 'soon')
stop.set()
for w in workers:
    w.join(WAIT)
ids = q.ids()
ok(len(acked) > 500 and acked <= ids, 'what was acknowledged is in the spool')
print('# %d acknowledged, %d there' % (len(acked), len(ids)))
same(q.start(), True, 'it starts again')
same(q.end(signal.SIGINT), 0, 'SIGINT: exit 0')
r = subprocess.run([B + '/bin/dray-fsck', '-b', q.base],
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
same(r.returncode, 0, 'dray-fsck finds the spool good')

# Killed while clients are active

q.clear()
q.start()
acked.clear()
stop.clear()
workers = [threading.Thread(target=work, args=(k,)) for k in range(8)]
for w in workers:
    w.start()
until(lambda: len(acked) > 500)
q.end(signal.SIGKILL)
stop.set()
for w in workers:
    w.join(WAIT)
ok(len(acked) > 500 and acked <= q.ids(), 'killed: nothing acknowledged is lost')
same(q.start(), True, 'and it starts again')
same(inject(q)[0], 'A', 'and takes messages')
q.end()
done()
