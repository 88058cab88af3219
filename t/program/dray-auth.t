#!/usr/bin/python3
# dray-auth from its socket: verdicts and what users may do, guessing that is
# slowed down, users that change meanwhile, counts that outlive it, clients that
# misbehave.
import os
import signal
import socket
import struct
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from auth import Auth, Client
from frames import frame, string
from tap import done, ok, same, until


def verdicts():
    a = Auth()
    c = Client(a.base)
    same(c.check('shop', 'secret'), '-', 'no users at all')
    a.add('shop', 'secret', 'stream=bulk', 'route=r1', 'tenant=acme',
          'domains=a.example *.b.example', 'quota=1000', 'rate=100/h',
          'recipients=7', 'x-dray=yes')
    a.add('app', 's3cret')
    ok(until(lambda: c.check('shop', 'secret', '192.0.2.9') == '+'),
       'a user who was added is one')
    same(c.facts('shop', 'secret'),
         [1, 7, 1000, 100 << 32 | 3600, 'bulk', 'r1', 'acme',
          'a.example *.b.example'], 'what he may do')
    same(c.facts('app', 's3cret'), [0, 0, 0, 0, '', '', '', ''],
         'who may do nothing special')
    same([c.check('shop', 's3cret'), c.check('shop', ''),
          c.check('nobody', 'secret'), c.check('', 'secret'),
          c.check('a b', 'secret'), c.check('x' * 129, 'secret'),
          c.check('shop', 'x' * 256), c.check('shop', b'secret\0')],
         ['-'] * 8, 'what is wrong')
    same([c.check('shop', 'secret'), c.check('app', 's3cret')], ['+', '+'],
         'what is good is good again')
    ids = [c.ask('shop', 'secret') for _ in range(500)]
    same(sorted(c.answer()[1] for _ in ids), ids, 'many at once')
    a.users('passwd', 'shop', password='other')
    ok(until(lambda: c.check('shop', 'other', '192.0.2.9') == '+'),
       'another password')
    same(c.check('shop', 'secret'), '-', 'and the one before no more')
    a.users('change', 'app', 'tenant=t1')
    ok(until(lambda: c.facts('app', 's3cret')[6] == 't1'), 'another fact')
    a.users('remove', 'app')
    ok(until(lambda: c.check('app', 's3cret') == '-'), 'a user who was removed')
    with open(a.base + '/auth/bad', 'w') as f:
        f.write('no table')
    os.rename(a.base + '/auth/bad', a.base + '/auth/users.cdb')
    ok(until(lambda: 'stays as it was' in a.said()), 'a bad file is told')
    same(c.check('shop', 'other'), '+', 'and changes nothing')
    same(a.stop(), 0, 'SIGTERM')


def once():
    """What is asked often at a time is found out once."""
    a = Auth()
    a.add('shop', 'secret')
    c = Client(a.base)
    for i in range(300):
        c.ask('shop', 'secret')
    same({c.answer()[2] for _ in range(300)}, {'+'}, 'three hundred, one hash')
    a.users('passwd', 'shop', password='other')
    until(lambda: c.check('shop', 'other', '198.51.100.1') == '+')
    d = Client(a.base)
    d.ask('shop', 'secret')
    d.s.close()
    same(c.check('shop', 'other'), '+', 'a client that does not wait')
    a.stop()


def guessing():
    a = Auth()
    a.add('shop', 'secret')
    a.add('other', 'secret')
    c = Client(a.base)
    same(c.check('shop', 'secret', '192.0.2.1'), '+', 'where it is used')
    got = [c.check('nobody%d' % i, 'guess', '192.0.2.66') for i in range(6)]
    same(got, ['-'] * 5 + ['s'], 'one address guesses: five for nothing')
    same(c.check('shop', 'secret', '192.0.2.66'), 's',
         'it is not told what is right')
    same(c.check('shop', 'secret', '192.0.2.67'), '+', 'its neighbour is')
    ok(until(lambda: c.check('nobody', 'guess', '192.0.2.66') == '-'),
       'later it may try again')
    same(c.check('nobody', 'guess2', '192.0.2.66'), 's', 'once')
    got = [c.check('n%d' % i, 'guess', '2001:db8:0:1::%d' % (i + 1))
           for i in range(6)]
    same(got, ['-'] * 5 + ['s'], 'the addresses of a /64 are one')
    same(c.check('n', 'guess', '2001:db8:0:2::1'), '-', 'another is not')
    got = [c.check('shop', 'guess%d' % i, '203.0.113.%d' % i)
           for i in range(6)]
    same(got, ['-'] * 5 + ['s'], 'many addresses guess for one user')
    same(c.check('shop', 'secret', '192.0.2.1'), '+',
         'who has used it where he is gets in')
    same(c.check('shop', 'secret', '203.0.113.99'), 's',
         'elsewhere the right one has to wait')
    got = [c.check('ghost', 'guess%d' % i, '198.51.100.%d' % i)
           for i in range(6)]
    same(got, ['-'] * 5 + ['s'], 'for one who does not exist, it is the same')
    same([c.check('other', 'old', '192.0.2.5') for i in range(20)],
         ['-'] * 20, 'the same wrong one again is no guess')
    same(c.check('other', 'secret', '192.0.2.5'), '+', 'and costs nothing')
    for i in range(40):
        c.ask('u%d' % i, 'x', '192.0.2.200')
    got = [c.answer()[2] for _ in range(40)]
    ok(got.count('b') and set(got) <= {'b', '-', 's'},
       'too many at a time', got)
    a.stop()


