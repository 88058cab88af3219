"""An instance of dray for benchmarks and end-to-end tests: made in a scratch
directory, its daemons started and ended by us, also when SIGTERM ends us."""
import atexit
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time

# For tests: no disk is too small, and what failed is tried again soon.  It ends
# in [limits].
ROOM = """[queue]
min-free-space = 0
min-free-inodes = 0
"""
QUICK = """[retry]
schedule = 1s
then = 1s
[limits]
backoff-min = 1s
backoff-max = 1s
quit-timeout = 1s
"""
DAEMONS = ["dray-log", "dray-queued", "dray-send", "dray-remote"]
TICK = os.sysconf("SC_CLK_TCK")

_daemons = []   # every one that was started


@atexit.register
def _end_all():
    for p in _daemons:
        p.kill()
    for p in _daemons:
        p.wait()


if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def whole_lines(name, **kw):
    """Of a file that may be being written.  It is read in one piece: what reads
    line by line takes the second half of a line, which was being written when
    the first was read, for a line of its own."""
    with open(name, **kw) as f:
        return f.read().split("\n")[:-1]


def read_log(path):
    """The whole lines of a log, in order."""
    while True:
        names, out = sorted(os.listdir(path)), []
        try:
            for n in names:
                if n == "current" or n.endswith(".log"):
                    out += whole_lines(os.path.join(path, n))
        except FileNotFoundError:
            continue    # it was renamed meanwhile
        if sorted(os.listdir(path)) == names:
            return out


