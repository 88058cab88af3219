#!/usr/bin/python3
"""returns.t [step] - the two processes of dray-bounce for what comes back die, or
their disk and their sockets fail, at the n-th call, for every n (with step: each
step-th, by default so many that it takes some seconds).  What is brought is
brought again until it is taken.  Then everybody whose mailbox is gone is on the
suppression list and in the log, what nobody can be found for is kept, and
nothing is left."""
import atexit
import os
import shutil
import subprocess
import sys
import tempfile
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
import comeback
from faultloop import Daemon, HOWS, POSSIBLE, Struck, loop
from frames import B
from tap import done, skip, until

CONF = '''[returns]
bounce = bounces@own.example
'''
GONE = ['h%d@example.org' % i for i in range(3)]
WORDS = 'From: Joe <joe@x.example>\nSubject: hello\n\nhello\n'
KEPT = 1
WHAT = {'taking': '1', 'reading': '2'}  # the processes, as they are forked
JOBS = 6
AGAIN = 40      # times that something is brought
T = os.path.join(tempfile.mkdtemp(prefix='dray-test.'), 'a b')
atexit.register(shutil.rmtree, os.path.dirname(T), True)


def returned(who):
    """To whom it comes, and what."""
    path = 'bounces+%s@own.example' % comeback.token(who.encode())
    return path, comeback.SAMPLES['postfix'][0].replace('ann@example.org', who)


class Run:
    def __init__(self, struck):
        self.env, self.fds = struck.env, struck.fds
        self.base = tempfile.mkdtemp(prefix='base ', dir=T)
        shutil.copytree(T + '/made', self.base, dirs_exist_ok=True)
        os.mkfifo(self.base + '/spool/trigger')
        self.wrong = []
        self.log = Daemon(self.base, 'dray-log')
        self.start()

    def start(self):
        for _ in range(20):
            self.d = Daemon(self.base, 'dray-bounce', self.env, self.fds)
            self.env = {}
            if self.d.up:
                return
            self.d.p.wait()
        raise SystemExit('dray-bounce does not start')

    def alive(self):
        if self.d.p.poll() is not None:
            self.start()

    def tool(self, *args, data=None):
        return subprocess.run(
            [B + '/bin/' + args[0], '-b', self.base] + list(args[1:]),
            input=data, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=60)

    def bring(self, to, data):
        for _ in range(AGAIN):
            self.alive()
            r = self.tool('dray-bounce', '-r', to, data=data)
            if r.returncode == 0:
                return
            # Perhaps it is just about to end.
            until(lambda: self.d.p.poll() is not None, 0.1)
        self.wrong.append('it is not taken: %s' % r.stdout)

    def names(self, where):
        return os.listdir(self.base + '/spool/returns/' + where)

    def listed(self):
        return sorted(x.split('\t')[0] for x in self.tool(
            'dray-suppress', 'export').stdout.splitlines()
            if x and x[0] != '#')

    def finished(self):
        self.alive()
        return not self.names('new')

    def look(self):
        if not until(self.finished, 30):
            self.wrong.append('left: %s' % self.names('new'))
        if self.listed() != GONE:
            self.wrong.append('listed: %s' % self.listed())
        said = self.tool('dray-tail', '-a').stdout
        for who in GONE:
            if not any('"OOB"' in x and who in x for x in said.splitlines()):
                self.wrong.append('not logged: ' + who)
        # What was killed before it could say that it has it is brought again.
        if not KEPT <= len(self.names('kept')) <= KEPT + 1:
            self.wrong.append('kept: %s' % self.names('kept'))
        rc = self.d.end()
        if rc not in (0, -9, 111):
            self.wrong.append('exit %s' % rc)
        r = self.tool('dray-fsck', '-f')
        if r.returncode:
            self.wrong.append(r.stdout)

    def go(self):
        for who in GONE:
            self.bring(*returned(who))
        for _ in range(KEPT):
            self.bring('bounces@own.example', WORDS)
        self.look()
        self.log.end()
        shutil.rmtree(self.base)
        return self.wrong


def run_of(what, how):
    def run(n):
        struck = Struck(how, n, FAIL_FORK=WHAT[what])
        if how == 'full':
            # It waits for seconds before it tries again.
            struck.env['FAIL_FOR'] = '3'
        wrong = Run(struck).go()
        struck.end()
        return struck, wrong
    return run


if not POSSIBLE:
    skip('dray-bounce', 'nothing can be preloaded here')
else:
    base = T + '/made'
    comeback.make_base(base, B, CONF)
    comeback.make_keys(base)
    for x in ('tmp', 'new', 'cur', 'bad', 'free', 'bounce/tmp', 'bounce/new',
              'bounce/cur', 'returns/tmp', 'returns/new', 'returns/kept'):
        os.makedirs(base + '/spool/' + x)
    for x in 'sock', 'log', 'suppress':
        os.mkdir(base + '/' + x)
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    for what in WHAT:
        for how in HOWS if step else ('before', 'after', 'full'):
            loop(run_of(what, how), '%s, %s' % (what, how), step, 0.1, JOBS)
done()
