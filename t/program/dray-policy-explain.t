#!/usr/bin/python3
# dray-policy explain: which provider and route mail has and why, which line
# sets each limit, what overrides concern it, and what dray-dns answers, be it
# wrong.
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from tap import done, ok, same

B = os.path.abspath(os.environ.get('B', 'build'))
top = tempfile.mkdtemp(prefix='dray-test.')
base = os.path.join(top, 'a b')
for d in 'etc/routes', 'etc/providers', 'overrides', 'sock':
    os.makedirs(os.path.join(base, d))


def write(name, text):
    with open(os.path.join(base, name), 'w') as f:
        f.write(text)


def run(*argv, base=base):
    return subprocess.run([B + '/bin/dray-policy', '-b', base, *argv],
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)


def explain(*argv):
    """The facts, by key: (value, place); a list for keys that repeat."""
    r = run('explain', *argv)
    if r.returncode:
        return {'exit': r.returncode, 'err': r.stderr}
    facts = {}
    for line in r.stdout.splitlines():
        key, value, place = line.split('\t')
        facts.setdefault(key, []).append((value, place))
    return {k: v[0] if len(v) == 1 else v for k, v in facts.items()}


def says(facts, name, **want):
    got = {k: facts.get(k.replace('_', '-')) for k in want}
    ok(got == want, name, 'got  %r\nwant %r\nof   %r' % (got, want, facts))


write('etc/dray.conf', '''[limits]
connections = 30
retry-then = 3h
[stream bulk]
lifetime = 1h
schedule = 1m 2m
[tenant *]
message-rate = 10/s
daily-messages = 5
[tenant shop]
daily-messages = 9
[campaign *]
connections = 3
''')
write('etc/routes/r.conf', '''[route slow]
sources = 192.0.2.1*3 2001:db8::1
streams = bulk
depth = 2
connections = 20
total-connections = 99
[route shop]
sources = 192.0.2.7
tenants = shop
total-daily-messages = 500
[route boss]
sources = 192.0.2.8
senders = boss@example.com .sub.example.com <>
[route byname]
sources = 192.0.2.9
[static s.example]
hosts = 192.0.2.99
connections = 5
provider = big
[static alone.example]
hosts = 192.0.2.98
''')
write('etc/providers/p.conf', '''[provider big]
mx = .big.example
domains = own.example
networks = 192.0.2.0/24 2001:db8:1::/48
connections = 10
messages-per-connection = 7
total-message-rate = 100/min
[provider part]
mx = .part.big.example one.example
[provider big route slow]
connections = 1
''')
same(run('compile').returncode, 0, 'compile')

P, R, C = 'etc/providers/p.conf:', 'etc/routes/r.conf:', 'etc/dray.conf:'
MX = '--mx', 'mx1.big.example'

# Who it is.
f = explain('someone@x.example', *MX, '--mx', 'MX2.BIG.example.')
says(f, 'by the hosts', provider=('big (mx .big.example)', P + '2'),
     mx=[('mx1.big.example', '--mx'), ('mx2.big.example', '--mx')],
     static=('none', 'default'), route=('none', 'default'),
     connections=('10', P + '5'), messages_per_connection=('7', P + '6'),
     depth=('4', 'default'), retry_then=('3h', C + '3'),
     retry=('5m 10m 20m 40m 1h', 'default'),
     provider_total_message_rate=('100/min', P + '7'))
f = explain('x.example', *MX, '--mx', 'mx.other.example')
says(f, 'not all hosts', provider=('none', 'default'),
     connections=('30', C + '2'))
f = explain('x.example', *MX, '--mx', 'a.part.big.example')
says(f, 'of two providers', provider=('none', 'default'))
f = explain('x.example', '--mx', 'a.part.big.example', '--mx', 'one.example')
says(f, 'the longer suffix', provider=('part (mx .part.big.example)', P + '9'))
f = explain('own.example', '--mx', 'one.example')
says(f, 'the domain goes first',
     provider=('big (domain own.example)', P + '3'))
f = explain('x.own.example', '--mx', 'big.example')
says(f, 'a name is not a suffix', provider=('none', 'default'))
f = explain('s.example')
says(f, 'a static route with a provider', static=('s.example', R + '16'),
     hosts=('192.0.2.99:25', R + '17'), provider=('big', R + '19'),
     connections=('5', R + '18'), messages_per_connection=('7', P + '6'),
     mx=None)
