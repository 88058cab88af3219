#!/usr/bin/python3
# dray-dns and a real authoritative server: every kind of MX and address record,
# what is not there, what is cached and for how long.
import os
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from dns import *

ZONE = '''
one         MX 10 mx.one
mx.one      A 192.0.2.1
mx.one      AAAA 2001:db8::1
three       MX 30 c
three       MX 10 b
three       MX 20 a
a           A 192.0.2.10
b           A 192.0.2.11
c           A 192.0.2.12
many        MX 10 addrs
addrs       A 192.0.2.21
addrs       A 192.0.2.22
addrs       A 192.0.2.23
addrs       AAAA 2001:db8::21
addrs       AAAA 2001:db8::22
null        MX 0 .
nullamong   MX 0 .
nullamong   MX 5 a
implicit    A 192.0.2.31
implicit    AAAA 2001:db8::31
nothing     TXT "here I am"
nohost      MX 10 nowhere
nohost      A 192.0.2.32
noaddr      MX 10 nothing
literal     MX 10 192.0.2.33.
literal     A 192.0.2.34
bothlit     MX 10 192.0.2.33.
bothlit     MX 20 a
alias       CNAME one
alias2      CNAME alias
dangling    CNAME nowhere
mxalias     MX 10 hostalias
hostalias   CNAME a
short  5    MX 10 a
equal       MX 10 b
equal       MX 10 a
equal       MX 10 c
*.wild      MX 10 a
under_score MX 10 under_host
under_host  A 192.0.2.40
xn--4ca     MX 10 a
big         MX 0 big0
''' + ''.join('big MX %d big%d\nbig%d A 192.0.2.%d\n' % (i, i, i, i)
              for i in range(60)) + '''
wide        MX 10 widehost
''' + ''.join('widehost A 192.0.3.%d\nwidehost AAAA 2001:db8::%x\n' % (i, i)
              for i in range(1, 41))

nsd = Nsd({'mx.test': ZONE})
d = Dns(stub='mx.test 127.0.0.1@%d' % nsd.port, dnssec='no', timeout=4)
c = Client(d)


def answer(name):
    return c.one(name + '.mx.test')


def hosts(name, *want):
    """want: (preference, flags, host, addresses)"""
    a = answer(name)
    ok(a.verdict == OK and
       [(h.preference, h.flags, h.name, sorted(h.ip)) for h in a.hosts] ==
       [(p, f, h + '.mx.test', sorted(ip.split())) for p, f, h, ip in want],
       name, a)
    return a


def refused(name, verdict):
    a = answer(name)
    ok(a.verdict == verdict and not a.hosts and a.text, name, a)
    return a


A = (5, 0, 'a', '192.0.2.10')
hosts('one', (10, 0, 'mx.one', '192.0.2.1 2001:db8::1'))
hosts('three', (10, 0, 'b', '192.0.2.11'), (20, 0, 'a', '192.0.2.10'),
      (30, 0, 'c', '192.0.2.12'))
hosts('many', (10, 0, 'addrs', '192.0.2.21 192.0.2.22 192.0.2.23 '
               '2001:db8::21 2001:db8::22'))
refused('null', NULLMX)
hosts('nullamong', A)
hosts('implicit', (0, IMPLICIT, 'implicit', '192.0.2.31 2001:db8::31'))
refused('nothing', NOHOST)
refused('nohost', NOADDR)
refused('noaddr', NOADDR)
refused('literal', NOADDR)
hosts('bothlit', (20, 0, 'a', '192.0.2.10'))
hosts('alias', (10, 0, 'mx.one', '192.0.2.1 2001:db8::1'))
hosts('alias2', (10, 0, 'mx.one', '192.0.2.1 2001:db8::1'))
refused('dangling', NODOMAIN)
hosts('mxalias', (10, 0, 'hostalias', '192.0.2.10'))
hosts('equal', (10, 0, 'a', '192.0.2.10'), (10, 0, 'b', '192.0.2.11'),
      (10, 0, 'c', '192.0.2.12'))
hosts('x.wild', (10, 0, 'a', '192.0.2.10'))
hosts('under_score', (10, 0, 'under_host', '192.0.2.40'))
hosts('xn--4ca', (10, 0, 'a', '192.0.2.10'))
refused('nx', NODOMAIN)
refused('x.y.z', NODOMAIN)
a = answer('big')
ok(a.verdict == OK and [h.name for h in a.hosts] ==
   ['big%d.mx.test' % i for i in range(32)], 'of 60 hosts the best 32', a)
a = answer('wide')
ok(a.verdict == OK and len(a.hosts[0].ip) == 16 and
   sum(':' in i for i in a.hosts[0].ip) == 8, 'of 80 addresses 16', a)

# Names that are none.
for name in ('', '.', 'mx.test.', '.mx.test', 'a..mx.test', 'A.mx.test', 'a b',
             'a\0b', 'a@b', '[192.0.2.1]', 'a' * 64 + '.test',
             '.'.join(['a' * 63] * 4), 'x' * 255, b'\xc3\xa4.test', '*.mx.test'):
    a = c.one(name)
    ok(a.verdict == NODOMAIN and a.text == 'that is no domain name',
       'no domain name: %r' % name[:20], a)

# Time: of the records, of the SOA for what is not there; and it goes down.
a = answer('null')
ok(295 <= a.ttl <= 300, 'the ttl of the records', a)
a = answer('nx')
ok(50 <= a.ttl <= 60, 'and of the SOA for what is not there', a)
a = answer('short')
ok(1 <= a.ttl <= 5, 'the shortest counts', a)
ok(until(lambda: answer('short').ttl < a.ttl, 5), 'it goes down')
nsd.stop()
ok(answer('three').verdict == OK, 'answers outlive the server')
ok(until(lambda: answer('short').verdict == TEMP, 30),
   'but not longer than they may')
refused('never', TEMP)
ok(answer('three').verdict == OK, 'others still do')
ok(nsd.start(), 'the server is back')
ok(until(lambda: answer('never').verdict == NODOMAIN, 40),
   'and what was temporary is asked again')
same(d.stderr(), '', 'nothing to say')
done()
