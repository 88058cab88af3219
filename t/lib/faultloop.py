"""One program that dies, or whose disk and sockets fail, at the n-th call, for
every n.  For the tests of t/fault that need no whole instance.

  HOWS             the ways to fail: what goes into the environment
  Struck(how, n)   env and fds for a process that is to be struck; report()
  Daemon(base, name, env, fds)   a daemon, and whether it came up
  loop(run, label, step, seconds)   a point: run(n) for all n, or for each
                   step-th; step 0: so many that it takes about so long.  run
                   gives the Struck and what is wrong, or nothing
"""
import itertools
import os
import subprocess
import tempfile
import threading
import time

import fault
from frames import B
from tap import ok

HOWS = {
    'before': {'FAIL_HOW': 'kill', 'FAIL_WHEN': 'before'},
    'after': {'FAIL_HOW': 'kill', 'FAIL_WHEN': 'after'},
    'EIO': {'FAIL_HOW': 'EIO'},
    'ENOSPC': {'FAIL_HOW': 'ENOSPC'},
    'full': {'FAIL_HOW': 'ENOSPC', 'FAIL_FOR': '20'},
}
PRELOAD = B + '/t/lib/fail_preload.so'
POSSIBLE = 'DRAY_SANITIZED' not in os.environ and os.path.exists(PRELOAD)


class Struck:
    def __init__(self, how, n, **more):
        self.so = open(PRELOAD)
        self.log = tempfile.NamedTemporaryFile()
        # A path with a blank in it cannot be given otherwise.
        self.env = dict(HOWS[how], FAIL_AT=str(n), FAIL_LOG=self.log.name,
                        LD_PRELOAD='/proc/self/fd/%d' % self.so.fileno(),
                        **more)
        self.fds = [self.so.fileno()]

    def report(self):
        """Calls counted, the one struck, and the words."""
        return fault.read_report(self.log.name)

    def end(self):
        self.so.close()


class Daemon:
    def __init__(self, base, name, env=None, fds=()):
        r, w = os.pipe()
        with open(base + '/' + name + '.err', 'ab') as err:
            self.p = subprocess.Popen(
                [B + '/bin/' + name, '-b', base, '-d', str(w)],
                stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                pass_fds=[w, *fds], env=dict(os.environ, **(env or {})))
        os.close(w)
        self.up = os.read(r, 1) == b'\n'
        os.close(r)

    def end(self):
        """Its exit code; None if it had to be killed."""
        self.p.terminate()
        try:
            return self.p.wait(20)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
            return None


def loop(run, label, step, seconds, jobs=1):
    """Calls run from as many threads as jobs."""
    took = time.monotonic()
    calls = run(1000000)[0].report()[0]
    took = time.monotonic() - took
    step = step or max(1, int(calls * took / seconds / jobs))
    numbers = itertools.count(1, step)
    runs, problems, untouched = [], [], threading.Event()
    lock = threading.Lock()

    def work():
        while not untouched.is_set():
            with lock:
                n = next(numbers)
            struck, wrong = run(n)
            at, words = struck.report()[1:]
            runs.append(n)
            if wrong:
                problems.append('n %d: %s: %s' % (n, words, wrong))
            if not at:
                untouched.set()
    threads = [threading.Thread(target=work) for _ in range(jobs)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    ok(not problems and calls > 5, '%s: %d runs, %d calls' % (
        label, len(runs), calls), '\n'.join(problems[:9]))
