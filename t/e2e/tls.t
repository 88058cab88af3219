#!/usr/bin/python3
# What the policy says about TLS, and what the events tell of it.
import os
import shutil
import sys
import tempfile
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import instance
from certs import Certs
from instance import Instance, Sink
from tap import done, ok, same, until

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
top = tempfile.mkdtemp(prefix='dray test.')
certs = Certs(top + '/certs')
os.environ['SSL_CERT_FILE'] = certs.ca
base = top + '/a b'
with open(top + '/script', 'w') as f:
    f.write('starttls clear local 127.0.0.1:* times 1 reply 454 4.7.0 not now\n')


def sink(*args):
    return Sink(BUILD, list(args))


# The name of a host of a static route is its address.
sinks = {
    'good': sink('-T', certs.good('127.0.0.1')),
    'other': sink('-T', certs.good('mx.example')),
    'old': sink('-T', 'max=1.2'),
    'clear': sink(),
    'refuses': sink('-x', 'starttls', '-s', top + '/script'),
}
routes = ''.join('[static %s.%s]\nhosts = 127.0.0.1:%d\n%s' % (
    name, mode, k.port, '' if mode == 'may' else 'tls = %s\n' % mode)
    for name, k in sinks.items() for mode in
    ('off', 'may', 'encrypt', 'verify'))
inst = Instance(BUILD, base, 0, instance.ROOM + instance.QUICK, routes)
inst.start()


def events(kind, site):
    return [e for e in inst.events(kind) if e.get('site') == site]


def facts(e):
    return tuple(e.get('tls_' + k) for k in
                 ('protocol_version', 'verified', 'resumed', 'failure'))


for site, want in (
        ('good.off', (None, None, None, None)),
        ('good.may', ('TLSv1.3', False, False, None)),
        ('good.encrypt', ('TLSv1.3', False, False, None)),
        ('good.verify', ('TLSv1.3', True, False, None)),
        ('other.may', ('TLSv1.3', False, False, None)),
        ('other.encrypt', ('TLSv1.3', False, False, None)),
        ('old.may', ('TLSv1.2', False, False, None)),
        ('clear.may', (None, None, None, None)),
        ('refuses.may', (None, None, None, '4.7.0 not now'))):
    inst.inject(['r@' + site])
    ok(until(lambda: events('Delivery', site)), site + ': delivered')
    e = events('Delivery', site)[0]
    same(facts(e), want, 'Delivery tells')
    same((bool(e.get('tls_cipher')), 'tls' in e['delay_ms']),
         (bool(want[0]),) * 2, 'and the cipher, and the time it took')

for site, words in (
        ('other.verify', 'TLS: certificate verify failed: IP address mismatch'),
        ('clear.encrypt', 'TLS is required, and STARTTLS not offered'),
        ('clear.verify', 'TLS is required, and STARTTLS not offered')):
    inst.inject(['r@' + site])
    ok(until(lambda: len(events('Session', site)) > 1), site + ': tried again')
    e = events('Session', site)[0]
    same((e['end'], e['response']['command'], e['response']['content']),
         ('connect', 'STARTTLS', words), 'Session tells why')
    same((events('Delayed', site)[0]['reason'], events('Bounce', site)),
         (words, []), 'and so does Delayed')
same(sinks['clear'].stat()['messages'], 1, 'none of them in the clear')

# With a certificate that will do it arrives.
inst.routes(routes.replace('[static other.verify]\nhosts = 127.0.0.1:%d' %
                           sinks['other'].port,
                           '[static other.verify]\nhosts = 127.0.0.1:%d' %
                           sinks['good'].port))
ok(until(lambda: events('Delivery', 'other.verify')),
   'a better server: delivered')
inst.stop()
ok(until(lambda: events('Session', 'good.verify')), 'the sessions have ended')
e = events('Session', 'good.verify')[0]
same(facts(e) + (e['end'],), ('TLSv1.3', True, False, None, 'quit'),
     'Session tells of TLS')
for k in sinks.values():
    k.end()
shutil.rmtree(top)
done()
