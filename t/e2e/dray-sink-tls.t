#!/usr/bin/env python3
"""dray-sink(8) with TLS: handshakes good and bad, by Python's ssl and smtplib
and by openssl s_client."""
import glob
import os
import shutil
import smtplib
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import warnings
sys.dont_write_bytecode = True
TOP = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path.insert(0, os.path.join(TOP, "t", "lib"))
from certs import Certs
from instance import Sink as PlainSink
from tap import done, ok, same, until

BUILD = os.path.join(TOP, os.environ.get("B", "build"))
LIMIT = 20
warnings.simplefilter("ignore", DeprecationWarning)  # old versions of TLS
top = tempfile.mkdtemp(prefix="dray test.")
certs = Certs(top + "/certs")
HOST = "sink.example"
ENVELOPE = "MAIL FROM:<a@x.example>\r\nRCPT TO:<b@y.example>\r\n"


class Sink(PlainSink):
    def __init__(self, *args, script=None):
        args = list(args)
        if script is not None:
            fd, name = tempfile.mkstemp(dir=top)
            with os.fdopen(fd, "w") as f:
                f.write(script)
            args += ["-s", name]
        super().__init__(BUILD, args)

    def tell(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        self.p.stdout.readline()

    def until(self, cond):
        until(lambda: cond(self.stat()), LIMIT)
        return self.stat()


def context(ca=None, most=None, least=ssl.TLSVersion.TLSv1_2, ciphers=None):
    """Said in full: what Python's own are depends on how it was built."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.options &= ~getattr(ssl, "OP_IGNORE_UNEXPECTED_EOF", 1 << 7)
    if ca:
        c.load_verify_locations(ca)
    else:
        c.check_hostname = False
        c.verify_mode = ssl.CERT_NONE
    if ciphers:
        c.set_ciphers(ciphers)
    c.minimum_version = least
    if most:
        c.maximum_version = most
    return c


class Client:
    def __init__(self, sink, port=None):
        self.s = socket.create_connection(("127.0.0.1", port or sink.port), LIMIT)
        self.s.settimeout(LIMIT)
        self.buf = b""
        self.reply()

    def send(self, data):
        self.s.sendall(data if isinstance(data, bytes) else data.encode())

    def reply(self):
        """A whole reply; what came before the end of file."""
        text = b""
        while True:
            while b"\n" not in self.buf:
                got = self.s.recv(1 << 16)
                if not got:
                    return (text + self.buf).decode()
                self.buf += got
            line, _, self.buf = self.buf.partition(b"\n")
            text += line + b"\n"
            if line[3:4] != b"-":
                return text.decode()

    def cmd(self, line):
        self.send(line + "\r\n")
        return self.reply()

    def codes(self, *lines):
        return " ".join(self.cmd(x)[:3] for x in lines)

    def pipe(self, data, n):
        self.send(data)
        return " ".join(self.reply()[:3] for _ in range(n))

    def tls(self, ctx=None, session=None):
        """The handshake alone."""
        self.s = (ctx or context()).wrap_socket(
            self.s, server_hostname=HOST, session=session,
            suppress_ragged_eofs=False)
        return self

    def starttls(self, ctx=None, session=None):
        self.codes("EHLO c.example", "STARTTLS")
        return self.tls(ctx, session)

    def quiet(self):
        """Nothing comes for a while."""
        self.s.settimeout(0.2)
        try:
            return self.s.recv(1) is None
        except (socket.timeout, ssl.SSLWantReadError):
            return True
        finally:
            self.s.settimeout(LIMIT)

    def close(self):
        self.s.close()


def fails(what):
    """What kind of failure it is, in one word."""
    try:
        what()
    except ssl.SSLCertVerificationError as e:
        return e.verify_message
    except (ssl.SSLEOFError, ssl.SSLZeroReturnError):
        return "eof"    # which of them it is depends on Python's version
    except ConnectionResetError:
        return "reset"
    except ssl.SSLError as e:
        if e.reason == "UNEXPECTED_EOF_WHILE_READING":
            return "eof"
        return e.reason or str(e)
    except socket.timeout:
        return "timeout"
    return None


def basics():
    sink = Sink("-T", certs.good(HOST), "-o", top + "/store")
    c = Client(sink)
    ok("250-STARTTLS\r\n" in c.cmd("EHLO c.example"), "STARTTLS is offered")
    same(c.codes("STARTTLS now", "MAIL FROM:<>"), "501 250",
         "it has no argument")
    same(c.cmd("STARTTLS")[:3], "220", "it is taken")
    c.tls(context(certs.ca))
    same((c.s.version(), c.s.session_reused), ("TLSv1.3", False), "TLS 1.3")
    same(c.codes("MAIL FROM:<>", "RCPT TO:<x@y.example>"), "503 503",
         "what was said before is forgotten")
    hello = c.cmd("EHLO c.example")
    ok("STARTTLS" not in hello and "250-PIPELINING" in hello,
       "STARTTLS is not offered again", hello)
    same(c.cmd("STARTTLS")[:3], "503", "nor taken")
    body = b"Subject: x\r\n\r\n" + b".dot\r\n" * 50000
    same(c.pipe(ENVELOPE + "DATA\r\n", 3), "250 250 354", "an envelope")
    c.send(body.replace(b"\r\n.", b"\r\n..") + b".\r\n")
    same(c.reply()[:3], "250", "DATA")
    same(c.pipe(ENVELOPE.encode() + b"BDAT 14\r\n" + body[:14] + b"BDAT %d LAST"
                b"\r\n" % (len(body) - 14) + body[14:], 4), "250 250 250 250",
         "BDAT, pipelined")
    same(c.pipe("NOOP\r\n" * 20000, 20000), " ".join(["250"] * 20000),
         "many commands at once")
    same(c.cmd("QUIT")[:3], "221", "QUIT")
    same(fails(lambda: c.s.recv(1)), None, "TLS ends as it should")
    c.close()
    got = []
    for n in glob.glob(top + "/store/new/*.msg"):
        with open(n, "rb") as f:
            got.append(f.read())
    ok(got == [body, body], "both messages are stored as they were")
    for n in glob.glob(top + "/store/new/*.env"):
        with open(n) as f:
            env = f.read()
        ok("\ntls TLSv1.3 TLS_AES_256_GCM_SHA384 full sink.example\n" in env,
           "with a line on TLS", env)
    s = sink.stat()
    same([s[k] for k in ("handshakes", "resumed", "tls_failed", "tls_messages",
                         "messages", "data", "bdat")], [1, 0, 0, 2, 2, 1, 1],
         "all is counted")
    c = Client(sink).starttls(context(certs.ca))
    c.s = c.s.unwrap()
    same(c.s.recv(1), b"", "a client that ends TLS is answered so")
    c.close()
    sink.end()
    shutil.rmtree(top + "/store")


def resumption():
    for most in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        sink = Sink("-T", certs.good(HOST), "-T", "name=none,notickets",
                    script="starttls conn 5- with none\n")
        ctx = context(most=most)
        session, reused = None, []
        for i in range(6):
            c = Client(sink).starttls(ctx, session)
            c.codes("EHLO c.example")
            reused.append(c.s.session_reused)
            session = c.s.session
            c.codes("QUIT")
            c.close()
        same(reused, [False, True, True, True, False, False],
             "%s: a session is resumed where there are tickets" % most.name)
        s = sink.stat()
        same((s["handshakes"], s["resumed"]), (6, 3), "and counted")
        sink.end()


def certificates():
    sink = Sink("-T", certs.good(HOST), "-T", certs.expired(HOST) + ",name=old",
                "-T", certs.good("other.example") + ",name=other",
                "-T", "name=own", "-T", certs.stranger(HOST) + ",name=stranger",
                script="starttls conn 2 with old\nstarttls conn 3 with other\n"
                "starttls conn 4 with own\nstarttls conn 5 with stranger\n"
                "starttls conn 6 with nobody\n")
    got = []
    for i in range(5):
        c = Client(sink)
        got.append(fails(lambda: c.starttls(context(certs.ca))))
        c.close()
    same(got, [None, "certificate has expired", "Hostname mismatch, certificate "
               "is not valid for 'sink.example'.", "self-signed certificate",
               "unable to get local issuer certificate"],
         "certificates by connection")
    c = Client(sink)
    same(c.codes("EHLO x", "STARTTLS", "NOOP"), "250 454 250",
         "no settings by that name")
    c.close()
    same(sink.until(lambda s: s["tls_failed"] == 4)["tls_failed"], 4,
         "handshakes that the client breaks off are counted")
    sink.end()


def refusals():
    sink = Sink("-x", "starttls", script=r"""starttls conn 1 reply 454 4.7.0 no
starttls conn 2 reply 500 what?
starttls conn 3 raw "220 go\r\n250-not yours\r\n250 at all\r\n"
starttls conn 4 stall
starttls conn 5 drop
starttls conn 6 close 220 go
starttls conn 7 delay 100ms
starttls conn 8 silent
""")
    for want in ("454", "500"):
        c = Client(sink)
        same(c.codes("EHLO x", "STARTTLS", "NOOP"), "250 %s 250" % want,
             "refused with " + want)
        c.close()
    c = Client(sink)
    c.cmd("EHLO x")
    same(c.cmd("STARTTLS"), "220 go\r\n", "text behind the reply")
    same(c.reply(), "250-not yours\r\n250 at all\r\n", "comes in clear")
    same(c.tls().cmd("EHLO x")[:3], "250", "and the handshake is as usual")
    c.close()
    c = Client(sink)
    c.cmd("EHLO x")
    c.send("STARTTLS\r\n")
    ok(c.quiet(), "no answer")
    c.close()
    c = Client(sink)
    same(c.codes("EHLO x", "STARTTLS"), "250 ", "the end in place of a reply")
    c.close()
    c = Client(sink)
    same(c.codes("EHLO x", "STARTTLS", ""), "250 220 ", "and behind it")
    c.close()
    c = Client(sink).starttls()
    same(c.codes("EHLO x"), "250", "a late reply")
    c.close()
    c = Client(sink)
    c.cmd("EHLO x")
    c.send("STARTTLS\r\n")
    same(c.tls().codes("EHLO x"), "250", "a handshake without a reply")
    c.close()
    sink.end()


def bad_handshakes():
    alert = r'"\x15\x03\x03\0\x02\x02\x28"'
    cases = [
        ("tls stall", "timeout"),
        ("tls freeze", "timeout"),
        ("tls drop", "eof"),
        ("tls reset", "reset"),
        ("tls raw " + alert, "SSLV3_ALERT_HANDSHAKE_FAILURE"),
        ("tls junk 500", "WRONG_VERSION_NUMBER"),
        ('tls raw "500 what?\\r\\n"', "WRONG_VERSION_NUMBER"),
        ("tls at 1 stall", "timeout"),
        ("tls at 100 drop", "eof"),
        ("tls at 100 reset", "reset"),
        ("tls at 300 raw \"\\0\"*1000", None),
        ("tls close", None),
        ("tls split 1 gap 0", None),
        ("tls at 50 split 100 gap 1ms", None),
        ("tls delay 50ms", None),
    ]
    for most in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        sink = Sink("-x", "starttls", script="".join(
            "%s\n" % x.replace(" ", " conn %d " % (i + 1), 1)
            for i, (x, _) in enumerate(cases)))
        for i, (rule, want) in enumerate(cases):
            c = Client(sink)
            same(c.codes("EHLO x", "STARTTLS"), "250 220", rule)
            if want == "timeout":
                c.s.settimeout(0.3)
            ctx = context(most=most)
            got = fails(lambda: c.tls(ctx))
            if "\\0" in rule:
                ok(got not in (None, "timeout", "eof"), "garbage is noticed", got)
            elif rule == "tls close":
                got = got or fails(lambda: c.cmd("EHLO x"))
                ok(got in ("eof", "reset"), "it closes after its first flight",
                   got)
            else:
                same(got, want, "%s gives %s" % (most.name, want))
                if not want:
                    same(c.codes("EHLO x"), "250", "and it goes on")
            c.close()
        s = sink.until(lambda s: s["open"] == 1)  # the frozen one
        ok(s["tls_failed"] >= 10, "failures are counted", s["tls_failed"])
        sink.end()
    sink = Sink("-x", "starttls", script="tlsdone conn 1 drop\n"
                "tlsdone conn 2 stall\n"
                'tlsdone conn 3 raw "220 hello again\\r\\n"\n'
                'ehlo secure bare raw "250 in clear\\r\\n"\n')
    c = Client(sink).starttls()
    same(fails(lambda: c.cmd("EHLO x")), "eof", "closed after the handshake")
    c.close()
    c = Client(sink).starttls()
    c.send("EHLO x\r\n")
    ok(c.quiet(), "stalled after the handshake")
    c.close()
    c = Client(sink).starttls()
    same(c.reply(), "220 hello again\r\n", "text after the handshake")
    same(fails(lambda: c.cmd("EHLO x")), "WRONG_VERSION_NUMBER",
         "clear text within TLS")
    c.close()
    sink.end()


def versions():
    sink = Sink("-T", "max=1.1", "-T", "name=a,max=1.2,ciphers="
                "ECDHE-ECDSA-CHACHA20-POLY1305", "-T", "name=b,min=1.3,suites="
                "TLS_AES_128_GCM_SHA256", "-T", "name=c,max=1.0",
                script="starttls conn 3-4 with a\nstarttls conn 5-6 with b\n"
                "starttls conn 7- with c\n")
    low = dict(least=ssl.TLSVersion.TLSv1, ciphers="ALL:@SECLEVEL=0")
    tries = [
        ({}, "TLSV1_ALERT_PROTOCOL_VERSION"),
        (low, ("TLSv1.1", "ECDHE-ECDSA-AES256-SHA")),
        ({}, ("TLSv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305")),
        (dict(ciphers="AES256-GCM-SHA384", most=ssl.TLSVersion.TLSv1_2),
         "SSLV3_ALERT_HANDSHAKE_FAILURE"),
        ({}, ("TLSv1.3", "TLS_AES_128_GCM_SHA256")),
        (dict(most=ssl.TLSVersion.TLSv1_2), "TLSV1_ALERT_PROTOCOL_VERSION"),
        (low, ("TLSv1", "ECDHE-ECDSA-AES256-SHA")),
    ]
    for args, want in tries:
        c = Client(sink)
        ctx = context(**args)
        got = fails(lambda: c.starttls(ctx))
        if not got:
            got = (c.s.version(), c.s.cipher()[0])
            same(c.codes("EHLO x"), "250", "%s works" % (got,))
        same(got, want, "versions and ciphers")
        c.close()
    sink.end()


def renegotiation():
    for most, n in ((ssl.TLSVersion.TLSv1_2, 3), (ssl.TLSVersion.TLSv1_3, 0)):
        sink = Sink("-x", "starttls", script="noop,dot renegotiate\n"
                    "rset renegotiate drop\n")
        c = Client(sink).starttls(context(most=most))
        same(c.codes("EHLO x", "NOOP", "NOOP", "MAIL FROM:<>", "RCPT TO:<a@b.c>",
                     "DATA", ".", "VRFY x"),
             "250 250 250 250 250 354 250 252",
             "%s: handshakes in between" % most.name)
        same(sink.stat()["renegotiated"], n, "are counted")
        ok(fails(lambda: c.cmd("RSET")) in ("eof", "reset"), "or it ends there")
        c.close()
        sink.end()
    # A client that does not want to: OpenSSL's answers no, and goes on.
    sink = Sink("-x", "starttls", script="noop renegotiate\n")
    ctx = context(most=ssl.TLSVersion.TLSv1_2)
    ctx.options |= ssl.OP_NO_RENEGOTIATION
    c = Client(sink).starttls(ctx)
    c.cmd("EHLO x")
    c.send("NOOP\r\n")
    ok(fails(c.reply) in (None, "eof", "reset", "NO_RENEGOTIATION",
                          "SSLV3_ALERT_HANDSHAKE_FAILURE"),
       "a client that declines gets an end")
    c.close()
    same(sink.stat()["renegotiated"], 0, "and nothing is counted")
    sink.end()


def nth_command():
    line = ["EHLO x", "MAIL FROM:<>", "RCPT TO:<a@b.c>", "DATA", ".", "NOOP",
            "QUIT"]
    want = ["250", "250", "250", "354", "250", "250", "221"]
    sink = Sink("-x", "starttls", script="".join(
        "any secure conn %d cmd %d close\n" % (n, n)
        for n in range(1, len(line) + 1)))
    for n in range(1, len(line) + 1):
        c = Client(sink).starttls()
        got = [c.cmd(x)[:3] for x in line[:n]]
        same((got, c.s.recv(1)), (want[:n], b""),
             "an end after command %d, %s" % (n, line[n - 1]))
        c.close()
    sink.end()
    sink = Sink("-x", "starttls", script="any secure cmd 3 drop\n"
                "ehlo clear reply 250 me\\nSTARTTLS\n"
                "ehlo secure reply 250 me\\nSIZE 5\n")
    c = Client(sink)
    same(c.cmd("EHLO x"), "250-me\r\n250 STARTTLS\r\n", "an EHLO in clear")
    c.cmd("STARTTLS")
    c.tls()
    same(c.cmd("EHLO x"), "250-me\r\n250 SIZE 5\r\n", "and another under TLS")
    c.cmd("NOOP")
    same(fails(lambda: c.cmd("NOOP")), "eof", "the third gets no reply")
    c.close()
    sink.end()


def bad_clients():
    sink = Sink("-x", "starttls")
    c = Client(sink)
    same(c.pipe("EHLO x\r\nSTARTTLS\r\nMAIL FROM:<evil@x>\r\n", 2), "250 220",
         "commands behind STARTTLS")
    c.tls()
    same(c.codes("RCPT TO:<a@b.c>", "EHLO x", "RCPT TO:<a@b.c>"), "503 250 503",
         "are forgotten")
    c.close()
    for junk in (b"hello\r\n", b"\x16\x03\x01\0\x05hello", b"\x16\x03\x01\xff\xff",
                 os.urandom(5000), b"\x15\x03\x01\0\x02\x02\x28"):
        c = Client(sink)
        c.codes("EHLO x", "STARTTLS")
        c.send(junk)
        try:
            got = c.s.recv(100)
        except ConnectionResetError:
            got = b""
        ok(got in (b"",) or got[:2] == b"\x15\x03", "%r: an alert or the end"
           % junk[:8], got)
        c.close()
    c = Client(sink).starttls()
    raw = socket.socket(fileno=os.dup(c.s.fileno()))
    raw.sendall(b"in clear\r\n")
    ok(fails(lambda: c.cmd("EHLO x")) not in (None, "timeout"),
       "clear text under TLS")
    raw.close()
    c.close()
    c = Client(sink).starttls()
    c.codes("EHLO x", "MAIL FROM:<>", "RCPT TO:<a@b.c>", "DATA")
    c.send(b"cut off")
    c.close()
    s = sink.until(lambda s: s["open"] == 0 and s["aborted"] == 1)
    same((s["aborted"], s["open"]), (1, 0), "a message that is cut off")
    c = Client(sink).starttls()
    same(c.codes("EHLO x"), "250", "it is as well as ever")
    c.close()
    sink.end()


def pace():
    sink = Sink("-x", "starttls", "-D", "50", "-r", "1000")
    began = time.monotonic()
    c = Client(sink).starttls()
    took = time.monotonic() - began
    ok(took >= 0.2, "a handshake takes a round trip as replies do", took)
    began = time.monotonic()
    same(c.pipe("EHLO x\r\n" + ENVELOPE * 1, 3), "250 250 250", "late replies")
    ok(time.monotonic() - began >= 0.05, "under TLS too")
    c.close()
    sink.end()
    sink = Sink("-x", "starttls", script='noop talk 40000 "250 %s\\r\\n"\n'
                % ("x" * 900))
    c = Client(sink).starttls()
    c.codes("EHLO x")
    c.send("NOOP\r\n")
    n = 0
    while n < 40000 * 906:
        n += len(c.s.recv(1 << 16))
    same(n, 40000 * 906, "36 MB to a client that reads as it likes")
    c.close()
    sink.tell("hold")
    c = socket.create_connection(("127.0.0.1", sink.port), LIMIT)
    c.sendall(b"EHLO x\r\n")
    sink.tell("go")
    ok(c.recv(3) == b"220", "hold and go")
    c.close()
    sink.end()


def many():
    sink = Sink("-x", "starttls")
    ctx = context()
    clients = [Client(sink).starttls(ctx) for _ in range(150)]
    body = b"x" * 76 + b"\r\n"
    for c in clients:
        c.send(("EHLO x\r\n" + ENVELOPE).encode() + b"BDAT 7800 LAST\r\n" +
               body * 100)
    same({" ".join(c.reply()[:3] for _ in range(4)) for c in clients},
         {"250 250 250 250"}, "150 connections at once")
    for c in clients:
        c.close()
    same(sink.stat()["tls_messages"], 150, "a message each")
    sink.end()


def others():
    sink = Sink("-T", certs.good(HOST, "127.0.0.1"))
    s = smtplib.SMTP("127.0.0.1", sink.port, timeout=LIMIT)
    s.starttls(context=context(certs.ca))
    same(s.sendmail("a@x.example", ["b@y.example"], "Subject: x\r\n\r\nhello\r\n"),
         {}, "smtplib")
    s.quit()
    r = subprocess.run(["openssl", "s_client", "-starttls", "smtp", "-connect",
                        "127.0.0.1:%d" % sink.port, "-CAfile", certs.ca,
                        "-verify_return_error", "-verify_hostname", HOST,
                        "-crlf", "-ign_eof"], input=b"EHLO x\nQUIT\n", timeout=LIMIT,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    ok(b"Verify return code: 0 (ok)" in r.stdout, "openssl s_client",
       r.stdout.decode("latin-1"))
    sink.end()


def main():
    try:
        for t in (basics, resumption, certificates, refusals, bad_handshakes,
                  versions, renegotiation, nth_command, bad_clients, pace, many,
                  others):
            t()
    finally:
        shutil.rmtree(top, ignore_errors=True)
    done()


if not shutil.which("openssl"):
    print("1..0 # SKIP there is no openssl command")
else:
    main()
