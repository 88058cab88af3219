#!/usr/bin/python3
# A spool that is full, has no inodes left, or cannot be written: senders get a
# temporary error, the daemons live on, and nothing accepted is lost.  In a
# mount namespace of its own; where there is none to be had, skipped.
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from tap import done, ok, same, skip_all, until

if not os.environ.get('DRAY_OWN_MOUNTS'):
    how = ['unshare', '-m'] if os.geteuid() == 0 else ['unshare', '-rm']
    try:
        works = subprocess.run(
            how + ['sh', '-c', 'mount -t tmpfs none /mnt'],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
    except FileNotFoundError:
        works = 127
    if works != 0:
        skip_all('no mount namespace')
    os.environ['DRAY_OWN_MOUNTS'] = '1'
    os.execvp('unshare', how + [sys.executable, os.path.abspath(__file__)])

from instance import QUICK, Instance, Sink, ledger_rows

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
LEAST = '[queue]\nmin-free-space = %s\nmin-free-inodes = %s\n'
top = tempfile.mkdtemp(prefix='dray test.')
mounts = []


class Place:
    """An instance whose spool is a small file system of its own, and whose
    receiving side is not there yet."""

    def __init__(self, options, space='0', inodes='0'):
        self.base = tempfile.mkdtemp(prefix='base ', dir=top)
        self.ledger = self.base + '/ledger'
        open(self.ledger, 'w').close()
        with open(self.base + '/script', 'w') as f:
            f.write('rcpt to never*@* reply 550 5.1.1 no\n')
        self.sink = Sink(BUILD, ['-c', self.ledger, '-s',
                                 self.base + '/script'])
        os.mkdir(self.base + '/spool')
        subprocess.run(['mount', '-t', 'tmpfs', '-o', options + ',mode=700',
                        'none', self.base + '/spool'], check=True)
        mounts.append(self.base + '/spool')
        # Port 9: nobody there.
        self.inst = Instance(BUILD, self.base, 9,
                             LEAST % (space, inodes) + QUICK)
        self.accepted = []
        self.tried = 0

    def inject(self, rcpt, size=20000):
        """The exit code of dray-inject, and what it said."""
        body = 'Subject: x\n\n' + ('y' * 63 + '\n') * (size // 64)
        r = subprocess.run([self.inst.bin + '/dray-inject', '-i', '-f',
                            'a@sender.example', '--', rcpt],
                           input=body.encode(), stderr=subprocess.PIPE,
                           env=dict(os.environ, DRAY_BASE=self.base))
        if r.returncode == 0:
            self.accepted.append(rcpt)
        return r.returncode, r.stderr.decode()

    def fill(self, size=20000, most=400):
        """Injects until it is refused."""
        for i in range(most):
            self.tried += 1
            rc, err = self.inject('u%d@full.example' % self.tried, size)
            if rc:
                break
        return rc, err

    def refused(self, word):
        """That there is room is looked at once a second at most; until then
        it can be the disk itself that refuses."""
        return until(lambda: word in self.inject('x%d@full.example' %
                                                 len(self.accepted))[1], 5)

    def arrived(self):
        return [x[4] for x in ledger_rows(self.ledger)]

    def notices(self):
        got = set()
        for n in glob.glob(self.base + '/spool/bounce/new/*'):
            with open(n) as f:
                got |= {json.loads(x)['recipient'] for x in f}
        return got

    def alive(self):
        return all(p.poll() is None for p in self.inst.procs.values())

    def open_up(self):
        self.inst.routes('[static *]\nhosts = 127.0.0.1:%d\n' %
                         self.sink.port)

    def judge(self, what):
        """Once there is a receiving side everything is as it should be."""
        ok(self.alive(), what + ': no daemon ended')
        self.open_up()
        ok(until(self.inst.empty), what + ': the queue becomes empty')
        never = {a for a in self.accepted if a.startswith('never')}
        same(sorted(self.arrived()), sorted(set(self.accepted) - never),
             what + ': what was accepted arrives, once')
        same(self.notices(), never, what + ': or there is a notice')
        # At most once a second is looked whether there is room again.
        ok(until(lambda: self.inject('after@x.example')[0] == 0, 5),
           what + ': then mail is taken again')
        ok(until(self.inst.empty), what + ': and delivered')
        ok(self.alive(), what + ': still no daemon ended')
        self.inst.stop()
        same(self.inst.fsck(), (0, ''), what + ': dray-fsck is content')
        self.end()

    def end(self):
        self.inst.stop(9)
        self.sink.p.kill()
        self.sink.p.wait()


def temporary(got, word, what):
    rc, err = got
    ok(rc == 75 and word in err, what, got)


def full():
    p = Place('size=1m')
    p.inst.start()
    for i in range(3):
        p.inject('never%d@x.example' % i, 500)
    temporary(p.fill(), 'space', 'full: a temporary error that says why')
    # The last free blocks, too.
    temporary(p.fill(300), 'space', 'full: to the last block')
    p.judge('full')


def short():
    p = Place('size=4m', space='2m')
    p.inst.start()
    temporary(p.fill(), 'space', 'short of space: refused')
    ok(p.refused('disk space is short'), 'short of space: with the reason')
    ok(len(p.accepted) > 20, 'short of space: not at once', p.accepted)
    p.judge('short of space')


def inodes():
    p = Place('size=8m,nr_inodes=40')
    p.inst.start()
    temporary(p.fill(500), 'space', 'no inodes: a temporary error')
    p.judge('no inodes')
    p = Place('size=8m,nr_inodes=60', inodes='20')
    p.inst.start()
    rc, err = p.fill(500)
    same(rc, 75, 'short of inodes: refused')
    ok(p.refused('inodes are short'), 'short of inodes: with the reason')
    p.judge('short of inodes')


def readonly():
    p = Place('size=1m')
    # All of it said again, or mount(8) adds options that no user may set.
    subprocess.run(['mount', '-o', 'remount,ro,size=1m', 'none',
                    p.base + '/spool'], check=True)
    for d in ('dray-queued', 'dray-send'):
        r = subprocess.run([p.inst.bin + '/' + d, '-b', p.base],
                           stderr=subprocess.PIPE, timeout=20)
        ok(r.returncode == 111 and b'write to the spool' in r.stderr,
           d + ' on a spool that cannot be written', r)
    rc, err = p.inject('x@x.example')
    same(rc, 75, 'without dray-queued: a temporary error')
    p.end()


try:
    for part in (full, short, inodes, readonly):
        print('# ' + part.__name__)
        part()
finally:
    for m in mounts:
        subprocess.run(['umount', '-l', m])
    if os.environ.get('KEEP') != '1':
        shutil.rmtree(top)
done()
