#!/usr/bin/python3
# dray-sign from its socket: signatures that others verify, of bodies with all
# corners; keys that come, change, break and go; clients that misbehave.
import glob
import hashlib
import os
import signal
import struct
import subprocess
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
import dkimverify
from frames import frame, string
from sign import ED25519, RSA, RSA_SHA1, Client, Sign, make_key
from tap import done, ok, same, skip, until

DIGEST = hashlib.sha256(b'x').digest()
HEAD = (b'Received: from x by y\r\nFrom:  News <news@brand.example>\r\n'
        b'To: a@example.net,\r\n  b@example.net\r\nSubject: spring  sale \r\n'
        b'Date: Sun, 22 Nov 2026 12:00:00 +0000\r\nMessage-ID: <1@brand.example>'
        b'\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n'
        b'Content-Transfer-Encoding: 8bit\r\n'
        b'List-Unsubscribe: <https://u.brand.example/abc>,\r\n'
        b'\t<mailto:u@brand.example>\r\n'
        b'List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n')
BODIES = {
    'a usual one': b'Hello,\r\n\r\nthis is it.\r\n',
    'an empty one': b'',
    'one of empty lines': b'\r\n\r\n\r\n',
    'one with empty lines at its end': b'x\r\n\r\n \r\n\t\r\n',
    'lines that begin with dots': b'.\r\n..\r\n.x\r\n',
    'eight bits': 'Grüße, Ωmega, שלום, 🎉\r\n'.encode() * 20,
    'long lines': (b'x' * 997 + b' \r\n') * 30,
    'white space': b'a \t b\r\n  c\r\n\td  \r\n' * 100,
    'HTML': b'<td style="x">\r\n\t\t<b>  y </b>\r\n</td>\r\n' * 2000,
}


def verified(keys, message, n, name):
    said = dkimverify.by(keys, message)
    ok(said and all(len(v) == n and v[0] is True and
                    all(x in (True, None) for x in v)
                    for v in said.values()),
       '%s: %s' % (name, ', '.join(said)), said)


def verifiers():
    s = Sign()
    keys = {}
    for sel, kind in ('r', 'rsa'), ('e', 'ed25519'):
        pem = s.key('brand.example', sel, kind)
        keys['%s._domainkey.brand.example' % sel] = \
            dkimverify.record(pem, kind)
    ok(s.start(), 'it starts')
    both = [(RSA, 'brand.example', 'r'), (ED25519, 'brand.example', 'e')]
    for who in 'dkimpy', 'opendkim', 'perl':
        if who not in dkimverify.here():
            skip(who, 'it is not here')
    for name, body in BODIES.items():
        m = s.sign(HEAD + b'\r\n' + body, *both)
        verified(keys, m, 2, name)
    m = s.sign(HEAD + b'\r\nx\r\n', both[0])
    for what, other in (
            ('another body', m.replace(b'\r\n\r\nx', b'\r\n\r\ny')),
            ('another subject', m.replace(b'spring', b'autumn')),
            ('a field more', m.replace(b'\r\nSubject',
                                       b'\r\nCc: c@example.net\r\nSubject', 1)),
            ('a second From', m.replace(b'From:  News',
                                        b'From: x@y\r\nFrom: News', 1))):
        said = dkimverify.by(keys, other)
        ok(other != m and all(v != [True] for v in said.values()),
           what + ' is found', said)
    many = HEAD + b''.join(b'To: %d@example.net\r\n' % i for i in range(9))
    verified(keys, s.sign(many + b'\r\nx\r\n', *both), 2,
             'a field more often than is signed')
    same(s.stop(), 0, 'SIGTERM')


def domainkeys():
    """Only Perl knows them still."""
    if 'perl' not in dkimverify.here():
        skip('DomainKeys', 'Mail::DKIM is not here')
        return
    s = Sign()
    pem = s.key('brand.example', 'r', 'rsa')
    keys = {'r._domainkey.brand.example': dkimverify.record(pem, 'rsa')}
    s.start()
    sig = [(RSA, 'brand.example', 'r'), (RSA_SHA1, 'brand.example', 'r')]
    for name, body in BODIES.items():
        m = s.sign(HEAD + b'Subject: another\r\n\r\n' + body, *sig)
        ok(b'DomainKey-Signature' in m, name + ': a field')
        same(dkimverify.by_perl(keys, m), [True, True], 'DomainKeys: ' + name)
    bad = m.replace(b'</td>', b'</th>')
    ok(True not in dkimverify.by_perl(keys, bad), 'another body')
    s.stop()


