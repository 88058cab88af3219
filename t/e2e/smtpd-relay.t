#!/usr/bin/python3
# Never an open relay: the classical probes from an address that is not trusted,
# in every role, under every mistake of configuration.  In a network of its own,
# where it can come from addresses that are not loopback.
import glob
import os
import subprocess
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import ownnet

HERE, THERE, FRIEND = '192.0.2.1', '198.51.100.7', '203.0.113.9'
ownnet.enter(HERE, THERE, FRIEND)

from door import HEADER, Door, Talk
from line import run
from tap import done, ok, same, until

OWN = b'bench.example'
LITERAL = b'[192.0.2.1]'
VICTIM = b'victim@there.example'
# (HELO, sender with its brackets, recipient with its brackets)
HELLO = b'EHLO probe.example'
A = b'<a@probe.example>'
PROBES = [(HELLO, A, x) for x in (
    b'<victim@there.example>', b'<victim%%there.example@%s>' % OWN,
    b'<victim%%there.example@%s>' % LITERAL, b'<"victim@there.example">',
    b'<"victim%there.example">', b'<victim@there.example@%s>' % OWN,
    b'<"victim@there.example"@%s>' % OWN,
    b'<victim@there.example@%s>' % LITERAL,
    b'<@%s:victim@there.example>' % OWN,
    b'<@%s:victim@there.example>' % LITERAL,
    b'<@%s,@other.example:victim@there.example>' % OWN,
    b'<there.example!victim>', b'<there.example!victim@%s>' % OWN,
    b'<%s!victim@there.example>' % OWN,
    b'<there.example!victim@%s>' % LITERAL, b'<"victim"@there.example>',
    b'<victim@[198.51.100.7]>', b'<victim@[IPv6:2001:db8::1]>',
    b'victim@there.example', b'<postmaster>', b'<Postmaster@%s>' % OWN,
    b'<postmaster%%there.example@%s>' % OWN, b'<victim@localhost>',
    b'<victim@%s>' % OWN, b'<victim@%s>' % OWN.upper(),
    b'<victim%there.example@localhost>', b'<victim@there.example.>',
    b'<a+victim=there.example@%s>' % OWN, b'< victim@there.example>',
    b'<victim@there.example> NOTIFY=SUCCESS ORCPT=rfc822;victim@%s' % OWN,
)] + [(HELLO, x, b'<%s>' % VICTIM) for x in (
    b'<>', b'<a@%s>' % OWN, b'<postmaster@%s>' % OWN, b'<a@%s>' % LITERAL,
    b'<a@localhost>', b'<a@[127.0.0.1]>', b'<%s>' % VICTIM, b'<postmaster>',
    b'<root>', b'<@%s:a@probe.example>' % OWN, b'<"a@b"@%s>' % OWN,
    b'<a@probe.example> AUTH=<>', b'<a@probe.example> AUTH=a@' + OWN,
)] + [(x, A, b'<%s>' % VICTIM) for x in (
    b'EHLO ' + OWN, b'HELO ' + OWN, b'EHLO localhost', b'HELO [127.0.0.1]',
    b'EHLO ' + LITERAL, b'NOOP',
)] + [
    # Who he says that he is, on the way or before.
    (b'XCLIENT ADDR=127.0.0.1 NAME=localhost\r\n' + HELLO, A,
     b'<%s>' % VICTIM),
    (b'XFORWARD ADDR=127.0.0.1\r\n' + HELLO, A, b'<%s>' % VICTIM),
    (HELLO + b'\r\nXCLIENT ADDR=127.0.0.1 LOGIN=root', A, b'<%s>' % VICTIM),
    (HELLO + b'\r\nAUTH PLAIN AHJvb3QAcm9vdA==', A, b'<%s>' % VICTIM),
    (HELLO + b'\r\nAUTH EXTERNAL =', A, b'<%s>' % VICTIM),
    (b'PROXY TCP4 127.0.0.1 127.0.0.1 4000 25\r\n' + HELLO, A,
     b'<%s>' % VICTIM),
]


def probe(port, source, hello, sender, to):
    """'' if nothing was taken, else what was.  All is said whatever the replies
    are, and the message is offered in both ways."""
    t = Talk(port, hello=None, source=source, host=HERE)
    mail = [b'MAIL FROM:' + sender, b'RCPT TO:' + to]
    said = []
    try:
        for line in hello.split(b'\r\n') + mail:
            t.say(line)
        t.send(b'BDAT %d LAST\r\n' % len(HEADER) + HEADER)
        said.append(t.reply())
        t.say(b'RSET')
        said += [t.say(x) for x in mail + [b'DATA']]
    except OSError:     # it has hung up
        pass
    t.close()
    taken = [x for x in said[:1] + said[2:] if x[:1] not in ('5', '')]
    return '%r %r %r: %s' % (hello, sender, to, said) if taken else ''