f = explain('alone.example', *MX)
says(f, 'and one without', provider=('none', 'default'),
     connections=('30', C + '2'))

# Which way.
f = explain('x.example', '--stream', 'bulk', *MX)
says(f, 'a route by its stream', route=('slow', R + '1'),
     sources=('192.0.2.1*3 2001:db8::1', R + '2'), depth=('2', R + '4'),
     connections=('1', P + '11'), messages_per_connection=('7', P + '6'),
     route_total_connections=('99', R + '6'), lifetime=('1h', C + '5'),
     retry=('1m 2m', C + '6'), retry_then=('3h', C + '3'),
     stream_priority=('3', 'default'))
f = explain('x.example', '--stream', 'bulk', '--mx', 'one.example')
says(f, 'where the provider says nothing', connections=('20', R + '5'))
f = explain('x.example', '--tenant', 'shop', '--stream', 'bulk', *MX)
says(f, 'the tenant goes first', route=('shop', R + '7'),
     tenant_message_rate=('10/s', C + '8'),
     route_total_daily_messages=('500', R + '10'),
     tenant_daily_messages=('9', C + '11'))
f = explain('x.example', '--tenant', 'shop', '--sender', 'Boss@Example.com', *MX)
says(f, 'the sender before it', route=('boss', R + '11'))
f = explain('x.example', '--sender', 'a@b.sub.example.com', *MX)
says(f, 'a sender below a suffix', route=('boss', R + '11'))
f = explain('x.example', '--sender', '<>', *MX)
says(f, 'the null sender', route=('boss', R + '11'))
f = explain('x.example', '--sender', 'a@sub.example.com', *MX)
says(f, 'none of these', route=('none', 'default'))
f = explain('x.example', '--route', 'byname', '--sender', '<>', *MX)
says(f, 'a route by its name', route=('byname', R + '14'),
     sources=('192.0.2.9', R + '15'))
f = explain('x.example', '--campaign', 'c', '--tenant', 't', *MX)
says(f, 'a campaign, and a tenant without a section',
     campaign_connections=('3', C + '13'),
     tenant_daily_messages=('5', C + '9'))

for argv in (['--route', 'nobody'], ['--stream', 'nobody'], ['--route', 'a b'],
             ['--sender', '*'], ['--sender', 'a b@c'], ['--mx', '*.big.example'],
             ['--mx', ''], ['--tenant', 'x/y'], ['--nothing', 'x'],
             ['--stream'], ['x.example']):
    r = run('explain', 'x.example', *argv)
    ok(r.returncode == 100 and not r.stdout.startswith('lifetime'),
       'exit 100: ' + ' '.join(argv), r)
r = run('explain', 'x.example', *['--mx', 'a.example'] * 33)
same(r.returncode, 100, 'too many hosts')


# What dray-dns says.
class Dns(threading.Thread):
    """Takes one question, and answers with these octets."""
    def __init__(self, octets):
        super().__init__(daemon=True)
        self.octets = octets
        self.s = socket.socket(socket.AF_UNIX)
        # The path may be too long for a socket's name.
        here = os.getcwd()
        os.chdir(base + '/sock')
        if os.path.exists('dns'):
            os.unlink('dns')
        self.s.bind('dns')
        os.chdir(here)
        self.s.listen(1)
        self.start()

    def run(self):
        c, _ = self.s.accept()
        self.question = c.recv(1000)
        c.sendall(self.octets)
        c.close()
        self.s.close()


def text(s):
    return struct.pack('>I', len(s)) + s


def frame(b, kind=b'M'):
    return struct.pack('>IH', len(b) + 2, 0) + b'\1' + kind + b


def host(name, *ips):
    return struct.pack('>HB', 10, 0) + text(name) + bytes([len(ips)]) + \
        b''.join(bytes([4 if len(ip) == 4 else 6]) + ip for ip in ips)


def answer(verdict, why=b'', *hosts):
    return frame(struct.pack('>IBI', 0, verdict, 60) + text(why) +
                 bytes([len(hosts)]) + b''.join(hosts))


