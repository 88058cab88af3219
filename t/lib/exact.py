"""What dray-inject(1) says of a message's octets, written down once more: an
oracle for tests.

    judge(data, rc, err, out)   whether a message that went in as data may have
        come out as out (None: it did not), where dray-inject exited rc and said
        err.  Returns ("same", None), ("recoded", None), ("refused", None) or
        ("wrong", why).
    difficult(seed)     messages that are hard to carry, as (name, octets)

A message whose lines SMTP can carry has to be the same octet for octet, but
for the fields that are dropped and added.  Of one that is re-encoded all that
is left alone has to be the same, and the rest to decode to the same.
"""
import email
import quopri
import random
import re

FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:")
DROPPED = (b"bcc", b"resent-bcc", b"return-path")
WANTED = (b"date", b"from", b"message-id")
CTE = b"content-transfer-encoding"
MIME = (b"mime-version", b"content-type", CTE)
DEPTH = 16


class Refused(Exception):
    """The manual page says that such a message is refused."""


class Wrong(Exception):
    pass


def split(data):
    """Fields as (name, text), and the body."""
    lines = re.findall(rb"[^\n]*\n|[^\n]+", data)
    fields, i = [], 0
    while i < len(lines):
        line = lines[i]
        if not line.rstrip(b"\r\n"):
            i += 1
            break
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1] = (fields[-1][0], fields[-1][1] + line)
        else:
            m = FIELD.match(line)
            if not m:
                break
            fields.append((m.group(1).lower(), line))
        i += 1
    return fields, b"".join(lines[i:])


def crlf(s):
    return re.sub(rb"\r?\n", b"\r\n", s)


def ended(s):
    return s if not s or s.endswith(b"\n") else s + b"\r\n"


def hard(s):
    """Whether a line is too long, or a CR does not end one."""
    s = crlf(s)
    return bool(re.search(rb"\r(?!\n)", s)) or \
        any(len(x) > 998 for x in s.split(b"\r\n"))


def unfolded(s):
    return b" ".join(s.replace(b"\r", b" ").split())


def foldable(s):
    """Header lines; none may have more in one piece than a line holds."""
    if any(len(w) > 998 for w in s.split()):
        raise Refused("no white space to fold at")


def value(fields, name):
    for n, text in fields:
        if n == name:
            return text
    return None


def content(fields, digest):
    """The type, the boundary and the encoding of a part."""
    text = value(fields, b"content-type")
    kind, boundary = "message/rfc822" if digest else "", None
    if text:
        m = email.message_from_bytes(unfolded(text) + b"\n\n")
        kind, boundary = m.get_content_type(), m.get_boundary()
    text = value(fields, CTE) or b":"
    coding = re.sub(rb"\([^()]*\)", b"", text.split(b":", 1)[1]).split(b";")[0]
    return kind, boundary, coding.strip().lower()


def plan(fields, body, signed, digest):
    if not hard(body):
        return "plain"
    kind, boundary, coding = content(fields, digest)
    identity = coding in (b"", b"7bit", b"8bit", b"binary")
    if kind.startswith("multipart/"):
        if not boundary:
            raise Refused("no boundary")
        return "multi"
    if kind == "message/rfc822" and identity:
        return "message"
    if signed:
        raise Refused("signed")
    if coding == b"quoted-printable":
        return "requote"
    if coding == b"base64":
        return "rewrap"
    if not identity:
        raise Refused("unknown encoding")
    return "fold" if kind.startswith("message/") else "qp"


def parts(body, boundary):
    """What is before, the parts, and what is behind (None: it has no end)."""
    mark = b"--" + boundary.encode("latin-1")
    before, found, behind, now = b"", [], None, []
    for line in re.findall(rb"[^\n]*\n|[^\n]+", body):
        rest = line[len(mark):].rstrip() if line.startswith(mark) else None
        if behind is None and rest in (b"", b"--"):
            if found:
                found[-1] = b"".join(now)
            else:
                before = b"".join(now)
            now = []
            if rest == b"--":
                behind = b""
            else:
                found.append(b"")
            continue
        now.append(line)
    if behind is not None:
        behind = b"".join(now)
    elif found:
        found[-1] = b"".join(now)
    else:
        raise Refused("no parts")
    return before, found, behind


