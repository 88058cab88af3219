#!/usr/bin/env python3
"""dray-sink(8): what it answers, counts and keeps.

A client on raw sockets against the program, each feature at least once.
"""
import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import zlib

TOP = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(TOP, "t", "lib"))
from tap import ok, plan, same

PROG = os.path.join(TOP, os.environ.get("B", "build"), "bin", "dray-sink")
LIMIT = 10.0  # seconds: the longest wait for anything that has to come


class Sink:
    """The program with its control on standard input."""

    live = []

    def __init__(self, *args, script=None, listens=1):
        args = list(args)
        if script is not None:
            path = os.path.join(scratch(), "script")
            with open(path, "w") as f:
                f.write(script)
            args += ["-s", path]
        for _ in range(listens):
            args += ["-l", "127.0.0.1:0"]
        self.p = subprocess.Popen([PROG, "-i"] + args, text=True,
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        Sink.live.append(self)
        self.ports = []
        for _ in range(listens):
            word, addr = self.p.stdout.readline().split()
            assert word == "listening"
            self.ports.append(int(addr.rsplit(":", 1)[1]))
        self.port = self.ports[0]

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        return json.loads(self.p.stdout.readline())

    def stat(self):
        return self.ask("stat")

    def wait_stat(self, cond):
        """Counters change when the sink sees something: wait for that."""
        end = time.monotonic() + LIMIT
        while True:
            s = self.stat()
            if cond(s) or time.monotonic() > end:
                return s
            time.sleep(0.01)

    def end(self):
        self.p.stdin.close()
        out = self.p.stdout.read()
        rc = self.p.wait(LIMIT)
        self.p.stdout.close()
        Sink.live.remove(self)
        assert rc == 0, rc
        return json.loads(out)


class Client:
    def __init__(self, port, greet=True, host="127.0.0.1"):
        self.s = socket.create_connection((host, port), LIMIT)
        self.s.settimeout(LIMIT)
        self.buf = b""
        if greet:
            self.greeting = self.reply()

    def send(self, data):
        self.s.sendall(data if isinstance(data, bytes) else data.encode())

    def line(self):
        """One line with its end, or what came before the end of file."""
        while b"\n" not in self.buf:
            got = self.s.recv(1 << 16)
            if not got:
                got, self.buf = self.buf, b""
                return got
            self.buf += got
        line, _, self.buf = self.buf.partition(b"\n")
        return line + b"\n"

    def reply(self):
        """All lines of a reply, as one text; "" at the end of file."""
        lines = []
        while True:
            line = self.line()
            lines.append(line.decode("latin-1"))
            if line[3:4] != b"-":
                return "".join(lines)

    def code(self):
        return self.reply()[:3]

    def cmd(self, line):
        self.send(line + "\r\n")
        return self.reply()

    def codes(self, *lines):
        """One at a time."""
        return " ".join(self.cmd(x)[:3] for x in lines)

    def pipe(self, data, n):
        """All at once, then n replies."""
        self.send(data)
        return " ".join(self.code() for _ in range(n))

    def rest(self):
        """All up to the end of file."""
        got = self.buf
        self.buf = b""
        while True:
            more = self.s.recv(1 << 16)
            if not more:
                return got
            got += more

    def quiet(self, seconds=0.15):
        """Whether nothing comes for so long."""
        self.s.settimeout(seconds)
        try:
            return not self.buf and self.s.recv(1, socket.MSG_PEEK) is None
        except socket.timeout:
            return True
        finally:
            self.s.settimeout(LIMIT)

    def ehlo(self):
        return self.cmd("EHLO client.example")

    def message(self, body=b"Subject: x\r\n\r\nhello\r\n", to="a@example.com",
                sender="s@example.org"):
        """By DATA; the codes of all replies."""
        got = self.codes("MAIL FROM:<%s>" % sender, "RCPT TO:<%s>" % to, "DATA")
        if not got.endswith("354"):
            return got
        self.send(body + b".\r\n")
        return got + " " + self.code()

    def close(self):
        self.s.close()


def session(sink, ehlo=True):
    c = Client(sink.port)
    if ehlo:
        c.ehlo()
    return c


def crc(data):
    return "%08x" % zlib.crc32(data)


DIRS = []


def scratch():
    DIRS.append(tempfile.TemporaryDirectory(prefix="dray test "))
    return DIRS[-1].name


ENVELOPE = "MAIL FROM:<s@example.org>\r\nRCPT TO:<a@example.com>\r\n"
FOUR = "250 250 354 250"


# --- the plain dialogue ---------------------------------------------------


def test_plain():
    sink = Sink()
    c = Client(sink.port)
    same(c.greeting, "220 sink.example ESMTP dray-sink\r\n", "greeting")
    same(c.ehlo(), "250-sink.example\r\n250-PIPELINING\r\n250-CHUNKING\r\n"
         "250-8BITMIME\r\n250-DSN\r\n250-SMTPUTF8\r\n"
         "250-ENHANCEDSTATUSCODES\r\n250 SIZE 104857600\r\n", "EHLO")
    same(c.message(), FOUR, "a message by DATA")
    same(c.pipe(ENVELOPE + "BDAT 6\r\nab\r\ncdBDAT 4 LAST\r\nef\r\n", 4),
         "250 250 250 250", "a message in two chunks")
    same(c.pipe(ENVELOPE + "BDAT 0 LAST\r\nNOOP\r\n", 4), "250 250 250 250",
         "an empty message by BDAT 0 LAST")
    same(c.codes("NOOP", "RSET", "VRFY x", "HELP", "noop ignored"),
         "250 250 252 214 250", "the small commands")
    same(c.cmd("QUIT"), "221 2.0.0 bye\r\n", "QUIT")
    same(c.rest(), b"", "and the connection ends")
    s = sink.end()
    same((s["connections"], s["open"], s["open_max"], s["messages"],
          s["recipients"], s["data"], s["bdat"]), (1, 0, 1, 3, 3, 1, 2),
         "the counters")
    same(s["octets"], 21 + 10, "octets are those of the messages")
    same((s["replies"]["220"], s["replies"]["354"], s["replies"]["221"]),
         (1, 1, 1), "replies by code")
    ok(0 < s["first"] <= s["last"] <= s["now"], "the times", s)


def test_helo():
    sink = Sink()
    c = Client(sink.port)
    same(c.cmd("HELO client.example"), "250 sink.example\r\n", "HELO")
    same(c.codes("MAIL FROM:<s@example.org> SIZE=1"), "555",
         "no parameters after HELO")
    same(c.message(), FOUR, "a message after HELO")
    same(c.pipe(ENVELOPE + "BDAT 4 LAST\r\nQUIT", 3), "250 250 502",
         "no BDAT after HELO, and its octets are no command")
    sink.end()


def test_sequence():
    sink = Sink()
    c = Client(sink.port)
    same(c.codes("MAIL FROM:<a@example.org>", "RCPT TO:<a@example.com>",
                 "DATA", "BDAT 0 LAST"), "503 503 503 502",
         "nothing before EHLO")
    c.ehlo()
    same(c.codes("RCPT TO:<a@example.com>", "DATA", "BDAT 0"), "503 503 503",
         "nothing before MAIL")
    same(c.codes("MAIL FROM:<>", "MAIL FROM:<>", "DATA"), "250 503 503",
         "no second MAIL, no DATA without RCPT")
    same(c.codes("RCPT TO:<x>", "DATA"), "553 554", "no valid recipients")
    same(c.codes("MAIL FROM:<>", "RCPT TO:<a@example.com>", "BDAT 0", "DATA",
                 "RCPT TO:<b@example.com>", "BDAT 0 LAST"),
         "250 250 250 503 503 250", "no DATA and no RCPT between chunks")
    same(c.codes("EHLO", "EHLO a b", "EHLO -x", "EHLO [127.0.0.1]"),
         "501 501 501 250", "EHLO wants a name")
    same(c.codes("MAIL FROM:<>", "EHLO x.example", "RCPT TO:<a@example.com>"),
         "250 250 503", "EHLO ends a transaction")
    same(c.codes("MAIL FROM:<>", "RSET", "RCPT TO:<a@example.com>"),
         "250 250 503", "and so does RSET")
    same(c.codes("DATA x", "QUIT x", "RSET x", "XYZZY", ""),
         "501 501 501 500 500", "syntax")
    for _ in range(100):
        got = c.cmd("XYZZY")[:3]
        if got != "500":
            break
    same((got, c.rest()), ("421", b""), "too many errors end it")
    same(sink.end()["errors"], 100, "errors are counted")


def test_addresses():
    sink = Sink()
    c = session(sink)
    good = ["<a@example.com>", '<"a b"@example.com>', r'<"a\"\\b"@x.example>',
            "<postmaster>", "<a@[192.0.2.1]>", "<a@[IPv6:2001:db8::1]>",
            "<@a.example,@b.example:c@d.example>", "<!#$%&'*+-/=?^_`{|}~@x>",
            "<%s@x>" % ("a" * 64), "<a@%s.x>" % ("b" * 63)]
    bad = ["a@example.com", "<>", "<a@>", "<@x>", "<a b@x>", "<a..b@x>",
           "<.a@x>", "<a@x..y>", "<a@-x>", "<a@x->", "<a@x.>", "<a@x",
           "<%s@x>" % ("a" * 65), "<a@%s>" % ("b" * 64),
           "<a@%s>" % ".".join(["b" * 60] * 5), " <a@x>", "<a@x>junk",
           "<\u00e9@x>", "<@a,b:c@d>", "<a@[x>", '<"a@x>']
    c.cmd("MAIL FROM:<>")
    same([a for a in good if c.cmd("RCPT TO:" + a)[0] != "2"], [],
         "good addresses")
    same([a for a in bad if c.cmd("RCPT TO:" + a)[:2] not in ("50", "55")], [],
         "bad addresses")
    c.cmd("RSET")
    same(c.codes("MAIL FROM:<\u00e9@x> SMTPUTF8", "RCPT TO:<\u00fc@\u00e4.x>"),
         "250 250", "SMTPUTF8")
    c.send(b"RCPT TO:<\xff\xfe@x>\r\n")
    same(c.code(), "553", "octets that are not UTF-8")
    c.cmd("RSET")
    same(c.codes("MAIL FROM:<a@x> BODY=8BITMIME SIZE=10 RET=HDRS ENVID=a+2Bb",
                 "RCPT TO:<a@x> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;a+40x",
                 "RCPT TO:<b@x> NOTIFY=NEVER"), "250 250 250", "parameters")
    c.cmd("RSET")
    same(c.codes("MAIL FROM:<> BODY=9", "MAIL FROM:<> SIZE=x",
                 "MAIL FROM:<> SIZE=1 SIZE=1", "MAIL FROM:<> FOO=1",
                 "MAIL FROM:<> BODY=BINARYMIME", "MAIL FROM:<> ENVID=a+2b",
                 "MAIL FROM:<> RET=", "MAIL FROM:<> SMTPUTF8=x"),
         "501 501 501 555 555 501 501 501", "bad parameters of MAIL")
    c.cmd("MAIL FROM:<>")
    same(c.codes("RCPT TO:<a@x> NOTIFY=NEVER,DELAY", "RCPT TO:<a@x> NOTIFY=",
                 "RCPT TO:<a@x> ORCPT=a", "RCPT TO:<a@x> SIZE=1"),
         "501 501 501 555", "bad parameters of RCPT")
    same(c.cmd("RCPT TO:<" + "a" * 3000 + "@x>")[:3], "500", "a line too long")
    same(c.cmd("NOOP")[:3], "250", "and the next is read as usual")
    sink.end()


def test_extensions():
    sink = Sink("-x", "none")
    c = Client(sink.port)
    same(c.ehlo(), "250 sink.example\r\n", "no extensions")
    same(c.cmd("NOOP"), "250 ok\r\n", "no status codes")
    same(c.codes("MAIL FROM:<> SIZE=1", "MAIL FROM:<> BODY=8BITMIME",
                 "MAIL FROM:<> RET=FULL", "MAIL FROM:<> SMTPUTF8", "STARTTLS"),
         "555 555 555 555 502", "what is not offered is refused")
    same(c.pipe("NOOP\r\nNOOP\r\nNOOP\r\n", 3), "250 250 250", "three at once")
    same(sink.end()["early"], 2, "commands that came early are counted")
    sink = Sink("-H", "mx.example.net", "-x", "nopipelining,nochunking,"
                "size=1000,starttls,limits,rcptmax=2,mailmax=2,domainmax=1")
    c = Client(sink.port)
    same(c.ehlo(), "250-mx.example.net\r\n250-8BITMIME\r\n250-DSN\r\n"
         "250-SMTPUTF8\r\n250-ENHANCEDSTATUSCODES\r\n250-STARTTLS\r\n"
         "250-SIZE 1000\r\n250 LIMITS RCPTMAX=2 MAILMAX=2 RCPTDOMAINMAX=1\r\n",
         "chosen extensions")
    same(c.codes("STARTTLS x", "MAIL FROM:<> SIZE=1001", "MAIL FROM:<> SIZE=9",
                 "RCPT TO:<a@x>", "RCPT TO:<a@y>", "RCPT TO:<b@X>",
                 "RCPT TO:<c@x>", "BDAT 0 LAST", "RSET"),
         "501 552 250 250 452 250 452 502 250", "limits are kept")
    same(c.message(b"x" * 999 + b"\r\n"), "250 250 354 552", "too large")
    same(c.message(b"x" * 998 + b"\r\n"), FOUR, "just not too large")
    same(c.cmd("MAIL FROM:<>")[:3], "421", "too many messages")
    same(sink.end()["rejected"], 1, "rejected messages are counted")
    sink = Sink("-x", "size=10,binarymime")
    c = session(sink)
    same(c.pipe(ENVELOPE + "BDAT 11\r\nhello world" + "BDAT 1 LAST\r\nx", 4),
         "250 250 552 503", "chunks too large")
    same(c.codes("MAIL FROM:<> BODY=BINARYMIME", "RCPT TO:<a@x>", "DATA",
                 "BDAT 0 LAST"), "250 250 503 250", "BINARYMIME")
    sink.end()


# --- octets ---------------------------------------------------------------


def stuffed(body):
    return re.sub(rb"(^|\r\n)\.", rb"\1..", body)


def feed(c, data, step):
    for i in range(0, len(data), step):
        c.send(data[i:i + step])


def stored(path):
    new = os.path.join(path, "new")
    names = sorted(os.listdir(new), key=lambda n: [
        int(x) for x in n.split(".")[3:5]])
    pairs = []
    for n in names:
        if n.endswith(".msg"):
            with open(os.path.join(new, n), "rb") as f:
                body = f.read()
            with open(os.path.join(new, n[:-3] + "env")) as f:
                env = f.read().splitlines()
            pairs.append((body, env))
    return pairs


def test_octets():
    d = scratch()
    ledger = os.path.join(d, "ledger")
    sink = Sink("-o", os.path.join(d, "mail"), "-c", ledger)
    bodies = [
        b"Subject: x\r\n\r\nhello\r\n", b"", b".\r\n", b"..\r\n.a\r\n...\r\n",
        b"a\n.\nb\r\n", b"a\r.\rb\r\n", b"a\r\n.\nb\r\n", b"a\n.\r\nb\r\n",
        b"a\r\r\n", b"\r\n\r\n", b"a\r\n.\r.\r\n", b"." * 3000 + b"\r\n",
        b"x\0y\xff\r\n", bytes(range(256)) * 300 + b"\r\n",
        b"\r\n".join(b"." * (i % 5) + b"l" * i for i in range(300)) + b"\r\n",
    ]
    c = session(sink)
    bad = []
    for step in (1 << 20, 1, 7):
        for body in bodies:
            if step == 1 and len(body) > 4000:
                continue
            same_codes = c.codes("MAIL FROM:<s@x>", "RCPT TO:<a@x>", "DATA")
            feed(c, stuffed(body) + b".\r\n", step)
            if (same_codes, c.code()) != ("250 250 354", "250"):
                bad.append((step, body[:20]))
    same(bad, [], "messages by DATA whole and in pieces")
    for body in bodies:
        half = len(body) // 2
        c.send(ENVELOPE.encode() + b"BDAT %d\r\n" % half + body[:half] +
               b"BDAT %d LAST\r\n" % (len(body) - half) + body[half:])
        if [c.code() for _ in range(4)] != ["250"] * 4:
            bad.append(body[:20])
    same(bad, [], "messages by BDAT")
    want = bodies + [b for b in bodies if len(b) <= 4000] + bodies + bodies
    got = stored(os.path.join(d, "mail"))
    same([b for b, _ in got], want, "every octet is kept")
    same(os.listdir(os.path.join(d, "mail", "tmp")), [], "no file is left over")
    with open(ledger) as f:
        lines = [x.split() for x in f]
    same([(x[5], x[6]) for x in lines],
         [(str(len(b)), crc(b)) for b in want], "sizes and checksums")
    same([x[7] for x in lines], ["data"] * (len(want) - len(bodies)) +
         ["bdat"] * len(bodies), "data and bdat in the ledger")
    same([(x[1], x[2]) for x in lines],
         [("1", str(i + 1)) for i in range(len(want))], "session and message")
    sink.end()


def test_look():
    sink = Sink()
    c = session(sink)
    c.message(b"a\nb\rc\r\n" + b"x" * 999 + b"\r\n\xe9\r\n")
    s = sink.stat()
    same((s["barelf"], s["barecr"], s["longline"], s["eightbit"]),
         (1, 1, 1, 1), "what is wrong with a message is counted")
    c.message(b"x" * 998 + b"\r\n" + b"\r\n")
    s = sink.stat()
    same((s["barelf"], s["barecr"], s["longline"], s["eightbit"]),
         (1, 1, 1, 1), "and what is right is not")
    c.codes("MAIL FROM:<s@x> BODY=8BITMIME", "RCPT TO:<a@x>", "DATA")
    feed(c, b"a\r", 2)
    feed(c, b"\n\xe9\n\r\r\n.\r\n", 1)
    c.code()
    s = sink.stat()
    same((s["barelf"], s["barecr"], s["longline"], s["eightbit"]),
         (2, 2, 1, 1), "over the borders of pieces")
    c.send(b"NOOP\nQUIT\r\n")
    same(c.code(), "500", "a bare LF hides no command")
    c.send(b"NO")
    c.send(b"OP\n")
    c.send(b"QUIT\r")
    c.send(b"\nNOOP\0\r\nNOOP\r\n")
    same([c.code() for _ in range(3)], ["500", "500", "250"],
         "nor in pieces, nor does a NUL")
    same(sink.end()["barelf"], 4, "bare LF in commands are counted")


def test_smuggling():
    d = scratch()
    sink = Sink("-o", d)
    c = session(sink)
    inner = b"MAIL FROM:<evil@x>\r\nRCPT TO:<a@x>\r\nDATA\r\nevil\r\n"
    ends = [b"\n.\n", b"\n.\r\n", b"\r\n.\n", b"\r.\r", b"\r\n.\r", b"\r.\r\n",
            b"\n.\r", b"\r\n\0.\r\n", b"\r\n.\0\r\n", b"\r\n.\r\r\n"]
    for end in ends:
        c.codes("MAIL FROM:<s@x>", "RCPT TO:<a@x>", "DATA")
        c.send(b"good" + end + inner + b"\r\n.\r\n")
        same(c.code(), "250", "no end of data: %r" % end)
    c.cmd("NOOP")
    same(sink.stat()["messages"], len(ends), "no message was smuggled in")
    c.send("%sBDAT x LAST\r\nDATA\r\n" % ENVELOPE)
    same(c.codes()[:0] + " ".join(c.code() for _ in range(3)), "250 250 501",
         "a chunk whose size is not known")
    same(c.rest(), b"", "ends the connection")
    for arg in ("-1", "1 FIRST", "", "9" * 30, "1LAST"):
        c = session(sink)
        c.cmd("MAIL FROM:<>")
        same((c.cmd("BDAT " + arg)[:3], c.rest()), ("501", b""),
             "BDAT " + arg[:20])
    sink.end()


def test_store():
    d = scratch()
    ledger = os.path.join(d, "ledger")
    sink = Sink("-c", ledger, "-o", os.path.join(d, "mail"))
    c = session(sink)
    c.codes('MAIL FROM:<"a b\\\\c"@x> SIZE=5 ENVID=q',
            "RCPT TO:<a@x> NOTIFY=NEVER", "RCPT TO:<bad>", "RCPT TO:<b@y>",
            "DATA")
    c.send("hello\r\n.\r\n")
    c.code()
    body, env = stored(os.path.join(d, "mail"))[0]
    same(env[1:3] + env[5:], ["session 1", "message 1",
         "hello EHLO client.example", "by data", "size 7",
         "crc " + crc(b"hello\r\n"), 'from <"a b\\\\c"@x> SIZE=5 ENVID=q',
         "rcpt <a@x> NOTIFY=NEVER", "rcpt <b@y> "], "the envelope")
    with open(ledger) as f:
        lines = [x.split()[1:] for x in f]
    sender = '"a\\x20b\\x5c\\x5cc"@x'
    same(lines, [["1", "1", sender, r, "7", crc(b"hello\r\n"), "data"]
                 for r in ("a@x", "b@y")], "a ledger line for each recipient")
    c.codes("MAIL FROM:<>", "RCPT TO:<a@x>", "DATA")
    c.send("half a mess")
    c.close()
    s = sink.wait_stat(lambda s: s["aborted"] == 1)
    same((s["aborted"], s["messages"]), (1, 1), "half a message is aborted")
    same(os.listdir(os.path.join(d, "mail", "tmp")), [], "and leaves nothing")
    c = session(sink)
    c.message(sender="")
    sink.p.send_signal(signal.SIGKILL)
    sink.p.wait()
    sink.p.stdin.close()
    sink.p.stdout.close()
    Sink.live.remove(sink)
    with open(ledger) as f:
        same([x.split()[3] for x in f], [sender, sender, "<>"],
             "what was answered is in the ledger of a sink that was killed")


# --- time and number ------------------------------------------------------


def test_delay():
    sink = Sink("-D", "100")
    t = time.monotonic()
    c = session(sink)
    same(c.pipe(ENVELOPE + "BDAT 1 LAST\r\nx" + ENVELOPE + "BDAT 1 LAST\r\ny",
                6), " ".join(["250"] * 6), "pipelined over a slow wire")
    took = time.monotonic() - t
    ok(0.29 < took < 2, "three turns take three times the delay", took)
    s = sink.end()
    same((s["inflight_max"], s["turns"], s["messages"]), (2, 2, 2),
         "in flight and turns")


def test_turns():
    sink = Sink()
    c = session(sink)
    for _ in range(3):
        c.message()
    same(sink.stat()["turns"], 1 + 3 * 4, "four turns a message, one at a time")
    sink.ask("reset")
    same(sink.stat()["messages"], 0, "reset")
    for _ in range(3):
        c.pipe(ENVELOPE + "DATA\r\n", 3)
        c.pipe("x\r\n.\r\n", 1)
    same(sink.stat()["turns"], 3 * 2, "two turns a message with PIPELINING")
    same(sink.stat()["early"], 0, "nothing was early")
    c.pipe(ENVELOPE + "DATA\r\nx\r\n.\r\n", 4)
    same(sink.stat()["early"], 1, "a message before the 354 is early")
    sink.end()


def test_numbers():
    sink = Sink("-m", "2", "-n", "2")
    a, b = session(sink), session(sink)
    c = Client(sink.port)
    same((c.greeting[:3], c.rest()), ("421", b""), "one connection too many")
    a.cmd("QUIT")
    sink.wait_stat(lambda s: s["open"] == 1)
    c = session(sink)
    same(c.message() + " " + c.message(), FOUR + " " + FOUR,
         "two messages on a connection")
    same(c.rest(), b"", "then it is closed silently")
    s = sink.end()
    same((s["connections"], s["refused"], s["open_max"]), (3, 1, 2), "counted")


def test_rate():
    sink = Sink("-r", "20")
    c, d = session(sink), session(sink)
    t = time.monotonic()
    data = (ENVELOPE + "BDAT 1 LAST\r\nx") * 5
    c.send(data)
    d.send(data)
    for _ in range(15):
        c.reply()
        d.reply()
    took = time.monotonic() - t
    ok(0.42 < took < 3, "ten messages at 20 a second", took)
    sink.end()


def test_control():
    sink = Sink()
    c = session(sink)
    same(sink.ask("hold"), {}, "hold")
    c.send("NOOP\r\n")
    ok(c.quiet(), "nothing is answered")
    same(sink.ask("go"), {}, "go")
    same(c.code(), "250", "now it is")
    sink.ask("hold dot")
    c.send(ENVELOPE + "BDAT 0 LAST\r\n")
    same((c.code(), c.code(), c.quiet()), ("250", "250", True), "hold dot")
    sink.ask("go")
    same(c.code(), "250", "go")
    sink.ask("delay 100")
    t = time.monotonic()
    c.cmd("NOOP")
    ok(time.monotonic() - t > 0.09, "delay")
    sink.ask("delay 0")
    same(sink.ask("rate 1000"), {}, "rate")
    ok("error" in sink.ask("rate x"), "rate x")
    ok("error" in sink.ask("frobnicate"), "an unknown command")
    sink.p.send_signal(signal.SIGUSR1)
    same(json.loads(sink.p.stdout.readline())["messages"], 1, "SIGUSR1")
    sink.p.stdin.write("quit\n")
    sink.p.stdin.flush()
    same((json.loads(sink.p.stdout.readline())["messages"], sink.p.wait(LIMIT)),
         (1, 0), "quit prints the counters")
    sink.p.stdin.close()
    sink.p.stdout.close()
    Sink.live.remove(sink)


def test_bounds():
    sink = Sink("-t", "0.3")
    c = session(sink)
    same(c.rest(), b"", "an idle connection is closed")
    sink.end()
    sink = Sink()
    c = session(sink)
    c.s.settimeout(0.5)
    try:
        while True:
            c.send("NOOP\r\n" * 10000)
    except socket.timeout:
        ok(True, "who does not read is not read from")
    d = session(sink)
    same(d.message(), FOUR, "and others are served")
    c.close()
    sink.wait_stat(lambda s: s["open"] == 1)
    d.codes("MAIL FROM:<>")
    n = 0
    while d.cmd("RCPT TO:<%d@x>" % n)[:3] == "250":
        n += 1
    same(n, 1000, "recipients are bounded")
    sink.end()


# --- scripts --------------------------------------------------------------


def test_script_rcpt():
    sink = Sink(script="""# who gets what
rcpt user4*@* reply 450 4.2.2 mailbox full
rcpt to gone@example.com reply 550 5.1.1 no such user
rcpt <> reply 550 never
rcpt three@* reply 452 4.5.3 line one\\nline two\\n
mail spam@* close 421 4.7.0 go away
dot to late@* reply 554 5.7.1 no
dot from bad@* reply 451 4.7.1 later
""")
    c = session(sink)
    same([c.cmd(x) for x in (
        "MAIL FROM:<s@x>", "RCPT TO:<USER42@Example.com>",
        "RCPT TO:<gone@example.com>", "RCPT TO:<three@x>", "DATA")],
        ["250 2.1.0 sender ok\r\n", "450 4.2.2 mailbox full\r\n",
         "550 5.1.1 no such user\r\n",
         "452-4.5.3 line one\r\n452-line two\r\n452 \r\n",
         "554 5.5.1 no valid recipients\r\n"], "replies for recipients")
    same(c.message(to="late@x"), "250 250 354 554", "dot with a recipient")
    same(c.message(sender="bad@x"), "250 250 354 451", "dot with a sender")
    same(c.message(), FOUR, "others as usual")
    same(c.pipe("MAIL FROM:<spam@x>\r\n" + ENVELOPE, 1), "421", "close")
    same(c.rest(), b"", "after the reply")
    same(sink.ask("rules"), {"2": 1, "3": 1, "4": 0, "5": 1, "6": 1, "7": 1,
                             "8": 1}, "rules say how often they acted")
    s = sink.end()
    same((s["messages"], s["rejected"], s["replies"]["450"]), (1, 2, 1),
         "counted")


def test_script_when():
    sink = Sink(script="""rcpt first 1 reply 451 4.7.1 grey
noop times 2-3 reply 500 two and three
rset every 3 reply 500 third
""")
    c = session(sink)
    c.cmd("MAIL FROM:<>")
    same(c.codes("RCPT TO:<a@x>", "RCPT TO:<b@x>", "RCPT TO:<A@x>",
                 "RCPT TO:<a@x>"), "451 451 250 250", "greylisting by number")
    same(c.codes(*["NOOP"] * 5), "250 500 500 250 250", "times")
    same(c.codes(*["RSET"] * 7), "250 250 500 250 250 500 250", "every")
    sink.end()
    sink = Sink(script="""connect every 3 drop
dot msg 2 reply 450 second here
dot total 4- reply 451 fourth of all
noop conn 2-4 reply 500 here
""")
    c, d = session(sink), session(sink)
    same(Client(sink.port, greet=False).rest(), b"", "connect every 3 drop")
    e = session(sink)
    same([x.cmd("NOOP")[:3] for x in (c, d, e)], ["250", "500", "500"], "conn")
    same([c.message()[-3:], c.message()[-3:], d.message()[-3:],
          e.message()[-3:], d.message()[-3:]],
         ["250", "450", "250", "451", "450"], "msg and total")
    sink.end()
    sink = Sink(script="""noop after 1h reply 500 after
noop before 1h reply 501 before
rset young 150ms reply 451 young
helo hello client* reply 550 you
ehlo hello bad.* reply 550 bad
other local 127.0.0.1:* peer 127.0.0.1:* reply 599 local
""")
    c = Client(sink.port)
    same(c.codes("NOOP", "HELO client.example", "EHLO bad.example",
                 "EHLO good.example", "FROB"), "501 550 550 250 599",
         "time, hello, local and peer")
    same(c.codes("RSET"), "451", "young")
    end = time.monotonic() + LIMIT
    while c.cmd("RSET")[:3] == "451" and time.monotonic() < end:
        time.sleep(0.02)
    ok(time.monotonic() < end, "not young any more")
    sink.end()

    def draw(seed):
        sink = Sink("-z", str(seed), script="noop chance 50% reply 500 no\n")
        c = session(sink)
        got = c.pipe("NOOP\r\n" * 200, 200)
        sink.end()
        return got
    a, b, other = draw(7), draw(7), draw(8)
    ok(a == b and a != other, "the same seed draws the same lots")
    ok(50 < a.count("500") < 150, "and about half", a.count("500"))


def test_script_ends():
    sink = Sink(script="""dot from drop@* drop
dot from keep@* keep drop
dot from reset@* reset
dot from stall@* stall
dot from silent@* silent
dot from close@* close
data from drop354@* close 354 go on
rcpt freeze@* freeze
""")
    end = ENVELOPE.replace("s@example.org", "%s@x") + "BDAT 1 LAST\r\nx"
    for how, n in (("drop", 0), ("keep", 1)):
        c = session(sink)
        same(c.pipe(end % how, 2), "250 250", "in doubt: " + how)
        same((c.rest(), sink.stat()["messages"]), (b"", n), "the message")
    c = session(sink)
    same(c.message(sender="drop354@x")[:11], "250 250 354", "354 and gone")
    c = session(sink)
    c.send(end % "reset")
    try:
        got = c.rest()
    except ConnectionResetError:
        got = None
    same(got, None, "reset")
    c = session(sink)
    same(c.pipe(end % "stall" + "NOOP\r\n", 2), "250 250", "stall")
    ok(c.quiet(), "nothing comes any more")
    c.close()
    c = session(sink)
    c.pipe(end % "silent", 2)
    same((c.cmd("NOOP")[:3], sink.stat()["messages"]), ("250", 2),
         "a reply left out, and the rest goes on")
    c = session(sink)
    same((c.pipe(end % "close" + ENVELOPE, 3), c.rest()),
         ("250 250 250", b""), "the usual reply, then close")
    c = session(sink)
    c.cmd("MAIL FROM:<>")
    c.send("RCPT TO:<freeze@x>\r\n")
    ok(c.quiet(), "freeze")
    c.close()
    sink.end()


def test_script_octets():
    sink = Sink(script=r"""ehlo raw "250-x\r\n" "250 "  "y"*1000000 "\r\n"
noop times 1 raw "25" "0 \x41\\\"\0\n"
noop times 2 split 1 gap 1ms reply 250 in pieces
noop times 3 delay 120ms
noop times 4 junk 5000
noop times 5 close talk 3 "250-talk\r\n"
mail raw "250 one\r\n250 two\r\n"
rcpt silent
rset refuse raw "250 but not\r\n"
connect conn 2 reply 554 5.7.1 no service
connect conn 3 raw "220-first\r\n220-x\r\n"
connect conn 4 talk 100000000 "220-talk\r\n"
""")
    c = Client(sink.port)
    got = c.ehlo()
    ok(got.startswith("250-x\r\n250 yyy") and len(got) == 7 + 4 + 1000002,
       "a line of a megabyte", len(got))
    c.send("NOOP\r\n")
    same(c.line(), b'250 A\\"\0\n', "raw octets")
    c.send("NOOP\r\n")
    parts = []
    while not parts or not parts[-1].endswith(b"\n"):
        parts.append(c.s.recv(100))
    same(b"".join(parts), b"250 in pieces\r\n", "split: all of it")
    ok(len(parts) > 3, "in pieces", parts)
    t = time.monotonic()
    same(c.pipe("NOOP\r\nRSET\r\n", 2), "250 250", "delayed, in order")
    ok(time.monotonic() - t > 0.11, "delay")
    same(c.pipe("MAIL FROM:<s@example.org>\r\n", 2), "250 250",
         "a reply before its command")
    same(c.pipe("RCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\nx\r\n.\r\n", 2),
         "354 250", "and none when it comes")
    same(sink.stat()["recipients"], 2, "they were taken all the same")
    c.cmd("RSET")
    c.send("NOOP\r\n")
    junk = b""
    while len(junk) < 5000:
        junk += c.s.recv(5000 - len(junk))
    ok(len(set(junk)) > 200, "junk")
    c.send("NOOP\r\n")
    same(c.rest(), b"250-talk\r\n" * 3, "talk, then close")
    c = Client(sink.port)
    same((c.greeting[:3], c.codes("EHLO x", "NOOP", "QUIT")),
         ("554", "503 503 221"), "a refused greeting leaves only QUIT")
    c = Client(sink.port, greet=False)
    same(c.line() + c.line(), b"220-first\r\n220-x\r\n", "half a greeting")
    c.close()
    c = Client(sink.port, greet=False)
    got = 0
    while got < 1000000:
        got += len(c.s.recv(1 << 16))
    ok(True, "endless talk")
    d = Client(sink.port)
    same(d.cmd("QUIT")[:3], "221", "does not keep others waiting")
    c.close()
    sink.end()


def test_script_chunks():
    sink = Sink(script="""bdat from no@* reply 500 5.5.1 what
bdat from blind@* blind reply 500 5.5.1 what
bdat from drop@* drop
body from half@* at 5 drop
body from early@* at 5 reply 451 4.3.0 early
data from refuse@* reply 451 4.3.0 no
data from yes@* reply 354 yes
rcpt nobody@* reply 550 5.1.1 no
""")
    env = ENVELOPE.replace("s@example.org", "%s@x")
    c = session(sink)
    same(c.pipe(env % "no" + "BDAT 6\r\nNOOP\r\nBDAT 2 LAST\r\nxy", 4),
         "250 250 500 503", "a chunk refused is taken all the same")
    same(c.pipe(env % "blind" + "BDAT 6 LAST\r\nNOOP\r\n", 4),
         "250 250 500 250", "a server that does not know BDAT at all")
    same((c.pipe(env % "drop" + "BDAT 6 LAST\r\n", 2), c.rest()),
         ("250 250", b""), "drop on BDAT")
    for data in ("DATA\r\n", "BDAT 9 LAST\r\n"):
        c = session(sink)
        c.pipe(env % "half" + data, 3 if data[0] == "D" else 2)
        c.send("1234")
        ok(c.quiet(0.05), "four octets are not enough")
        c.send("5")
        c.send("6")
        try:
            got = c.rest()
        except ConnectionResetError:
            got = b""
        same(got, b"", "the fifth ends it")
    c = session(sink)
    c.pipe(env % "early" + "DATA\r\n", 3)
    c.send("123456")
    same(c.code(), "451", "a reply in the middle of the message")
    same(c.pipe("\r\n.\r\n", 1), "250", "and one at its end")
    same(c.message(sender="refuse@x"), "250 250 451", "DATA refused")
    same(c.pipe("MAIL FROM:<yes@x>\r\nRCPT TO:<nobody@x>\r\nDATA\r\n.\r\n", 4),
         "250 550 354 554", "354 without recipients, and 554 to the dot")
    sink.end()


def test_script_tls():
    sink = Sink("-x", "starttls", script="""starttls conn 1-3 reply 220 go
starttls conn 4 stall
tls conn 1 raw "\\x15\\x03\\x01junk"
tls conn 2 drop
tls conn 3 stall
""")
    hello = b"\x16\x03\x01\0\x05hello"
    for n, want in ((1, b"\x15\x03\x01junk"), (2, b"")):
        c = session(sink)
        same(c.cmd("STARTTLS")[:3], "220", "STARTTLS")
        c.send(hello)
        if n == 1:
            same(c.s.recv(100), want, "garbage in place of a handshake")
            c.close()
        else:
            same(c.rest(), want, "drop in place of a handshake")
    c = session(sink)
    same(c.pipe("STARTTLS\r\nNOOP\r\n", 1), "220", "with a command behind")
    ok(c.quiet(), "which is not answered")
    c.send(hello)
    ok(c.quiet(), "a stalled handshake")
    c.close()
    c = session(sink)
    c.send("STARTTLS\r\n")
    ok(c.quiet(), "a stalled STARTTLS")
    c.close()
    sink.end()


def test_script_later():
    d = scratch()
    rules = os.path.join(d, "rules")
    sink = Sink()
    c = session(sink)
    with open(rules, "w") as f:
        f.write("noop delay 1h\n\nnoop frobnicate\n")
    same(sink.ask("script " + rules),
         {"error": rules + ":3: not known: frobnicate"}, "a bad script")
    same(c.cmd("NOOP")[:3], "250", "changes nothing")
    with open(rules, "w") as f:
        f.write("noop reply 500 now\n")
    same((sink.ask("script " + rules), c.cmd("NOOP")), ({}, "500 now\r\n"),
         "a script while it runs")
    same((sink.ask("script"), c.cmd("NOOP")[:3]), ({}, "250"), "and away")
    sink.end()


def main():
    try:
        for name, test in list(globals().items()):
            if name.startswith("test_") and \
                    (len(sys.argv) < 2 or name in sys.argv[1:]):
                print("# " + name, flush=True)
                test()
    finally:
        for s in Sink.live:
            s.p.kill()
        for d in DIRS:
            d.cleanup()
    return plan()


if __name__ == "__main__":
    sys.exit(main())