def counts():
    a = Auth()
    a.add('q', 'secret', 'quota=3')
    a.add('r', 'secret', 'rate=2/h')
    a.add('free', 'secret')
    c, d = Client(a.base), Client(a.base)
    today = int(time.time()) // 86400
    got = [x.take('q') for x in (c, d, c, d)]
    same([g[0] for g in got], ['+', '+', '+', 'q'], 'a quota of two clients')
    ok(got[0][1] in (today, today + 1) and got[3][2] == 3,
       'the day, and how many', got)
    c.give('q', got[0][1] - 1)
    c.give('nobody', got[0][1])
    same(c.take('q')[0], 'q', 'one of yesterday is not given back')
    c.give('q', got[0][1])
    same([c.take('q')[0], c.take('q')[0]], ['+', 'q'], 'one of today is')
    got = [c.take('r') for _ in range(3)]
    same([g[0] for g in got], ['+', '+', 'r'], 'a rate')
    ok(1700 < got[2][2] <= 1800, 'and how long', got)
    c.give('r', got[0][1])
    same([c.take('r')[0], c.take('r')[0]], ['+', 'r'], 'given back')
    same([c.take('free')[0], c.take('nobody')[0]], ['+', '-'],
         'who has neither; who does not exist')
    for how, what in ((signal.SIGKILL, 'killed'), (signal.SIGTERM, 'ended')):
        a.stop(how)
        ok(a.start(), what + ' and started')
        c = Client(a.base)
        same(c.take('q')[0], 'q', 'it remembers what was used')
    a.users('change', 'q', 'quota=5')
    ok(until(lambda: c.take('q')[0] == '+'), 'a larger quota')
    a.stop(signal.SIGKILL)
    with open(a.base + '/auth/count/daily', 'r+b') as f:
        f.seek(40)
        f.write(b'xx')
    ok(a.start() and 'damaged' in a.said(), 'damage is told', a.said())
    c = Client(a.base)
    same(c.take('q')[0], '+', 'and does not stop it')
    a.stop()


def bad_clients():
    a = Auth()
    a.add('shop', 'secret')
    good = Client(a.base)
    addr = b'\4' + bytes(16)
    for what, b in (
            ('another version', frame(b'C', b'', 2)),
            ('an unknown type', frame(b'X')),
            ('an empty question', frame(b'C')),
            ('a family that is none', frame(
                b'C', bytes(4) + b'\5' + bytes(16) + string('a') +
                string('b'))),
            ('octets behind the end', frame(
                b'C', bytes(4) + addr + string('a') + string('b') + b'x')),
            ('a string without end', frame(b'T', bytes(4) + b'\0\0\1\0x')),
            ('a frame that is too long', struct.pack('>IH', 5000, 0)),
            ('descriptors', struct.pack('>IH', 2, 1) + b'\1C')):
        c = Client(a.base)
        c.send(b)
        ok(c.closed(), what)
    c = Client(a.base)
    c.send(frame(b'G', bytes(4) + string('shop')))
    same(c.check('shop', 'secret'), '+', 'one who is good')
    same(good.check('shop', 'secret'), '+', 'the others are not hurt')
    many = [Client(a.base) for _ in range(80)]
    ok(True, 'more clients than it takes')
    for m in many:
        m.s.close()
    same(Client(a.base).check('shop', 'secret'), '+', 'later it takes more')
    # One who asks and does not read is not read from.
    c = Client(a.base)
    c.s.settimeout(1)
    try:
        for _ in range(200000):
            c.ask('shop', 'secret')
    except OSError:
        pass
    same(good.check('shop', 'secret'), '+', 'one who does not read')
    if os.getuid() == 0:
        r, w = os.pipe()
        if os.fork() == 0:
            os.chmod(a.base, 0o755)
            os.chmod(os.path.dirname(a.base), 0o755)
            os.chmod(a.base + '/sock/auth', 0o666)
            os.setgid(65534)
            os.setuid(65534)
            os.write(w, b'1' if Client(a.base).closed() else b'0')
            os._exit(0)
        os.wait()
        same(os.read(r, 1), b'1', 'somebody else is hung up on')
    same(a.stop(), 0, 'the end')


def files():
    a = Auth(start=False)
    a.add('shop', 'secret')
    st = os.stat(a.base + '/auth/users.cdb')
    same(st.st_mode & 0o777, 0o640, 'nobody else may read the users')
    os.rename(a.base + '/auth/users.cdb', a.base + '/auth/kept')
    with open(a.base + '/auth/users.cdb', 'wb') as f:
        f.write(b'x' * 5000)
    ok(not a.start(), 'a bad file at the start')
    same(a.p.wait(), 111, 'is trouble')
    os.rename(a.base + '/auth/kept', a.base + '/auth/users.cdb')
    ok(a.start(), 'a good one is not')
    b = Auth(start=False)
    b.base = a.base
    ok(not b.start() and b.p.wait() == 111, 'there is one at a time')
    with open('/proc/%d/status' % a.p.pid) as f:
        status = f.read()
    ok('Seccomp:\t2' in status, 'it is shut in', status)
    for task in os.listdir('/proc/%d/task' % a.p.pid):
        with open('/proc/%d/task/%s/status' % (a.p.pid, task)) as f:
            ok('Seccomp:\t2' in f.read(), 'and so is each of its threads')
    a.stop()


for part in (verdicts, once, guessing, counts, bad_clients, files):
    if len(sys.argv) < 2 or part.__name__ in sys.argv[1:]:
        print('# ' + part.__name__)
        part()
done()
