#!/usr/bin/python3
# dray-queued: a campaign comes in chunks, each once, whatever happens between.
import os
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from queued import *

q = Queued()
ALL, OTHER = b'A' * 32, b'B' * 32
BEGAN = 1795000000
PLACE = q.spool + '/campaigns'


def own(n):
    return bytes([n]) * 32


def chunk(n, chunks=3, all=ALL, name='spring', digest=None):
    return message(['r%d@d.example' % n, 'x%d@d.example' % n],
                   b'Subject: x\r\n\r\nx\r\n', campaign=name,
                   chunk=(n, chunks, digest or own(n), all, BEGAN))


def ledger(name='spring'):
    with open(PLACE + '/' + name) as f:
        return f.read().split('\n')[:-1]


c = Client(q)
same(c.campaign('spring')['known'], 0, 'nothing is known of it')
same(c.campaign('.hidden')['known'], 3, 'nor can be of a strange name')
ok(not os.path.exists(PLACE), 'asking leaves nothing behind')
c.send(chunk(0) + chunk(2))
a, b = c.verdict(), c.verdict()
same((a[0], b[0]), ('A', 'A'), 'two chunks')
ok(a[1][:-2] != b[1][:-2], 'are two bundles')
same(os.stat(PLACE).st_mode & 0o7777, 0o700, 'nobody else may look')
same(len(ledger()), 3, 'a line for each, and one for all')
ok(a[1][:-2] in ledger()[1] and b[1][:-2] in ledger()[2], 'with its bundle')
v = c.campaign('spring')
same((v['known'], v['began'], v['chunks'], v['accepted'], v['recipients'],
      v['digest'], v['bits']), (1, BEGAN, 3, 2, 4, ALL, b'\x05'),
     'what is known of it then')
before = q.messages()
same(sorted(m['campaign'] for m in before), ['spring'] * 2, 'its name')

for what, octets, status, word in (
        ('a chunk again', chunk(0), '5.5.1', 'queued already'),
        ('other input', chunk(1, all=OTHER), '5.5.4', 'other input'),
        ('another number of chunks', chunk(1, chunks=4), '5.5.4',
         'other input'),
        ('a name that is none', chunk(0, name='.x'), '5.5.4', 'campaign'),
        ('no name', chunk(0, name=''), '5.5.4', 'campaign')):
    c.send(octets)
    ok(refused(c.verdict(), status, word), 'refused: ' + what)

d = Client(q)
d.send(chunk(1))
ok(refused(d.verdict(), '4.3.2', 'somebody else'),
   'a second client is refused while the first is there')
d.send(chunk(0, 1, name='autumn'))
same(d.verdict()[0], 'A', 'but not with another campaign')
for bad in ((3, 3, own(1), ALL, 1), (0, 16385, own(1), ALL, 1),
            (0, 1, b'short', ALL, 1)):
    e = Client(q)
    e.send(message(campaign='spring', chunk=bad))
    same(e.verdict(), None, 'malformed: %s' % (bad[:2],))
c.close()


def taken():
    d.send(chunk(1))
    return d.verdict()[0] == 'A'


ok(until(taken), 'after that it may go on')
same(d.campaign('spring')['accepted'], 3, 'all of it is queued')
d.send(chunk(1))
ok(refused(d.verdict(), '5.5.1', 'already'), 'once')
same(len(q.messages()), 4, 'nothing more was queued')

# It is remembered, and what a crash left is completed.

q.end(signal.SIGKILL)
lines = ledger()
name = [w for w in lines[2].split() if '.M' in w][0]
os.rename(q.spool + '/new/' + name, q.spool + '/tmp/' + name)
with open(PLACE + '/spring', 'a') as f:
    f.write('chunk 1 2 torn')
with open(PLACE + '/.winter.new', 'w') as f:
    f.write('half')
os.utime(PLACE + '/autumn', (1, 1))
q.start()
ok(os.path.exists(q.spool + '/new/' + name), 'what was recorded is queued')
ok(not os.path.exists(PLACE + '/.winter.new'), 'what was not is gone')
ok(not os.path.exists(PLACE + '/autumn'), 'and what is old')
d = Client(q)
same(d.campaign('spring')['accepted'], 3, 'it is remembered')
same(ledger(), lines, 'without a torn line')
q.end()
with open(PLACE + '/spring', 'r+') as f:
    f.seek(len(lines[0]) + 10)
    f.write('#')
q.start()
d = Client(q)
same(d.campaign('spring')['known'], 3, 'damage is seen')
d.send(chunk(1))
ok(refused(d.verdict(), '4.3.0', 'ledger'), 'and nothing is taken then')
same(subprocess.run([B + '/bin/dray-fsck', '-f', '-b', q.base],
                    stdout=subprocess.PIPE).returncode, 100,
     'dray-fsck sees it, too')
done()
