"""Receiving servers that others wrote: Postfix, Exim and OpenSMTPD, from
packages that are not installed (debs.py), each in a root of its own (jail.py),
on 127.0.0.1 and, where there is IPv6, ::1.

A recipient whose local part begins with "u" exists at the peer's domain;
nobody else does.  What arrives is kept in a maildir, one file a recipient.
Limits are those that the server has unless it is told, but for the size of a
message.

Missing says why a peer cannot be had.
"""
import glob
import os
import signal
import socket
import sys
import tempfile

import debs
from certs import Certs
from debs import Missing
from jail import Jail
from tap import until

SIZE = 1 << 20
NAMES = ('postfix', 'exim', 'opensmtpd')


def addresses():
    """Those of this machine that a peer can listen on."""
    out = ['127.0.0.1']
    try:
        with socket.socket(socket.AF_INET6) as s:
            s.bind(('::1', 0))
        out.append('::1')
    except OSError:
        pass
    return out


def free_port():
    """A port that is free at all addresses."""
    for _ in range(100):
        with socket.socket() as s:
            s.bind(('127.0.0.1', 0))
            port = s.getsockname()[1]
        try:
            for a in addresses()[1:]:
                with socket.socket(socket.AF_INET6) as s:
                    s.bind((a, port))
            return port
        except OSError:
            pass
    raise Missing('no free port')


class Peer:
    """tls: a PEM file with its certificate and the key (certs.py)."""
    package = None
    programs = ()
    users = ()
    owners = ()
    offers = ()     # of what it offers, what matters to the tests

    def __init__(self, build, tls=None, size=SIZE):
        self.name = type(self).__name__.lower()
        self.domain = self.name + '.example'
        self.host = 'mx.' + self.domain
        self.size = size
        self.tls = tls
        self.jail = Jail(build, self.package, self.programs,
                         self.users + ('box',), self.owners)
        self.version = self.jail.version
        try:
            if tls:
                with open(tls) as f:
                    self.jail.file('/etc/cert.pem', f.read(), self.reader,
                                   0o600)
            self.jail.dir('/box', 'box', 0o700)
            for d in ('new', 'cur', 'tmp'):
                self.jail.dir('/box/' + d, 'box', 0o700)
            self.begin()
        except BaseException:
            self.jail.remove()
            raise

    reader = 'root'

    def begin(self):
        """A port that was free may be taken when we come to it."""
        for _ in range(3):
            self.port = free_port()
            self.configure()
            p = self.jail.start(*self.command())
            if until(lambda: p.poll() is not None or self.greets(), 20) and \
                    p.poll() is None:
                return
            self.jail.end()
        raise Exception('%s does not start: %s' % (self.name, self.said()))

    def greets(self):
        for a in addresses():
            try:
                with socket.create_connection((a, self.port), 5) as s:
                    if s.recv(4) != b'220 ':
                        return False
                    s.sendall(b'QUIT\r\n')
                    s.recv(1000)
            except OSError:
                return False
        return True

    def said(self):
        """The end of what it logged."""
        out = b''
        for f in ('/log', ) + self.logs:
            out += self.jail.read(f)
        return out.decode(errors='replace')[-1500:]

    logs = ()

    def arrived(self):
        """(recipient, octets with LF) of each message that was delivered, the
        fields that the server added taken off."""
        out = []
        for f in glob.glob(glob.escape(self.jail.root) + '/box/new/*'):
            with open(f, 'rb') as fh:
                out.append(self.split(fh.read()))
        return out

    mark = b'Delivered-To: '

    def split(self, data):
        """Fields before the message's own first one, which tests make begin
        with X-Test, are the server's."""
        head, _, rest = data.partition(b'X-Test: ')
        to = [x[len(self.mark):] for x in head.split(b'\n')
              if x.startswith(self.mark)]
        return (to[0].decode() if to else None), b'X-Test: ' + rest

    def count(self):
        return len(os.listdir(self.jail.root + '/box/new'))

    def clear(self):
        """Forgets what arrived."""
        for f in os.listdir(self.jail.root + '/box/new'):
            os.unlink(self.jail.root + '/box/new/' + f)

    def end(self):
        self.jail.remove()