def same_fields(kept, got, extra):
    """got are the fields of kept in their order, then some of extra."""
    for (n, text), (gn, gtext) in zip(kept, got):
        foldable(text)
        if n != gn or unfolded(text) != unfolded(gtext):
            raise Wrong("the field %r has become %r" % (text[:200], gtext[:200]))
    foldable(b"".join(t for n, t in kept))
    added = [n for n, t in got[len(kept):]]
    if len(got) < len(kept) or any(n not in extra for n in added):
        raise Wrong("fields were added or lost: %r" % added)


def same_body(how, a, b, kind):
    if how == "plain" and ended(crlf(a)) != ended(b):
        raise Wrong("the body differs")
    if how == "qp" and ended(quopri.decodestring(b)) != ended(crlf(a)):
        raise Wrong("the body decodes to something else")
    if how == "requote" and \
            quopri.decodestring(ended(b)) != quopri.decodestring(ended(crlf(a))):
        raise Wrong("quoted-printable decodes to something else")
    if how == "rewrap" and b"".join(a.split()) != b"".join(b.split()):
        raise Wrong("base64 is not the same")
    if how == "fold":
        foldable(a)
        if unfolded(a) != unfolded(b):
            raise Wrong("a report has changed")
    if how == "wrap" and re.sub(rb"[\r\n]", b"", a) != re.sub(rb"[\r\n]", b"", b):
        raise Wrong("what is beside the parts has changed")


def same_part(a, b, signed, digest, depth, extra=(), dropped=()):
    """b is what a has become: a message, or a part of one.  None for b: only
    see whether it is to be refused."""
    fields, body = split(a)
    how = plan(fields, body, signed, digest)
    if depth > DEPTH and how != "plain":
        raise Refused("too deep")
    kind, boundary, coding = content(fields, digest)
    kept = [f for f in fields if f[0] not in dropped and
            not (how == "qp" and f[0] == CTE)]
    foldable(b"".join(t for n, t in kept))
    bfields, bbody = split(b) if b is not None else ([], b"")
    if b is not None:
        same_fields(kept, bfields, list(extra) + [CTE] * (how == "qp"))
    if how == "multi":
        before, found, behind = parts(body, boundary)
        other = (before, [None] * len(found), behind) if b is None else \
            parts(bbody, boundary)
        if len(other[1]) != len(found):
            raise Wrong("%d parts have become %d" % (len(found), len(other[1])))
        same_body("wrap", before, other[0], kind)
        for x, y in zip(found, other[1]):
            same_part(x, y, signed or kind == "multipart/signed",
                      kind == "multipart/digest", depth + 1)
        same_body("wrap", behind or b"", other[2] or b"", kind)
    elif how == "message":
        same_part(body, None if b is None else bbody, signed, False, depth + 1)
    elif b is not None:
        same_body(how, body, bbody, kind)
    elif how == "fold":
        foldable(body)


def same_message(data, out):
    """Octet for octet, where nothing had to be re-encoded."""
    fields, body = split(data)
    kept = b"".join(ended(crlf(t)) for n, t in fields
                    if n not in DROPPED and not n.startswith(b"x-dray-"))
    have = [n for n, t in fields]
    ofields, obody = split(out)
    front = 0
    if any(n.startswith(b"resent-") for n in have):
        while front < len(ofields) and ofields[front][0] not in have:
            if ofields[front][0] not in [b"resent-" + w for w in WANTED]:
                raise Wrong("what is in front?")
            front += 1
    text = b"".join(t for n, t in ofields[front:])
    if not text.startswith(kept):
        raise Wrong("the header differs")
    added = [n for n, t in split(text[len(kept):])[0]]
    want = [w for w in WANTED if w not in have]
    if any(c > 127 for c in body) and not any(m in have for m in MIME):
        want += list(MIME)
    if added != want:
        raise Wrong("added %r, wanted %r" % (added, want))
    if obody != ended(crlf(body)):
        raise Wrong("the body differs")


