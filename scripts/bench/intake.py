"""The door, dray-smtpd: many who say nothing, and more than can be sent."""
import json
import os
import resource
import socket
import subprocess
import sys
import time

from streams import Scene, burden, part

LISTENER = "[listener bench]\nrole = relay\nport = %d\n"
BIG = "[static *]\nhosts = 127.0.0.1:%(bulk)d\n"
FAST = "[static fast.example]\nhosts = 127.0.0.1:%(fast)d\n"
HERE = os.path.dirname(os.path.abspath(__file__))


def free_port():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    return s.getsockname()[1]


class Session:
    def __init__(self, port, source=None):
        self.s = socket.create_connection(
            ("127.0.0.1", port), timeout=60,
            source_address=(source, 0) if source else None)
        self.rest = b""
        self.reply()
        self.say(b"EHLO bench.example")

    def reply(self):
        while True:
            while b"\n" not in self.rest:
                got = self.s.recv(4096)
                if not got:
                    raise SystemExit("dray-smtpd hung up")
                self.rest += got
            line, self.rest = self.rest.split(b"\n", 1)
            if line[3:4] != b"-":
                return line.decode().rstrip()

    def say(self, line):
        self.s.sendall(line + b"\r\n")
        return self.reply()

    def message(self, to, stream):
        """One in lock-step; its last reply and the longest wait for any."""
        longest = 0
        text = (b"From: a@b.example\r\nSubject: x\r\nX-Dray-Stream: " +
                stream + b"\r\n\r\nhello\r\n.")
        for line in (b"MAIL FROM:<code@sender.test>",
                     b"RCPT TO:<" + to.encode() + b">", b"DATA", text):
            t = time.time()
            r = self.say(line)
            longest = max(longest, time.time() - t)
            if r[:1] not in "23":
                self.say(b"RSET")
                break
        return r, longest * 1000


def processes(scene, name):
    """pids of a daemon and its children"""
    top = scene.inst.procs[name].pid
    with open("/proc/%d/task/%d/children" % (top, top)) as f:
        return [top] + [int(p) for p in f.read().split()]


def resident(scene, name):
    """KiB that it has for itself, all its processes"""
    n = 0
    for pid in processes(scene, name):
        with open("/proc/%d/smaps_rollup" % pid) as f:
            n += sum(int(x.split()[1]) for x in f
                     if x.startswith(("Private_Clean", "Private_Dirty")))
    return n


def start(a, conf, routes, port, **sinks):
    s = Scene(a, "[smtpd]\nconnections = 20000\nnetwork-connections = 2000\n" +
              conf + LISTENER % port, routes, **sinks)
    s.inst.start()
    s.inst.start(["dray-smtpd"])
    return s


def active(port, seconds):
    """Milliseconds that an active session waits, at most in each message."""
    session, waits = Session(port), []
    end = time.time() + seconds
    while time.time() < end:
        r, ms = session.message("i%f@bulk.example" % time.time(), b"regular")
        if r[:3] != "250":
            raise SystemExit("refused: " + r)
        waits.append(ms)
    session.s.close()
    return waits


