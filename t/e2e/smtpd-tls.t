#!/usr/bin/python3
# TLS in dray-smtpd: STARTTLS and from the first octet on, certificates by name,
# with keys of both kinds, read anew while it runs; sessions that are resumed;
# and all that goes wrong: commands behind STARTTLS, no keys, no TLS at all.
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
import warnings
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import line
from certs import Certs
from door import HEADER, Door, Talk, free_port, stored
from line import run
from tap import done, ok, same, until

certs = Certs(os.path.join(line.top, 'certs'))


def context(least=None, most=None, ciphers=None, tickets=True):
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname = False
    c.verify_mode = ssl.CERT_NONE
    if least:
        c.minimum_version = least
    if most:
        c.maximum_version = most
    if ciphers:
        c.set_ciphers(ciphers)
    if not tickets:
        c.options |= ssl.OP_NO_TICKET
    return c


V12, V13 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
any_tls = context()


def old():
    """A client that speaks TLS 1.1 alone."""
    c = context(ciphers='ALL:@SECLEVEL=0')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        c.minimum_version = c.maximum_version = ssl.TLSVersion.TLSv1_1
    return c


def copy(made, to):
    """A certificate with its key, into place as an operator would do it."""
    with open(made) as f, open(to + '.new', 'w') as g:
        g.write(f.read())
    os.rename(to + '.new', to)


class TlsDoor(Door):
    """A door with certificates: files below etc/tls, by section."""

    def __init__(self, files, tls='may', start=True, stderr=None, **kw):
        self.implicit = free_port()
        text = '[listener implicit]\nrole = submission\ntls = implicit\n' \
            'port = %d\n' % self.implicit
        self.files = files
        for name in files:
            text += '[certificate %s]\ncertificate = tls/%s.pem\n' % (
                name, name)
        self.stderr = stderr
        super().__init__(trust='tls = ' + tls, more=text, **kw)
        if start:
            self.keys()

    def file(self, name):
        return os.path.join(self.base, 'etc/tls', name + '.pem')

    def put(self, name, made):
        copy(made, self.file(name))

    def keys(self):
        """Starts the key process; waits until there is TLS."""
        os.makedirs(self.base + '/etc/tls', exist_ok=True)
        for name, made in self.files.items():
            if not os.path.exists(self.file(name)):
                self.put(name, made)
        saved = os.dup(2)
        if self.stderr:
            with open(self.stderr, 'a') as f:
                os.dup2(f.fileno(), 2)
        self.inst.start(['dray-tlskey'])
        os.dup2(saved, 2)
        os.close(saved)
        until(lambda: self.talk().secure(any_tls)[:3] == '220')

    def shown(self, host=None, c=any_tls):
        """The certificate that it shows for a name."""
        t = self.talk()
        t.secure(c, hello=None, server_hostname=host)
        der = t.s.getpeercert(True)
        t.close()
        return der

    def end(self):
        self.inst.stop(only=['dray-tlskey'])
        super().end()


def der(made):
    with open(made) as f:
        text = f.read()
    begin = text.index('-----BEGIN CERT')
    end = text.index('-----END CERTIFICATE-----', begin)
    return ssl.PEM_cert_to_DER_cert(text[begin:end] +
                                    '-----END CERTIFICATE-----\n')


def received(t, d, name):
    same(t.mail([b'u@x.example'],
                HEADER + b'\r\n%s\r\n' % name.encode())[:9], '250 2.0.0',
         name + ': a message')
    return stored(d, b'\r\n\r\n%s\r\n' % name.encode()).decode()


