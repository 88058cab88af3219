#!/usr/bin/python3
# dray-keys: keys that dray-sign reads and others verify by, records as DNS wants
# them, rotation, what is refused, what DNS says of them, keys of tokens.
import os
import re
import stat
import subprocess
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
import dkimverify
from dns import Dns, Nsd, done
from sign import ED25519, RSA, Client, Sign
from tap import ok, same, until

s = Sign()
base = s.base
for d in 'etc', 'spool':
    os.makedirs(base + '/' + d)
with open(base + '/etc/dray.conf', 'w') as f:
    f.write('[node]\nhostname = node.example\n')


def keys(*args, base=base):
    r = subprocess.run([s.bin('dray-keys'), '-b', base, *args],
                       stdin=subprocess.DEVNULL, capture_output=True,
                       text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


def records(text):
    """name: value, of zone file lines"""
    out = {}
    for name, rest in re.findall(r'^(\S+)\. IN TXT \((.*?)\)', text,
                                 re.S | re.M):
        parts = re.findall(r'"([^"]*)"', rest)
        ok(all(len(p) <= 255 for p in parts), 'strings of ' + name)
        out[name] = ''.join(parts)
    return out


def policy(*args):
    return subprocess.run([s.bin('dray-policy'), '-b', base, *args],
                          capture_output=True, text=True)


def signers():
    out = policy('explain', '--mx', 'x', '--from', 'brand.test',
                 'a@b.example').stdout
    return re.findall(r'^signature\t(.*?)\t', out, re.M)


os.umask(0o077)
code, out, err = keys('make', '--ed25519', '--selector', 's1', 'Brand.Test')
same(code, 0, 'two keys')
ok('PRIVATE' not in out + err and 'dray-policy compile' in err,
   'it says what to do, and shows no key', out + err)
first = records(out)
same(sorted(first), ['s1-ed._domainkey.brand.test',
                     's1._domainkey.brand.test'], 'two records')
for f in 's1', 's1-ed':
    st = os.stat('%s/keys/brand.test/%s.pem' % (base, f))
    same(stat.S_IMODE(st.st_mode), 0o440, 'the mode of ' + f)
same(stat.S_IMODE(os.stat(base + '/keys/brand.test').st_mode), 0o750,
     'that of the directory')
same(stat.S_IMODE(os.stat(base + '/etc/dkim/brand.test.conf').st_mode), 0o644,
     'everybody may read who signs')
same(policy('compile').returncode, 0, 'the policy takes it')
same(signers(), ['brand.test, rsa-sha256, selector s1',
                 'brand.test, ed25519-sha256, selector s1-ed'], 'who signs')
ok(s.start(), 'dray-sign starts')
m = s.sign(b'From: a@brand.test\r\nTo: b@example.net\r\n\r\nx\r\n',
           (RSA, 'brand.test', 's1'), (ED25519, 'brand.test', 's1-ed'))
said = dkimverify.by(first, m)
ok(all(x is not False and (x is None or x is True)
       for v in said.values() for x in v), 'signatures verify by the records',
   said)

same(keys('make', 'brand.test')[0], 100, 'it has keys')
same(keys('make', '--ed25519', 'brand.test')[0], 100, 'both')
with open(base + '/etc/dkim/brand.test.conf', 'a') as f:
    f.write('# ours\nsubdomains = no\n')
code, out, err = keys('rotate', '--rsa', '1024', 'brand.test')
same(code, 0, 'rotation')
second = records(out)
new = sorted(x.split('.')[0] for x in second)
ok(len(new) == 2 and new[1] == new[0] + '-ed' or new[0] == new[1] + '-ed',
   'two new selectors', new)
same(policy('compile').returncode, 0, 'compiled before DNS has them')
same(len(signers()), 2, 'two signers')
ok(all('s1' in x for x in signers()), 'the old keys sign', signers())
same(records(keys('publish', 'brand.test')[1]), {**first, **second},
     'all records')
again = records(keys('rotate', 'brand.test')[1])
ok(not set(again) & set(second), 'another rotation of the same day', again)
same(keys('use', 'brand.test', *new)[0], 0, 'the new ones are used')
with open(base + '/etc/dkim/brand.test.conf') as f:
    text = f.read()
ok('# ours\nsubdomains = no\n' in text and text.count('rsa =') == 1,
   'other lines stay', text)
policy('compile')
ok(all(any(n in x for n in new) for x in signers()), 'they sign', signers())
c = Client(base)
ok(until(lambda: c.signature(RSA, 'brand.test', min(new, key=len), bytes(32))),
   'dray-sign has seen them')
rows = [x.split('\t') for x in keys('list')[1].splitlines()]
same(len(rows), 6, 'the list')
same(sorted(r[1] for r in rows if r[4] == 'in use'), sorted(new),
     'what is in use')
ok({r[2] for r in rows} == {'rsa 2048', 'rsa 1024', 'ed25519 255'}, 'sizes',
   rows)

for args in ((), ('make',), ('x',), ('make', 'a.test', 'b.test'), ('list', 'x'),
             ('use', 'brand.test'), ('publish',), ('check', 'a.test', 'x'),
             ('token', 'x'), ('rotate', '--ed25519', 'brand.test'),
             ('publish', '--rsa', '2048', 'brand.test'), ('make', '--x', 'a'),
             ('make', '--rsa', '512', 'a.test'), ('make', '--rsa', '9999', 'a.test'),
             ('make', '--rsa', '2048x', 'a.test'), ('make', 'test'),
             ('make', '../x.test'), ('make', '[192.0.2.1]'), ('make', 'a b.test'),
             ('make', '--selector', '../x', 'a.test'),
             ('make', '--selector', 'A', 'a.test'),
             ('make', '--selector', '', 'a.test'),
             ('make', '--selector', 'x' * 64, 'a.test'),
             ('rotate', 'none.test'), ('publish', 'none.test'),
             ('use', 'brand.test', 'none'), ('use', 'none.test', 's1'),
             ('rotate', '--selector', 's1', 'brand.test')):
    code, out, err = keys(*args)
    ok(code == 100 and err, 'refused: ' + ' '.join(args), (code, out, err))
same(os.listdir(base + '/keys'), ['brand.test'], 'nothing is left of that')
same(keys('list', base='/nonexistent')[0], 111, 'no instance')
ok(not [f for d, _, fs in os.walk(base + '/keys') for f in fs
        if f.startswith('.')], 'no half files')

# Tokens.
same(keys('token')[0], 0, 'keys of tokens')
path = base + '/keys/token'
same(stat.S_IMODE(os.stat(path).st_mode), 0o400, 'nobody else may read them')
with open(path) as f:
    one = f.read().splitlines()
same([x.split()[0] for x in one], ['address', '0'], 'the first')
for _ in range(19):
    keys('token')
with open(path) as f:
    many = f.read().splitlines()
same([x.split()[0] for x in many],
     ['address', '3', '2', '1', '0', '15', '14', '13', '12'], 'after twenty')
same(many[0], one[0], 'that of addresses stays')
same(len({x.split()[1] for x in many}), 9, 'all differ')
os.chmod(path, 0o600)
with open(path, 'w') as f:
    f.write('junk\n')
same(keys('token')[0], 100, 'a file that is none')

# DNS.
same(keys('check', 'brand.test')[0], 111, 'nobody can be asked')
wrong = {n: v[:-8] + 'AAAA' + v[-4:] for n, v in second.items()}
zone = ''
for i, (n, v) in enumerate(sorted(second.items())):
    v = v if i else wrong[n]
    zone += '%s. IN TXT ( %s )\n' % (n, ' '.join(
        '"%s"' % v[k:k + 200] for k in range(0, len(v), 200)))
nsd = Nsd({'brand.test': zone})
d = Dns(dnssec='no', stub='brand.test 127.0.0.1@%d' % nsd.port)
os.symlink(base + '/keys', d.base + '/keys')
os.symlink(base + '/etc/dkim', d.base + '/etc/dkim')
code, out, err = keys('check', 'brand.test', base=d.base)
got = dict(x.split('\t') for x in out.splitlines())
names = sorted(second)
same(got, {names[0]: 'the record has another key', names[1]: 'good'},
     'one is good, the other is not')
same(code, 100, 'which is not good')
same(keys('check', base=d.base)[1], out, 'all domains')
code, out, err = keys('use', 'brand.test', 's1', base=d.base)
code, out, err = keys('check', 'brand.test', base=d.base)
ok(code == 100 and out.splitlines()[0].endswith('\tthere is no such record'),
   'no record', out)
s.stop()
done()