def became(data, out):
    if data.startswith(b"From "):
        data = data[data.index(b"\n") + 1:] if b"\n" in data else b""
    if b"\0" in data:
        raise Refused("NUL")
    if not hard(data):
        if out is not None:
            same_message(data, out)
        return "same"
    fields = split(data)[0]
    dropped = DROPPED + tuple(n for n, t in fields if n.startswith(b"x-dray-"))
    extra = WANTED + MIME
    if out is not None:
        if any(n.startswith(b"resent-") for n, t in fields):
            out = re.sub(rb"\A(Resent-[^:]*:[^\n]*\n)*?(?=%s:)" % re.escape(
                [n for n, t in fields if n not in dropped][0]), b"", out,
                flags=re.I)
        if hard(out):
            raise Wrong("SMTP cannot carry it")
    same_part(data, out, False, False, 0, extra, dropped)
    return "recoded"


def judge(data, rc, err, out):
    try:
        how = became(data, out if rc == 0 else None)
    except Refused as e:
        if rc == 65:
            return "refused", None
        return "wrong", "exit %d, but it is to be refused: %s" % (rc, e)
    except Wrong as e:
        return "wrong", str(e)
    if rc:
        return "wrong", "exit %d: %s" % (rc, err)
    if out is None:
        return "wrong", "it has not come out"
    return how, None


HEAD = b"From: a@sender.example\nTo: b@rcpt.example\nSubject: x\n"
LINES = [
    ("a dot", b"."), ("two dots", b".."), ("a dot and CRLF", b".\r\n"),
    ("a dot and LF", b".\n"), ("a dot in front", b".a\n"),
    ("dots at the end", b"a\n.\n.\n"), ("a dot at the end", b"a\n."),
    ("a dot and a CR at the end", b"a\n.\r"), ("a CR at the end", b"a\r"),
    ("no end", b"hello"), ("LF", b"a\nb\n"), ("CRLF", b"a\r\nb\r\n"),
    ("mixed", b"a\r\nb\nc\r\n.\n.\r\n"), ("empty lines", b"\n\n\n\r\n\n"),
    ("empty", b""), ("blanks at the ends", b"a \nb\t\n \n\t\r\n"),
    ("1,000 lines of dots", b".\n" * 1000),
    ("1,000 lines of dots with CRLF", b".\r\n" * 1000),
    ("all lines with a dot", b"".join(b".%d\n" % i for i in range(3000))),
    ("a line of 998", b"x" * 998 + b"\n"),
    ("a line of 998 with a dot in front", b"." + b"x" * 997 + b"\r\n"),
    ("a line of 999", b"x" * 999 + b"\n"),
    ("a line of 999 with a dot in front", b"." + b"x" * 998 + b"\n"),
    ("a line of 100,000", b"x =." * 25000 + b"\n.\n"),
    ("lines of dots", (b"." * 998 + b"\n") * 300),
    ("a long line of dots", b"." * 5000 + b"\n.\n"),
    ("a CR alone", b"a\rb\n.\n"), ("CR CR LF", b"a\r\r\nb\r\r\n"),
    ("only CRs", b"\r\r\r"), ("CR, dot", b"a\r.\r\n.\r.\n"),
    ("LF, CR", b"a\n\rb\n\r\n"),
    ("latin-1", b"Gr\xfc\xdfe\n"), ("utf-8", "Grüße, 日本\n.\n".encode()),
    ("all octets but NUL, CR, LF", bytes(x for x in range(1, 256)
                                         if x not in (10, 13)) + b"\n"),
    ("8-bit and long", b"\xe4" * 2000 + b"\n"),
    ("NUL", b"a\0b\n"), ("From", b"From me\n>From me\n"),
    ("end of file", b"a\x1ab\x04\n"),
    ("what SMTP says", b"QUIT\r\n.\r\nMAIL FROM:<>\r\nBDAT 0 LAST\r\n"),
    ("equals signs", b"=\n=3D=\n=0D=0A\n=.\n"),
]
HEADS = [
    ("nothing at all", b""), ("an empty line", b"\n"), ("CRLF alone", b"\r\n"),
    ("a header alone", HEAD), ("without a last end", HEAD[:-1]),
    ("with CRLF", HEAD.replace(b"\n", b"\r\n")),
    ("no header", b"hello, world\nbye\n"), ("a dot first", b".\nhello\n"),
    ("no empty line", HEAD + b"hello there\n\nbye\n"),
    ("a mailbox file", b"From a@x Mon Jan  1 00:00:00 2024\n" + HEAD + b"\nx\n"),
    ("dropped fields", b"Return-Path: <x@y>\n" + HEAD + b"Bcc: a@b.example,\n"
     b"\tc@d.example\nX-Dray-Campaign: may\n\nhello\n"),
    ("resent", b"Resent-From: a@b.example\n" + HEAD + b"\nhello\n"),
    ("8-bit header", HEAD + b"X-A: Gr\xfc\xdfe\n\n.\n"),
    ("a long field", HEAD + b"X-A:" + b" word" * 500 + b"\n\nx\n"),
    ("a field too long", HEAD + b"X-A: " + b"w" * 1200 + b"\n\nx\n"),
    ("folded fields", HEAD + b"X-A: 1\n 2\n\t3\r\n 4\nX-B:\n b\n\n x\n"),
    ("blanks before the colon", b"Subject : x\nDate\t: y\n\nx\n"),
]


