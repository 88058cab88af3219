#!/usr/bin/python3
# The running programs take up what dray-policy puts into force: a compile, a
# rollback and a pack, without a restart and without a connection lost.
import os
import subprocess
import sys
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
sys.path.insert(0, os.path.join(TOP, 't', 'lib'))
from instance import Sink
from line import BUILD, Line, run
from tap import done, ok, same, until


def policy(s, *args):
    r = subprocess.run([s.inst.bin + '/dray-policy', '-b', s.base] + list(args),
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                       text=True)
    if r.returncode:
        raise SystemExit('dray-policy %s: %d, %s' % (args, r.returncode,
                                                     r.stdout))
    return r.stdout


def generation(s):
    """Of the policy in force."""
    for line in policy(s, 'generations').splitlines():
        number, _, _, state = line.split('\t')
        if state == 'in force':
            return int(number)


def delivered(s, to):
    return [e for e in s.events('Delivery') if e['recipient'] == to]


def through(s, to, first, what):
    """A message goes to the first sink or not, under the policy in force."""
    s.inject([to])
    if not ok(until(lambda: delivered(s, to)), 'a message ' + what):
        return
    e = delivered(s, to)[0]
    same((e['policy'], to in s.arrived()), (generation(s), first),
         'it went by that policy')


def pids(s):
    return {d: p.pid for d, p in s.inst.procs.items() if p.poll() is None}


def changes():
    s = Line()
    before = pids(s)
    other = Sink(BUILD)
    through(s, 'a@one.example', True, 'before')
    s.inst.routes('[static *]\nhosts = 127.0.0.1:%d\n' % other.port)
    through(s, 'b@one.example', False, 'after a compile')
    policy(s, 'rollback')
    through(s, 'c@one.example', True, 'after a rollback')
    policy(s, 'compile')
    through(s, 'd@one.example', False, 'after the next compile')
    os.makedirs(s.base + '/pack/providers')
    with open(s.base + '/pack/pack.conf', 'w') as f:
        f.write('[pack]\nname = one\nversion = 1\n')
    with open(s.base + '/pack/providers/one.conf', 'w') as f:
        f.write('[provider one]\ndomains = one.example\n')
    policy(s, 'install', s.base + '/pack')
    through(s, 'e@one.example', False, 'after a pack')
    policy(s, 'remove', 'one')
    through(s, 'f@one.example', False, 'after it was removed')
    same(pids(s), before, 'nothing was started again')
    other.end()
    s.end()


run([changes], sys.argv[1:])
done()
