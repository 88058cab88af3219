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
from faultloop import Daemon, HOWS, POSSIBLE, Struck, loop
from frames import B, connect, frame
from tap import done, skip, until

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
GONE = ['h%d@a.example' % i for i in range(12)]
FULL = ['s%d@a.example' % i for i in range(12)]
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


class Run:
    def __init__(self, struck):
        self.env, self.fds = struck.env, struck.fds
        self.wrong = []
        self.number = itertools.count(1)
        for d in ('tune', 'overrides', 'suppress', 'log'):
            shutil.rmtree(T + '/' + d, True)
            os.mkdir(T + '/' + d)
        self.log = Daemon(T, 'dray-log')
        self.start()

    def start(self):
        """Until it stays; what it left is looked at each time."""
        for _ in range(20):
            self.tune = Daemon(T, 'dray-tune', self.env, self.fds)
            self.env = {}
            if self.tune.up:
                return
            self.tune.p.wait()
            self.wrong += halves()
        raise SystemExit('dray-tune does not start')

    def alive(self):
        if self.tune.p.poll() is not None:
            self.wrong += halves()
            self.start()

    def say(self, c, lines):
        self.alive()
        c.sendall(frame('E', struct.pack('>Q', next(self.number)) + lines))
        c.recv(100)

    def good(self, c):
        self.alive()
        stopped = sorted(x.rsplit('-', 1)[0] for x in overrides())
        if 'tune-hold' not in stopped:
            # Mail goes on, and so do refusals.
            self.say(c, refused('x%f@a.example' % time.time()))
        return stopped == STOPPED and listed() == sorted(GONE + FULL)

    def go(self):
        with connect(T, 'log') as c:
            for lines in events():
                self.say(c, lines)
            if not until(lambda: self.good(c), 20):
                self.wrong.append('%d listed, %s' % (len(listed()),
                                                     overrides()))
        rc = self.tune.end()
        if rc not in (0, -9, 111):
            self.wrong.append('exit %s' % rc)
        self.wrong += halves()
        self.log.end()
        return self.wrong


def run_of(how):
    def run(n):
        struck = Struck(how, n)
        wrong = Run(struck).go()
        struck.end()
        return struck, wrong
    return run


if not POSSIBLE:
    skip('dray-tune', 'nothing can be preloaded here')
else:
    for x in 'etc', 'policy', 'keys', 'sock', 'spool':
        os.makedirs(T + '/' + x)
    with open(T + '/etc/dray.conf', 'w') as f:
        f.write(CONF)
    tool('dray-policy', 'compile')
    tool('dray-keys', 'token')
    for how in HOWS:
        loop(run_of(how), how,
             int(sys.argv[1]) if len(sys.argv) > 1 else 0, 1.2)
done()
