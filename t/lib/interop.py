"""Mail of many shapes through the whole of dray to a server that others wrote
(peers.py): every message arrives once, octet for octet, and every recipient
has the verdict that the server gave.

main(NAME) is the whole test of one server.
"""
import collections
import json
import os
import shutil
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor

import peers
from instance import Instance
from tap import count, done, ok, same, until

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
CONF = '''[queue]
min-free-space = 0
min-free-inodes = 0
[retry]
schedule = 1s 1s 1s
then = 1s
[limits]
backoff-min = 1s
backoff-max = 2s
connections = 4
'''
MIME = b'MIME-Version: 1.0\nContent-Type: text/plain; charset=%s\n' \
    b'Content-Transfer-Encoding: 8bit\n'
DOTS = b'.\n..\n.x\n\n...\nx.\n.\n'


def plain(n):
    return b'', b'Hello, %d.\n' % n


def dots(n):
    return b'', DOTS * (n % 7 + 1)


def utf8(n):
    return MIME % b'utf-8', ('Grüße, %d: ἐν ἀρχῇ ἦν ὁ λόγος\n' % n).encode() * 50


def latin1(n):
    return MIME % b'iso-8859-1', bytes(range(160, 256)) * 5 + b'\n.\n'


def empty(n):
    return b'', b''


def longest(n):
    return b'', (b'.' + b'x' * 997 + b'\n') * (n % 5 + 1)


def blanks(n):
    return b'', b'From me to you\n \t\n>From\nend \n\n\n\n'


