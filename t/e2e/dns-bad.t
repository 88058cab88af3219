#!/usr/bin/python3
# dray-dns and servers that answer SERVFAIL, nothing, garbage, or lie: each
# question is answered, as temporary, in bounded time; others are unaffected,
# and the process goes on.
import os
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from baddns import BAD, BadDns
from dns import *

TIMEOUT = 6
SLACK = 4        # seconds, for a machine that has much to do

# A server of its own for each, or they would share a TCP connection.
bad = {z: BadDns() for z in BAD}
nsd = Nsd({'good.test': ''.join(
    'd%d MX 10 mx.d%d\nmx.d%d A 192.0.2.1\n' % (i, i, i) for i in range(200))})
stub = ' '.join('%s.test 127.0.0.1@%d' % (z, bad[z].port) for z in BAD)
d = Dns(stub='%s good.test 127.0.0.1@%d' % (stub, nsd.port), dnssec='no',
        timeout=TIMEOUT)
c = Client(d)
begun = time.monotonic()
for i, z in enumerate(BAD):
    c.send(question(i, 'd.%s.test' % z))
when = {}
answers = {}

# Meanwhile, what is good is answered at once.
good = Client(d)
t = time.monotonic()
got = good.ask(*['d%d.good.test' % i for i in range(100)])
took = time.monotonic() - t
same([a.verdict for a in got], [OK] * 100, 'what is good is found meanwhile')
ok(took < 5, 'and without delay', took)

while len(answers) < len(BAD):
    a = c.answer()
    answers[BAD[a.id]] = a
    when[BAD[a.id]] = time.monotonic() - begun
for z in BAD:
    print('# %-10s %4.1f s  %s' % (z, when[z], answers[z].text))
    same(answers[z].verdict, TEMP, z + ': temporary')
    ok(1 <= answers[z].ttl <= 10, z + ': not for long', answers[z].ttl)
    ok(bad[z].asked[z], z + ': was asked')
    ok(bad[z].asked[z] < 200, z + ': was not asked without end', bad[z].asked[z])
    ok(when[z] < TIMEOUT + SLACK, z + ': in bounded time', when[z])
for z in ('servfail', 'refused', 'self', 'cut', 'pointer'):
    ok(when[z] < TIMEOUT, z + ': without waiting for the end', when[z])

# As many as are looked up at a time ask a server that is silent.
names = ['d%d.silent.test' % i for i in range(1500)]
for i, n in enumerate(names):
    c.send(question(1000 + i, n))
t = time.monotonic()
got = good.ask(*['d%d.good.test' % i for i in range(100, 200)])
took = time.monotonic() - t
same([a.verdict for a in got], [OK] * 100, 'a thousand dead ones are no bar')
ok(took < TIMEOUT, 'and others need not wait for their end', took)
verdicts = {c.answer().verdict for _ in names}
same(verdicts, {TEMP}, 'all of them are temporary')

ok(d.p.poll() is None, 'the process lives')
same(d.stderr(), '', 'and has nothing to say')
done()
