#!/usr/bin/python3
# A real Postfix and a real Exim that have dray for their smarthost: over
# STARTTLS, with its certificate checked, and AUTH.  What they are given arrives
# once; where certificate or password are wrong they keep it.
import glob
import os
import smtplib
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import auth
import debs
import jail
import line
import peers
from certs import Certs
from door import Door
from line import BUILD, run
from tap import done, ok, same, skip, until

SASL = '/usr/lib/x86_64-linux-gnu/sasl2'
NAME = 'bench.example'


class Client:
    """Of a peer: it takes mail from loopback, and gives it to dray."""
    def __init__(self, build, port, ca, password='secret', mechanism='PLAIN'):
        self.facts = dict(smart=NAME, door=port, password=password,
                          mechanism=mechanism, low=mechanism.lower())
        with open(ca) as f:
            self.ca = f.read()
        super().__init__(build)

    def configure(self):
        super().configure()
        j = self.jail
        j.file('/etc/ca.pem', self.ca)
        j.file('/etc/hosts', jail.HOSTS + '127.0.0.1 %s\n' % NAME)
        j.dir('/etc/ssl')

    def give(self, to, body):
        with smtplib.SMTP('127.0.0.1', self.port, timeout=30) as s:
            s.sendmail('a@sender.example', to, body)


class Postfix(Client, peers.Postfix):
    daemons = peers.Postfix.daemons + ['smtp']
    programs = ['/usr/lib/postfix/sbin/' + x for x in daemons]

    def configure(self):
        super().configure()
        j = self.jail
        with open(j.root + '/etc/postfix/main.cf') as f:
            main = f.read()
        drop = ('mynetworks', 'smtpd_relay', 'virtual_')
        main = ''.join(x + '\n' for x in main.splitlines()
                       if not x.startswith(drop))
        j.file('/etc/postfix/main.cf', main + '''mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
relayhost = [%(smart)s]:%(door)d
smtp_dns_support_level = disabled
smtp_host_lookup = native
smtp_tls_security_level = secure
smtp_tls_secure_cert_match = nexthop
smtp_tls_CAfile = /etc/ca.pem
smtp_sasl_auth_enable = yes
smtp_sasl_password_maps = static:shop:%(password)s
smtp_sasl_security_options = noanonymous
smtp_sasl_mechanism_filter = %(low)s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
''' % self.facts)
        with open(j.root + '/etc/postfix/master.cf') as f:
            master = f.read()
        j.file('/etc/postfix/master.cf', master + 'smtp unix - - n - - smtp\n'
               'relay unix - - n - - smtp\n')
        modules = debs.get('libsasl2-modules')
        for f in glob.glob(modules + SASL + '/*.so*'):
            jail.place(f, j.root + SASL + '/' + os.path.basename(f))
            j.libraries(j.root + SASL + '/' + os.path.basename(f))


class Exim(Client, peers.Exim):
    OWN = '''primary_hostname = mx.exim.example
local_interfaces = %(addresses)s
daemon_smtp_ports = %(port)d
spool_directory = /var/spool/exim4
log_file_path = /var/log/exim4/%%slog
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
tls_advertise_hosts =
acl_smtp_rcpt = accept
begin routers
smart:
  driver = manualroute
  route_list = * %(smart)s byname
  self = send
  transport = smart
begin transports
smart:
  driver = smtp
  port = %(door)d
  hosts_require_tls = *
  hosts_require_auth = *
  tls_verify_certificates = /etc/ca.pem
  tls_verify_hosts = *
  tls_verify_cert_hostnames = *
begin retry
* * F,1h,1s
begin authenticators
it:
  driver = plaintext
  public_name = %(mechanism)s
  client_send = %(send)s
'''

    def configure(self):
        super().configure()
        f = self.facts
        send = {'PLAIN': '^shop^%(password)s',
                'LOGIN': ': shop : %(password)s'}[f['mechanism']] % f
        self.jail.file('/etc/exim4/exim4.conf', self.OWN % dict(
            f, port=self.port, send=send, addresses=' ; '.join(
                ['<'] + peers.addresses()).replace('< ;', '<;', 1)))


def door(certs):
    """Nobody is trusted; who has logged in may send."""
    d = Door(trust='trust = 192.0.2.0/24',
             more='[certificate it]\ncertificate = %s\n' % certs.good(NAME))
    d.inst.start(['dray-tlskey', 'dray-auth'])
    auth.add(d.base, 'shop', 'secret')

    def offers():
        t = d.talk()
        t.close()
        return 'STARTTLS' in t.hello
    ok(until(offers), 'STARTTLS is offered')
    return d


def close(d):
    d.inst.stop(only=['dray-tlskey', 'dray-auth'])
    d.end()


def relay(kind, certs, mechanism):
    d = door(certs)
    peer = kind(BUILD, d.ports['submission'], certs.ca, mechanism=mechanism)
    try:
        to = ['%s%d@there.example' % (mechanism.lower(), i) for i in range(20)]
        for i, x in enumerate(to):
            peer.give([x], 'Subject: %d\r\n\r\n.\r\n..dots\r\n' % i)
        ok(until(lambda: len(d.arrived()) >= len(to), 60),
           '%s: all arrives by AUTH %s' % (peer.name, mechanism), peer.said())
        same(sorted(d.arrived()), sorted(to), 'each once')
    finally:
        peer.end()
        close(d)


def refused(kind, certs, name, **kw):
    """It defers, and nothing comes."""
    d = door(certs)
    peer = kind(BUILD, d.ports['submission'], **kw)
    try:
        peer.give(['never@there.example'], 'Subject: x\r\n\r\nx\r\n')
        words = ('535', 'ertificate', 'not verified', 'Unverified', 'untrusted',
                 'verif')
        ok(until(lambda: any(w in peer.said() for w in words), 60),
           '%s: %s' % (peer.name, name), peer.said())
        same((d.arrived(), d.events('Reception')), ([], []), 'nothing comes')
    finally:
        peer.end()
        close(d)


def smarthost(kind):
    certs = Certs(os.path.join(line.top, 'certs'))
    other = Certs(os.path.join(line.top, 'others'))
    try:
        relay(kind, certs, 'PLAIN')
        relay(kind, certs, 'LOGIN')
        refused(kind, certs, 'a wrong password', ca=certs.ca, password='wrong')
        refused(kind, certs, 'a certificate of whom it does not know',
                ca=other.ca)
    except peers.Missing as e:
        skip(kind.__name__, e)


def postfix():
    smarthost(Postfix)


def exim():
    smarthost(Exim)


run([postfix, exim], sys.argv[1:])
done()
