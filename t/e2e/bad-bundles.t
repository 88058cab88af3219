#!/usr/bin/python3
# Bundles that are cut short, have flipped bits, or lie: put into the spool of
# a dray-send that runs, and of one that starts.  The damaged ones are set
# aside and reported, and all the rest goes on.  So it does where a bundle is
# there twice, and where one cannot be read.
import os
import shutil
import sys
import tempfile
import time
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
import bundle
from instance import QUICK, ROOM, Instance, Sink, ledger_rows
from tap import done, ok, same, until

BUILD = os.path.join(TOP, os.environ.get('B', 'build'))
# Header and index are damaged: nothing of the bundle can be believed.
WHOLE = '''magic header-crc header-flags header-id other-id index-crc
index-past-end index-wraps index-over-header no-messages too-few-messages
too-many-messages many-messages done-unaligned done-past-end length-wrong
length-huge msg-runs-fewer msg-runs-more flip-header flip-index cut-empty
cut-header cut-index cut-octets cut-done'''.split()
# One of two messages, or one run, is: the recipients that still get theirs.
PART = {
    'msg-crc': ['b1', 'b2', 'b3'],
    'run-crc': ['a1', 'b3'],
    'flip-rcpts': ['b1', 'b2', 'b3'],
}
GOOD = {'none': ['a1', 'b1', 'b2', 'b3'], 'longer': ['a1', 'b1', 'b2', 'b3']}
top = tempfile.mkdtemp(prefix='dray test.')


class Place:
    def __init__(self):
        self.base = tempfile.mkdtemp(prefix='base ', dir=top)
        self.ledger = self.base + '/ledger'
        open(self.ledger, 'w').close()
        self.sink = Sink(BUILD, ['-c', self.ledger])
        self.inst = Instance(BUILD, self.base, self.sink.port, ROOM + QUICK)
        self.names = {}

    def spool(self, name):
        return self.base + '/spool/' + name

    def put(self, where, damage):
        name, data = bundle.damaged(damage, damage.encode() + b'.example')
        name = name.decode()
        path = self.spool('tmp/' + name)
        with open(path, 'wb') as f:
            f.write(data)
        os.chmod(path, 0o600)
        os.rename(path, self.spool(where + '/' + name))
        self.names[damage] = name

    def pull(self):
        with open(self.spool('trigger'), 'wb', buffering=0) as f:
            f.write(b'x')

    def arrived(self):
        """Local parts by kind of damage."""
        got = {}
        for row in ledger_rows(self.ledger):
            local, domain = row[4].split('@')
            damage = domain.split('.')[-2]
            got.setdefault(damage, []).append(local)
        return got

    def aside(self):
        return set(os.listdir(self.spool('bad')))

    def left(self):
        return os.listdir(self.spool('new')) + os.listdir(self.spool('cur'))

    def damaged_events(self):
        got = {}
        for e in self.inst.events('Damaged'):
            got.setdefault(e['bundle'], []).append(e['reason'])
        return got

    def end(self):
        self.inst.stop(9)
        self.sink.p.kill()
        self.sink.p.wait()


def look(p, when):
    got, aside, told = p.arrived(), p.aside(), p.damaged_events()
    for damage in bundle.DAMAGE:
        name, where = p.names[damage], '%s, %s' % (damage, when)
        want = GOOD.get(damage, PART.get(damage))
        if damage in WHOLE:
            same((damage in got, name in aside, name in told),
                 (False, True, True), where + ': set aside, and reported')
        elif want is not None:
            same(sorted(got.get(damage, [])), want,
                 where + ': what can be is delivered, once')
        else:
            # Whatever becomes of it, nobody gets it twice.
            rcpts = got.get(damage, [])
            same(len(rcpts), len(set(rcpts)), where + ': none twice')
        if damage in PART:
            ok(name in aside and name in told,
               where + ': set aside, and reported', (aside, told))
        if damage in GOOD:
            ok(name not in aside, where + ': not set aside')


def run(where):
    p = Place()
    try:
        if where == 'cur':
            for damage in bundle.DAMAGE:
                p.put('cur', damage)
        p.inst.start()
        pids = {d: q.pid for d, q in p.inst.procs.items()}
        if where == 'new':
            for damage in bundle.DAMAGE:
                p.put('new', damage)
            p.pull()
        p.inst.inject(['after@good.example'])
        ok(until(lambda: 'good' in p.arrived()), where + ': mail goes on')
        ok(until(lambda: not p.left()), where + ': nothing is stuck',
           p.left() and [d for d in p.names if p.names[d] in p.left()])
        ok(all(q.poll() is None and q.pid == pids[d]
               for d, q in p.inst.procs.items()),
           where + ': no daemon ended')
        time.sleep(0.2)
        look(p, where)
        p.inst.stop()
        rc, out = p.inst.fsck()
        lines = out.splitlines()
        ok(rc == 100 and len(lines) == len(p.aside()) and
           all(x.startswith('bad/') for x in lines),
           where + ': dray-fsck tells of those in bad, and of nothing else',
           out)
    finally:
        p.end()


def there_twice():
    """As after a copy into new/ of what is in cur/."""
    p = Place()
    try:
        p.put('cur', 'none')
        name = p.names['none']
        shutil.copy2(p.spool('cur/' + name), p.spool('new/' + name))
        shutil.copy2(p.spool('cur/' + name), p.spool('bad/' + name))
        p.inst.start()
        ok(until(lambda: len(p.arrived().get('none', [])) >= 4),
           'twice: it is delivered', p.arrived())
        ok(until(lambda: not p.left()), 'twice: nothing is stuck', p.left())
        same(sorted(p.arrived().get('none', [])), GOOD['none'],
             'twice: to each recipient once')
        same(p.aside(), {name, name + '.2'},
             'twice: the copy is set aside, and not over another')
    finally:
        p.end()


def unreadable():
    """Anything may be the reason; a symbolic link is one for root too."""
    p = Place()
    said, keep = tempfile.TemporaryFile(), os.dup(2)
    try:
        p.put('tmp', 'none')
        name = p.names['none']
        os.symlink(p.spool('tmp/' + name), p.spool('new/' + name))
        os.dup2(said.fileno(), 2)
        p.inst.start()
        os.dup2(keep, 2)
        for n in range(5):
            p.inst.inject(['%d@n%d.example' % (n, n)])
        ok(until(lambda: len(p.arrived()) == 5), 'unreadable: mail goes on')
        said.seek(0)
        same(said.read().count(b'unable to read bundle'), 1,
             'unreadable: it is reported once')
        os.rename(p.spool('tmp/' + name), p.spool('new/' + name))
        p.pull()
        ok(until(lambda: 'none' in p.arrived()),
           'unreadable: it is taken when it can be')
    finally:
        os.dup2(keep, 2)
        p.end()


try:
    run('new')
    run('cur')
    there_twice()
    unreadable()
finally:
    if os.environ.get('KEEP') != '1':
        shutil.rmtree(top)
done()