class Postfix(Peer):
    package = 'postfix'
    offers = ('PIPELINING', 'CHUNKING', 'SMTPUTF8')
    daemons = ('master postlogd tlsmgr anvil trivial-rewrite cleanup qmgr '
               'smtpd virtual bounce error proxymap').split()
    programs = ['/usr/lib/postfix/sbin/' + x for x in daemons]
    users = ('postfix', 'postdrop')
    logs = ('/var/log/mail',)

    MAIN = '''compatibility_level = 3.6
queue_directory = /var/spool/postfix
data_directory = /var/lib/postfix
daemon_directory = /usr/lib/postfix/sbin
maillog_file = /var/log/mail
myhostname = %(host)s
mydestination =
mynetworks =
alias_maps =
local_recipient_maps =
smtpd_peername_lookup = no
smtpd_relay_restrictions = reject_unauth_destination
virtual_mailbox_domains = %(domain)s
virtual_mailbox_maps = regexp:/etc/postfix/boxes
virtual_mailbox_base = /
virtual_mailbox_limit = 0
virtual_uid_maps = static:%(uid)d
virtual_gid_maps = static:%(uid)d
message_size_limit = %(size)d
smtputf8_enable = yes
'''
    TLS = '''smtpd_tls_security_level = may
smtpd_tls_cert_file = /etc/cert.pem
'''
    MASTER = '''
postlog unix-dgram n - n - 1 postlogd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
'''

    def configure(self):
        j = self.jail
        conf = self.MAIN + (self.TLS if self.tls else '')
        j.file('/etc/postfix/main.cf', conf % dict(
            host=self.host, domain=self.domain, size=self.size,
            uid=j.ids['box']))
        j.file('/etc/postfix/boxes', '/^u[^@]*@/ box/\n')
        j.file('/etc/postfix/master.cf', ''.join(
            '%s:%d inet n - n - - smtpd\n' %
            ('[%s]' % a if ':' in a else a, self.port)
            for a in addresses()) + self.MASTER)
        j.dir('/var/log')
        j.dir('/var/lib/postfix', 'postfix', 0o700)
        j.dir('/var/spool/postfix')
        for d in ('active bounce corrupt defer deferred flush hold incoming '
                  'private saved trace').split():
            j.dir('/var/spool/postfix/' + d, 'postfix', 0o700)
        j.dir('/var/spool/postfix/pid')
        j.dir('/var/spool/postfix/public', 'postfix', 0o710)
        j.dir('/var/spool/postfix/maildrop', 'postfix', 0o730)

    def command(self):
        return ['/usr/lib/postfix/sbin/master', '-d', '-c', '/etc/postfix']