def asked(octets):
    d = Dns(octets)
    f = explain('joe@x.example')
    d.join(30)
    return d, f


f = explain('x.example')
says(f, 'no dray-dns', mx=('none (dray-dns is not running)', 'dns'),
     provider=('none', 'default'))
ip4, ip6 = socket.inet_aton('192.0.2.5'), \
    socket.inet_pton(socket.AF_INET6, '2001:db8:1::5')
d, f = asked(answer(0, b'', host(b'a.big.example', ip4), host(b'b.big.example')))
says(f, 'the hosts that DNS gives',
     mx=[('a.big.example', 'dns'), ('b.big.example', 'dns')],
     provider=('big (mx .big.example)', P + '2'))
ok(d.question.endswith(text(b'x.example')), 'the question', d.question)
d, f = asked(answer(0, b'', host(b'a.example', ip4, ip6)))
says(f, 'by its addresses', provider=('big (network 192.0.2.0/24)', P + '4'))
d, f = asked(answer(0, b'', host(b'a.example', ip6)))
says(f, 'by one of IPv6',
     provider=('big (network 2001:db8:1::/48)', P + '4'))
d, f = asked(answer(0, b'', host(b'a.example', ip4, b'\1\2\3\4')))
says(f, 'not all addresses', provider=('none', 'default'))
d, f = asked(answer(2))
says(f, 'no domain', mx=('none (there is no such domain)', 'dns'))
d, f = asked(answer(5, b'SERVFAIL\n\033'))
says(f, 'no answer', mx=('none (no answer: SERVFAIL??)', 'dns'))
for name, octets in (
        ('nothing', b''), ('half a frame', answer(0, b'', host(b'a'))[:-1]),
        ('another type', frame(b'\0' * 20, b'X')), ('a verdict too high',
                                                    answer(9)),
        ('a host without a name', answer(0, b'', host(b''))),
        ('a blank in a name', answer(0, b'', host(b'a b\n'))),
        ('a name too long', answer(0, b'', host(b'x' * 256))),
        ('an address of no family',
         answer(0, b'', host(b'a')[:-1] + b'\1\5\1\2\3\4')),
        ('octets behind', frame(answer(2)[8:] + b'x')),
        ('more hosts than there are',
         frame(struct.pack('>IBI', 0, 0, 1) + text(b'') + b'\x20')),
        ('hosts without bound',
         frame(struct.pack('>IBI', 0, 0, 1) + text(b'') + b'\xff' +
               host(b'a') * 255)),
        ('a frame without bound', b'\xff' * 64)):
    d, f = asked(octets)
    says(f, 'dray-dns sends ' + name, provider=('none', 'default'),
         mx=('none (dray-dns closed the connection)', 'dns'))

# What is in force besides.
write('overrides/p1', 'action = pause\ndestination = x.example\nreason = too hot\n')
write('overrides/p2', 'action = pause\ncampaign = november\n')
write('overrides/p3', 'action = pause\ndestination = other.example\n')
write('overrides/p4', 'action = pause\ndestination = *\n'
      'expires = 2020-01-01T00:00:00Z\n')
write('overrides/p5', 'nonsense\n')
write('overrides/.p6', 'action = pause\ndestination = *\n')
f = explain('x.example', *MX)
says(f, 'overrides that may concern it', override=[
    ('pause destination x.example: too hot', 'overrides/p1'),
    ('pause campaign november', 'overrides/p2')])
f = explain('x.example', '--campaign', 'december', *MX)
says(f, 'those that do', override=(
    'pause destination x.example: too hot', 'overrides/p1'))
shutil.rmtree(base + '/overrides')
f = explain('x.example', *MX)
says(f, 'no directory of them', override=None)

# The text is explained by the same code as what is in force.
a, b = run('explain', 'x.example', *MX), run('-n', 'explain', 'x.example', *MX)
same(b.stdout, a.stdout, '-n explain')
write('etc/providers/p.conf', '[provider big]\nmx = x.big.example\n')
f = run('-n', 'explain', 'x.example', '--mx', 'x.big.example').stdout
ok('provider\tbig (mx x.big.example)\t%s2\n' % P in f,
   '-n explain of another text', f)
same(run('explain', 'x.example', *MX).stdout, a.stdout, 'nothing is in force')
shutil.rmtree(top)
done()
