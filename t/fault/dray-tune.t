#!/usr/bin/python3
"""dray-tune.t [step] - dray-tune dies, or its disk and its sockets fail, at the
n-th call by which it changes a file or talks to others, for every n (with step:
each step-th, by default so many that it takes some seconds).  Events come while
that happens, and it is started again whenever it ends.  Then everybody who is
to be given up is on the suppression list, what is to be stopped is stopped, and
no file of overrides/ is half a file."""
import atexit
import itertools
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
import fault
from frames import B, connect, frame
from tap import done, ok, skip, until

SECONDS = 1.2   # for one way to fail, without a step
HOWS = {
    'before': {'FAIL_HOW': 'kill', 'FAIL_WHEN': 'before'},
    'after': {'FAIL_HOW': 'kill', 'FAIL_WHEN': 'after'},
    'EIO': {'FAIL_HOW': 'EIO'},
    'ENOSPC': {'FAIL_HOW': 'ENOSPC'},
    'full': {'FAIL_HOW': 'ENOSPC', 'FAIL_FOR': '20'},
}
PRELOAD = B + '/t/lib/fail_preload.so'
CONF = '''[node]
hostname = fault.test
[suppression]
soft-count = 2
[breaker]
sample = 10
notice = no
[tune]
listed = 3
'''
PEOPLE = 12
GONE = ['h%d@a.example' % i for i in range(PEOPLE)]
FULL = ['s%d@a.example' % i for i in range(PEOPLE)]
STOPPED = ['tune-campaign', 'tune-hold']
T = os.path.join(tempfile.mkdtemp(prefix='dray-test.'), 'a b')
atexit.register(shutil.rmtree, os.path.dirname(T), True)


def tool(name, *args):
    return subprocess.run([B + '/bin/' + name, '-b', T] + list(args),
                          check=True, stdout=subprocess.PIPE,
                          text=True).stdout


def event(kind, to, **more):
    now = time.strftime('%Y-%m-%dT%H:%M:%S.000000Z', time.gmtime())
    e = {'type': kind, 'event_time': now, 'recipient': to, 'stream': 'bulk',
         'campaign': 'spring', 'tenant': 'acme', 'blame': 'recipient',
         'site': 'a.example', 'egress_pool': '', 'egress_source': '',
         'session_id': to}
    return json.dumps(dict(e, **more), separators=(',', ':')).encode() + b'\n'


def refused(to):
    return event('TransientFailure', to, blame='source', response={
        'code': 450, 'content': 'on a list'}, **{'class': 'ip-blocklist'})


def events():
    """In four pieces."""
    yield b''.join(event('Bounce', x, **{'class': 'bad-mailbox'})
                   for x in GONE)
    for _ in range(2):
        yield b''.join(event('Bounce', x, **{'class': 'mailbox-full'})
                       for x in FULL)
    yield b''.join(refused(x) for x in GONE)


def overrides():
    return [x for x in os.listdir(T + '/overrides') if x[0] != '.']


def halves():
    """Overrides of which a part is missing."""
    out = []
    for x in overrides():
        with open(T + '/overrides/' + x) as f:
            text = f.read()
        if not text.endswith('\n') or 'author = dray-tune\n' not in text or \
                'action = pause\n' not in text:
            out.append((x, text))
    return out


def listed():
    return sorted(x.split('\t')[0] for x in
                  tool('dray-suppress', 'export').splitlines()
                  if x and x[0] != '#')


class Daemon:
    def __init__(self, name, env=None, fds=()):
        r, w = os.pipe()
        with open(T + '/' + name + '.err', 'ab') as err:
            self.p = subprocess.Popen(
                [B + '/bin/' + name, '-b', T, '-d', str(w)],
                stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                pass_fds=[w, *fds], env=dict(os.environ, **(env or {})))
        os.close(w)
        self.up = os.read(r, 1) == b'\n'
        os.close(r)

    def end(self):
        self.p.terminate()
        try:
            return self.p.wait(20)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
            return None


class Run:
    def __init__(self, how, n):
        self.report = T + '/report'
        self.so = open(PRELOAD)
        self.env = dict(HOWS[how], FAIL_AT=str(n), FAIL_LOG=self.report,
                        LD_PRELOAD='/proc/self/fd/%d' % self.so.fileno())
        self.problems = []
        for d in ('tune', 'overrides', 'suppress', 'log'):
            shutil.rmtree(T + '/' + d, True)
            os.mkdir(T + '/' + d)
        if os.path.exists(self.report):
            os.unlink(self.report)

    def tune(self):
        """Starts it until it stays; what it left is looked at each time."""
        for _ in range(20):
            d = Daemon('dray-tune', self.env, [self.so.fileno()])
            self.env = {}
            if d.up:
                return d
            d.p.wait()
            self.problems += halves()
        raise SystemExit('dray-tune does not start')

    def feed(self):
        log = Daemon('dray-log')
        d = self.tune()
        want = sorted(GONE + FULL)
        number = itertools.count(1)

        def alive():
            nonlocal d
            if d.p.poll() is not None:
                self.problems += halves()
                d = self.tune()

        def say(lines):
            alive()
            c.sendall(frame('E', struct.pack('>Q', next(number)) + lines))
            c.recv(100)

        def good():
            alive()
            held = sorted(x.rsplit('-', 1)[0] for x in overrides())
            if 'tune-hold' not in held:
                say(refused('x%f@a.example' % time.time()))
            return held == STOPPED and listed() == want
        with connect(T, 'log') as c:
            for lines in events():
                say(lines)
            if not until(good, 20):
                self.problems.append('%d listed, %s' % (len(listed()),
                                                        overrides()))
        rc = d.end()
        if rc not in (0, -9, 111):
            self.problems.append('exit %s' % rc)
        self.problems += halves()
        log.end()

    def go(self):
        """How many calls were counted, and whether one was struck."""
        try:
            self.feed()
        finally:
            self.so.close()
        return fault.read_report(self.report)[:2]


def loop(how, step):
    """All n, or spread over all of them."""
    runs, problems, n = 0, [], 1
    took = time.monotonic()
    calls = Run(how, 1000000).go()[0]
    took = time.monotonic() - took
    if not step:
        step = max(1, int(calls * took / SECONDS))
    while True:
        r = Run(how, n)
        struck = r.go()[1]
        runs += 1
        if r.problems:
            problems.append('n %d: %s; %s' % (
                n, fault.read_report(r.report)[2], r.problems))
        if not struck:
            break
        n += step
    ok(not problems and calls > 20, '%s: %d runs, %d calls' % (
        how, runs, calls), '\n'.join(problems[:9]))


if 'DRAY_SANITIZED' in os.environ or not os.path.exists(PRELOAD):
    skip('dray-tune', 'nothing can be preloaded here')
else:
    for x in 'etc', 'policy', 'keys', 'sock', 'spool':
        os.makedirs(T + '/' + x)
    with open(T + '/etc/dray.conf', 'w') as f:
        f.write(CONF)
    tool('dray-policy', 'compile')
    tool('dray-keys', 'token')
    for how in HOWS:
        loop(how, int(sys.argv[1]) if len(sys.argv) > 1 else 0)
done()