class Exim(Peer):
    package = 'exim4-daemon-light'
    offers = ('PIPELINING', 'CHUNKING', 'SMTPUTF8')
    programs = ['/usr/sbin/exim4']
    users = ('Debian-exim',)
    reader = 'Debian-exim'
    logs = ('/var/log/exim4/mainlog', '/var/log/exim4/paniclog')
    mark = b'Envelope-to: '

    CONF = '''primary_hostname = %(host)s
local_interfaces = %(addresses)s
daemon_smtp_ports = %(port)d
spool_directory = /var/spool/exim4
log_file_path = /var/log/exim4/%%slog
message_size_limit = %(size)d
keep_environment =
host_lookup =
rfc1413_query_timeout = 0s
smtputf8_advertise_hosts = *
dsn_advertise_hosts = *
smtp_accept_queue_per_connection = 0
queue_run_max = 5
acl_smtp_rcpt = rcpt
%(tls)s
begin acl
rcpt:
  accept domains = %(domain)s
         local_parts = ^u
  deny message = 5.1.1 no such user here
begin routers
box:
  driver = accept
  transport = box
begin transports
box:
  driver = appendfile
  maildir_format
  directory = /box
  user = box
  group = box
  envelope_to_add
  return_path_add
begin retry
* * F,1h,1s
'''
    TLS = '''tls_advertise_hosts = *
tls_certificate = /etc/cert.pem
tls_privatekey = /etc/cert.pem
'''

    def configure(self):
        j = self.jail
        j.file('/etc/exim4/exim4.conf', self.CONF % dict(
            host=self.host, domain=self.domain, port=self.port,
            size=self.size, addresses=' ; '.join(['<'] + addresses()).replace(
                '< ;', '<;', 1),
            tls=self.TLS if self.tls else 'tls_advertise_hosts ='))
        for d in ('/var/spool/exim4', '/var/log/exim4'):
            j.dir(d, 'Debian-exim', 0o750)

    def command(self):
        return ['/usr/sbin/exim4', '-bdf', '-q1s', '-oX',
                str(self.port), '-oP', '/tmp/exim.pid']


class OpenSMTPD(Peer):
    package = 'opensmtpd'
    programs = ['/usr/sbin/smtpd', '/usr/sbin/smtpctl',
                '/bin/sh', '/bin/cat', '/bin/mktemp', '/bin/mv']
    users = ('opensmtpd', 'opensmtpq')
    owners = users

    # Whether its use of OpenSSL is mended; if not it offers STARTTLS, and every
    # handshake fails.
    mended = True

    def configure(self):
        j = self.jail
        extra = ''
        if self.tls:
            if self.mended:
                j.preload('keys_preload.so')
            extra = ' tls pki "%s"' % self.host
        conf = ''
        if self.tls:
            conf += 'pki "%s" cert "/etc/cert.pem"\n' % self.host
            conf += 'pki "%s" key "/etc/cert.pem"\n' % self.host
        conf += 'table boxes { "^u[^@]*@%s$" }\n' % self.domain
        conf += 'smtp max-message-size "%d"\n' % self.size
        for a in addresses():
            conf += 'listen on %s port %d hostname "%s"%s\n' % (
                a, self.port, self.host, extra)
        conf += '''action box maildir "/box" virtual { "@" = box }
match from any for domain "%s" rcpt-to regex <boxes> action box
''' % self.domain
        j.file('/etc/smtpd.conf', conf)
        # Its own program for this refuses to be run by root, which is what
        # everybody is in a user namespace.
        j.file('/usr/libexec/opensmtpd/mail.maildir', '''#!/bin/sh
f=$(mktemp /box/tmp/XXXXXXXX) && cat >$f && mv $f /box/new
''', mode=0o755)
        j.file('/etc/mailname', self.host + '\n')
        j.dir('/var/spool/smtpd', mode=0o711)
        j.dir('/var/lib/opensmtpd/empty')
        j.dir('/run')
        j.dir('/var/run')

    def command(self):
        return ['/usr/sbin/smtpd', '-d', '-f', '/etc/smtpd.conf']


class Unmended(OpenSMTPD):
    mended = False


KINDS = {'postfix': Postfix, 'exim': Exim, 'opensmtpd': OpenSMTPD,
         'unmended': Unmended}


def start(name, build, **kw):
    # Who is ended still ends what he began.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    return KINDS[name](build, **kw)


if __name__ == '__main__':
    # Starts one for a look at it; the end of standard input ends it.
    with tempfile.TemporaryDirectory() as d:
        cert = Certs(d).good('mx.%s.example' % sys.argv[1])
        peer = start(sys.argv[1], os.path.dirname(debs.CACHE), tls=cert)
    print(peer.port, peer.jail.root, flush=True)
    sys.stdin.read()
    peer.end()