def mail():
    """Messages by TLS, with each version and kind of key."""
    d = TlsDoor({'e': certs.good('mail.example'),
                 'r': certs.rsa('mail.example')})
    d.inst.stop(only=['dray-remote'])
    t = d.talk()
    ok('250-STARTTLS' in t.hello.split('\n'), 'STARTTLS is offered', t.hello)
    ok('with ESMTP id' in received(t, d, 'clear'), 'none is no TLS')
    for name, c, cipher in (
            ('1.3', context(V13), 'TLS_AES_256_GCM_SHA384'),
            ('1.2 EC', context(V12, V12, 'ECDHE-ECDSA-AES128-GCM-SHA256'),
             'ECDHE-ECDSA-AES128-GCM-SHA256'),
            ('1.2 RSA', context(V12, V12, 'ECDHE-RSA-AES256-GCM-SHA384'),
             'ECDHE-RSA-AES256-GCM-SHA384')):
        t = d.talk()
        same(t.secure(c), '220 2.0.0 go ahead', name + ': STARTTLS')
        ok('STARTTLS' not in t.hello, 'it is not offered any more', t.hello)
        same(t.code(b'STARTTLS'), '503 5.5.1', 'nor taken')
        got = received(t, d, name.replace(' ', '.'))
        ok(re.match(r'Received: from client\.example \(\[127\.0\.0\.1\]\)\r\n'
                    r'\t\(TLSv%s %s\)\r\n\tby bench\.example with ESMTPS id '
                    % (name[:3], cipher), got), 'Received says so', got)
        big = b'x' * 76 + b'\r\n'
        same(t.mail([b'u@x.example'], HEADER + b'\r\n' + big * 50000)[:9],
             '250 2.0.0', 'a large message')
        same(t.chunks([b'u@x.example'], HEADER + b'\r\n', big * 3000)[:9],
             '250 2.0.0', 'chunks')
        same(t.envelope([b'r%d@x.example' % i for i in range(900)])[:9],
             '250 2.1.5', 'many replies')
        same(t.say(b'QUIT'), '221 2.0.0 goodbye', 'QUIT')
        same(t.s.recv(10), b'', 'and a clean end')
    t = Talk(d.implicit, secure=any_tls)
    same(t.greeting, '220 bench.example ESMTP', 'implicit TLS: a greeting')
    ok('with ESMTPS id' in received(t, d, 'implicit'), 'Received says so')
    ok('STARTTLS' not in t.hello, 'STARTTLS is not offered there')
    # The command of others, with a pipe between us.
    r = subprocess.run(
        ['openssl', 's_client', '-starttls', 'smtp', '-connect',
         '127.0.0.1:%d' % d.ports['submission'], '-servername', 'mail.example',
         '-verify_hostname', 'mail.example', '-CAfile', certs.ca,
         '-verify_return_error', '-crlf', '-quiet', '-sigalgs',
         'ECDSA+SHA256'], input=b'EHLO x.example\nQUIT\n',
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=30)
    ok(r.returncode == 0 and b'221 2.0.0' in r.stdout, 'openssl s_client',
       r.stdout.decode())
    d.inst.start(['dray-remote'])
    d.end()


def required():
    d = TlsDoor({'e': certs.good('mail.example')}, tls='required')
    t = d.talk()
    same(t.code(b'MAIL FROM:<a@b.example>'), '530 5.7.0', 'no mail without')
    same(t.secure(any_tls)[:9], '220 2.0.0', 'STARTTLS')
    same(t.mail([b'a@there.example'])[:9], '250 2.0.0', 'mail with it')
    # Another word in the policy, and no new process.
    pid = d.inst.procs['dray-smtpd'].pid
    d.inst.conf(d.text.replace('tls = required', 'tls = no'))
    ok(until(lambda: 'STARTTLS' not in d.talk().hello), 'switched off')
    same(d.talk().code(b'STARTTLS'), '502 5.5.1', 'and not taken')
    same(d.inst.procs['dray-smtpd'].poll(), None, 'by the same process')
    ok(pid, 'it is there')
    d.end()