def closed(d, name, source):
    """Nobody gets anything through from there, to any role."""
    for role, port in d.ports.items():
        got = [probe(port, source, *p) for p in PROBES]
        same([x for x in got if x], [], '%s: %s: %d probes from %s' % (
            name, role, len(got), source))


def nothing(d):
    until(d.empty, 1)
    same((d.events('Reception'), d.arrived(),
          glob.glob(glob.escape(d.base) + '/spool/[nc]*/*')), ([], [], []),
         'nothing came in')


def trusted(d, source):
    return d.talk(source=source, host=HERE).envelope([VICTIM])[:3] == '250'


def no_trust():
    """Nothing is said of trust: loopback alone, wherever it listens."""
    for address in ('0.0.0.0', HERE):
        d = Door(trust='address = ' + address)
        closed(d, 'on %s without trust' % address, THERE)
        if address == HERE:
            # Its own address is nobody special.
            closed(d, 'on %s without trust' % address, HERE)
        nothing(d)
        d.end()


def others_trusted():
    d = Door(trust='address = 0.0.0.0\ntrust = 203.0.113.0/24')
    closed(d, 'others are trusted', THERE)
    closed(d, 'others are trusted, and it is', '127.0.0.1')
    nothing(d)
    # So that it is known that they would get through.
    got = [probe(d.ports['relay'], FRIEND, *p) for p in PROBES]
    ok(sum(x != '' for x in got) > 30, 'who is trusted may send', got)
    d.end()


WRONG = ('trust =', 'trust = 0.0.0.0/0', 'trust = ::/0', 'trust = all',
         'trust = *', 'trust = 198.51.100.7/0', 'trust = 198.51.100.7/24',
         'trust = 128.0.0.0/1 0.0.0.0/1', 'trust = 198.51.100.7/',
         'trust = 198.51.100.7/33', 'trust = 198.51.100', 'trust = /8',
         'trust = !127.0.0.1', 'trust = 127.0.0.1,198.51.100.7',
         'trust = 127.0.0.1\ntrust = 198.51.100.7', 'trusted = 198.51.100.7',
         'role = open', '[smtpd]\ntrust = 198.51.100.0/24',
         '[listener]\nrole = relay\nport = 26',
         '[listener more]\nport = 26\ntrust = 198.51.100.0/24')


def mistakes():
    """What the compiler refuses changes nothing."""
    d = Door(trust='address = 0.0.0.0')
    for wrong in WRONG:
        d.inst.write_conf(d.text.replace('address = 0.0.0.0', wrong))
        r = subprocess.run(
            [d.inst.bin + '/dray-policy', '-b', d.base, 'compile'],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        same(r.returncode, 100, 'refused: ' + wrong.replace('\n', ', '))
    closed(d, 'after mistakes', THERE)
    nothing(d)
    # A policy that somebody has broken by force, and one that is not there.
    path = d.base + '/policy/policy.cdb'
    with open(path, 'rb') as f:
        data = f.read()
    for name, b in (('a policy cut short', data[:len(data) // 2]),
                    ('an empty policy', b''),
                    ('a policy of noise', os.urandom(len(data)))):
        with open(path + '.tmp', 'wb') as f:
            f.write(b)
        os.rename(path + '.tmp', path)
        got = [probe(p, THERE, HELLO, A, b'<%s>' % VICTIM)
               for p in d.ports.values()]
        same(got, [''] * len(got), name)
    os.unlink(path)
    got = [probe(p, THERE, HELLO, A, b'<%s>' % VICTIM)
           for p in d.ports.values()]
    same(got, [''] * len(got), 'no policy')
    nothing(d)
    d.end()


def trust_ends():
    """Who was trusted when he came and is no more is refused the next
    recipient."""
    d = Door(trust='address = 0.0.0.0\ntrust = 198.51.100.0/24')
    t = d.talk(source=THERE, host=HERE)
    same(t.envelope([VICTIM])[:3], '250', 'trusted')
    t.say(b'RSET')
    d.inst.conf(d.text.replace('198.51.100.0/24', '203.0.113.0/24'))
    ok(until(lambda: trusted(d, FRIEND)), 'somebody else is')
    closed(d, 'no more trusted', THERE)
    same(t.envelope([VICTIM])[:3], '550', 'nor is who was there before')
    nothing(d)
    d.end()


run([no_trust, others_trusted, mistakes, trust_ends], sys.argv[1:])
done()