def large(n):
    return b'', b'.%07d abcdefghijklmnopqrstuvwxyz\n' % n * (300 * 1024 // 36)


SHAPES = (plain, dots, utf8, latin1, plain, empty, longest, plain, blanks)


class Letter:
    def __init__(self, n, domain, shape, local):
        self.key = b'%s-%d' % (shape.__name__.encode(), n)
        fields, self.body = shape(n)
        self.data = b'X-Test: %s\nSubject: number %d\n%s\n%s' % (
            self.key, n, fields, self.body)
        self.rcpts = ['%s.%d@%s' % (x, n, domain) for x in local]


def letters(n, domain, size):
    """n of all shapes: every eighth to several recipients, of whom some do not
    exist; some large, one too large."""
    out = []
    for i in range(n):
        local = ['ua', 'ub', 'no', 'uc'] if i % 8 == 3 else \
            ['no'] if i % 20 == 10 else ['u']
        shape = large if i % 25 == 12 else SHAPES[i % len(SHAPES)]
        out.append(Letter(i, domain, shape, local))

    def huge(n):
        return b'', b'%099d\n' % n * (size // 100 + 1)
    out.insert(n // 2, Letter(n, domain, huge, ['uhuge']))
    return out


class Run:
    """One instance, one policy, one peer."""

    def __init__(self, peer, routes, conf=CONF):
        self.peer = peer
        self.base = tempfile.mkdtemp(prefix='dray test.')
        os.chmod(self.base, 0o755)
        self.inst = Instance(BUILD, self.base, 0, conf, routes)
        self.inst.start()

    def inject(self, letter):
        r = subprocess.run(
            [self.inst.bin + '/dray-inject', '-i', '-f', 'a@sender.example',
             '--'] + letter.rcpts, input=letter.data,
            env=dict(os.environ, DRAY_BASE=self.base))
        if r.returncode:
            raise Exception('dray-inject: %d' % r.returncode)

    def inject_all(self, many):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.inject, many))

    def events(self, *kinds):
        out = []
        with open(self.base + '/log/current') as f:
            for x in f:
                if x.endswith('\n'):
                    e = json.loads(x)
                    if e['type'] in kinds:
                        out.append(e)
        return out

    def empty(self):
        return not os.listdir(self.base + '/spool/new') and \
            not os.listdir(self.base + '/spool/cur')

    def end(self):
        self.inst.stop()
        if os.environ.get('KEEP') != '1':
            shutil.rmtree(self.base)


def explain(run, wrong):
    """What is known of some of those that failed."""
    for r in sorted(wrong)[:3]:
        for e in run.events('TransientFailure', 'Bounce')[:50]:
            if e['recipient'] == r:
                print('#   %s' % json.dumps(e))


def verdicts(run, many, limit):
    """Every recipient has one event, and the right one."""
    want = {}
    for x in many:
        for r in x.rcpts:
            want[r] = ('Bounce', 550) if r.startswith('no') else \
                ('Bounce', 0) if r.startswith('uhuge') else ('Delivery', 250)
    ok(until(run.empty, limit), 'the queue is empty', run.peer.said())
    got = collections.defaultdict(list)
    for e in run.events('Delivery', 'Bounce', 'Expiration'):
        got[e['recipient']].append((e['type'], e['response']['code']))
    wrong = {r: (v, got[r]) for r, v in want.items() if got[r] != [v]}
    same(wrong, {}, 'each of %d recipients has its verdict' % len(want))
    explain(run, wrong)
    same(sorted(set(got) - set(want)), [], 'and nobody else has one')
    huge = [e['response'] for e in run.events('Bounce')
            if e['recipient'].startswith('uhuge')]
    ok(all(x.get('enhanced_code') == {'class': 5, 'subject': 3, 'detail': 4}
           for x in huge), 'too large is 5.3.4', huge)


def content(run, many):
    want = {}
    for x in many:
        for r in x.rcpts:
            if r.startswith('u') and not r.startswith('uhuge'):
                want[r] = x
    until(lambda: run.peer.count() >= len(want), 30)
    got = run.peer.arrived()
    have = collections.Counter(r for r, _ in got)
    same({r: n for r, n in have.items() if n != 1}, {}, 'nothing came twice')
    same(sorted(set(want) ^ set(have)), [], 'all that was accepted arrived')
    bad = [r for r, data in got if r in want and not intact(want[r], data)]
    same(bad, [], 'octet for octet')


def intact(letter, data):
    head, _, body = data.partition(b'\n\n')
    mine = letter.data.partition(b'\n\n')[0]
    return head.startswith(mine) and body == letter.body


def refused(n, domain, size):
    """All but the last are for nobody: more than servers like to hear of on
    one connection."""
    return [Letter(i, domain, SHAPES[i % len(SHAPES)],
                   ['no'] if i < n - 1 else ['u']) for i in range(n)]


def transfer(peer, address, n, keys='', command='BDAT', limit=90,
             make=letters):
    """n messages with one policy."""
    peer.clear()
    many = make(n, peer.domain, peer.size)
    host = '[%s]' % address if ':' in address else address
    run = Run(peer, '[static *]\nhosts = %s:%d\n%s' % (host, peer.port, keys))
    try:
        run.inject_all(many)
        verdicts(run, many, limit)
        content(run, many)
        run.inst.stop()
        how = collections.Counter(e['data_command']
                                  for e in run.events('Delivery'))
        same(sorted(how), [command], 'by ' + command)
        t = run.events('TransientFailure', 'Delayed')
        print('# %d sessions, %d failures for a time' % (
            len(run.events('Session')), len(t)))
        for text in sorted({e.get('reason') or e['response']['content']
                            for e in t}):
            print('#   ' + text)
    finally:
        run.end()


def policies(peer):
    """(address, number of messages, keys of the route, DATA or BDAT, shapes).
    The first shows what bounds a server has for a connection."""
    v4, other = peers.addresses()[0], peers.addresses()[-1]
    bdat = 'BDAT' if 'CHUNKING' in peer.offers else 'DATA'
    return [
        (v4, 250, 'connections = 1\n', bdat, letters),
        (other, 100, 'depth = 20\n', bdat, letters),
        (other, 100, 'chunking = no\n', 'DATA', letters),
        (v4, 60, 'pipelining = no\n', bdat, letters),
        (v4, 14, 'connections = 1\n', bdat, refused),
    ]


def main(name):
    try:
        peer = peers.start(name, BUILD)
    except peers.Missing as e:
        print('1..0 # SKIP %s' % e)
        return
    try:
        print('# %s %s' % (name, peer.version))
        for address, n, keys, command, make in policies(peer):
            print('# %s, %s, %s, %s' % (
                address, keys.strip() or 'as it comes', command,
                make.__name__))
            failed = count[1]
            transfer(peer, address, n, keys, command, make=make)
            if count[1] > failed:
                print(''.join('#   %s\n' % x
                              for x in peer.said().splitlines()))
    finally:
        peer.end()
    done()