def forgotten():
    """What was said in the clear is forgotten; what came with STARTTLS is not
    done, neither before nor in TLS."""
    d = TlsDoor({'e': certs.good('mail.example')})
    t = d.talk()
    t.envelope([b'a@there.example'])
    t.secure(any_tls, hello=None)
    same(t.code(b'DATA'), '503 5.5.1', 'no transaction is left')
    same(t.code(b'MAIL FROM:<a@b.example>'), '503 5.5.1', 'nor a name')
    same(t.code(b'EHLO other.example')[:3], '250', 'it says it again')
    same(t.mail([b'a@there.example'])[:3], '250', 'and goes on')
    for behind in (b'MAIL FROM:<evil@b.example>\r\n'
                   b'RCPT TO:<evil@there.example>\r\n', b'EHLO evil.example\r\n',
                   b'Q', b'\r\n', b'STARTTLS\r\n', b'\x16\x03\x01'):
        t = d.talk()
        t.send(b'STARTTLS\r\n' + behind)
        same(t.reply()[:9], '554 5.5.1', 'behind STARTTLS: %r' % behind[:12])
        ok(t.closed(), 'is the end')
    t = d.talk()
    t.send(b'EHLO a.example\r\nNOOP\r\nSTARTTLS\r\n')
    got = [t.reply()[:3] for _ in range(3)]
    same(got, ['250', '250', '220'], 'in front of it there may be commands')
    t.close()
    # What comes after 220 in the clear is no handshake, and no command.
    t = d.talk()
    same(t.code(b'STARTTLS'), '220 2.0.0', 'STARTTLS')
    t.send(b'EHLO evil.example\r\nMAIL FROM:<evil@b.example>\r\n')
    got = b''
    try:
        while True:
            more = t.s.recv(4096)
            if not more:
                break
            got += more
    except ConnectionError:
        pass
    ok(not re.search(rb'[245]\d\d[ -]', got), 'no reply to the clear', got)
    ok(until(lambda: [e for e in d.events('Rejection')
                      if e['response']['code'] == 0]), 'it is logged')
    [e] = [e for e in d.events('Rejection') if e['response']['code'] == 0]
    same([e['response']['content'], e['response']['command']],
         ['the TLS handshake failed', 'STARTTLS'], 'as what it was')
    secured = [e['response']['content'] for e in d.events('Rejection')
               if e.get('tls_protocol_version') == 'TLSv1.3']
    same(secured, ['5.5.1 MAIL comes first', '5.5.1 EHLO comes first'],
         'and what came under TLS')
    until(lambda: d.events('Reception'))
    same([e['sender'] for e in d.events('Reception')], ['a@b.example'],
         'nothing else came in')
    d.end()


def names():
    one, two = certs.good('one.example', 'uno.example'), certs.own('two.example')
    wild, rsa = certs.own('*.three.example'), certs.rsa('two.example')
    deep = certs.own('deep.three.example')
    d = TlsDoor({'one': one, 'two': two, 'two-rsa': rsa, 'wild': wild,
                 'deep': deep})
    r = context(V12, V12, 'ECDHE-RSA-AES128-GCM-SHA256')
    for host, want in (('one.example', one), ('UNO.example', one),
                       ('two.example', two), ('a.three.example', wild),
                       ('deep.three.example', deep), ('three.example', one),
                       ('a.b.three.example', one), ('other.example', one),
                       (None, one)):
        ok(d.shown(host) == der(want), 'the certificate for %s' % host)
    ok(d.shown('two.example', r) == der(rsa), 'RSA for who wants that')
    t = d.talk()
    try:
        t.secure(r, server_hostname='one.example')
        ok(False, 'no RSA where there is none')
    except (ssl.SSLError, ConnectionError):
        ok(True, 'no RSA where there is none')
    d.end()


def renewed():
    """Files change: pairs that fit take their place at once, all else is told
    of once and changes nothing."""
    a, b = certs.good('mail.example'), certs.own('mail.example')
    c = certs.rsa('mail.example')
    log = os.path.join(line.top, 'renewed.log')
    d = TlsDoor({'m': a}, stderr=log)
    same(d.shown(), der(a), 'the first certificate')
    kept = d.talk()
    kept.secure(any_tls)
    d.put('m', b)
    ok(until(lambda: d.shown() == der(b)), 'the second, by rename')
    same(kept.code(b'NOOP'), '250 2.0.0', 'an old session goes on')
    with open(c) as f:
        text = f.read()
    with open(b) as f:
        other = f.read()

    def told(what):
        with open(log) as f:
            return f.read().count(what)

    begin = other.index('-----BEGIN PRIVATE')
    wrong = text[:text.index('-----BEGIN PRIVATE')] + other[begin:]
    with open(d.file('m'), 'w') as f:
        f.write(wrong)
    ok(until(lambda: told('is of no use: the key is not that of')),
       'a key of another certificate is told of')
    same(d.shown(), der(b), 'and changes nothing')
    with open(d.file('m'), 'w') as f:
        f.write(wrong)
    with open(d.file('m'), 'w') as f:
        f.write(text[:300])
    ok(until(lambda: told('a certificate is not whole')), 'so is half a file')
    same(told('the key is not that of'), 1, 'both of them once')
    os.unlink(d.file('m'))
    os.mkdir(d.file('m'))
    ok(until(lambda: told('Is a directory')), 'and something else')
    same(d.shown(), der(b), 'and the second is there all the time')
    os.rmdir(d.file('m'))
    with open(d.file('m'), 'w') as f:
        f.write(text)
    ok(until(lambda: d.shown() == der(c)), 'the third, written in place')
    # Others in the policy: the key process is started anew.
    os.makedirs(d.base + '/elsewhere')
    copy(a, d.base + '/elsewhere/a.pem')
    d.inst.conf(d.text.replace('tls/m.pem', d.base + '/elsewhere/a.pem'))
    p = d.inst.procs.pop('dray-tlskey')
    same(p.wait(timeout=30), 0, 'another file in the policy ends it')
    d.keys()
    same(d.shown(), der(a), 'and it is there')
    d.end()


