#!/usr/bin/python3
# dray-remote against dray-sink: round trips, counted by the sink and not by a
# clock; nothing sent too early; many connections.
import json
import os
import subprocess
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from remote import *


class Sink:
    def __init__(self, *args):
        self.p = subprocess.Popen([B + '/bin/dray-sink', '-i'] + list(args),
                                  stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.ip = '127.0.0.1'
        self.port = int(self.p.stdout.readline().split(':')[-1])

    def stat(self):
        self.p.stdin.write('stat\n')
        self.p.stdin.flush()
        return json.loads(self.p.stdout.readline())

    def end(self):
        self.p.stdin.close()
        self.p.wait(WAIT)
        self.p.stdout.close()


# --- round trips a message, with every reply 20 ms late

N = 60
BODY = text(10240)
for name, ext, depth, verb, least, most in (
        ('CHUNKING, depth 1', 'size', 1, 'bdat', 1, 1.1),
        ('CHUNKING, depth 4', 'size', 4, 'bdat', .2, .35),
        ('CHUNKING, depth 8', 'size', 8, 'bdat', .1, .25),
        ('PIPELINING only, depth 1', 'nochunking', 1, 'data', 2, 2.1),
        ('PIPELINING only, depth 4', 'nochunking', 4, 'data', 1, 1.1),
        ('CHUNKING only', 'nopipelining', 4, 'bdat', 3, 3.2),
        ('neither', 'nopipelining,nochunking', 4, 'data', 4, 4.2)):
    k = Sink('-D', '20', '-x', ext)
    s = Send()
    s.bundle(7, [BODY])
    s.hold()
    s.lane(1, k, depth=depth)
    for i in range(N):
        s.job(1, i, 7, 0, ['r%d@sink.example' % i])
    s.go()
    s.want('U')
    codes = [s.want('R')['codes'] for _ in range(N)]
    c = k.stat()
    ok(codes == [[250]] * N and c['messages'] == N and c[verb] == N,
       name + ': all delivered')
    trips = (c['turns'] - 1) / N
    if not ok(least - .1 <= trips <= most,
              '%s: %.2f round trips a message' % (name, trips)):
        print('# %r' % c)
    same((c['early'], c['errors'], c['aborted']), (0, 0, 0),
         name + ': nothing out of turn')
    same(c['inflight_max'], depth if 'depth' in name and verb == 'bdat'
         else 1, name + ': messages in flight')
    s.end()
    k.end()

# --- many lanes at once

k = Sink()
s = Send()
s.bundle(7, [text(1000)])
n = min(800, s.hello['lanes'])
t = dict.fromkeys(('connect', 'greeting', 'ehlo', 'mail', 'rcpt', 'dot',
                   'idle'), 60)
for i in range(n):
    s.hold()
    s.lane(i * 7919, k, **t)
    for j in range(3):
        s.job(i * 7919, i * 3 + j, 7, 0, ['r%d.%d@x.example' % (i, j)])
    s.go()
seen = []
while len(seen) < 3 * n:
    f = s.next()
    if f['type'] == 'R':
        seen.append((f['job'], f['codes']))
    elif f['type'] != 'U':
        print('# %r' % f)
        break
same(sorted(seen), [(i, [250]) for i in range(3 * n)], '%d lanes' % n)
c = k.stat()
same((c['connections'], c['messages'], c['early'], c['errors']),
     (n, 3 * n, 0, 0), 'the sink agrees')
same((s.end(), s.stderr), (0, b''), 'exit 0')
k.end()

# --- a sink that refuses every third recipient and every fifth message

rules = Send(start=False)
script = rules.dir + '/script'
with open(script, 'w') as f:
    f.write('rcpt every 3 reply 550 5.1.1 nobody\n'
            'dot every 5 reply 554 5.7.1 no\n')
for ext in ('size', 'nochunking', 'nopipelining'):
    k = Sink('-s', script, '-x', ext)
    s = Send()
    s.bundle(7, [text(3000)])
    s.lane(1, k)
    for i in range(100):
        s.job(1, i, 7, 0, ['r%d@x.example' % i] + ['s@x.example'] * (i % 2))
    s.want('U')
    rs = [s.want('R') for i in range(100)]
    c = k.stat()
    good = sum(r['codes'].count(250) for r in rs)
    same((c['recipients'], c['early']), (good, 0), ext + ': what we call delivered is what the sink took')
    ok(50 < good < 120, ext + ': %d' % good)
    s.end()
    k.end()

# --- one that offers CHUNKING and takes the octets of a chunk for commands

with open(script, 'w') as f:
    f.write('bdat blind reply 500 what\n')
k = Sink('-s', script)
s = Send()
s.bundle(7, [b'Subject: x\r\n\r\nRSET\r\nMAIL FROM:<a@x>\r\n'
             b'RCPT TO:<b@x>\r\nDATA\r\nhello\r\n.\r\n'])
s.lane(1, k)
for i in range(4):
    s.job(1, i, 7, 0, ['a@x'])
s.want('U')
e = s.want('E')
same((e['reason'], e['phase'], e['code'], e['jobs'][0]), ('p', 'd', 500, (0, 1)),
     'a blind server: the lane ends, nothing is called delivered')
s.lane(1, k)
s.job(1, 9, 7, 0, ['a@x'])
s.want('U')
r = s.want('R')
same((r['codes'], r['how']), ([250], 'D'), 'and gets DATA from then on')
s.end()
k.end()
rules.end()

done()
