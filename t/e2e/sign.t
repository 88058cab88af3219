#!/usr/bin/python3
# Mail is signed by who its From says, and leaves with a sender of its own, as
# policy says: from the queue and from SMTP, over BDAT and DATA; the policy of
# the moment counts, for what is queued already, too; mail that nobody signs is
# refused where that is wanted.
import base64
import glob
import hashlib
import os
import re
import struct
import subprocess
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import dkimverify
import tap
from tap import done, ok, same, skip, until
try:
    from fakesign import BRAND, DNS, KEYS, OP, FakeSign, verify
except ImportError as e:
    tap.skip_all('there is no dkimpy: %s' % e)
from door import Door
from line import run

DKIM = '[dkim brand.example]\nrsa = r1\ned25519 = e1\n'
ALSO = '[dkim op.example]\nrsa = r2\n'
PATH = '[sender brand.example]\nreturn-path = bounces@bounce.brand.example\n'
SECRET = bytes(range(32))


class Signed(Door):
    """A door with keys; what its sink got is kept."""

    def __init__(self, dkim=DKIM, **kw):
        self.kept = None
        super().__init__(args=['-o', self.dir()], **kw)
        os.makedirs(self.base + '/etc/dkim')
        os.makedirs(self.base + '/keys')
        self.sign = FakeSign(self.base, KEYS)
        if dkim:
            self.policy(dkim)

    def dir(self):
        import tempfile
        import line
        self.kept = tempfile.mkdtemp(prefix='kept ', dir=line.top)
        return self.kept

    def policy(self, dkim, more=''):
        with open(self.base + '/etc/dkim/test.conf', 'w') as f:
            f.write(dkim)
        self.inst.conf(self.text + more)

    def tokens(self, number=1):
        name = self.base + '/keys/token'
        with open(name + '.new', 'w') as f:
            f.write('address %s\n%d %s\n' % (SECRET.hex(), number,
                                             SECRET[::-1].hex()))
        os.rename(name + '.new', name)

    def mail(self, to, head, body=b'text\r\n', sender='news@brand.example',
             **kw):
        return self.inst.inject(to, data=head + b'Subject: x\r\n\r\n' + body,
                                sender=sender, **kw)

    def got(self, to):
        """What came for this address: envelope sender and octets."""
        for env in glob.glob(self.kept + '/new/*.env'):
            with open(env) as f:
                text = f.read()
            if 'rcpt <%s>' % to in text and os.path.exists(env[:-4] + '.msg'):
                with open(env[:-4] + '.msg', 'rb') as f:
                    return re.search(r'(?m)^from <(.*?)>', text).group(1), \
                        f.read(), text.count('\nrcpt ')
        return None

    def came(self, to):
        until(lambda: self.got(to), 10)
        return self.got(to)

    def signed(self, to, want, name):
        m = self.came(to)
        same(verify(m[1]) if m else None, want, name)

    def end(self):
        self.sign.end()
        super().end()


BODIES = {
    'empty': b'',
    'dots': b'.one\r\n..two\r\n\r\n.\r\nend\r\n',
    '8bit': 'Gr\u00fc\u00dfe \u4f60\r\n'.encode() * 20,
    'long': (b'x ' * 499 + b'\r\n') * 20,
    'blanks': b'a  b\t\tc \t\r\n  d\r\n\r\n\r\n',
    'large': b'0123456789 \r\n' * 30000,
    'largedots': b'.xyz\r\n0123456789\r\n' * 20000,
}
FROM = b'From: News <news@Brand.example>\r\nTo: b@x.example\r\n'


def everything():
    for name, routes in (('BDAT', '1'), ('DATA', '0')):
        s = Signed()
        if routes == '0':
            s.text += '[limits]\nchunking = no\n' if '[limits]' not in s.text \
                else 'chunking = no\n'
            s.policy(DKIM)
        for what, body in BODIES.items():
            s.mail([what + '@x.example'], FROM, body)
        t = s.talk('submission')
        t.say(b'MAIL FROM:<news@brand.example> BODY=8BITMIME')
        t.say(b'RCPT TO:<smtp@x.example>')
        t.say(b'DATA')
        t.send(FROM + b'Date: Sun, 22 Nov 2026 20:00:00 +0000\r\n'
               b'Message-ID: <1@brand.example>\r\nSubject: y\r\n\r\n'
               b'..stuffed\r\n' + BODIES['8bit'] + b'.\r\n')
        same(t.reply()[:3], '250', name + ': SMTP took it')
        for what in list(BODIES) + ['smtp']:
            s.signed(what + '@x.example', BRAND, '%s: %s' % (name, what))
        how = {e['data_command'] for e in s.events('Delivery')}
        same(how, {name}, 'all by ' + name)
        if name == 'BDAT':
            s.sign.end()    # known hashes need no body: seen in its octets
            s.sign = FakeSign(s.base, KEYS)
            s.mail(['back@x.example'], FROM, b'another\r\n')
            s.signed('back@x.example', BRAND, 'dray-sign gone and back')
        s.end()


