#!/usr/bin/python3
# From inside: a daemon that has shut itself in tries what must not work.  It is
# preloaded with t/lib/cage_preload.c, which makes the attempts.
#
# A program has a line in PROGRAMS: how it is started, and what it may do of
# all that is tried.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from dns import *

SOFT = ['open', 'root', 'proc', 'create', 'remove', 'rename', 'mkdir', 'chmod',
        'tcp', 'tcp2', 'fastopen', 'udp', 'listen', 'accept', 'local', 'netlink', 'raw',
        'kill', 'execmem', 'memfd', 'setuid']
DEADLY = ['exec', 'fork', 'ptrace']
FORBIDDEN = (1, 13, 95)    # EPERM, EACCES, EOPNOTSUPP

PRELOAD = B + '/t/lib/cage_preload.so'
if SANITIZED:
    skip_all('the sanitizers want to be first, and need more')
if not os.path.exists(PRELOAD):
    raise SystemExit('there is no ' + PRELOAD)


def listening(family=socket.AF_INET, where=('127.0.0.1', 0)):
    s = socket.socket(family)
    s.bind(where)
    s.listen(50)
    return s


# What the attempts aim at: all of it is there, and would work outside.
here = scratch()
key = here + '/dkim.key'
victim = spawn(['sleep', '1000'])
os.chdir(here)
local = listening(socket.AF_UNIX, 'local')
port, port2 = listening(), listening()
preload = os.open(PRELOAD, os.O_RDONLY)


def aims():
    with open(key, 'w') as f:
        f.write('secret\n')
    return {'CAGE_FILE': key, 'CAGE_DIR': here, 'CAGE_SOCK': here + '/local',
            'CAGE_PORT': str(port.getsockname()[1]),
            'CAGE_PORT2': str(port2.getsockname()[1]),
            'CAGE_PID': str(victim.pid),
            # a name with a blank would be two
            'LD_PRELOAD': '/proc/self/fd/%d' % preload}


class Base:
    """An instance with a policy and nothing else."""
    def __init__(self):
        self.d = Dns(start=False, dnssec='no', stub='a.test 127.0.0.1@%d' %
                     port.getsockname()[1])
        self.base = self.d.base
        # What dray-bounce uses.
        for d in ('bad', 'bounce/new', 'bounce/cur'):
            os.makedirs(self.base + '/spool/' + d, exist_ok=True)
        os.makedirs(self.base + '/auth/count')
        # And dray-unsub.
        for d in ('keys', 'suppress'):
            os.makedirs(self.base + '/' + d)
        for tool in ['dray-keys', 'token'], ['dray-suppress', 'fold']:
            subprocess.run([B + '/bin/' + tool[0], '-b', self.base, tool[1]],
                           check=True)
        # dray-remote connects to dray-send.
        fd = os.open(self.base + '/sock', os.O_PATH)
        self.send = listening(socket.AF_UNIX, '/proc/self/fd/%d/send' % fd)
        os.close(fd)

    def start(self, program, tries):
        """Starts it; what it reports, and its exit code if it has ended."""
        r, w = os.pipe()
        env = dict(os.environ, **aims(), CAGE_TRY=','.join(tries),
                   CAGE_FD=str(w))
        err = open(self.base + '/stderr', 'wb')
        p = spawn([B + '/bin/' + program, '-b', self.base], pass_fds=[w, preload],
                  env=env, stderr=err)
        os.close(w)
        said = b''
        while b'end 0\n' not in said:
            b = os.read(r, 4096)
            if not b:
                break
            said += b
        os.close(r)
        if b'end 0\n' in said:
            code = end(p)
        else:
            code = p.wait(20)
        with open(self.base + '/stderr') as f:
            err = f.read()
        return (dict((x.split()[0], int(x.split()[1]))
                     for x in said.decode().splitlines()), code, err)


PROGRAMS = {
    'dray-remote': {'tcp', 'tcp2', 'local'},
    'dray-bounce': {'local'},
    # port is among the servers of its policy, port2 is not
    'dray-dns': {'tcp', 'udp'},
    'dray-auth': set(),
    'dray-unsub': {'local'},
}


def landlock():
    """Its version; it alone knows ports."""
    import ctypes
    return ctypes.CDLL(None).syscall(444, None, 0, 1)


base = Base()
for program, may in PROGRAMS.items():
    got, code, err = base.start(program, SOFT)
    if 'no seccomp' in err:
        skip(program, 'this kernel has no seccomp')
        continue
    ok('end' in got, program + ' is shut in and goes on', (got, code, err))
    for what in SOFT:
        name = '%s: %s' % (program, what)
        if what in may:
            same(got.get(what), 0, name + ' works')
        elif what == 'tcp2' and 'tcp' in may and landlock() < 4:
            skip(name, 'this kernel cannot tell ports')
        else:
            ok(got.get(what) in FORBIDDEN, name + ' is forbidden', got)
    for what in DEADLY:
        got, code, err = base.start(program, [what])
        same((got, code), ({}, -signal.SIGSYS),
             '%s: %s is deadly' % (program, what))
    ok(os.path.exists(key) and sorted(os.listdir(here)) ==
       ['dkim.key', 'local'], program + ' has changed no file',
       os.listdir(here))
    ok(victim.poll() is None, 'and killed nobody')

# Outside the cage the same attempts work, or nothing would be proved.
aims()
with open(key) as f:
    same(f.read(), 'secret\n', 'the key can be read from outside')
s = socket.create_connection(port.getsockname())
s.close()
s = socket.socket(socket.AF_UNIX)
s.connect('local')
s.close()
os.kill(victim.pid, 0)
ok(True, 'and the rest can be reached')
done()
