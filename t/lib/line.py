"""An instance and the sink that all of its mail goes to, for tests that look at
both."""
import json
import os
import shutil
import signal
import subprocess
import tempfile

from instance import DAEMONS, Instance, QUICK, ROOM, Sink, ledger_rows
from tap import ok, same, until

BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..',
                     os.environ.get('B', 'build'))
FAST = ROOM + QUICK
HELLO = '''From: Brand <news@brand.example>
To: {{email}}
Subject: Hello

Hello.
'''
top = tempfile.mkdtemp(prefix='dray test.')
open_ones = []


class Line:
    def __init__(self, script='', args=(), conf=FAST, routes=None, env=None,
                 **kw):
        self.base = tempfile.mkdtemp(prefix='base ', dir=top)
        self.ledger = self.base + '/ledger'
        open(self.ledger, 'w').close()
        args = ['-c', self.ledger] + list(args)
        if script:
            with open(self.base + '/script', 'w') as f:
                f.write(script)
            args += ['-s', self.base + '/script']
        self.sink = Sink(BUILD, args)
        self.inst = Instance(BUILD, self.base, self.sink.port, conf, routes,
                             **kw)
        if env:
            self.inst.users = {d: {'env': env} for d in DAEMONS}
        self.inst.start()
        open_ones.append(self)

    def inject(self, to, *options, **kw):
        return self.inst.inject(to, *options, **kw)

    def mail(self, n, domain='a.example', *options, **kw):
        """n messages of one recipient."""
        for i in range(n):
            self.inject(['m%d@%s' % (i, domain)], *options, **kw)

    def tool(self, name, *args, rc=0):
        """What a program prints that ends with rc."""
        r = subprocess.run([self.inst.bin + '/' + name, '-b', self.base] +
                           [str(a) for a in args], stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, text=True)
        if r.returncode != rc:
            raise SystemExit('%s %s: %d, %s' % (name, args, r.returncode,
                                                r.stderr))
        return r.stdout

    def campaign(self, name, rows, *options, template=HELLO, rc=0):
        """What dray-campaign says that ends with rc.  The first row has the
        names."""
        path = self.base + '/template.eml'
        with open(path, 'w') as f:
            f.write(template)
        r = subprocess.run(
            [self.inst.bin + '/dray-campaign', '-b', self.base, '-i', name,
             '-f', 'news@brand.example', '-T', path] + list(options),
            input=''.join(row + '\n' for row in rows), stderr=subprocess.PIPE,
            text=True)
        ok(r.returncode == rc, 'campaign %s %s' % (name, ' '.join(options)),
           'exit %d: %s' % (r.returncode, r.stderr))
        return r.stderr

    def ctl(self, *args, rc=0):
        """The answer of dray-ctl."""
        out = self.tool('dray-ctl', '-j', *args, rc=rc)
        return json.loads(out) if out else {}

    def ask(self, name='a.example'):
        """What dray-why tells people."""
        return self.tool('dray-why', name)

    def why(self, name):
        """What it tells programs."""
        return json.loads(self.tool('dray-why', '--json', name))

    def restart(self, how=signal.SIGTERM):
        """dray-send, and dray-remote, which ends when that does."""
        self.inst.stop(how, only=['dray-send'])
        self.inst.stop(only=['dray-remote'])
        self.inst.start(['dray-send', 'dray-remote'])

    def events(self, *kinds):
        return self.inst.events(*kinds)

    def empty(self):
        return self.inst.empty()

    def arrived(self):
        """Recipients, as the sink has written them down."""
        return [x[4] for x in ledger_rows(self.ledger)]

    def just(self, n, name):
        """n arrive, and no more."""
        ok(until(lambda: len(self.arrived()) >= n), name, len(self.arrived()))
        until(lambda: len(self.arrived()) > n, 0.5)
        same(len(self.arrived()), n, name + ', and no more')

    def end(self):
        self.inst.stop()
        self.sink.end()
        open_ones.remove(self)
        rc, out = self.inst.fsck()
        ok(rc == 0, 'dray-fsck accepts what is left', out)
        shutil.rmtree(self.base)


def run(parts, only=()):
    """Calls the parts of a test, or those that are named; ends what they left
    open, and removes top."""
    try:
        for part in parts:
            if only and part.__name__ not in only:
                continue
            print('# ' + part.__name__)
            part()
    finally:
        for s in list(open_ones):
            s.inst.stop(9)
            s.sink.p.kill()
            s.sink.p.wait()
        if os.environ.get('KEEP') != '1':
            shutil.rmtree(top)
