#!/usr/bin/python3
"""campaign.t [step] - dray-queued or dray-campaign dies, or its disk and its
sockets fail, at the n-th call while a campaign is handed in, for every n (with
step: each step-th, by default so many that it takes some seconds).  It is run
again until it exits 0.  Each recipient must be in the queue exactly once then,
and dray-fsck must accept the spool."""
import os
import subprocess
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from faultloop import HOWS, POSSIBLE, Struck, loop
from queued import B, Queued
from tap import done, skip

ROWS = 50
AGAIN = 30      # runs until it has to be complete
LIST = ('email,a\n' + ''.join('u%d@d%d.example,value %d\n' % (i, i % 9, i)
                              for i in range(ROWS))).encode()


class Run:
    """q is used again: its spool is emptied for each run."""

    def __init__(self, q, what, struck):
        self.q, self.what = q, what
        self.env, self.fds = struck.env, struck.fds
        self.problem = None
        for d in ('tmp', 'new', 'free', 'campaigns'):
            place = q.spool + '/' + d
            for name in os.listdir(place) if os.path.isdir(place) else ():
                os.unlink(place + '/' + name)

    def up(self, faulty):
        """False: it died at its start, as it may."""
        if faulty and self.what == 'dray-queued':
            return self.q.start(self.env, self.fds)
        return self.q.start()

    def campaign(self, faulty):
        bad = faulty and self.what == 'dray-campaign'
        p = subprocess.run(
            [B + '/bin/dray-campaign', '-q', '-b', self.q.base, '-i', 'c',
             '-f', 's@x.example', '-T', self.q.base + '/t.eml'], input=LIST,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20,
            pass_fds=self.fds,
            env=dict(os.environ, **(self.env if bad else {})))
        self.said = p.stderr.decode(errors='replace')
        return p.returncode

    def again(self):
        for i in range(AGAIN):
            if not self.q.p or self.q.p.poll() is not None:
                self.q.p = None
                if not self.up(i == 0):
                    continue
            rc = self.campaign(i == 0)
            if rc == 0:
                return True
            if rc not in (111, -9):
                self.problem = 'exit %d: %s' % (rc, self.said)
                return False
        self.problem = 'not complete after %d runs: %s' % (AGAIN, self.said)
        return False

    def go(self):
        """What is wrong, or None."""
        complete = self.again()
        self.q.end()
        # What a crash left is completed at a start.
        if not self.q.start():
            self.problem = self.problem or 'it does not start any more'
        self.q.end()
        if complete:
            got = sorted(r[0] for m in self.q.messages() for r in m['rcpts'])
            want = sorted('u%d@d%d.example' % (i, i % 9) for i in range(ROWS))
            if got != want:
                self.problem = '%d recipients in the queue, %d of them once' % (
                    len(got), len(set(got)))
        p = subprocess.run([B + '/bin/dray-fsck', '-b', self.q.base],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if p.returncode:
            self.problem = self.problem or p.stdout.decode()
        return self.problem


def run_of(q, what, how):
    def run(n):
        struck = Struck(how, n)
        wrong = Run(q, what, struck).go()
        struck.end()
        return struck, wrong
    return run


if not POSSIBLE:
    skip('dray-queued', 'nothing can be preloaded here')
else:
    q = Queued(start=False, max_recipients=10)
    with open(q.base + '/t.eml', 'w') as f:
        f.write('Subject: {{a}}\n\n{{a}}\n')
    for what in ('dray-queued', 'dray-campaign'):
        for how in HOWS:
            loop(run_of(q, what, how), '%s, %s' % (what, how),
                 int(sys.argv[1]) if len(sys.argv) > 1 else 0, 0.6)
done()
