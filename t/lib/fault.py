"""An instance of dray whose daemons die or whose disks fail, and the check
that nothing was lost.  For scripts/fault and t/fault/*.t.

An instance has its own directory, ports and processes.  Each daemon has a
supervisor, a thread that starts it again as s6 would, so that many instances
can run side by side.
"""
import collections
import json
import os
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
import time

import dkimverify
from faultdoor import Submitter
from instance import ledger_rows
from port import free_port
from sign import make_key

RELENT = 5  # seconds from the end of injection to the end of a long fault
DAEMONS = ['dray-log', 'dray-queued', 'dray-send', 'dray-bounce',
           'dray-remote']
DOOR = 'dray-smtpd'     # is there when something comes by it
SIGN = 'dray-sign'      # is there when mail is signed
TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))

CONF = '''[node]
hostname = fault.test
[queue]
min-free-space = 0
min-free-inodes = 0
[retry]
schedule = 1s 1s 2s
then = 2s
[limits]
connections = %(connections)d
depth = %(depth)d
daily-messages = %(daily)d
backoff-min = 1s
backoff-max = 2s
quit-timeout = 1s
'''

# All mail is signed, by Ed25519, which costs little.
SIGNING = '''[signing]
also = sender.test
'''
DKIM = '''[dkim sender.test]
ed25519 = k
'''

SCRIPT = '''rcpt to *@fail.test reply 550 5.1.1 no such user
rcpt to *@defer.test first 1 reply 450 4.2.0 come again
'''

Load = collections.namedtuple(
    'Load', 'tag domain messages sessions rcpts domains size')

# Eight sessions: single and several recipients, large, failing, deferred.
LOADS = [
    Load('a', 'one.test', 38, 3, 1, 0, 6000),
    Load('b', 'many.test', 8, 2, 5, 3, 4000),
    Load('c', 'large.test', 4, 1, 1, 0, 300000),
    Load('d', 'fail.test', 5, 1, 1, 0, 2000),
    Load('e', 'defer.test', 5, 1, 1, 0, 2000),
]

# The same by dray-smtpd.
DOOR_LOADS = [
    Load('s', 'one.smtp.test', 30, 3, 1, 0, 3000),
    Load('t', 'many.smtp.test', 4, 1, 5, 3, 4000),
    Load('u', 'large.smtp.test', 3, 1, 1, 0, 300000),
]


def by_door(load):
    return load.domain.endswith('.smtp.test')


stop = threading.Event()  # set: every run ends at once


class Stopped(Exception):
    pass


class Supervisor(threading.Thread):
    """Starts a daemon again whenever it ends."""

    def __init__(self, inst, name):
        super().__init__(daemon=True)
        self.inst, self.name = inst, name
        self.proc = None
        self.starts = 0
        self.ending = False
        self.lock = threading.Lock()

    def environment(self, preload):
        env = dict(self.inst.env)
        fault = self.inst.faults.get(self.name)
        if fault and self.starts < fault.lives:
            env.update(fault.env)
            env['FAIL_LOG'] = self.inst.report(self.name, self.starts)
            # A path with a blank in it cannot be given otherwise.
            env['LD_PRELOAD'] = '/proc/self/fd/%d' % preload
        return env

    def start_one(self):
        with self.lock:
            if self.ending:
                return None
            with open(self.inst.path(self.name + '.err'), 'ab') as err, \
                    open(os.path.join(self.inst.build,
                                      't/lib/fail_preload.so')) as so:
                self.proc = subprocess.Popen(
                    [os.path.join(self.inst.build, 'bin', self.name),
                     '-b', self.inst.base],
                    stdin=subprocess.DEVNULL, stdout=err, stderr=err,
                    pass_fds=[so.fileno()],
                    env=self.environment(so.fileno()))
            self.starts += 1
            return self.proc

    def run(self):
        while True:
            proc = self.start_one()
            if not proc:
                return
            begin = time.monotonic()
            proc.wait()
            # What dies at once is not started again at once.
            self.inst.ended.wait(
                0.02 if time.monotonic() - begin > 0.2 else 0.1)

    def kill(self, sig=signal.SIGKILL):
        with self.lock:
            if self.proc and self.proc.poll() is None:
                self.proc.send_signal(sig)
                return True
        return False

    def end(self):
        with self.lock:
            self.ending = True

    def finish(self, seconds):
        """False if it had to be killed."""
        if not self.proc:
            return True
        try:
            self.proc.wait(seconds)
            return True
        except subprocess.TimeoutExpired:
            self.proc.kill()
            self.proc.wait()
            return False


