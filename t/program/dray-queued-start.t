#!/usr/bin/python3
# dray-queued: how it starts, where it refuses to, and what it finds there.
import os
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                '..', 'lib'))
from queued import *

PROGRAM = B + '/bin/dray-queued'


# Runs it where it should refuse to start
def fails(q, rc, words, name, *args):
    r = subprocess.run([PROGRAM, '-b', q.base] + list(args),
                       stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=WAIT)
    err = r.stderr.decode(errors='replace')
    if not ok(r.returncode == rc and all(w in err for w in words) and
              err.count('\n') == 1 and not r.stdout,
              '%s: exit %d, and a word on it' % (name, rc)):
        print('# exit %d, %r' % (r.returncode, err))


q = Queued(start=False)
for args in (['-x'], ['-d'], ['-d', 'x'], ['-d', '2'], ['-d', '-1'], ['more'], ['-b']):
    r = subprocess.run([PROGRAM] + args, stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    same((r.returncode, b'dray-queued [-b base] [-d fd]' in r.stderr),
         (100, True), 'usage: ' + ' '.join(args))

# What is missing

for d in ('spool/tmp', 'spool/new', 'spool/cur', 'spool/bad', 'spool/free',
          'spool/bounce/tmp', 'spool/bounce/new'):
    os.rmdir(q.base + '/' + d)
    fails(q, 111, [d[6:], q.base], 'without ' + d)
    with open(q.base + '/' + d, 'w'):
        pass
    fails(q, 111, [d[6:]], 'a file in place of ' + d)
    os.unlink(q.base + '/' + d)
    os.mkdir(q.base + '/' + d)
os.rename(q.base + '/sock', q.base + '/sock.away')
fails(q, 111, ['sock/queue'], 'without sock')
os.rename(q.base + '/sock.away', q.base + '/sock')
os.rename(q.spool, q.spool + '.away')
fails(q, 111, ['spool', q.base], 'without a spool')
os.rename(q.spool + '.away', q.spool)
cdb = q.base + '/policy/policy.cdb'
os.rename(cdb, cdb + '.away')
fails(q, 100, ['policy.cdb'], 'without a policy')
with open(cdb, 'wb') as f:
    f.write(b'garbage' * 1000)
fails(q, 100, ['policy.cdb'], 'a policy that is none')
os.rename(cdb + '.away', cdb)
away = Queued(start=False, base=q.base + '/none')
shutil.rmtree(away.base)
fails(away, 111, [away.base], 'no base')
fails(q, 111, ['too long'], 'a base that nobody can have', '-b', '/x' * 2100)
if os.geteuid() == 0:
    skip('a spool that cannot be written', 'root can')
else:
    for d in ('tmp', 'new'):
        os.chmod(q.spool + '/' + d, 0o500)
        fails(q, 111, ['write'], 'spool/%s cannot be written' % d)
        os.chmod(q.spool + '/' + d, 0o700)
    os.chmod(q.base + '/sock', 0o500)
    fails(q, 111, ['sock/queue'], 'sock cannot be written')
    os.chmod(q.base + '/sock', 0o700)

# Twice

same(q.start(), True, 'all is there: it starts')
fails(q, 111, ['another dray-queued'], 'a second one')
same(inject(q)[0], 'A', 'the first one goes on')
same(oct(os.stat(q.base + '/sock/queue').st_mode & 0o777), '0o666',
     'everybody may inject')
q.end(signal.SIGKILL)
ok(os.path.exists(q.base + '/sock/queue'), 'killed, its socket stays')
same(q.start(), True, 'and does not stand in the way')
same(inject(q)[0], 'A', 'of the next one')
same(q.end(), 0, 'exit 0')
os.unlink(q.base + '/sock/queue')
s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
here = os.getcwd()
os.chdir(q.base + '/sock')
s.bind('queue')
s.listen(1)
os.chdir(here)
fails(q, 111, ['sock/queue'], 'a socket that somebody else serves')
s.close()

# tmp is swept of what is old

now = time.time()
names = {'old': 37, 'young': 35, 'new': 0, '.hidden': 99,
         '1700000000.M1P1Q1.mx': 48, 'a dir': 99}
for n, hours in names.items():
    p = q.spool + '/tmp/' + n
    if n == 'a dir':
        os.mkdir(p)
    else:
        with open(p, 'w') as f:
            f.write('x')
    os.utime(p, (now - hours * 3600, now - hours * 3600))
os.symlink('/etc/passwd', q.spool + '/tmp/link')
q.start()
ok(until(lambda: len(q.names('tmp')) == 5), 'old files go')
same(q.names('tmp'), sorted(['young', 'new', '.hidden', 'a dir', 'link']),
     'young ones and what is none of its own stay')
ok(os.path.exists('/etc/passwd'), 'links are not followed')
same(q.end(), 0, 'exit 0')

# A finished file is used again

q = Queued(start=False)
old = q.spool + '/free/1700000000.M1P1Q1.mx'
with open(old, 'wb') as f:
    f.write(b'\xff' * 300000)
inode = os.stat(old).st_ino
q.start()
others = [n for n in q.names('free') if not old.endswith(n)]
same([os.stat(q.spool + '/free/' + n).st_size for n in others],
     [1 << 20] * 7, 'files to write over are made, as many as are missing')
for n in others:
    os.unlink(q.spool + '/free/' + n)
same(inject(q)[0], 'A', 'a finished file is written over')
m = q.messages()
same(len(m), 1, 'the message is in it')
new = q.spool + '/new/' + m[0]['bundle']
same((os.stat(new).st_ino, os.path.exists(old)), (inode, False),
     'it is the same file')
same(q.octets(m[0]), TEXT, 'with other octets')
q.clear()
os.symlink('/etc/passwd', old)
v = inject(q)
ok(v[0] in 'AN' and not os.path.islink(new), 'a link there is not followed')
ok(until(lambda: inject(q)[0] == 'A'), 'and does not harm for long')
same(q.names('tmp'), [], 'nothing is left in tmp')
r = subprocess.run([B + '/bin/dray-fsck', '-b', q.base],
                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
same(r.returncode, 111, 'dray-fsck does not look while it runs')
same(q.end(), 0, 'exit 0')

# Directories that go while it runs

q = Queued()
os.rename(q.spool + '/new', q.spool + '/new.away')
os.rename(q.spool + '/tmp', q.spool + '/tmp.away')
same(inject(q)[0], 'A', 'renamed directories are still the same')
os.rename(q.spool + '/new.away', q.spool + '/new')
os.rename(q.spool + '/tmp.away', q.spool + '/tmp')
same(len(q.messages()), 1, 'the message is there')
q.clear()
os.rmdir(q.spool + '/new')
v = inject(q)
ok(refused(v, '4.3.0', 'spool'), 'spool/new has gone: 4.3.0')
same(q.names('tmp'), [], 'nothing is left in tmp')
same(q.end(), 0, 'exit 0')

# The environment, and a path that no socket address holds

top = tempfile.mkdtemp(prefix='dray-test.')
atexit.register(shutil.rmtree, top, True)
for n in (95, 103, 120, 250):
    q = Queued(base=top + '/' + 'x' * (n // 2) + '/' + 'y' * (n // 2))
    v = inject(q)
    same(v[0], 'A', 'a base of %d octets' % len(q.base))
    r = subprocess.run([B + '/bin/dray-inject', '-f', 's@x.example',
                        'r@d.example'], input=b'Subject: x\n\nx\n',
                       stderr=subprocess.PIPE,
                       env=dict(os.environ, DRAY_BASE=q.base))
    same((r.returncode, r.stderr), (0, b''), 'found by an injector')
    same(q.end(), 0, 'exit 0')
done()
