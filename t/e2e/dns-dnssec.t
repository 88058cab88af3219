#!/usr/bin/python3
# dray-dns validates: a signed zone, an unsigned one below it, signatures that
# are wrong or missing, what is not there; and the marks that follow from it.
import os
import re
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from dns import *

for p in ('ldns-keygen', 'ldns-signzone', 'ldns-key2ds'):
    if not shutil.which(p):
        skip_all('there is no ' + p)

ZONE = '''
good        MX 10 mx
mx          A 192.0.2.1
mx          AAAA 2001:db8::1
mixed       MX 10 mx
mixed       MX 20 mx.plain
implicit    A 192.0.2.2
toplain     CNAME d.plain
null        MX 0 .
nothing     TXT "x"
broken      MX 10 mx
brokenhost  MX 10 badaddr
badaddr     A 192.0.2.3
two         MX 10 mx
two         MX 20 badaddr
stripped    MX 10 mx
plain       NS ns.plain
ns.plain    A 127.0.0.1
'''
PLAIN = '''
d           MX 10 mx
mx          A 192.0.2.9
back        MX 10 mx.secure.test.
'''


def spoil(text, owner, kind):
    """The signature of one set of records, with one bit wrong."""
    out = []
    for line in text.splitlines():
        f = line.split()
        if f[:1] == [owner] and 'RRSIG' in f and \
                f[f.index('RRSIG') + 1] == kind:
            sig = f[-1]
            line = line.replace(sig, ('B' if sig[0] == 'A' else 'A') + sig[1:])
        out.append(line)
    return '\n'.join(out) + '\n'


def strip(text, owner, kind):
    return '\n'.join(
        x for x in text.splitlines()
        if not re.match(r'%s\s.*RRSIG\s+%s\s' % (re.escape(owner), kind), x)) \
        + '\n'


text, ds = sign('secure.test', ZONE)
for spoilt, kind in (('broken', 'MX'), ('badaddr', 'A')):
    text = spoil(text, spoilt + '.secure.test.', kind)
text = strip(text, 'stripped.secure.test.', 'MX')
nsec3, ds3 = sign('nsec3.test', ZONE, '-n')
expired, dsx = sign('expired.test', 'd MX 10 mx\nmx A 192.0.2.1\n',
                    '-i', '20200101', '-e', '20200201')
nsd = Nsd({'secure.test': text, 'plain.secure.test': PLAIN,
           'nsec3.test': nsec3, 'expired.test': expired,
           'island.test': 'd MX 10 mx\nmx A 192.0.2.7\n'})
SERVER = '127.0.0.1@%d' % nsd.port
STUB = ' '.join('%s %s' % (z, SERVER) for z in
                ('secure.test', 'plain.secure.test', 'nsec3.test',
                 'expired.test', 'island.test'))
ANCHORS = ', '.join((ds, ds3, dsx))
d = Dns(stub=STUB, trust_anchor=ANCHORS)
c = Client(d)


def hosts(name, *want):
    a = c.one(name)
    return ok(a.verdict == OK and
              [(h.preference, h.flags, h.ip[0]) for h in a.hosts] ==
              list(want), name, a)


def refused(name, verdict):
    a = c.one(name)
    ok(a.verdict == verdict and a.text, name, a)
    return a


def zone(z):
    hosts('good.' + z, (10, SECURE, '192.0.2.1'))
    hosts('implicit.' + z, (0, SECURE | IMPLICIT, '192.0.2.2'))
    refused('null.' + z, NULLMX)
    refused('nothing.' + z, NOHOST)
    refused('nx.' + z, NODOMAIN)


zone('secure.test')
hosts('d.plain.secure.test', (10, 0, '192.0.2.9'))
hosts('back.plain.secure.test', (10, 0, '192.0.2.1'))
hosts('toplain.secure.test', (10, 0, '192.0.2.9'))
hosts('mixed.secure.test', (10, SECURE, '192.0.2.1'), (20, 0, '192.0.2.9'))
a = refused('broken.secure.test', TEMP)
ok('signature' in a.text, 'it says why', a)
refused('stripped.secure.test', TEMP)
refused('brokenhost.secure.test', TEMP)
hosts('two.secure.test', (10, SECURE, '192.0.2.1'))
zone('nsec3.test')
refused('d.expired.test', TEMP)
hosts('d.island.test', (10, 0, '192.0.2.7'))

# A key that does not fit: nothing of the zone can be believed.
wrong = ds[:-4] + ('0000' if ds[-4:] != '0000' else '1111')
d.policy(stub=STUB, trust_anchor=wrong)
ok(until(lambda: d.p.poll() is not None, 10), 'another policy ends it')
same(d.end(), 0, 'in an orderly way')
d.start()
c = Client(d)
refused('good.secure.test', TEMP)
refused('nx.secure.test', TEMP)
hosts('d.expired.test', (10, 0, '192.0.2.1'))
d.end()

# The anchor in a file, and a domain that is excepted.
path = os.path.join(d.base, 'anchor')
with open(path, 'w') as f:
    f.write(' IN '.join(ds.split(' ', 1)) + '\n')
d.policy(stub=STUB, trust_anchor=path + ', ' + dsx,
         insecure='broken.secure.test')
d.start()
c = Client(d)
hosts('good.secure.test', (10, SECURE, '192.0.2.1'))
hosts('broken.secure.test', (10, 0, '192.0.2.1'))
refused('d.expired.test', TEMP)
d.end()

# Without validation nothing is secure, and nothing is wrong.
d.policy(stub=STUB, trust_anchor=ANCHORS, dnssec='no')
d.start()
c = Client(d)
hosts('good.secure.test', (10, 0, '192.0.2.1'))
hosts('broken.secure.test', (10, 0, '192.0.2.1'))

# Through a forwarder: here it is the server itself.
d.end()
d.policy(forwarders=SERVER, trust_anchor=ANCHORS)
d.start()
c = Client(d)
hosts('good.secure.test', (10, SECURE, '192.0.2.1'))
refused('broken.secure.test', TEMP)
d.end()
for t in d.stderr().splitlines():
    ok('the policy has changed' in t, 'said: ' + t)
done()