def linked():
    """As certbot leaves them: links to another directory, which change."""
    a, b = certs.good('mail.example'), certs.own('mail.example')
    d = TlsDoor({'m': a}, start=False)
    os.makedirs(d.base + '/archive')
    os.makedirs(d.base + '/etc/tls')
    copy(a, d.base + '/archive/1.pem')
    os.symlink('../../archive/1.pem', d.file('m'))
    d.keys()
    same(d.shown(), der(a), 'a file that is linked to')
    copy(b, d.base + '/archive/2.pem')
    os.symlink('../../archive/2.pem', d.file('m') + '.new')
    os.rename(d.file('m') + '.new', d.file('m'))
    ok(until(lambda: d.shown() == der(b)), 'another link')
    d.end()


def away():
    """Without the key process there is no TLS, and all else goes on."""
    d = TlsDoor({'m': certs.good('mail.example')}, start=False)
    t = d.talk()
    ok('250-STARTTLS' in t.hello, 'STARTTLS is offered')
    same(t.code(b'STARTTLS'), '454 4.7.0', 'but not now')
    same(t.mail([b'a@there.example'])[:9], '250 2.0.0', 'mail is taken')
    try:
        Talk(d.implicit, secure=any_tls)
        ok(False, 'a handshake fails')
    except (ssl.SSLError, ConnectionError) as e:
        ok('ALERT' in str(e).upper(), 'a handshake fails, and says so', e)
    d.keys()
    same(t.secure(any_tls)[:9], '220 2.0.0', 'the same session, later')
    d.inst.stop(signal.SIGKILL, only=['dray-tlskey'])
    same(t.code(b'NOOP'), '250 2.0.0', 'a session in TLS goes on')
    ok(until(lambda: d.talk().code(b'STARTTLS') == '454 4.7.0'), 'killed')
    d.keys()
    same(d.talk().secure(any_tls)[:9], '220 2.0.0', 'and back')
    # It hangs: the one that waits is given up, the others are not asked.
    p = d.inst.procs['dray-tlskey']
    p.send_signal(signal.SIGSTOP)
    t = d.talk()
    begin = time.monotonic()
    try:
        t.secure(context(), hello=None)
        ok(False, 'a handshake without an answer fails')
    except (ssl.SSLError, ConnectionError):
        ok(True, 'a handshake without an answer fails')
    same(d.talk().code(b'STARTTLS'), '454 4.7.0', 'the next one is told')
    ok(time.monotonic() - begin < 15, 'all in good time')
    p.send_signal(signal.SIGCONT)
    ok(until(lambda: d.talk().secure(any_tls)[:3] == '220'), 'it goes on')
    d.end()


def resume(d, c, s=None):
    """A connection that resumes s: whether it did, and what could be resumed."""
    t = d.talk()
    t.secure(c, session=s, server_hostname='mail.example')
    t.say(b'QUIT')
    got = t.s.session_reused, t.s.session
    t.close()
    return got


