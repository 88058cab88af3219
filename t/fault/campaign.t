#!/usr/bin/python3
"""campaign.t [step] - dray-queued or dray-campaign dies, or its disk and its
sockets fail, at the n-th call while a campaign is handed in, for every n (with
step: each step-th, by default so many that it takes some seconds).  It is run
again until it exits 0.  Each recipient must be in the queue exactly once then,
and dray-fsck must accept the spool."""
import os
import subprocess
import sys
import time
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
import fault
import queued
from queued import B, Queued
from tap import done, ok, skip

ROWS = 50
AGAIN = 30      # runs until it has to be complete
SECONDS = 0.8   # for one way to fail, without a step
HOWS = {
    'before': {'FAIL_HOW': 'kill', 'FAIL_WHEN': 'before'},
    'after': {'FAIL_HOW': 'kill', 'FAIL_WHEN': 'after'},
    'EIO': {'FAIL_HOW': 'EIO'},
    'ENOSPC': {'FAIL_HOW': 'ENOSPC'},
    'full': {'FAIL_HOW': 'ENOSPC', 'FAIL_FOR': '20'},
}
PRELOAD = B + '/t/lib/fail_preload.so'
LIST = ('email,a\n' + ''.join('u%d@d%d.example,value %d\n' % (i, i % 9, i)
                              for i in range(ROWS))).encode()


class Run:
    """q is used again: its spool is emptied for each run."""

    def __init__(self, q, what, how, n):
        self.q, self.what = q, what
        self.report = q.base + '/report'
        self.so = open(PRELOAD)
        self.env = dict(HOWS[how], FAIL_AT=str(n), FAIL_LOG=self.report,
                        LD_PRELOAD='/proc/self/fd/%d' % self.so.fileno())
        self.problem = None
        for d in ('tmp', 'new', 'free', 'campaigns'):
            place = q.spool + '/' + d
            for name in os.listdir(place) if os.path.isdir(place) else ():
                os.unlink(place + '/' + name)
        if os.path.exists(self.report):
            os.unlink(self.report)

    def up(self, faulty):
        """False: it died at its start, as it may."""
        if faulty and self.what == 'dray-queued':
            return self.q.start(self.env, [self.so.fileno()])
        return self.q.start()

    def campaign(self, faulty):
        bad = faulty and self.what == 'dray-campaign'
        p = subprocess.run(
            [B + '/bin/dray-campaign', '-q', '-b', self.q.base, '-i', 'c',
             '-f', 's@x.example', '-T', self.q.base + '/t.eml'], input=LIST,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=20,
            pass_fds=[self.so.fileno()],
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
        """How many calls were counted, and whether one was struck."""
        complete = self.again()
        self.q.end()
        calls, struck, _ = fault.read_report(self.report)
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
        self.so.close()
        return calls, struck


def loop(q, what, how, step):
    """All n, or spread over all of them."""
    runs, problems, n = 0, [], 1
    took = time.monotonic()
    calls = Run(q, what, how, 1000000).go()[0]
    took = time.monotonic() - took
    if not step:
        step = max(1, int(calls * took * 1.5 / SECONDS))
    while True:
        r = Run(q, what, how, n)
        struck = r.go()[1]
        runs += 1
        if r.problem:
            problems.append('n %d: %s' % (n, r.problem))
        if not struck:
            break
        n += step
    ok(not problems and calls > 20, '%s, %s: %d runs, %d calls' % (
        what, how, runs, calls), '\n'.join(problems[:5]))


if queued.SANITIZED or not os.path.exists(PRELOAD):
    skip('nothing can be preloaded here')
else:
    q = Queued(start=False, max_recipients=10)
    with open(q.base + '/t.eml', 'w') as f:
        f.write('Subject: {{a}}\n\n{{a}}\n')
    for what in ('dray-queued', 'dray-campaign'):
        for how in HOWS:
            loop(q, what, how, int(sys.argv[1]) if len(sys.argv) > 1 else 0)
done()
