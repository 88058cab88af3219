#!/bin/sh
# Real mail through dray-inject comes out octet for octet, but for what
# dray-inject(1) says.  The mail is in $DRAY_CORPUS/bounces/*.eml; the rules of
# the manual page are written down here once more, in another language.
. "$(dirname "$0")/../lib/lib.sh"

corpus=${DRAY_CORPUS:-$TOP/../shared/corpus}
ls "$corpus"/bounces/*.eml >/dev/null 2>&1 || skip_all "there is no corpus"
command -v python3 >/dev/null || skip_all "there is no python3"
mkdir -p "$T/base/sock" "$T/queue"
helper fakequeue
background "$HELPER" "$T/base/sock/queue" "$T/queue"
wait_for 10 test -S "$T/base/sock/queue" || give_up "no socket"

python3 - "$corpus/bounces" "$T" >"$T/out" 2>&1 <<'EOP'
import glob, os, re, subprocess, sys

FIELD = re.compile(rb'([!-9;-~]+)[ \t]*:')
DROPPED = (b'bcc', b'resent-bcc', b'return-path')
WANTED = (b'date', b'from', b'message-id')
MIME = (b'mime-version', b'content-type', b'content-transfer-encoding')

def split(data):
    """Fields as (name, text), and the body."""
    lines = re.findall(rb"[^\n]*\n|[^\n]+", data)
    fields, i = [], 0
    while i < len(lines):
        line = lines[i]
        if not line.rstrip(b'\r\n'):
            i += 1
            break
        if line[:1] in b' \t' and fields:
            fields[-1][1] += line
        else:
            m = FIELD.match(line)
            if not m:
                break
            fields.append([m.group(1).lower(), line])
        i += 1
    return fields, b''.join(lines[i:])

def crlf(s):
    return re.sub(rb'\r?\n', b'\r\n', s)

def check(data, out):
    if data.startswith(b'From '):
        data = data[data.index(b'\n') + 1:]
    fields, body = split(data)
    kept = b''.join(crlf(t) for n, t in fields
        if n not in DROPPED and not n.startswith(b'x-dray-'))
    have = [n for n, t in fields]
    ofields, obody = split(out)
    resent = 0
    if any(n.startswith(b'resent-') for n in have):
        while ofields[resent][0] not in have:
            if ofields[resent][0] not in [b'resent-' + w for w in WANTED]:
                return 'what is in front?'
            resent += 1
    text = b''.join(t for n, t in ofields[resent:])
    if not text.startswith(kept):
        return 'the header differs'
    added = [n for n, t in split(text[len(kept):])[0]]
    want = [w for w in WANTED if w not in have]
    high = any(c > 127 for c in body)
    if high and not any(m in have for m in MIME):
        want += list(MIME)
    if added != want:
        return 'added %r, wanted %r' % (added, want)
    if obody != crlf(body):
        return 'the body differs'
    return None

corpus, T = sys.argv[1:]
n = bad = same = recoded = refused = 0
for name in sorted(glob.glob(corpus + '/*.eml')):
    data = open(name, 'rb').read()
    short = os.path.basename(name)
    p = subprocess.run(['dray-inject', '-b', T + '/base', '-i', '-f',
        's@sender.example', 'r@rcpt.example'], input=data,
        stderr=subprocess.PIPE)
    hard = re.search(rb'[^\n]{999}', data) or re.search(rb'\r(?!\n)', data)
    if b'\0' in data:
        refused += 1
        if p.returncode != 65 or b'NUL' not in p.stderr:
            print('%s: exit %d with a NUL octet' % (short, p.returncode))
            bad += 1
        continue
    if hard and p.returncode == 65:
        print('# %s: %s' % (short, p.stderr.decode().strip()))
        refused += 1
        continue
    if p.returncode:
        print('%s: exit %d, %r' % (short, p.returncode, p.stderr))
        bad += 1
        continue
    n += 1
    out = open('%s/queue/%d.msg' % (T, n), 'rb').read()
    if re.search(rb'[^\n]{1000}|\r(?!\n)|(?<!\r)\n|\0', out):
        why = 'SMTP cannot carry it'
    elif hard:
        recoded += 1
        print('# %s: re-encoded' % short)
        continue
    else:
        why = check(data, out)
    if why:
        print('%s: %s' % (short, why))
        bad += 1
    else:
        same += 1
print('# %d the same, %d re-encoded, %d refused, %d wrong' % (same, recoded,
    refused, bad))
sys.exit(bad > 0 or same < n * 9 // 10)
EOP
rc=$?
grep '^#' "$T/out"
point $rc "real mail comes out as it went in" "$T/out"
done_testing