def mime_cases():
    long = b"word " * 400 + b"\n.\n"
    head = HEAD + b"MIME-Version: 1.0\n"
    yield "long quoted-printable", head + CTE + b": quoted-printable\n\n" + \
        b"=E4bc" * 400 + b"=\n.\n"
    yield "long base64", head + CTE + b": base64\n\n" + b"QUJD" * 600 + b"\n"
    yield "an encoding not known", head + CTE + b": x-uue\n\n" + long
    multi = b'Content-Type: multipart/%s; boundary="b.b"\n\nbefore\n--b.b\n' \
        b"Content-Type: text/plain\n\n%s\n--b.b\n" \
        b"Content-Type: message/rfc822\n\n" + HEAD + b"\n%s\n--b.b--\nbehind\n"
    short = b".\nshort\n"
    yield "parts", head + multi % (b"mixed", short, short)
    yield "a long part", head + multi % (b"mixed", long, short)
    yield "a long message within", head + multi % (b"mixed", short, long)
    yield "signed", head + multi % (b"signed", short, short)
    yield "signed and long", head + multi % (b"signed", long, short)
    yield "no boundary", head + b"Content-Type: multipart/mixed\n\n" + long
    yield "no parts", head + b"Content-Type: multipart/mixed; boundary=c\n\n" + \
        long
    yield "a long preamble", head + (multi % (b"mixed", short, short)).replace(
        b"before", b"before" * 300)
    yield "a long report", head + b"Content-Type: message/delivery-status\n\n" \
        b"Diagnostic-Code: smtp;" + b" word" * 500 + b"\n\n"


def chance(r):
    """A random message of what is dangerous."""
    words = [b".", b"..", b"\n", b"\r\n", b"\n.", b"\r\n.", b"\n.\n",
             b"\r\n.\r\n", b"a", b" ", b"=", b"\t", b"\xe4", b"From ", b"--b",
             b"x" * r.choice((1, 60, 900))]
    if r.random() < .15:
        words += [b"\r", b"y" * 999]
    if r.random() < .03:
        words.append(b"\0")
    body = b"".join(r.choices(words, k=r.choice((3, 30, 300, 3000))))
    return (HEAD if r.random() < .9 else b"") + b"\n" + body


def difficult(seed):
    r = random.Random(seed)
    for name, body in LINES:
        yield name, HEAD + b"\n" + body
    yield from HEADS
    yield from mime_cases()
    # A dot at the start of a line, in every place near a border of 64 KB.
    for k in range(-4, 5):
        at = 65536 + k - len(HEAD) - 1
        text = (b"x" * 76 + b"\n") * (at // 77) + b"y" * (at % 77)
        yield "a dot at 64 KB %+d" % k, HEAD + b"\n" + text + b"\n.\n..\n.a\n"
    yield "3 MB", HEAD + b"\n" + b"".join(
        b".%d " % i + r.choice((b"\n", b"\r\n", b".\n", b"x" * 70 + b"\n"))
        for i in range(70000))
    yield "3 MB of dots", HEAD + b"\n" + b".\n" * 1500000
    for i in range(150):
        yield "by chance, %d" % i, chance(r)