class Fault:
    """What befalls the first lives of a daemon."""

    def __init__(self, at, how='kill', when='before', lives=1, times=1):
        self.at, self.how, self.when = at, how, when
        self.lives, self.times = lives, times
        self.env = {'FAIL_AT': str(at), 'FAIL_HOW': how, 'FAIL_WHEN': when,
                    'FAIL_FOR': str(times)}


class Instance:
    def __init__(self, build, faults=None, loads=LOADS, connections=1,
                 depth=2, rate=None, where=None, signed=False):
        self.build = os.path.abspath(build)
        self.faults = faults or {}
        self.loads = loads
        self.connections, self.depth = connections, depth
        self.dir = tempfile.mkdtemp(prefix='dray-fault.', dir=where)
        self.base = self.path('base')
        self.env = {k: v for k, v in os.environ.items()
                    if not k.startswith('FAIL_') and k != 'LD_PRELOAD'}
        self.ended = threading.Event()
        self.day = time.time() // 86400
        # More than there is, and little enough to be counted in many steps.
        total = sum(m.messages * m.rcpts for m in loads)
        self.daily = 199 if total < 100 else 5 * total
        self.problems = []
        self.sink = None
        self.rate = rate
        self.watch = []
        self.injectors = []
        self.door = any(map(by_door, loads))
        self.signed = signed

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def spool(self, *names):
        return os.path.join(self.base, 'spool', *names)

    def report(self, name, life):
        return self.path('report-%s-%d' % (name, life))

    def make(self):
        for d in ['etc/routes', 'policy', 'sock', 'log', 'overrides'] + [
                'spool/' + s for s in ('tmp', 'new', 'cur', 'bad', 'free',
                                       'bounce/tmp', 'bounce/new',
                                       'bounce/cur')]:
            os.makedirs(os.path.join(self.base, d), 0o755)
        os.mkfifo(self.spool('trigger'), 0o600)
        with open(self.path('script'), 'w') as f:
            f.write(SCRIPT)
        with open(os.path.join(self.base, 'etc/dray.conf'), 'w') as f:
            f.write((SIGNING if self.signed else '') + CONF % vars(self))
            if self.door:
                self.port = free_port()
                f.write('[listener a]\nrole = relay\nport = %d\n' %
                        self.port)
        if self.signed:
            self.make_signers()
        self.start_sink()
        with open(os.path.join(self.base, 'etc/routes/r.conf'), 'w') as f:
            f.write('[static *]\nhosts = %s\n' % self.address)
        subprocess.run([os.path.join(self.build, 'bin/dray-policy'), '-b',
                        self.base, 'compile'], check=True, env=self.env,
                       stdout=subprocess.DEVNULL)

    def make_signers(self):
        os.mkdir(self.path('kept'))
        os.mkdir(os.path.join(self.base, 'etc/dkim'))
        with open(os.path.join(self.base, 'etc/dkim/k.conf'), 'w') as f:
            f.write(DKIM)
        self.key = os.path.join(self.base, 'keys/sender.test/k.pem')
        make_key(self.key, 'ed25519')

    def start_sink(self):
        command = [os.path.join(self.build, 'bin/dray-sink'), '-l',
                   '127.0.0.1:0', '-c', self.path('ledger'), '-s',
                   self.path('script')]
        if self.signed:
            command += ['-o', self.path('kept')]
        if self.rate:
            command += ['-r', str(self.rate)]
        with open(self.path('sink.err'), 'wb') as err:
            self.sink = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=err, env=self.env)
        self.address = self.sink.stdout.readline().split()[-1].decode()

    def start(self):
        self.make()
        self.watch = [Supervisor(self, d)
                      for d in DAEMONS + [DOOR] * self.door +
                      [SIGN] * self.signed]
        for w in self.watch:
            w.start()

    def inject(self):
        for load in self.loads:
            if by_door(load):
                self.injectors += [
                    Submitter(self, load, range(i, load.messages,
                                                load.sessions), recipients)
                    for i in range(load.sessions)]
                continue
            command = [os.path.join(self.build, 't/lib/queueload'), '-R',
                       '-p', os.path.join(self.base, 'sock/queue'),
                       '-a', self.path('ack-' + load.tag), '-t', load.tag,
                       '-d', load.domain, '-m', str(load.messages),
                       '-s', str(load.sessions), '-r', str(load.rcpts),
                       '-k', str(load.domains), '-l', str(load.size),
                       '-V', '-f', load.tag + '@sender.test']
            with open(self.path('load.err'), 'ab') as err:
                self.injectors.append(subprocess.Popen(
                    command, stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL, stderr=err, env=self.env))

    def wait_for(self, good, deadline, problem):
        while not good():
            if time.monotonic() > deadline:
                self.problems.append(problem)
                return False
            if stop.wait(0.02):
                raise Stopped
        return True

    def relent(self):
        """Ends a fault that has struck and goes on.  It is counted in calls,
        and what still calls may be a daemon that waits longer and longer
        between its attempts, as it should."""
        for name, fault in self.faults.items():
            path = self.report(name, 0)
            if fault.times == 1 or not read_report(path)[1]:
                continue
            with open(path, 'r+b') as f:
                f.write((fault.at + fault.times).to_bytes(8, 'little'))

    def injected(self):
        return all(p.poll() is not None for p in self.injectors)

    def empty(self):
        """Nothing is queued, and no sender is to be told anything.  What is
        told goes from one to the other and back."""
        return not any(os.listdir(self.spool(d)) for d in (
            'new', 'cur', 'bounce/new', 'bounce/cur', 'new', 'cur'))

    def wait_done(self, deadline):
        """Until all is injected and the queue is empty."""
        if not self.wait_for(self.injected, deadline,
                             'injection does not end'):
            return
        if any(p.returncode for p in self.injectors):
            self.problems.append('an injector failed')
        pause = time.monotonic() + RELENT
        while not self.empty() and time.monotonic() < pause:
            if stop.wait(0.02):
                raise Stopped
        self.relent()
        self.wait_for(self.empty, deadline,
                      'the queue does not become empty')

    def end(self):
        for p in self.injectors:
            if p.poll() is None:
                p.kill()
                p.wait()
        for w in self.watch:
            w.end()
        for w in self.watch:
            w.kill(signal.SIGTERM)
        for w in self.watch:
            if not w.finish(10):
                self.problems.append(w.name + ' did not end')
        self.ended.set()
        for w in self.watch:
            w.join()
        if self.sink:
            self.sink.terminate()
            self.sink.wait()
            self.sink.stdout.close()

    def remove(self):
        shutil.rmtree(self.dir, ignore_errors=True)

    # What happened.

    def struck(self):
        """How often a fault struck, and the words about it."""
        words = []
        for name, fault in self.faults.items():
            for life in range(fault.lives):
                n, text = read_report(self.report(name, life))[1:]
                if n:
                    words.append('%s: %s' % (name, text))
        return words

    def acknowledged(self):
        """(load, number of the message, id) for each acknowledgement."""
        for load in self.loads:
            try:
                with open(self.path('ack-' + load.tag)) as f:
                    for line in f:
                        n, ident = line.split()
                        yield load, int(n), ident
            except FileNotFoundError:
                pass

    def ledger(self):
        got = collections.Counter()
        try:
            got.update(x[4] for x in ledger_rows(self.path('ledger')))
        except FileNotFoundError:
            pass
        return got

    def events(self):
        """Recipients delivered or failed, ids recovered, as the log says."""
        out = subprocess.run(
            [os.path.join(self.build, 'bin/dray-tail'), '-a', '-b',
             self.base], stdout=subprocess.PIPE, env=self.env, check=True)
        delivered, failed, recovered = set(), set(), set()
        for line in out.stdout.splitlines():
            e = json.loads(line)
            if e['type'] == 'Delivery':
                delivered.add(e['recipient'])
            elif e['type'] == 'Bounce':
                failed.add(e['recipient'])
            elif e['type'] == 'Recovered':
                recovered.add(e['id'])
        return delivered, failed, recovered

    def check(self):
        """Fills in lost, duplicates, unlogged; adds to problems."""
        got = self.ledger()
        delivered, failed, recovered = self.events()
        self.lost, self.unlogged, n = [], [], 0
        for load, number, ident in self.acknowledged():
            for rcpt in recipients(load, number):
                n += 1
                fails = load.domain == 'fail.test'
                # Of one that fails its sender has to hear.
                want = '%s+%d@sender.test' % (load.tag, number)
                if (want if fails else rcpt) not in got:
                    self.lost.append(rcpt)
                if rcpt not in (failed if fails else delivered) and \
                        ident not in recovered:
                    self.unlogged.append(rcpt)
        want = sum(m.messages * m.rcpts for m in self.loads)
        self.duplicates = sum(got.values()) - len(got)
        if n != want:
            self.problems.append('%d recipients acknowledged, not %d' %
                                 (n, want))
        if self.lost:
            self.problems.append('%d recipients lost, such as %s' %
                                 (len(self.lost), self.lost[0]))
        if self.unlogged:
            self.problems.append('%d recipients not in the log, such as %s' %
                                 (len(self.unlogged), self.unlogged[0]))
        if self.signed:
            self.check_signed()
        self.check_day(sum(got.values()))
        self.check_spool()

    def check_signed(self):
        """Nothing left without a signature; that they are good is looked at of
        some."""
        without, bad, n = 0, [], 0
        dns = {'k._domainkey.sender.test':
               dkimverify.record(self.key, 'ed25519')}
        for e in os.scandir(self.path('kept', 'new')):
            if not e.name.endswith('.msg'):
                continue
            with open(e.path, 'rb') as f:
                text = f.read()
            signed = text.startswith(b'DKIM-Signature:')
            without += not signed
            n += 1
            if signed and n % 8 == 0 and len(text) < 20000 and \
                    dkimverify.dkim:
                said = dkimverify.by_dkimpy(dns, text)
                if said != [True]:
                    bad.append(said)
        if without or not n:
            self.problems.append('%d of %d left unsigned' % (without, n))
        if bad:
            self.problems.append('a bad signature: %s' % bad[0])

    def check_day(self, arrived):
        """What left on this day was counted, whatever was killed."""
        last = {}
        try:
            with open(self.spool('daily'), 'rb') as f:
                data = f.read()
        except FileNotFoundError:
            data = b''
        for at in range(32, len(data) - 31, 32):
            key, day, n = struct.unpack_from('>16sIQ', data, at)
            last[key] = n if day == self.day else 0
        if time.time() // 86400 == self.day and sum(last.values()) < arrived:
            self.problems.append('%d recipients were counted, %d arrived' %
                                 (sum(last.values()), arrived))

    def check_spool(self):
        r = subprocess.run([os.path.join(self.build, 'bin/dray-fsck'), '-b',
                            self.base], stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, env=self.env)
        if r.returncode:
            self.problems.append('dray-fsck exits %d: %s' % (
                r.returncode, r.stdout.decode(errors='replace').strip()))

    def flying(self, daemon):
        """How many recipients, and notices, can be in flight when this daemon
        dies."""
        if daemon in ('dray-log', SIGN):
            return 0
        if daemon == DOOR:
            return sum(m.sessions * m.rcpts for m in self.loads if by_door(m))
        # All notices may be in one file, and are made again together.
        told = sum(m.messages * m.rcpts for m in self.loads
                   if m.domain == 'fail.test')
        if daemon == 'dray-bounce':
            return told
        if daemon == 'dray-queued':
            return told + sum(m.sessions * m.rcpts for m in self.loads)
        # A lane is given half as many jobs again as may be on the wire.
        jobs = self.connections * (self.depth + max(1, self.depth // 2))
        n = told + jobs
        for load in self.loads:
            if load.domain != 'fail.test':
                sites = load.domains or 1
                n += sites * jobs * -(-load.rcpts // sites)
        return n


def read_report(path):
    """Calls counted, the one struck, and the words."""
    try:
        with open(path, 'rb') as f:
            d = f.read(128)
    except FileNotFoundError:
        return 0, 0, ''
    number = lambda b: int.from_bytes(b, 'little')
    return (number(d[:8]), number(d[8:16]),
            d[16:].split(b'\0')[0].decode(errors='replace'))


def recipients(load, number):
    for i in range(number * load.rcpts, (number + 1) * load.rcpts):
        if load.domains:
            yield 'u%d@d%d.%s' % (i, i % load.domains, load.domain)
        else:
            yield 'u%d@%s' % (i, load.domain)


class Result:
    pass


def run(build, daemon=None, fault=None, seconds=45, disturb=None, keep=False,
        **options):
    """One run from the start to an empty queue."""
    if daemon == DOOR:
        options.setdefault('loads', DOOR_LOADS)
    inst = Instance(build, {daemon: fault} if fault else {}, **options)
    r = Result()
    r.problems, r.lost, r.duplicates, r.unlogged = inst.problems, [], 0, []
    r.bound = 0
    begin = time.monotonic()
    deadline = begin + seconds
    try:
        inst.start()
        inst.inject()
        if disturb:
            disturb(inst)
        inst.wait_done(deadline)
    except BaseException:
        inst.end()
        inst.remove()
        raise
    inst.end()
    r.struck = inst.struck()
    r.calls = read_report(inst.report(daemon, 0))[0] if fault else 0
    inst.check()
    r.lost, r.duplicates, r.unlogged = \
        inst.lost, inst.duplicates, inst.unlogged
    if fault:
        r.bound = inst.flying(daemon) * max(1, len(r.struck)) * fault.times
        if r.duplicates > r.bound:
            r.problems.append('%d duplicates, more than the %d in flight' %
                              (r.duplicates, r.bound))
    r.kills = getattr(inst, 'kills', len(r.struck))
    r.seconds = time.monotonic() - begin
    r.dir = inst.dir
    if keep or r.problems:
        r.problems and r.problems.append('kept: ' + inst.dir)
    else:
        inst.remove()
    return r