class Instance:
    def __init__(self, build, base, port, conf="", routes=None,
                 providers=None):
        self.bin = os.path.join(os.path.abspath(build), "bin")
        self.base = base
        self.procs = {}
        self.users = {}  # of a daemon: user, group, extra_groups of Popen
        for d in ("etc/routes", "etc/providers", "policy", "spool/tmp", "spool/new", "spool/cur",
                  "spool/free", "spool/bad", "spool/bounce/tmp",
                  "spool/bounce/new", "spool/bounce/cur", "sock", "log", "overrides",
                  "auth/count", "suppress"):
            os.makedirs(os.path.join(base, d), exist_ok=True)
        trigger = os.path.join(base, "spool/trigger")
        if not os.path.exists(trigger):
            os.mkfifo(trigger, 0o600)
        self.write_conf(conf)
        if providers:
            self.write("providers", providers)
        self.routes(routes or "[static *]\nhosts = 127.0.0.1:%d\n" % port)

    def write_conf(self, text):
        """text goes on where [node] is"""
        with open(os.path.join(self.base, "etc/dray.conf"), "w") as f:
            f.write("[node]\nhostname = bench.example\n" + text)

    def write(self, place, text):
        with open(os.path.join(self.base, "etc", place, "bench.conf"),
                  "w") as f:
            f.write(text)

    def conf(self, text):
        self.write_conf(text)
        self.compile()

    def routes(self, text):
        self.write("routes", text)
        self.compile()

    def providers(self, text):
        self.write("providers", text)
        self.compile()

    def compile(self):
        subprocess.run([self.bin + "/dray-policy", "-b", self.base, "compile"],
                       check=True, stdout=subprocess.DEVNULL)

    def start(self, only=None):
        for d in only or DAEMONS:
            r, w = os.pipe()
            self.procs[d] = subprocess.Popen(
                [self.bin + "/" + d, "-b", self.base, "-d", str(w)],
                pass_fds=[w], stdin=subprocess.DEVNULL, **self.users.get(d, {}))
            _daemons.append(self.procs[d])
            os.close(w)
            if not os.read(r, 1):
                raise SystemExit(d + " did not start")
            os.close(r)

    def adopt(self, name, p):
        """A daemon that was started otherwise; it ends with the test."""
        self.procs[name] = p
        _daemons.append(p)

    def stop(self, how=signal.SIGTERM, only=None):
        for d in only or ["dray-queued", "dray-remote", "dray-send", "dray-log"]:
            p = self.procs.pop(d, None)
            if p:
                p.send_signal(how)
                p.wait()

    def inject(self, to, *options, sender="a@sender.example",
               data=b"Subject: x\n\nhello\n"):
        """One message, to a list of recipients; its id."""
        return subprocess.run(
            [self.bin + "/dray-inject", "-i", "-f", sender, "-X", "id"] +
            list(options) + ["--"] + list(to), input=data, check=True,
            stdout=subprocess.PIPE, env=dict(os.environ, DRAY_BASE=self.base)
        ).stdout.decode().strip()

    def events(self, *kinds):
        """Those in the log, of some types or all."""
        lines = map(json.loads, read_log(self.base + "/log"))
        return [e for e in lines if not kinds or e["type"] in kinds]

    def empty(self):
        """No message waits."""
        return not os.listdir(self.base + "/spool/new") and \
            not os.listdir(self.base + "/spool/cur")

    def fsck(self):
        """The exit code of dray-fsck, and what it says."""
        r = subprocess.run([self.bin + "/dray-fsck", "-b", self.base],
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return r.returncode, r.stdout.decode()

    def cpu(self):
        """seconds of CPU so far, by daemon"""
        out = {}
        for d, p in self.procs.items():
            with open("/proc/%d/stat" % p.pid) as f:
                s = f.read().rsplit(")", 1)[1].split()
            out[d] = (int(s[11]) + int(s[12])) / TICK
        return out

    def memory(self, daemon):
        """resident KiB"""
        with open("/proc/%d/status" % self.procs[daemon].pid) as f:
            for line in f:
                if line.startswith("VmRSS"):
                    return int(line.split()[1])
        return 0

    def stat(self):
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(30)
        here = os.getcwd()
        os.chdir(os.path.join(self.base, "sock"))
        try:
            s.connect("control")
        finally:
            os.chdir(here)
        s.sendall(struct.pack(">IH", 2, 0) + b"\x01S")
        b = b""
        while len(b) < 6 or len(b) < 6 + struct.unpack(">I", b[:4])[0]:
            got = s.recv(65536)
            if not got:
                raise SystemExit("dray-send hung up")
            b += got
        s.close()
        return json.loads(b[8:].decode())


def ledger_rows(name):
    """The lines of a sink's ledger in words."""
    return [x.split() for x in whole_lines(name, errors="surrogateescape")]


class Sink:
    """dray-sink, or another sink with the same control on its standard input
    ("stat" answered by one line of JSON)."""

    def __init__(self, build, args=(), other=None, port=0, chunking=True):
        self.other = other
        if other:
            cmd = [other, "-p", str(port)] + (["-k"] if chunking else []) + list(args)
        else:
            cmd = [os.path.join(os.path.abspath(build), "bin/dray-sink"), "-i",
                   "-l", "127.0.0.1:%d" % port] + list(args)
            if not chunking:
                cmd += ["-x", "nochunking"]
        self.p = subprocess.Popen(cmd, stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        line = self.p.stdout.readline()
        self.port = port if other else int(line.rsplit(":", 1)[1])

    def ask(self, command):
        self.p.stdin.write(command + "\n")
        self.p.stdin.flush()
        return json.loads(self.p.stdout.readline())

    def stat(self):
        return self.ask("stat")

    def received(self):
        s = self.stat()
        return s.get("rcpts", s.get("recipients", 0))

    def cpu(self):
        with open("/proc/%d/stat" % self.p.pid) as f:
            s = f.read().rsplit(")", 1)[1].split()
        return (int(s[11]) + int(s[12])) / TICK

    def wait(self, n, limit=600, quiet=60):
        """until n recipients have come; the time of the last, or None"""
        end, seen, last = time.time() + limit, -1, time.time()
        while time.time() < end and time.time() < last + quiet:
            got = self.received()
            if got != seen:
                seen, last = got, time.time()
            if got >= n:
                s = self.stat()
                return s.get("last", last)
            time.sleep(0.02)
        return None

    def end(self):
        self.p.stdin.close()
        self.p.wait()


def load(build, base, *args):
    """The load client; its line of JSON."""
    out = subprocess.run(
        [os.path.join(os.path.abspath(build), "t/lib/queueload"), "-p",
         os.path.join(base, "sock/queue")] + [str(a) for a in args],
        check=True, stdout=subprocess.PIPE, text=True).stdout
    return json.loads(out)
