#!/usr/bin/python3
# dray-queued: what it takes, what it refuses, and what it says to it.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from queued import *

q = Queued(max_message_size='40M', max_recipients=2000)
before = q.fds()

# One message, whole

body = b'Subject: x\r\n\r\n.dot\r\n..\r\nplain\r\n'
c = Client(q)
c.send(M(sender='s@x.example', envid='e-1', stream='bulk', route='r.1',
         tenant='t_1', campaign='c-1', ret=b'H', lifetime=3600) +
       R(('u@B.example', 6, 'rfc822;o@x'), '"a b"@a.example',
         ('First.Last@b.EXAMPLE', 1, ''), 'x@[192.0.2.1]') +
       D(body) + E(len(body)))
v = c.verdict()
same(v[0], 'A', 'accepted')
ms = q.messages()
same(len(ms), 1, 'one message')
m = ms[0]
same(v[1], m['id'], 'its id is the bundle\'s, and its number')
same([m[k] for k in ('sender', 'envid', 'stream', 'route', 'tenant',
                     'campaign', 'ret')],
     ['s@x.example', 'e-1', 'bulk', 'r.1', 't_1', 'c-1', 'H'],
     'the envelope')
same(m['rcpts'], [('x@[192.0.2.1]', 0, ''), ('"a b"@a.example', 0, ''),
                  ('u@b.example', 6, 'rfc822;o@x'),
                  ('First.Last@b.example', 1, '')],
     'recipients by domain; local parts as they came')
same(q.octets(m), b'Subject: x\r\n\r\n..dot\r\n...\r\nplain\r\n',
     'octets in wire form')