def resumption():
    a, b = certs.good('mail.example'), certs.own('mail.example')
    d = TlsDoor({'m': a})
    for name, c in (('1.3', context(V13)), ('1.2', context(V12, V12))):
        first, s = resume(d, c)
        ok(not first, name + ': the first handshake is whole')
        again, s = resume(d, c, s)
        ok(again, 'the second is not')
        d.put('m', b)
        ok(until(lambda: d.shown() == der(b)), 'another certificate')
        again, s = resume(d, c, s)
        ok(again, 'and still resumed')
        # Another process, the same secrets.
        d.inst.stop(only=['dray-smtpd'])
        d.inst.start(['dray-smtpd'])
        until(lambda: d.talk().secure(any_tls)[:3] == '220')
        again, s = resume(d, c, s)
        ok(again, 'by another process too')
        d.inst.stop(only=['dray-tlskey'])
        d.keys()
        again, s = resume(d, c, s)
        ok(not again, 'with other secrets it is whole again')
        again, s = resume(d, context(V12, V12, tickets=False))
        ok(not again, 'so it is for who takes no tickets')
        d.put('m', a)
        until(lambda: d.shown() == der(a))
    d.end()


def processes():
    """Several of them: each has TLS, and resumes sessions of the others."""
    d = TlsDoor({'m': certs.good('mail.example')},
                smtpd='errors = 1000\nprocesses = 3')
    c = context(V13)
    # Each of them hears of the certificates by itself.
    until(lambda: all(d.talk().code(b'STARTTLS') == '220 2.0.0'
                      for _ in range(30)))
    some = [d.talk() for _ in range(30)]
    got = {t.secure(c) for t in some}
    same(got, {'220 2.0.0 go ahead'}, 'thirty sessions at once')
    _, s = resume(d, c)
    resumed = []
    for _ in range(30):
        r, s = resume(d, c, s)
        resumed.append(r)
    same(resumed, [True] * 30, 'thirty that are resumed')
    d.end()


def nonsense():
    d = TlsDoor({'m': certs.good('mail.example')},
                smtpd='errors = 1000\ncommand-timeout = 1s')
    for name, b in (('text', b'EHLO client.example\r\nQUIT\r\n'),
                    ('zeroes', bytes(500)), ('noise', os.urandom(3000)),
                    ('a record of no kind', b'\x16\x03\x01\xff\xff' + bytes(9)),
                    ('half a hello', b'\x16\x03\x01\x02\x00\x01\x00')):
        for port in ('implicit', 'submission'):
            s = socket.create_connection(
                ('127.0.0.1', d.implicit if port == 'implicit'
                 else d.ports[port]), timeout=30)
            if port == 'submission':
                s.sendall(b'STARTTLS\r\n')
                got = b''
                while b'220 2.0.0' not in got:
                    got += s.recv(4096)
            got = b''
            try:
                s.sendall(b)
                while True:
                    more = s.recv(4096)
                    if not more:
                        break
                    got += more
            except ConnectionError:
                pass
            except OSError as e:
                got = e
            ok(isinstance(got, bytes) and len(got) < 100 and
               not re.search(rb'[245]\d\d[ -]', got),
               '%s on %s: is the end' % (name, port), got)
            s.close()
    t = d.talk()
    same(t.code(b'STARTTLS'), '220 2.0.0', 'STARTTLS')
    ok(t.closed(), 'and silence: the end')
    s = socket.create_connection(('127.0.0.1', d.implicit), timeout=30)
    same(s.recv(100), b'', 'silence from the first octet on: the end')
    t = d.talk()
    try:
        t.secure(old())
        ok(False, 'TLS 1.1 is refused')
    except (ssl.SSLError, ConnectionError) as e:
        ok('version' in str(e).lower() or 'alert' in str(e).lower(),
           'TLS 1.1 is refused', e)
    # In the middle of TLS.
    t = d.talk()
    t.secure(any_tls)
    raw = socket.socket(fileno=os.dup(t.s.fileno()))
    t.envelope([b'a@there.example'])
    t.say(b'DATA')
    t.send(HEADER)
    raw.sendall(b'no record at all\r\n.\r\n')
    try:
        got = t.s.recv(100)
    except (ssl.SSLError, ConnectionError):
        got = b''
    same(got, b'', 'what is no TLS ends a session')
    raw.close()
    # A client that ends TLS gets its answer.
    t = d.talk()
    t.secure(any_tls)
    try:
        t.s.unwrap().close()
        ok(True, 'close_notify is answered')
    except (ssl.SSLError, ConnectionError) as e:
        ok(False, 'close_notify is answered', e)
    same(d.talk().secure(any_tls)[:9], '220 2.0.0', 'others do not notice')
    same(d.events('Reception'), [], 'nothing came in')
    d.end()


run((mail, required, forgotten, names, renewed, linked, away, resumption,
     processes, nonsense), sys.argv[1:])
done()