def policies():
    s = Signed(dkim=None)
    s.mail(['a@x.example'], FROM)
    s.signed('a@x.example', [], 'nobody signs')
    s.ctl('pause', '--all')
    s.mail(['b@x.example'], FROM)
    s.mail(['c@x.example'], FROM, BODIES['large'])
    s.policy(DKIM)
    s.ctl('resume', '--all')
    s.signed('b@x.example', BRAND, 'a new policy signs what is queued')
    s.signed('c@x.example', BRAND, 'a large one, too')
    s.mail(['d@x.example'], b'From: a@sub.brand.example\n')
    s.signed('d@x.example', BRAND, 'a subdomain')
    s.mail(['e@x.example'], b'From: a@other.example\n')
    s.signed('e@x.example', [], 'another domain')
    s.policy(DKIM + 'domainkeys = yes\n')
    for what in 'd1', 'd2':
        s.mail([what + '@x.example'], FROM, BODIES['dots'])
        s.mail([what + 'large@x.example'], FROM, BODIES['largedots'])
    if dkimverify.perl():
        ms = [s.came(x + '@x.example')[1]
              for x in ('d1', 'd1large', 'd2', 'd2large')]
        same(dkimverify.by_perl_all(DNS, ms), [[True, None, True]] * 4,
             'DomainKeys as well')
    else:
        skip('DomainKeys', 'Mail::DKIM is not here')
    s.policy(DKIM + ALSO, '[signing]\nalso = op.example\n')
    s.mail(['f@x.example'], b'From: a@other.example\n')
    s.signed('f@x.example', OP, 'the operator signs what nobody does')
    s.mail(['g@x.example'], FROM)
    s.signed('g@x.example', BRAND + OP, 'and all the rest')
    s.policy(DKIM, '[signing]\nwithout-key = refuse\n')

    def refused():
        try:
            s.mail(['h@x.example'], b'From: a@other.example\n')
        except subprocess.CalledProcessError:
            return True
        return False
    ok(until(refused, 10), 'what nobody signs is refused')
    s.mail(['i@x.example'], b'from: (x) "a, b" <a@brand.example>,\n z@y\n')
    s.signed('i@x.example', BRAND, 'an odd From')
    t = s.talk('submission')
    t.say(b'MAIL FROM:<news@brand.example>')
    t.say(b'RCPT TO:<j@x.example>')
    t.say(b'DATA')
    t.send(b'From: a@other.example\r\nSubject: y\r\n\r\n.\r\n')
    got = t.reply()
    ok(re.match(r'55\d 5.7.1 nobody signs', got), 'over SMTP as well', got)
    gone = '[dkim brand.example]\nrsa = gone\n'
    s.policy(gone, '[signing]\nwithout-key = refuse\n')
    s.mail(['k@x.example'], FROM)
    ok(until(lambda: s.events('TransientFailure'), 10), 'a key is missing')
    e = s.events('TransientFailure')[0]['response']
    same((e['code'], e['enhanced_code']['subject']), (0, 7), 'and it waits')
    s.policy(gone)
    s.signed('k@x.example', [], 'until the policy lets it go')
    s.end()


def token(path):
    m = re.match(r'bounces\+([a-z2-7]{40})@bounce.brand.example$', path)
    return base64.b32decode(m.group(1).upper()) if m else None


def paths():
    s = Signed()
    s.policy('', PATH)
    s.mail(['a@x.example'], FROM)
    same(s.came('a@x.example')[0], 'news@brand.example',
         'without keys for tokens it leaves as it came')
    s.tokens()

    def made():
        n[0] += 1
        s.mail(['0%d@x.example' % n[0]], FROM)
        return token(s.came('0%d@x.example' % n[0])[0])
    n = [0]
    ok(until(made, 10), 'keys come')
    to = ['b%d@x.example' % i for i in range(5)] + ['B@Y.example']
    s.mail(to, FROM)
    seen = [s.came(x) for x in to[:5] + ['B@y.example']]
    tokens = [token(x[0]) for x in seen]
    ok(all(tokens), 'each has a path of its own', [x[0] for x in seen])
    same(len(set(tokens)), 6, 'which differ')
    same({x[2] for x in seen}, {1}, 'one recipient at a time')

    def keyed(what, n):
        return hashlib.blake2b(what, key=SECRET, digest_size=16).digest()[:n]
    same(tokens[5][5:13], keyed(b'ab@y.example', 8), 'the address is in it')
    same(tokens[5][0], 0x21, 'and the number of the key')
    same(tokens[5][19:], hashlib.blake2b(
        b't' + tokens[5][:19], key=SECRET[::-1], digest_size=16).digest()[:6],
        'which has signed it')

    def events():
        return [e for e in s.events('Delivery') if e['recipient'][0] in 'bB']
    until(lambda: len(events()) == 6, 10)
    es = events()
    same({e['sender'] for e in es}, {'news@brand.example'},
         'events have the sender that it came with')
    same(sorted(e['return_path'] for e in es), sorted(x[0] for x in seen),
         'and the one that it left with')
    whose = '\0'.join(es[0].get(x, '') for x in ('stream', 'tenant',
                                                 'campaign')) + '\0'
    same(tokens[5][17:19], keyed(b'o' + whose.encode(), 2), 'whose it is')
    s.tokens(2)

    def rotated():
        n[0] += 1
        s.mail(['c%d@x.example' % n[0]], FROM)
        return token(s.came('c%d@x.example' % n[0])[0])[0] == 0x22
    ok(until(rotated, 10), 'a new key is used')
    s.mail(['d@x.example'], b'From: a@other.example\n')
    same(s.came('d@x.example')[0], 'news@brand.example', 'another From')
    s.mail(['e@x.example'], FROM, sender='')
    same(s.came('e@x.example')[0], '', 'the null sender stays null')
    s.policy('')
    s.mail(['f@x.example'], FROM)
    same(s.came('f@x.example')[0], 'news@brand.example', 'policy ends it')
    s.end()


run((everything, policies, paths), sys.argv[1:])
done()
