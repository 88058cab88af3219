"""Programs from Debian packages that are not installed: those that would push
each other out, as mail servers do.

get(PACKAGE) fetches the package and those libraries of it that the machine
lacks with "apt-get download", unpacks all into one directory and returns that;
Missing says why it cannot.  What was fetched stays below the build directory
and is used again: the directory is the environment's PEERS, or $B/peers.

usage: debs.py PACKAGE...   fetches them
"""
import fcntl
import glob
import os
import re
import shutil
import subprocess
import sys
import time

TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..')
CACHE = os.path.realpath(os.environ.get('PEERS') or os.path.join(
    TOP, os.environ.get('B', 'build'), 'peers'))
RETRY = 600
PATH = os.environ.get('PATH', '') + ':/usr/sbin:/sbin'
ENV = dict(os.environ, PATH=PATH, LC_ALL='C', DEBIAN_FRONTEND='noninteractive')


class Missing(Exception):
    pass


def run(cmd, cwd=None):
    """Exit status and output; 127 where there is no such program."""
    try:
        r = subprocess.run(cmd, cwd=cwd, env=ENV, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                           timeout=120)
    except OSError as e:
        return 127, str(e)
    except subprocess.TimeoutExpired:
        return 124, 'it took too long'
    return r.returncode, r.stdout.decode(errors='replace')


def quiet(cmd, cwd=None):
    rc, out = run(cmd, cwd)
    if rc:
        said = [x for x in out.splitlines() if not x.startswith('W:')]
        raise Missing('%s: %s' % (cmd[0], (said or [str(rc)])[-1]))
    return out


def download(package, into):
    """The .deb of a package.  Where the machine has no lists of packages, or
    old ones, we get some of our own."""
    own = os.path.join(CACHE, 'apt')
    keep = ['-o', 'APT::Sandbox::User=', '-o', 'Acquire::Retries=2']
    ours = keep + ['-o', 'Dir::State::lists=' + own + '/lists',
                   '-o', 'Dir::Cache=' + own + '/cache']
    if not os.path.isdir(own):
        rc, _ = run(['apt-get', '-q'] + keep + ['download', package], into)
        if rc == 0:
            return deb(package, into)
        os.makedirs(own + '/lists/partial', exist_ok=True)
        os.makedirs(own + '/cache/archives/partial', exist_ok=True)
        try:
            quiet(['apt-get', '-q'] + ours + ['update'])
        except Missing:
            shutil.rmtree(own)
            raise
    quiet(['apt-get', '-q'] + ours + ['download', package], into)
    return deb(package, into)


def deb(package, where):
    found = glob.glob(os.path.join(glob.escape(where), package + '_*.deb'))
    return found[0] if found else None


def installed(package):
    rc, out = run(['dpkg-query', '-W', '-f', '${Status}', package])
    return rc == 0 and out.endswith(' ok installed')


def libraries(path):
    """The libraries that a package wants and the machine does not have."""
    out = quiet(['dpkg-deb', '-f', path, 'Depends'])
    for group in out.split(','):
        names = [re.split(r'[ (:]', x.strip())[0] for x in group.split('|')]
        if names[0].startswith('lib') and not any(map(installed, names)):
            yield names[0]


def fetch(package, into):
    """Unpacks a package and its libraries."""
    debs = os.path.join(CACHE, 'deb')
    os.makedirs(debs, exist_ok=True)
    todo, seen = [package], set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        path = deb(name, debs) or download(name, debs)
        if not path:
            raise Missing('apt-get brought no ' + name)
        quiet(['dpkg', '-x', path, into])
        todo += libraries(path)
    with open(into + '/VERSION', 'w') as f:
        f.write(quiet(['dpkg-deb', '-f', deb(package, debs), 'Version']))


def failed(tree):
    """Why it could not be had a moment ago; without a network every attempt
    takes its time."""
    try:
        if os.stat(tree + '.failed').st_mtime < time.time() - RETRY:
            return None
        with open(tree + '.failed') as f:
            return f.read()
    except OSError:
        return None


def fetch_once(package, tree):
    why = failed(tree)
    if why:
        raise Missing(why)
    shutil.rmtree(tree, ignore_errors=True)
    try:
        fetch(package, tree)
    except Missing as e:
        why = 'no %s: %s' % (package, e)
        with open(tree + '.failed', 'w') as f:
            f.write(why)
        raise Missing(why)


def get(package):
    """The directory with what is in the package."""
    tree = os.path.join(CACHE, package)
    if os.path.exists(tree + '/VERSION'):
        return tree
    try:
        os.makedirs(CACHE, exist_ok=True)
        with open(os.path.join(CACHE, 'lock'), 'w') as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not os.path.exists(tree + '/VERSION'):
                fetch_once(package, tree)
    except OSError as e:
        raise Missing('cannot fetch %s: %s' % (package, e))
    return tree


if __name__ == '__main__':
    bad = 0
    for p in sys.argv[1:]:
        try:
            print(p, open(get(p) + '/VERSION').read().strip())
        except Missing as e:
            print(e)
            bad = 1
    sys.exit(bad)
