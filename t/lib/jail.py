"""A root directory of its own for a program that was unpacked and not
installed (debs.py): its files, the libraries that it loads, users that exist
nowhere else, no name server.

Root enters it by chroot(2).  Anybody else does so in a user namespace, in
which there is one user; ids_preload makes the program believe that it may
change to others.  Missing says why neither works.

The program uses the machine's network and file descriptors, no more.
"""
import glob
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time

import debs
from debs import Missing

HOSTS = '127.0.0.1 localhost peer.example\n::1 localhost peer.example\n'
FIRST_ID = 60100
ENTER = 'exec chroot "$0" "$@"'
# In a user namespace there is no mknod; what is mounted there goes with it.
DEVICES = '''
for d in null urandom; do mount --bind /dev/$d "$0/dev/$d"; done
'''


def is_root():
    return os.geteuid() == 0


def wrapper():
    how = [] if is_root() else ['unshare', '-rm']
    rc, out = debs.run(how + ['chroot', '/', 'true'])
    if rc:
        raise Missing('no root directory of its own for it: ' + out.strip())
    return how


def place(src, dst):
    """A link if that can be, else a copy."""
    os.makedirs(os.path.dirname(dst), exist_ok=True)
    src = os.path.realpath(src)
    try:
        os.link(src, dst)
    except FileExistsError:
        pass
    except OSError:
        shutil.copy(src, dst)


class Jail:
    def __init__(self, build, package, programs, users, owners=()):
        """owners: users whose files the program looks at, to see whose they
        are; in a user namespace all files are root's, so these are root."""
        self.enter = wrapper()
        self.tree = debs.get(package)
        with open(self.tree + '/VERSION') as f:
            self.version = f.read().strip()
        try:
            self.root = tempfile.mkdtemp(prefix='run.', dir=debs.CACHE)
        except OSError:
            self.root = tempfile.mkdtemp(prefix='dray-peer.')
        os.chmod(self.root, 0o755)
        self.procs = []
        self.ids = {'root': 0, 'nobody': 65534}
        if not is_root():
            self.ids.update((u, 0) for u in owners)
        self.build = build
        try:
            self.furnish(programs, users)
        except BaseException:
            self.remove()
            raise

    def furnish(self, programs, users):
        self.copy_tree()
        self.dir('/etc')
        for p in programs:
            self.program(p)
        if not is_root():
            self.preload('ids_preload.so')
        self.etc(users)
        self.devices()

    def copy_tree(self):
        for top, _, files in os.walk(self.tree):
            rel = os.path.relpath(top, self.tree)
            if rel.startswith('usr/share'):
                continue
            os.makedirs(os.path.join(self.root, rel), exist_ok=True)
            for f in files:
                src, dst = os.path.join(top, f), os.path.join(self.root, rel, f)
                if os.path.islink(src):
                    os.symlink(os.readlink(src), dst)
                else:
                    place(src, dst)

    def program(self, path):
        """Makes a program of the tree, or of the machine, run in here."""
        if not os.path.exists(self.root + path):
            if not os.path.exists(path):
                raise Missing('there is no ' + path)
            place(path, self.root + path)
        self.libraries(self.root + path)

    def libraries(self, path):
        """What ldd says, under the names it says; the loader looks there
        without being told to."""
        own = [d for top in ('/lib', '/usr/lib')
               for d, _, files in os.walk(self.tree + top)
               if any('.so' in f for f in files)]
        r = subprocess.run(['ldd', path], env=dict(
            debs.ENV, LD_LIBRARY_PATH=':'.join(own)),
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for line in r.stdout.decode().splitlines():
            if 'not found' in line:
                raise Missing('%s lacks %s' % (path[len(self.root):],
                                               line.split()[0]))
            # There may be a blank in it.
            m = re.match(r'(?:.* => |\s*)(/.*) \(0x', line)
            if m and not m.group(1).startswith(self.tree):
                place(m.group(1), self.root + m.group(1))

    def preload(self, name):
        """One of ours, into every program in here."""
        if os.path.exists(self.root + '/' + name):
            return
        place(os.path.join(self.build, 't/lib', name), self.root + '/' + name)
        self.libraries(self.root + '/' + name)
        with open(self.root + '/etc/ld.so.preload', 'a') as f:
            f.write('/%s\n' % name)

    def etc(self, users):
        for n, u in enumerate(users):
            self.ids.setdefault(u, FIRST_ID + n)
        self.file('/etc/passwd', ''.join(
            '%s:x:%d:%d::/nowhere:/bin/sh\n' % (u, n, n)
            for u, n in self.ids.items()))
        self.file('/etc/group', ''.join(
            '%s:x:%d:\n' % (u, n) for u, n in self.ids.items()))
        self.file('/etc/hosts', HOSTS)
        # Nobody answers there; it is where libc would look without this.
        self.file('/etc/resolv.conf',
                  'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n')
        self.dir('/tmp', mode=0o1777)

    def devices(self):
        self.dir('/dev')
        for name, minor in (('null', 3), ('urandom', 9)):
            path = self.root + '/dev/' + name
            try:
                os.mknod(path, 0o666 | 0o020000, os.makedev(1, minor))
                os.chmod(path, 0o666)
                open(path, 'r+b').close()
            except OSError:
                if os.path.exists(path):
                    os.unlink(path)
                self.file('/dev/' + name, '', mode=0o666)

    def own(self, path, user):
        if is_root():
            os.chown(self.root + path, self.ids[user], self.ids[user])

    def dir(self, path, user='root', mode=0o755):
        os.makedirs(self.root + path, exist_ok=True)
        os.chmod(self.root + path, mode)
        self.own(path, user)

    def file(self, path, text, user='root', mode=0o644):
        os.makedirs(os.path.dirname(self.root + path), exist_ok=True)
        if os.path.lexists(self.root + path):
            os.unlink(self.root + path)     # it may be a link: see place()
        with open(self.root + path, 'w') as f:
            f.write(text)
        os.chmod(self.root + path, mode)
        self.own(path, user)

    def read(self, path):
        try:
            with open(self.root + path, 'rb') as f:
                return f.read()
        except OSError:
            return b''

    def start(self, *cmd):
        """Standard output and error go to /log in here."""
        enter = (DEVICES if self.enter else '') + ENTER
        with open(self.root + '/log', 'ab') as log:
            p = subprocess.Popen(
                self.enter + ['sh', '-c', enter, self.root] + list(cmd),
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd='/',
                env=debs.ENV, start_new_session=True)
        self.procs.append(p)
        return p

    def inmates(self):
        """The processes in here, by their root; whoever started them."""
        real = os.path.realpath(self.root) + '/'
        for link in glob.glob('/proc/[0-9]*/root'):
            try:
                if (os.readlink(link) + '/').startswith(real):
                    yield int(link.split('/')[2])
            except OSError:
                pass

    def end(self, seconds=5):
        for p in self.procs:
            p.terminate()
        limit = time.time() + seconds
        while time.time() < limit and any(True for _ in self.inmates()):
            for p in self.procs:
                p.poll()
            time.sleep(0.02)
        for pid in list(self.inmates()):
            try:
                os.kill(pid, signal.SIGKILL)
            except OSError:
                pass
        for p in self.procs:
            p.kill()
            p.wait()
        self.procs = []

    def remove(self):
        self.end()
        if os.environ.get('KEEP') != '1':
            shutil.rmtree(self.root, ignore_errors=True)