same((m['plain'], m['flags']), (len(body), 1), 'and what is said of them')
same(m['expiry'] - m['arrival'] // 1000000, 3600, 'its lifetime')
ok(abs(m['arrival'] / 1e6 - time.time()) < 60, 'the time of its arrival')
same(q.names('tmp'), [], 'nothing is left in tmp')

# When it may be delivered

q.clear()
now = int(time.time())
v = inject(q, start=now + 1000, windows=[(now + 900, now + 2000),
                                         (now + 2000, now + 3000)],
           lifetime=3600)
same(v[0], 'A', 'a start and windows')
m = q.messages()[0]
same(m['start'], now + 1000, 'its start')
same(m['windows'], struct.pack('>IIII', now + 900, now + 2000, now + 2000,
                               now + 3000), 'its windows')
same(m['expiry'], now + 4600, 'its lifetime begins with its start')
for what, kw in (('overlap', {'start': 1, 'windows': [(5, 9), (8, 10)]}),
                 ('are empty', {'start': 1, 'windows': [(5, 5)]}),
                 ('are too many', {'start': 1, 'windows': [
                     (n, n + 1) for n in range(65)]}),
                 ('come too late', {'start': 1 << 32})):
    ok(refused(inject(q, **kw), '5.5.4', 'times'), 'times that ' + what)

# A program and its rows

q.clear()
program = PROGRAM
big = b'r' * 60000
v = inject(q, [('a@x.example', 0, '', b'\0row'), ('b@x.example', 0, '', b''),
               ('c@y.example', 1, 'rfc822;c@y.example', big)], program,
           flags=4)
same(v[0], 'A', 'a program with rows')
m = q.messages()[0]
same((m['rcpts'], m['rows']),
     ([('a@x.example', 0, ''), ('b@x.example', 0, ''),
       ('c@y.example', 1, 'rfc822;c@y.example')], [b'\0row', b'', big]),
     'its recipients have theirs')
same((q.octets(m), m['plain'], m['flags']), (program, len(program), 64),
     'the program is as it was')
for bad in (b'', b'\0any octets', program[:-1], program + b'\0' * 300000):
    ok(refused(inject(q, [('a@x.example', 0, '', b'')], bad, flags=4),
               '5.6.0', 'malformed'), 'a malformed program of %d' % len(bad))
ok(refused(inject(q, [('a@x.example', 0, '', b'r' * 60001)], program, flags=4),
           '5.3.4', 'row'), 'a row that is too large')

# Contents

for body, stored, flags, name in (
        (b'', b'', 0, 'an empty message'),
        (b'x', b'x\r\n', 0, 'without a line end'),
        (b'\r\n', b'\r\n', 0, 'an empty line'),
        (b'a\r\n\r\n\xff\r\n', b'a\r\n\r\n\xff\r\n', 2, '8-bit'),
        (b'Subject: \xc3\xa9\r\n\r\nx\r\n', b'Subject: \xc3\xa9\r\n\r\nx\r\n',
         6, '8-bit in the header'),
        (b'x' * 998 + b'\r\n', b'x' * 998 + b'\r\n', 0, 'the longest line')):
    q.clear()
    same(inject(q, body=body)[0], 'A', name)
    m = q.messages()[0]
    same((q.octets(m), m['flags']), (stored, flags), name + ', as it is')

q.clear()
for body, words, name in (
        (b'a\nb\r\n', ('bare LF', 'line 1'), 'a bare LF'),
        (b'a\r\nb\n', ('bare LF', 'line 2'), 'a bare LF at the end'),
        (b'a\r\nb\rc\r\n', ('bare CR', 'line 2'), 'a bare CR'),
        (b'a\r\nb\r', ('bare CR', 'line 2'), 'a bare CR at the end'),
        (b'a\r\n\r\nb\0c\r\n', ('NUL', 'line 3'), 'NUL'),
        (b'a\r\n' * 9 + b'x' * 999 + b'\r\n', ('998', 'line 10'),
         'a line of 999 octets'),
        (b'x' * 500000, ('998', 'line 1'), 'a line that never ends')):
    v = inject(q, body=body)
    ok(refused(v, '5.6.0', *words), name + ' is refused, with its line')
same(q.bundles(), [], 'and not stored')

# Addresses

for addr, status, word, name in (
        ('', '5.1.3', 'recipient', 'an empty one'),
        ('root', '5.1.3', 'root', 'no domain'),
        ('root@', '5.1.3', 'recipient', 'an empty domain'),
        ('@x.example', '5.1.3', 'recipient', 'an empty local part'),
        ('@y.example:r@x.example', '5.1.3', 'recipient', 'a source route'),
        ('a b@x.example', '5.1.3', 'recipient', 'a blank'),
        ('a"b@x.example', '5.1.3', 'recipient', 'a lone quote'),
        ('"ab@x.example', '5.1.3', 'recipient', 'an open quote'),
        ('a@b@x.example', '5.1.3', 'recipient', 'two @'),
        ('<a@x.example>', '5.1.3', 'recipient', 'brackets'),
        ('a@x..example', '5.1.3', 'recipient', 'an empty label'),
        ('a@x.example\r\nDATA', '5.1.3', '??DATA', 'a line end'),
        ('a\0@x.example', '5.1.3', 'a?@x', 'NUL'),
        ('a\u0085@x.example', '5.1.3', 'recipient', 'a control of Latin-1'),
        ('a@\u2014.example', '5.1.3', 'recipient', 'a dash for a label'),
        ('a@a\u200bb..example', '5.1.3', 'recipient', 'an empty U-label'),
        ('a@' + '\u00f6' * 70 + '.example', '5.1.3', 'recipient',
         'a U-label of 140 octets'),
        ('a' * 65 + '@x.example', '5.1.3', 'too long', 'a local part of 65'),
        ('a@' + 'x' * 64 + '.example', '5.1.3', 'recipient', 'a label of 64'),
        ('a' * 488 + '@x.example', '5.1.3', 'too long', '500 characters'),
        ('a' * 4000 + '@x', '5.1.3', 'too long', '4000 characters')):
    v = inject(q, rcpts=[addr])
    ok(refused(v, status, word), name + ' is refused')
    if v and v[0] == 'N' and len(v[3]) > 256:
        ok(False, name + ': the text is too long')
    if len(addr) < 600:
        v = inject(q, sender=addr) if addr else None
        ok(not addr or refused(v, status), name + ' as the sender, too')
v = inject(q, rcpts=['good@x.example', 'bad', 'good@y.example'])
ok(refused(v, '5.1.3', 'bad'), 'one bad recipient is named')
same(q.bundles(), [], 'none of these is stored')
same(inject(q, sender='')[0], 'A', 'the null sender')
same(inject(q, rcpts=['"a@b \\" c"@x.example'])[0], 'A', 'a quoted local part')
same(sorted(m['rcpts'][0][0] for m in q.messages()),
     ['"a@b \\" c"@x.example', 'r@d.example'], 'is kept as it is')
q.clear()
same(inject(q, rcpts=['j\u00f6@B\u00dccher.example', 'u@xn--bcher-kva.example',
                      'x@stra\u00dfe.example'],
            sender='\u00e9@\u4f8b\u3048.example')[0], 'A', 'characters of all sorts')
m = q.messages()[0]
same([r[0] for r in m['rcpts']],
     ['j\u00f6@xn--bcher-kva.example', 'u@xn--bcher-kva.example',
      'x@xn--strae-oqa.example'], 'domains get A-labels, local parts stay')
same(m['sender'], '\u00e9@xn--r8jz45g.example', 'of the sender too')
q.clear()

for rcpt, name in ((('a@x.example', 16, ''), 'an unknown bit'),
                   (('a@x.example', 3 | 128, ''), 'another'),
                   (('a@x.example', 1 | 2, ''), 'NEVER and SUCCESS'),
                   (('a@x.example', 0, 'x' * 501), 'a long ORCPT'),
                   (('a@x.example', 0, 'a\r\nb'), 'a line end in ORCPT')):
    v = inject(q, rcpts=[rcpt])
    if name == 'NEVER and SUCCESS':
        ok(refused(v, '5.5.4'), 'DSN: ' + name)
    else:
        ok(refused(v, '5.5.4', 'a@x.example'), 'DSN: ' + name)
for key, value in (('envid', 'e' * 101), ('envid', 'a\nb'),
                   ('stream', 's' * 65), ('stream', 'a/b'), ('route', 'a b'),
                   ('tenant', '\u00e9'), ('campaign', 'a"b')):
    ok(refused(inject(q, **{key: value}), '5.5.4'), '%s %.9r' % (key, value))

# Recipients

ok(refused(inject(q, rcpts=[]), '5.5.1', 'no recipients'), 'no recipients')
c2 = Client(q)
c2.send(M() + D(TEXT) + E(len(TEXT)))
ok(refused(c2.verdict(), '5.5.1'), 'not even a frame of them')
c2.close()
many = ['u%d@d%d.example' % (i, i % 7) for i in range(2000)]
same(inject(q, rcpts=many)[0], 'A', 'as many as allowed')
same(sorted(r[0] for r in q.messages()[0]['rcpts']), sorted(many),
     'all are there')
ok(refused(inject(q, rcpts=many + ['x@y.example']), '5.5.3', 'too many'),
   'one more')
q.clear()

# Order

c.send(message(campaign='1') + message(rcpts=['bad']) + message(campaign='2') +
       message(rcpts=[]) + message(campaign='3', rcpts=['ok@x.example', 'bad']) +
       message(campaign='4'))
vs = [c.verdict() for _ in range(6)]
same([v[0] for v in vs], list('ANANNA'), 'verdicts in order')
same([v[2] for v in vs if v[0] == 'N'], ['5.1.3', '5.5.1', '5.1.3'],
     'each with its reason')
names = {m['id']: m['campaign'] for m in q.messages()}
same([names.get(v[1]) for v in vs if v[0] == 'A'], ['1', '2', '4'],
     'ids belong to their messages')
for i in range(20):
    c.send(message(campaign='later%d' % i))
    v = c.verdict()
    if v[0] != 'A':
        break
same(v[0], 'A', 'many messages, one after the other')
same(len(q.messages()), 23, 'all are there')
q.clear()

c.send(b''.join(message(campaign='%d' % i) for i in range(1500)))
vs = [c.verdict() for _ in range(1500)]
ok(all(v and v[0] == 'A' for v in vs), '1500 messages written ahead')
got = {m['id']: m['campaign'] for m in q.messages()}
same([got.get(v[1]) for v in vs], ['%d' % i for i in range(1500)],
     'in order, each with its id')
same(q.names('tmp'), [], 'nothing is left in tmp')
q.clear()

for b in message(campaign='dribble'):
    c.send(bytes([b]))
same(c.verdict()[0], 'A', 'octet after octet')
q.clear()

# Group commit: all of these have come when it is let go on

clients = [Client(q) for _ in range(50)]
for x in clients:
    x.send(message())
    x.verdict()
q.clear()
q.kill(signal.SIGSTOP)
for i, x in enumerate(clients):
    x.send(message(campaign='c%d' % i))
q.kill(signal.SIGCONT)
vs = [x.verdict() for x in clients]
ok(all(v[0] == 'A' for v in vs), '50 clients at once')
same(set(v[1] for v in vs), q.ids(), 'all are there')
ok(len(q.bundles()) <= 5, 'in few bundles')
print('# %d messages in %d bundles' % (len(vs), len(q.bundles())))
for x in clients:
    x.close()
q.clear()

# A large message does not stay in memory.  Nobody else has used any here.

usual, uc = q, c
q = Queued()
c = Client(q)
low = q.peak()
line = b'0123456789abcdef' * 60 + b'\r\n'
chunk = line * 33
n = 30000000 // len(chunk)
c.send(M() + R('big@x.example'))
for i in range(n):
    c.send(D(chunk))
same(len(q.names('tmp')), 1, 'a large message is written while it comes')
c.send(E(n * len(chunk)))
same(c.verdict()[0], 'A', '30 MB are accepted')
m = q.messages()[0]
same(m['stored'], n * len(chunk), 'all of it')
ok(q.octets(m) == chunk * n, 'octet by octet')
grown = q.peak() - low
print('# it took %d KB' % (grown // 1024))
if SANITIZED:
    skip('memory', 'the sanitizer keeps what is freed')
else:
    ok(grown < 3000000, 'it does not hold it in memory')
c.close()
same(q.end(), 0, 'exit 0')
q, c = usual, uc

for size in (262000, 262144, 262145, 263000, 330000):
    b = (b'x' * 62 + b'\r\n') * (size // 64) + b'y' * (size % 64)
    same(inject(q, body=b)[0], 'A', '%d octets' % size)
    m = q.messages()[0]
    ok(q.octets(m).rstrip(b'\r\n') == b.rstrip(b'\r\n'), 'as they were')
    q.clear()

# Too large: said before the end

b = (b'x' * 998 + b'\r\n') * 1000
c.send(M() + R('big@x.example'))
for i in range(42):
    c.send(D(b))
ok(refused(c.verdict(), '5.3.4', 'too large'), 'too large, said early')
same(q.names('tmp'), [], 'what was written of it has gone')
for i in range(5):
    c.send(D(b))
c.send(E(47 * len(b)) + message(campaign='next'))
same(c.verdict()[0], 'A', 'the next one is taken after its end')
same([m['campaign'] for m in q.messages()], ['next'], 'alone')

c.close()
ok(until(lambda: q.fds() == before), 'no descriptor is left open')
same(q.end(), 0, 'exit 0')
same(q.stderr(), '', 'and not a word')
r = subprocess.run([B + '/bin/dray-fsck', '-b', q.base],
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
same(r.returncode, 0, 'dray-fsck finds the spool good')
if r.returncode:
    print('# ' + r.stdout.decode())
done()