def corpus():
    """Every message of the corpora that is fit to be sent, and can be signed."""
    top = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       '../../../shared/corpus')
    files = sorted(glob.glob(top + '/**/*.eml', recursive=True))
    if not files:
        skip('the corpus', 'it is not here')
        return
    s = Sign()
    pem = s.key('brand.example', 'r', 'rsa', 1024)
    keys = {'r._domainkey.brand.example': dkimverify.record(pem, 'rsa')}
    s.start()
    bad, n = [], 0
    for path in files[::max(1, len(files) // 60)]:
        with open(path, 'rb') as f:
            m = f.read().replace(b'\r\n', b'\n').replace(b'\n', b'\r\n')
        head = m.split(b'\r\n\r\n')[0].lower()
        if b'\r' in m.replace(b'\r\n', b'') or b'\0' in m or \
                not (b'\r\n' + head).count(b'\r\nfrom:') == 1 or \
                b'dkim-signature:' in head or \
                any(b':' not in x and x[:1] not in b' \t'
                    for x in head.split(b'\r\n')):
            continue
        n += 1
        m += b'' if m.endswith(b'\r\n') else b'\r\n'
        m = s.sign(m, (RSA, 'brand.example', 'r'))
        if dkimverify.dkim and dkimverify.by_dkimpy(keys, m) != [True]:
            bad.append(path)
        # It looks at no message whose From it cannot read.
        if dkimverify.opendkim() and \
                dkimverify.by_opendkim(keys, m) not in ([True], []):
            bad.append(path)
    ok(n > 10 and not bad, 'messages of the corpus', '%d, bad %s' % (n, bad))
    s.stop()


def openssl_good(pem, sig, digest, *options):
    d = os.path.dirname(pem)
    for name, text in ('sig', sig), ('digest', digest):
        with open(os.path.join(d, name), 'wb') as f:
            f.write(text)
    return subprocess.run(
        ['openssl', 'pkeyutl', '-verify', '-inkey', pem, '-in', d + '/digest',
         '-sigfile', d + '/sig'] + list(options),
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def signatures():
    s = Sign()
    r = s.key('brand.example', 'r', 'rsa')
    e = s.key('brand.example', 'e', 'ed25519')
    small = s.key('brand.example', 'small', 'rsa', 512)
    ec = s.base + '/keys/brand.example/ec.pem'
    subprocess.run(['openssl', 'ecparam', '-genkey', '-name', 'prime256v1',
                    '-noout', '-out', ec], check=True)
    with open(s.base + '/keys/brand.example/no.pem', 'w') as f:
        f.write('no key\n')
    os.makedirs(s.base + '/keys/Upper.example')
    with open(s.base + '/keys/token', 'w') as f:
        f.write('not ours\n')
    s.start()
    c = Client(s.base)
    ok(openssl_good(r, c.signature(RSA, 'brand.example', 'r', DIGEST), DIGEST,
                    '-pkeyopt', 'digest:sha256'), 'rsa-sha256')
    sha1 = hashlib.sha1(b'x').digest()
    ok(openssl_good(r, c.signature(RSA_SHA1, 'brand.example', 'r', sha1), sha1,
                    '-pkeyopt', 'digest:sha1'), 'rsa-sha1')
    ok(openssl_good(e, c.signature(ED25519, 'brand.example', 'e', DIGEST),
                    DIGEST, '-rawin'), 'ed25519')
    same([c.signature(RSA, 'brand.example', 'x', DIGEST),
          c.signature(RSA, 'x.example', 'r', DIGEST),
          c.signature(RSA, 'brand.example', 'e', DIGEST),
          c.signature(ED25519, 'brand.example', 'r', DIGEST),
          c.signature(RSA, 'brand.example', 'small', DIGEST),
          c.signature(RSA, 'brand.example', 'ec', DIGEST),
          c.signature(RSA, 'brand.example', 'no', DIGEST),
          c.signature(RSA, '', '', DIGEST),
          c.signature(RSA, '..', 'x/../brand.example/r', DIGEST),
          c.signature(RSA, 'brand.example/r', '', DIGEST)],
         [b''] * 10, 'no such key, or one of another kind')
    ok(all(x in s.said() for x in ('small.pem is of no use: an RSA key of that',
                                   'ec.pem is of no use: the key is neither',
                                   'no.pem is of no use: there is no')),
       'what is of no use is said', s.said())
    ids = [c.ask(*((RSA, 'brand.example', 'r') if i % 2 else
                   (ED25519, 'brand.example', 'e')), DIGEST)
           for i in range(1000)]
    got = [c.answer() for _ in ids]
    same(sorted(x[0] for x in got), ids, 'many at once')
    same({len(x[1]) for x in got}, {64, 256}, 'each by its key')
    same(small[-9:], 'small.pem', 'that was all')
    s.stop()


def changes():
    s = Sign()
    s.start()
    c = Client(s.base)
    same(c.signature(RSA, 'a.example', 's', DIGEST), b'', 'no key at all')
    pem = s.key('a.example', 's', 'rsa', 1024)
    os.rename(s.base + '/keys/a.example', s.base + '/keys/.a')
    os.rename(s.base + '/keys/.a', s.base + '/keys/a.example')
    ok(until(lambda: c.signature(RSA, 'a.example', 's', DIGEST)),
       'a domain that came')
    s.stop()
    s.start()
    c = Client(s.base)
    first = c.signature(RSA, 'a.example', 's', DIGEST)
    s.key('a.example', 't', 'ed25519')
    ok(c.signature(ED25519, 'a.example', 't', DIGEST),
       'a new key is there at once')
    s.key('a.example', 's', 'rsa', 1024)
    ok(until(lambda: c.signature(RSA, 'a.example', 's', DIGEST) != first),
       'a key that changed')
    first = c.signature(RSA, 'a.example', 's', DIGEST)
    with open(pem, 'w') as f:
        f.write('half')
    ok(until(lambda: 'the key before stays' in s.said()), 'a broken file')
    same(c.signature(RSA, 'a.example', 's', DIGEST), first,
         'changes nothing')
    os.unlink(pem)
    ok(until(lambda: not c.signature(RSA, 'a.example', 's', DIGEST)),
       'a key that is gone')
    ok('s.pem is gone' in s.said(), 'which is said', s.said())
    make_key(s.base + '/keys/.b/s.pem', 'ed25519')
    os.rename(s.base + '/keys/.b', s.base + '/keys/b.example')
    make_key(s.base + '/keys/b.example/u.pem', 'ed25519')
    s.p.send_signal(signal.SIGHUP)
    ok(until(lambda: c.signature(ED25519, 'b.example', 'u', DIGEST)), 'SIGHUP')
    same(s.stop(signal.SIGINT), 0, 'SIGINT')


def clients():
    s = Sign()
    s.key('a.example', 'r', 'rsa')
    s.start()
    good = Client(s.base)
    rest = string('a.example') + string('r')
    for what, b in (
            ('no frame', b'GET / HTTP/1.0\r\n\r\n'),
            ('another version', frame(b'S', bytes(8), version=9)),
            ('an unknown type', frame(b'X', bytes(8))),
            ('half a question', frame(b'S', bytes(5) + rest)),
            ('an unknown algorithm', frame(b'S', b'\0\0\0\1\7' + rest +
                                           string(DIGEST))),
            ('a digest that is too short', frame(b'S', b'\0\0\0\1\1' + rest +
                                                 string(DIGEST[1:]))),
            ('too long for SHA-1', frame(b'S', b'\0\0\0\1\3' + rest +
                                         string(DIGEST))),
            ('none', frame(b'S', b'\0\0\0\1\1' + rest + string(b''))),
            ('more behind it', frame(b'S', b'\0\0\0\1\1' + rest +
                                     string(DIGEST) + b'x')),
            ('a long frame', struct.pack('>IH', 1 << 20, 0)),
            ('descriptors', struct.pack('>IH', 2, 1) + b'\1S')):
        c = Client(s.base)
        c.send(b)
        ok(c.closed(), what)
    ok(good.signature(RSA, 'a.example', 'r', DIGEST), 'one who is good')
    many = [Client(s.base) for _ in range(300)]
    for m in many:
        m.s.close()
    ok(Client(s.base).signature(RSA, 'a.example', 'r', DIGEST),
       'more clients than it takes, and then again')
    # One who asks and goes; one who asks and does not read.
    c = Client(s.base)
    for _ in range(500):
        c.ask(RSA, 'a.example', 'r', DIGEST)
    c.s.close()
    c = Client(s.base)
    c.s.settimeout(1)
    try:
        for _ in range(50000):
            c.ask(RSA, 'a.example', 'none', DIGEST)
    except OSError:
        ok(True, 'who does not read is not read from')
    ok(good.signature(RSA, 'a.example', 'r', DIGEST), 'who is good is served')
    if os.getuid() == 0:
        r, w = os.pipe()
        if os.fork() == 0:
            os.chmod(s.base, 0o755)
            os.chmod(os.path.dirname(s.base), 0o755)
            os.chmod(s.base + '/sock/sign', 0o666)
            os.setgid(65534)
            os.setuid(65534)
            os.write(w, b'1' if Client(s.base).closed() else b'0')
            os._exit(0)
        os.wait()
        same(os.read(r, 1), b'1', 'somebody else is hung up on')
    same(s.stop(), 0, 'the end')


verifiers()
domainkeys()
corpus()
signatures()
changes()
clients()
done()
