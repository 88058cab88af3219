"""A flood of bounces that nobody made a token for, over SMTP: how fast they are
taken and read, what they leave on disk, and that they change nothing."""
import os
import random
import shutil
import subprocess
import tempfile
import threading
import time

CHARS = "abcdefghijklmnopqrstuvwxyz234567"
DSN = """From: MAILER-DAEMON@there.example
To: <%(path)s>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b

It could not be delivered.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.there.example

Final-Recipient: rfc822; %(who)s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: message/rfc822

From: News <news@brand.example>
To: <%(who)s>
Subject: News
Message-ID: <%(token)s@brand.example>

Hello.
--b--
""".replace("\n", "\r\n")
PLACES = ("spool/returns/new", "spool/returns/kept", "log", "suppress")
CLIENTS = 8


def octets(base, place):
    """On disk, of the files in a directory."""
    n = 0
    with os.scandir(os.path.join(base, place)) as d:
        for e in d:
            try:
                n += e.stat(follow_symlinks=False).st_blocks * 512
            except FileNotFoundError:
                pass
    return n


def bounce(r):
    """An address, and what comes back to it."""
    token = "".join(r.choices(CHARS, k=40))
    path = "bounces+%s@own.example" % token
    text = DSN % {"path": path, "token": token,
                  "who": "u%d@there.example" % r.randrange(10 ** 9)}
    return ("MAIL FROM:<>\r\nRCPT TO:<%s>\r\nDATA\r\n" % path).encode(), \
        text.encode() + b".\r\n"


class Flood:
    """One kept session that sends n, a message and the next envelope at a
    time."""

    def __init__(self, door, n, seed):
        self.talk, self.n, self.r = door.talk("returns"), n, random.Random(seed)
        self.got = {}

    def replies(self, n):
        return [self.talk.reply() for _ in range(n)]

    def run(self):
        envelope, text = bounce(self.r)
        self.talk.send(envelope)
        for left in range(self.n, 0, -1):
            envelope, after = bounce(self.r)
            if self.replies(3)[2][:3] != "354":
                self.got["no DATA"] = self.got.get("no DATA", 0) + left
                break
            self.talk.send(text + (envelope if left > 1 else b"QUIT\r\n"))
            code = self.talk.reply()[:9]
            code = code[:3] if code[0] == "2" else code
            self.got[code] = self.got.get(code, 0) + 1
            text = after
        self.talk.close()


class Watch(threading.Thread):
    """The most that there is on disk, and that waits."""

    def __init__(self, base):
        super().__init__(daemon=True)
        self.base, self.most, self.waiting, self.stop = base, 0, 0, False

    def run(self):
        while not self.stop:
            self.most = max(self.most, sum(octets(self.base, p)
                                           for p in PLACES))
            self.waiting = max(self.waiting, len(os.listdir(
                self.base + "/spool/returns/new")))
            time.sleep(1)


def send(door, n):
    """Seconds, and how many got which reply."""
    floods = [Flood(door, n // CLIENTS, i) for i in range(CLIENTS)]
    threads = [threading.Thread(target=f.run) for f in floods]
    start, got = time.time(), {}
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for f in floods:
        for code, k in f.got.items():
            got[code] = got.get(code, 0) + k
    return time.time() - start, got


def read(door, seconds):
    """Until none waits; seconds."""
    start = time.time()
    while os.listdir(door.base + "/spool/returns/new"):
        if time.time() > start + seconds:
            raise SystemExit("they are not read")
        time.sleep(0.1)
    return time.time() - start


def report(door, n, taken, got, late, before, watch):
    after = [octets(door.base, p) for p in PLACES]
    sums = door.events("ReturnSummary")
    entries = [x for x in door.tool("dray-suppress", "export").splitlines()
               if x and x[0] != "#"]
    print("forged   %d bounces: %.0f/s taken (%s), all read %.1f s later; at most "
          "%d waited" % (n, sum(got.values()) / taken,
                         ", ".join("%d %s" % (k, c) for c, k in got.items()),
                         late, watch.waiting))
    print("forged   KB on disk before and after: %s; at most %d in all" %
          (", ".join("%s %d, %d" % (p, b // 1024, a // 1024)
                     for p, b, a in zip(PLACES, before, after)),
           watch.most // 1024))
    print("forged   %d files kept; %d entries of the suppression list; events: "
          "%d OOB, %d ReturnSummary of %d forged" %
          (len(os.listdir(door.base + "/spool/returns/kept")), len(entries),
           len(door.events("OOB", "Feedback", "Unsubscribe")), len(sums),
           sum(e["forged"] for e in sums)), flush=True)


def forged(a):
    tempfile.tempdir = a.scratch
    import line
    from door import Door
    n = a.messages or 100000
    door = Door(returns="bounce = bounces@own.example")
    try:
        os.makedirs(door.base + "/keys", exist_ok=True)
        subprocess.run([door.inst.bin + "/dray-keys", "-b", door.base, "token"],
                       check=True, stdout=subprocess.DEVNULL)
        door.inst.stop(only=["dray-bounce"])
        door.inst.start(["dray-bounce"])
        before = [octets(door.base, p) for p in PLACES]
        watch = Watch(door.base)
        watch.start()
        taken, got = send(door, n)
        late = read(door, 600)
        watch.stop = True
        end = time.time() + 70    # until the last sum is told
        while sum(e["forged"] for e in door.events("ReturnSummary")) < n and \
                time.time() < end:
            time.sleep(1)
        report(door, n, taken, got, late, before, watch)
    finally:
        door.end()
        shutil.rmtree(line.top)
