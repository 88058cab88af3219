#!/usr/bin/env python3
"""A crash of the machine takes back the renaming of a bundle that was written
over a finished file: it is found under that file's name, and delivered."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '../../t/lib'))
from line import Line, run
from tap import done, ok, same, until


def files(s, where):
    return sorted(os.listdir('%s/spool/%s' % (s.base, where)))


def begin():
    """An instance without the files to write over that are made at start."""
    s = Line()
    for name in files(s, 'free'):
        os.unlink('%s/spool/free/%s' % (s.base, name))
    return s


def lose(s, to):
    """What waits is under the names that the files to had before."""
    for name in files(s, 'new') + files(s, 'cur'):
        for where in 'new', 'cur':
            old = '%s/spool/%s/%s' % (s.base, where, name)
            if os.path.exists(old):
                os.rename(old, '%s/spool/free/%s' % (s.base, to.pop()))


def waiting():
    """Three that waited, one that was not whole, two that were finished."""
    s = begin()
    s.inst.stop(only=['dray-remote'])
    for i in range(3):
        s.inject(['first%d@a.example' % i])
    s.inst.start(['dray-remote'])
    ok(until(s.empty), 'three are delivered')
    ok(until(lambda: len(files(s, 'free')) == 3), 'three files are kept')
    names = files(s, 'free')
    s.inst.stop(only=['dray-send', 'dray-remote'])
    for i in range(3):
        s.inject(['second%d@a.example' % i])
    same((files(s, 'free'), len(files(s, 'new')), files(s, 'tmp')),
         ([], 3, []), 'they were written over')
    s.inst.stop(9)
    torn = '1.M1P1Q1.host'
    source = '%s/spool/new/%s' % (s.base, files(s, 'new')[0])
    with open(source, 'rb') as f:
        octets = f.read()
    with open('%s/spool/free/%s' % (s.base, torn), 'wb') as f:
        f.write(octets[:5000])
    lose(s, names)
    rc, out = s.inst.fsck()
    same((rc, files(s, 'new')), (0, []), 'dray-fsck accepts that')
    said = s.tool('dray-fsck', '-v')
    ok(said.startswith('3 bundles, 3 of 3 recipients wait'),
       'and knows that they wait', said)
    s.inst.start()
    ok(until(lambda: len(s.arrived()) == 6), 'they arrive', s.arrived())
    ok(until(s.empty), 'once')
    same(sorted(s.arrived()), ['%s%d@a.example' % (w, i)
                               for w in ('first', 'second')
                               for i in range(3)], 'each of them')
    ok(torn in files(s, 'free'), 'what was not whole is kept for use')
    s.end()


def delivered():
    """The same where all of it had left: nothing comes twice."""
    s = begin()
    s.inject(['a@a.example'])
    ok(until(s.empty), 'delivered')
    ok(until(lambda: len(files(s, 'free')) == 1), 'a file is kept')
    old = files(s, 'free')
    s.inject(['b@a.example'])
    ok(until(s.empty), 'the next one, over it')
    ok(until(lambda: files(s, 'free') not in ([], old)), 'is kept, too')
    s.inst.stop(9)
    lost = '%s/spool/free/' % s.base
    os.rename(lost + files(s, 'free')[0], lost + old[0])
    s.inst.start()
    s.inject(['c@a.example'])
    ok(until(lambda: 'c@a.example' in s.arrived()), 'what comes then arrives')
    ok(until(s.empty), 'nothing waits')
    same(s.arrived(), ['a@a.example', 'b@a.example', 'c@a.example'],
         'each came once')
    s.end()


run((waiting, delivered), sys.argv[1:])
done()
