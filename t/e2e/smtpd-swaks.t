#!/usr/bin/python3
# What Debian's swaks makes of dray-smtpd: a scenario for each extension that it
# can speak, in each role.
import os
import shutil
import socket
import subprocess
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import auth
import line
from certs import Certs
from door import Door
from line import run
from tap import done, ok, same, skip, skip_all, until

if not shutil.which('swaks'):
    skip_all('swaks is not installed')

# Its exit codes.
GOOD, NO_MAIL, NO_RCPT, NO_MESSAGE, NO_AUTH = 0, 23, 24, 26, 28


def swaks(d, role, *options, host='127.0.0.1', stdin=b''):
    """Its exit code, and the dialogue."""
    r = subprocess.run(
        ['swaks', '--server', host, '--port', str(d.ports[role]), '--helo',
         'client.example', '--from', 'a@b.example', '--timeout', '30s'] +
        list(options), input=stdin, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, timeout=60)
    return r.returncode, r.stdout.decode(errors='replace')


def scenario(d, role, name, want, *options, look='', **kw):
    """Options decide where it goes; look: what the dialogue has in it."""
    rc, out = swaks(d, role, *options, **kw)
    return ok(rc == want and look in out, '%s: %s' % (role, name),
              'exit code %d, not %d\n%s' % (rc, want, out))


def each(d, role):
    """Each recipient is named for the scenario."""
    def to(name):
        return 'swaks+%s.%s@there.example' % (name, role)
    sent = []

    def good(name, *options, **kw):
        sent.append(to(name))
        scenario(d, role, name, GOOD, '--to', to(name), *options, **kw)

    good('smtp', '--protocol', 'SMTP', look='<-  250 2.0.0 queued as')
    good('esmtp', '--protocol', 'ESMTP', look='<-  250 2.0.0 queued as')
    good('pipelining', '--pipeline')
    good('null', '--from', '<>')
    good('8bit', '--body', 'Gr\u00fc\u00dfe')
    good('dots', '--data', 'Subject: x\\n\\n.\\n..\\n.x\\n', look=' -> ...')
    good('attachment', '--attach-type', 'application/octet-stream',
         '--attach', '@' + sys.executable if os.path.getsize(
             sys.executable) < 10 ** 7 else '@/etc/passwd')
    good('stdin', '--data', '-', stdin=b'Subject: x\n\nfrom a pipe\n')
    sent.extend([to('two'), to('three')])
    scenario(d, role, 'two recipients', GOOD, '--pipeline', '--to',
             to('two') + ',' + to('three'))
    for at in ('connect', 'helo', 'mail', 'rcpt'):
        scenario(d, role, 'quits after ' + at, GOOD, '--quit-after', at,
                 '--to', to('never'), look='<-  221 2.0.0')
    for at in ('helo', 'mail', 'rcpt', 'data'):
        swaks(d, role, '--drop-after', at, '--to', to('never'))
    for at in ('helo', 'mail', 'rcpt'):
        swaks(d, role, '--drop-after-send', at, '--to', to('never'))
    scenario(d, role, 'drops connections', GOOD, '--quit-after', 'rcpt',
             '--to', to('never'))
    scenario(d, role, 'a sender that is none', NO_MAIL, '--from', 'a@',
             '--to', to('never'), look='<** 553 5.1.7')
    scenario(d, role, 'a recipient that is none', NO_RCPT, '--to',
             'no..body@there..example', look='<** 553 5.1.3')
    scenario(d, role, 'a message that is too large', NO_MESSAGE, '--to',
             to('never'), '--body', '@' + d.base + '/large',
             look='<** 552 5.3.4')
    scenario(d, role, 'a loop', NO_MESSAGE, '--to', to('never'), '--data',
             'Received: x\\n' * 60 + '\\nx\\n', look='<** 554 5.4.6')
    return sent


def extensions():
    d = Door(queue='max-message-size = 12M\n')
    with open(d.base + '/large', 'w') as f:
        f.write(('x' * 70 + '\n') * 200000)
    sent = [x for role in d.ports for x in each(d, role)]
    until(lambda: len(d.arrived()) >= len(sent))
    same(sorted(d.arrived()), sorted(sent), 'all that was taken arrives')
    d.end()


def relaying():
    d = Door(trust='trust = 192.0.2.0/24\nauth = no')
    for role in d.ports:
        for name, options in (
                ('somebody', ('--to', 'a@there.example')),
                ('the null sender', ('--from', '<>', '--to',
                                     'a@there.example')),
                ('pipelined', ('--pipeline', '--to', 'a@there.example')),
                ('an address literal', ('--to', 'a@[192.0.2.9]')),
                ('a source route', ('--to',
                                    '@bench.example:a@there.example'))):
            scenario(d, role, 'not trusted, ' + name, NO_RCPT, *options,
                     look='550 5.7.1')
    same(d.events('Reception'), [], 'nothing came in')
    d.end()


def family():
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(('::1', 0))
    except OSError:
        skip('over IPv6', 'there is none')
        return
    d = Door(trust='address = ::1')
    rc, out = swaks(d, 'relay', '--quit-after', 'helo', host='::1')
    if rc == 10:    # a library of it is missing
        skip('over IPv6', out.split('\n')[0])
        d.end()
        return
    for role in d.ports:
        scenario(d, role, 'over IPv6', GOOD, '--to', 'six@there.example',
                 host='::1')
    until(lambda: len(d.arrived()) == 2)
    same(d.arrived(), ['six@there.example'] * 2, 'which arrives')
    d.end()


def logins():
    """AUTH in the clear on loopback, and under TLS where swaks can have that."""
    cert = Certs(os.path.join(line.top, 'certs')).good('bench.example')
    d = Door(trust='trust = 192.0.2.0/24',
             more='[certificate it]\ncertificate = %s\n' % cert)
    d.inst.start(['dray-tlskey', 'dray-auth'])
    auth.add(d.base, 'shop', 'secret')
    ways = [('clear', []), ('TLS', ['--tls'])]
    if subprocess.run(['perl', '-MNet::SSLeay', '-e1'],
                      stderr=subprocess.DEVNULL).returncode:
        skip('AUTH under TLS', 'swaks has no TLS')
        ways.pop()
    else:
        until(lambda: swaks(d, 'submission', '--tls', '--quit-after',
                            'ehlo')[0] == GOOD)
    sent = []
    for way, options in ways:
        for kind in ('PLAIN', 'LOGIN'):
            name = 'AUTH %s, %s' % (kind, way)
            sent.append('swaks+%s.%s@there.example' % (kind, way))
            user = ['--auth', kind, '--auth-user', 'shop', '--auth-password']
            scenario(d, 'submission', name, GOOD, '--to', sent[-1], *options,
                     *user, 'secret', look='235 2.7.0 welcome')
            scenario(d, 'submission', name + ', wrong', NO_AUTH, '--to',
                     'never@there.example', *options, *user, 'other',
                     look='535 5.7.8')
        scenario(d, 'submission', 'no AUTH, ' + way, NO_MAIL, '--to',
                 'never@there.example', *options, look='530 5.7.0')
    until(lambda: len(d.arrived()) == len(sent))
    same(sorted(d.arrived()), sorted(sent), 'what was sent arrives')
    d.inst.stop(only=['dray-tlskey', 'dray-auth'])
    d.end()


run([extensions, relaying, family, logins], sys.argv[1:])
done()