def idle(a):
    """Sessions that have said EHLO and then nothing."""
    n, port = a.messages or 10000, free_port()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    s = start(a, "", BIG, port, bulk=[])
    try:
        alone = active(port, 5)
        before = resident(s, "dray-smtpd")
        held = [Session(port, "127.0.%d.1" % (1 + i // 1000))
                for i in range(n)]
        time.sleep(1)
        after = resident(s, "dray-smtpd")
        waits = active(port, a.seconds)
        print("idle     %d sessions: %.1f KiB each (asked: 20); an active one "
              "waits p50 %.2f, most %.2f ms (asked: 50), alone %.2f and %.2f; "
              "%d messages; %s" %
              (n, (after - before) / n, part(waits, .5), max(waits),
               part(alone, .5), max(alone), len(waits), burden()), flush=True)
        del held
    finally:
        s.inst.stop(only=["dray-smtpd"])
        s.end()


def probe_once(s, session, name, sent, refused):
    to = "p%f@%s.example" % (time.time(), name)
    t = time.time()
    r, _ = session.message(to, b"transactional")
    if r[:3] == "250":
        sent.append((name, to, t))
    else:
        refused.append(r)


def look(s, since, rows):
    """The queue's length and the memory of those who have it."""
    rows.append((time.time() - since, s.inst.stat()["messages"],
                 [resident(s, d) for d in ("dray-smtpd", "dray-queued",
                                           "dray-send")]))


def ages(s, sent, start):
    """Milliseconds from MAIL to arrival, of what came, by sink; and the rest."""
    came = {r: t for n in ("bulk", "fast") for t, _, r in s.arrivals(n, start)}
    out = {"bulk": [], "fast": []}
    for name, to, t in sent:
        if to in came:
            out[name].append(1000 * (came[to] - t))
    return out, sum(to not in came for _, to, _ in sent)


def report(a, s, rows, got, refused, limit):
    third = [r for r in rows if r[0] > a.seconds / 3]
    print("overload offered %d in %.0f s, accepted %d, refused %s" %
          (got["offered"], got["seconds"], got["accepted"],
           ", ".join("%d %s" % (n, r) for r, n in got["refused"].items())))
    print("overload queue at most %d (asked: %d); memory after a third and at "
          "the end, KiB: %s; %d transactional refused; %s" %
          (max(r[1] for r in rows), limit,
           ", ".join("%s %d, %d" % (n, third[0][2][i], rows[-1][2][i])
                     for i, n in enumerate(("smtpd", "queued", "send"))),
           len(refused), burden()), flush=True)


def drain(s, got, began):
    """Seconds until the queue is empty; what of it was lost, and came twice."""
    t = time.time()
    while s.inst.stat()["messages"] and time.time() < t + 600:
        time.sleep(0.5)
    time.sleep(1)
    came = [r for _, who, r in s.arrivals("bulk", began)
            if who == "news@b.example"]
    print("overload drained in %.0f s: %d of %d lost, %d came twice" %
          (time.time() - t - 1, got["accepted"] - len(set(came)),
           got["accepted"], len(came) - len(set(came))), flush=True)


def overload(a):
    """Twice what the provider takes, --seconds long (asked: 600)."""
    limit, pace, port = 50000, 500, free_port()
    s = start(a, "[queue]\nmax-messages = %d\nmin-free-space = 0\n" % limit,
              BIG + FAST, port, bulk=["-r", str(pace)], fast=[])
    try:
        session, rows, sent, refused = Session(port), [], [], []
        for i in range(100):
            probe_once(s, session, ("bulk", "fast")[i % 2], sent, refused)
            time.sleep(0.05)
        time.sleep(1)
        alone, _ = ages(s, sent, 0)
        sent.clear()
        began = time.time()
        p = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "offer.py"), str(port),
             str(2 * pace), str(a.seconds), "20", "4000"],
            stdout=subprocess.PIPE, text=True)
        while p.poll() is None:
            for name in ("bulk", "fast"):
                probe_once(s, session, name, sent, refused)
                time.sleep(0.2)
            look(s, began, rows)
        got = json.loads(p.stdout.read())
        report(a, s, rows, got, refused, limit)
        drain(s, got, began)
        busy, missing = ages(s, sent, began)
        for name in busy:
            print("overload transactional to %s: p50 %.1f, p99 %.1f, most %.1f "
                  "ms (asked: 8, 40); idle p50 %.1f, p99 %.1f; %d messages, %d "
                  "did not come" %
                  (name, part(busy[name], .5), part(busy[name], .99),
                   max(busy[name]), part(alone[name], .5),
                   part(alone[name], .99), len(busy[name]), missing),
                  flush=True)
    finally:
        s.inst.stop(only=["dray-smtpd"])
        s.end()
