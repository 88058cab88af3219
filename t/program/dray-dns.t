#!/usr/bin/python3
# dray-dns from outside: its start and its end, what clients may send and what
# closes them, questions ahead, a policy that changes.
import os
import stat
import sys
import threading
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from baddns import BadDns
from dns import *


def run(*argv, env=None):
    return subprocess.run([B + '/bin/dray-dns', *argv], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          env=env, timeout=30)


# Start
for argv in (['x'], ['-x'], ['-d', '2'], ['-d', 'x'], ['-b']):
    same(run(*argv).returncode, 100, 'wrong usage: ' + ' '.join(argv))
same(run('-b', '/nonexistent').returncode, 100, 'no instance')
d = Dns(start=False, dnssec='no')
os.rename(d.base + '/sock', d.base + '/sock2')
same(run('-b', d.base).returncode, 111, 'no directory for the socket')
os.rename(d.base + '/sock2', d.base + '/sock')
d.policy(trust_anchor='/nonexistent/anchor')
r = run('-b', d.base)
ok(r.returncode == 100 and b'libunbound' in r.stdout, 'no trust anchor', r)

bad = BadDns()
nsd = Nsd({'good.test': ''.join('d%d A 192.0.2.%d\n' % (i, i)
                                for i in range(100))})
STUB = 'good.test 127.0.0.1@%d silent.test 127.0.0.1@%d' % (nsd.port, bad.port)
d.policy(dnssec='no', stub=STUB, timeout=3)
d.start()
path = d.base + '/sock/dns'
same(stat.S_IMODE(os.stat(path).st_mode), 0o660, 'who may connect')
same(run('-b', d.base).returncode, 111, 'there can be only one')
c = Client(d)
same(c.one('d1.good.test').verdict, OK, 'it answers')

# What closes a client, and nobody else.
for name, octets in (
        ('an unknown type', frame('X', b'\0\0\0\1')),
        ('another version', frame('M', struct.pack('>II', 1, 1) + b'a', 2)),
        ('a frame without a name', frame('M', b'\0\0\0\1')),
        ('a name that is cut off', frame('M', struct.pack('>II', 1, 5) + b'a')),
        ('octets behind the name', question(1, 'a.good.test')[:-1] + b''),
        ('a name of 256', question(1, 'a' * 256)),
        ('too long a frame', struct.pack('>IH', 513, 0) + b'\1M' + b'x' * 511),
        ('a length without end', b'\377' * 100),
        ('a descriptor announced', struct.pack('>IH', 10, 1) + b'x' * 10),
        ('an empty frame', struct.pack('>IH', 0, 0))):
    e = Client(d)
    e.send(octets)
    if name == 'octets behind the name':
        e.s.shutdown(socket.SHUT_WR)
    ok(e.closed(), name + ' closes', d.stderr())
    e.close()
e = Client(d)
b = bytearray(question(7, 'd2.good.test'))
b[3] += 1
e.send(bytes(b) + b'x')
ok(e.closed(), 'a field too many closes')
e = Client(d)
socket.send_fds(e.s, [question(7, 'd2.good.test')], [0])
ok(e.closed(), 'a descriptor closes')
same(c.one('d2.good.test').verdict, OK, 'others are served')
ok(d.stderr().count('malformed') == 1, 'it is said once', d.stderr())
e = Client(d)
for octet in question(9, 'd3.good.test'):
    e.send(bytes([octet]))
same(e.answer().id, 9, 'a question in pieces')

# Many at a time.
names = ['d%d.good.test' % (i % 100) for i in range(30000)]
t = threading.Thread(target=lambda: c.send(b''.join(
    question(i, n) for i, n in enumerate(names))))
t.start()
got = [c.answer() for _ in names]
t.join()
ok({a.id for a in got} == set(range(30000)) and
   all(a.verdict == OK and a.hosts[0].name == names[a.id] for a in got),
   'more than may be ahead: each has its answer')

# The same, asked by many, is asked once.
many = [Client(d) for _ in range(20)]
for e in many:
    e.send(b''.join(question(i, 'one.silent.test') for i in range(50)))
for e in many:
    for i in range(50):
        if e.answer().verdict != TEMP:
            ok(False, 'temporary')
ok(bad.asked['silent'] < 20, 'identical questions are asked once',
   bad.asked['silent'])

# Clients that go away, and one that does not read.
for e in many:
    e.send(b''.join(question(i, 'gone%d.silent.test' % i) for i in range(2000)))
for e in many[:10]:
    e.close()
e = Client(d)
e.s.setblocking(False)
sent = 0
flood = b''.join(question(i, 'd1.good.test') for i in range(1000))
end_ = time.monotonic() + 10
while time.monotonic() < end_:
    try:
        sent += e.s.send(flood)
    except BlockingIOError:
        time.sleep(0.05)
        try:
            sent += e.s.send(flood)
        except BlockingIOError:
            break
ok(0 < sent < 100 << 20, 'who does not read is not read from', sent)
same(c.one('d4.good.test').verdict, OK, 'others are served')
e.close()
for e in many[10:]:
    e.close()

e = Client(d)
e.s.setblocking(False)
for i in range(100):
    try:
        e.s.send(b''.join(question(j, 'x%d.silent.test' % j)
                          for j in range(i * 1000, i * 1000 + 1000)))
    except BlockingIOError:
        break
ok(i < 99, 'who asks far too much is not read from')
same(c.one('d8.good.test').verdict, OK, 'others are served')
e.close()

# More clients than there is room for: they wait.
more = []
for _ in range(70):
    more.append(Client(d))
    more[-1].send(question(1, 'd5.good.test'))
answered = 0
for e in more[:60]:
    answered += e.answer().verdict == OK
same(answered, 60, 'sixty clients are served')
more[69].s.settimeout(0.3)
try:
    more[69].answer()
    ok(False, 'the seventieth waits')
except socket.timeout:
    ok(True, 'the seventieth waits')
for e in more[:60]:
    e.close()
more[69].s.settimeout(WAIT)
same(more[69].answer().verdict, OK, 'until others have gone')
for e in more[60:]:
    e.close()
same(c.one('d6.good.test').verdict, OK, 'the first one is still served')

# The policy.
d.policy(dnssec='no', stub=STUB, timeout=3)
with open(d.base + '/etc/dray.conf', 'a') as f:
    f.write('[limits]\nconnections = 7\n')
subprocess.run([B + '/bin/dray-policy', '-b', d.base, 'compile'], check=True,
               stdout=subprocess.DEVNULL)
time.sleep(2.5)
ok(d.p.poll() is None, 'another policy with the same [dns] changes nothing')
d.policy(dnssec='no', stub=STUB, timeout=4)
ok(until(lambda: d.p.poll() is not None, 10), 'another [dns] ends it')
same(d.end(), 0, 'exit 0')
d.start()


def child():
    with open('/proc/%d/task/%d/children' % (d.p.pid, d.p.pid)) as f:
        return int(f.read().split()[0])


pid = child()
os.kill(pid, signal.SIGKILL)
ok(until(lambda: d.p.poll() is not None, 10),
   'without its child it ends, to be started again')
same(d.end(), 0, 'exit 0')
d.start()
pid = child()
d.end(signal.SIGKILL)
ok(until(lambda: not os.path.exists('/proc/%d' % pid) or
         'Z' in open('/proc/%d/stat' % pid).read().split(')')[1][:3], 10),
   'the child ends with it')
d.start()
same(Client(d).one('d7.good.test').verdict, OK, 'a dead one leaves no trace')
same(d.end(), 0, 'SIGTERM: exit 0')
done()
