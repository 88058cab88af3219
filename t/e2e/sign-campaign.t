#!/usr/bin/python3
# A campaign from end to end with dray-sign and keys of dray-keys: each message is
# made for one, leaves with his token as its sender and in its link, and is
# signed; dray-sign dies while it flows.
import os
import re
import signal
import subprocess
import sys
import tempfile
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import dkimverify
import line
from line import FAST, Line, run
from tap import done, ok, same, until

if not dkimverify.here():
    from tap import skip_all
    skip_all('nobody verifies signatures')

SENDER = '[sender brand.example]\n' \
    'return-path = bounces@bounce.brand.example\n' \
    'unsubscribe-url = https://u.brand.example/{token}\n'
TEMPLATE = '''From: News <news@brand.example>
To: {{email}}
Subject: For {{name}}
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8

Dear {{name}},
.
{{text}}
'''


def keys(s, *args):
    return subprocess.run([s.inst.bin + '/dray-keys', '-b', s.base] +
                          list(args), check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def campaign(s, ident, n):
    rows = ''.join('r%d@x%d.example,N\u00e4me %d,.dot %s\n' % (
        i, i % 7, i, 'word ' * (i % 50)) for i in range(n))
    with open(s.base + '/t.eml', 'w') as f:
        f.write(TEMPLATE)
    r = subprocess.run(
        [s.inst.bin + '/dray-campaign', '-i', ident, '-f',
         'news@brand.example', '-T', s.base + '/t.eml'],
        input='email,name,text\n' + rows, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, env=dict(os.environ, DRAY_BASE=s.base))
    return r.returncode, r.stdout


def got(kept):
    """(envelope sender, octets) of what came, by recipient."""
    out = {}
    for name in os.listdir(kept + '/new'):
        if not name.endswith('.msg'):
            continue
        with open(kept + '/new/' + name[:-4] + '.env') as f:
            env = f.read()
        with open(kept + '/new/' + name, 'rb') as f:
            to = re.search(r'(?m)^rcpt <(.*?)>', env).group(1)
            out.setdefault(to, []).append(
                (re.search(r'(?m)^from <(.*?)>', env).group(1), f.read()))
    return out


def public(s):
    """What DNS would have of the keys that there are."""
    out = {}
    top = s.base + '/keys/brand.example'
    for name in os.listdir(top):
        if name.endswith('.pem'):
            kind = 'ed25519' if name.endswith('-ed.pem') else 'rsa'
            out[name[:-4] + '._domainkey.brand.example'] = dkimverify.record(
                top + '/' + name, kind)
    return out


def flows():
    kept = tempfile.mkdtemp(prefix='kept ', dir=line.top)
    s = Line(args=['-o', kept], conf=FAST)
    os.makedirs(s.base + '/etc/dkim', exist_ok=True)
    os.makedirs(s.base + '/keys', exist_ok=True)
    keys(s, 'make', '--ed25519', '--selector', 'one', 'brand.example')
    with open(s.base + '/etc/dkim/brand.example.conf', 'a') as f:
        f.write('domainkeys = yes\n')
    keys(s, 'token')
    s.inst.start(['dray-sign'])
    s.inst.conf(SENDER + FAST)
    rc, out = campaign(s, 'spring', 300)
    same(rc, 0, 'a campaign is queued')
    ok(until(lambda: len(got(kept)) > 50, 20), 'it flows', out)
    s.inst.stop(signal.SIGKILL, only=['dray-sign'])
    s.inst.start(['dray-sign'])
    ok(until(lambda: len(s.events('Delivery')) == 300, 20),
       'it ends, over the death of dray-sign', len(s.events('Delivery')))
    all_ = got(kept)
    same(sorted((len(x) for x in all_.values())), [1] * 300, 'one for each')
    paths = [x[0][0] for x in all_.values()]
    ok(all(re.match(r'bounces\+[a-z2-7]{40}@bounce.brand.example$', p)
           for p in paths), 'each has a path', paths[:3])
    same(len(set(paths)), 300, 'of its own')
    wrong = []
    for (path, text), in all_.values():
        token = path[8:48].encode()
        if b'https://u.brand.example/' + token not in text:
            wrong.append(text)
    same(wrong[:1], [], 'whose token is in the link')
    for to in ('r0@x0.example', 'r49@x0.example', 'r111@x6.example'):
        verdicts = dkimverify.by(public(s), all_[to][0][1])
        for who, said in verdicts.items():
            # Perl knows DomainKeys, but not Ed25519.
            ok(len(said) == 2 + (who == 'perl') and set(said) <= {True, None} and True in said,
               '%s: good signatures, says %s' % (to, who), said)
    ok(b'\r\n.\r\n.dot ' in all_['r1@x1.example'][0][1], 'dots are dots')
    s.inst.stop(only=['dray-sign'])
    s.end()


def selectors(text):
    """Of its signatures, from the first on."""
    head = re.sub(rb'\r\n[ \t]+', b' ', text.split(b'\r\n\r\n')[0])
    return [re.search(rb'[; ]s=([^; ]+)', x).group(1).decode() for x in
            re.findall(rb'(?mi)^dkim-signature:(.*)$', head)]


def rotates():
    """New keys while mail flows: nothing is lost, all is signed, each by the key
    that it names, and nobody is started anew."""
    kept = tempfile.mkdtemp(prefix='kept ', dir=line.top)
    s = Line(args=['-o', kept, '-r', '100'], conf=FAST)
    os.makedirs(s.base + '/etc/dkim', exist_ok=True)
    os.makedirs(s.base + '/keys', exist_ok=True)
    keys(s, 'make', '--ed25519', '--selector', 'one', 'brand.example')
    keys(s, 'token')
    s.inst.start(['dray-sign'])
    # Little is with a lane, where it stays signed as it was given.
    s.inst.conf(SENDER + FAST + 'connections = 1\ndepth = 1\n')
    pids = {d: p.pid for d, p in s.inst.procs.items()}
    rc, out = campaign(s, 'spring', 300)
    same(rc, 0, 'a campaign is queued')
    # On a slow machine it is over before the last keys are there.
    for n, name, more in (100, 'two', 'summer'), (200, 'three', 'autumn'):
        ok(until(lambda: len(s.events('Delivery')) > n, 20), 'it flows', out)
        keys(s, 'rotate', '--selector', name, 'brand.example')
        keys(s, 'use', 'brand.example', name, name + '-ed')
        s.inst.compile()
        rc, out = campaign(s, more, 50)
        same(rc, 0, 'another one')
    ok(until(lambda: len(s.events('Delivery')) == 400, 30), 'they end',
       len(s.events('Delivery')))
    all_ = got(kept)
    same(sorted((len(x) for x in all_.values())), [1] * 250 + [3] * 50,
         'one for each')
    by, some = {}, []
    for _, text in sum(all_.values(), []):
        used = ' '.join(selectors(text))
        by[used] = by.get(used, 0) + 1
        # Each tenth, and the first that each pair has signed.
        if by[used] % 10 == 1:
            some.append(text)
    same(sorted(by), ['one one-ed', 'three three-ed', 'two two-ed'],
         'each is signed by the keys of one time')
    print('# %r' % by)
    said = [v for text in some for v in dkimverify.by(public(s), text).values()]
    ok(said and all(True in v and set(v) <= {True, None} for v in said),
       'good signatures, of %d that were looked at' % len(some),
       [v for v in said if set(v) - {True, None}])
    same({d: p.pid for d, p in s.inst.procs.items() if p.poll() is None}, pids,
         'nothing was started anew')
    s.inst.stop(only=['dray-sign'])
    s.end()


run((flows, rotates), sys.argv[1:])
done()
