#!/bin/sh
# Real mail through dray-inject comes out octet for octet, but for what
# dray-inject(1) says.  The mail is in $DRAY_CORPUS/bounces/*.eml; the rules of
# the manual page are written down once more in t/lib/exact.py.
. "$(dirname "$0")/../lib/lib.sh"

corpus=${DRAY_CORPUS:-$TOP/../shared/corpus}
ls "$corpus"/bounces/*.eml >/dev/null 2>&1 || skip_all "there is no corpus"
command -v python3 >/dev/null || skip_all "there is no python3"
mkdir -p "$T/base/sock" "$T/queue"
helper fakequeue
background "$HELPER" "$T/base/sock/queue" "$T/queue"
wait_for 10 listening "$T/base/sock/queue" || give_up "no socket"

PYTHONDONTWRITEBYTECODE=1 python3 - "$corpus/bounces" "$T" "$TOP/t/lib" \
    >"$T/out" 2>&1 <<'EOP'
import glob, os, subprocess, sys
corpus, T, lib = sys.argv[1:]
sys.path.insert(0, lib)
from exact import difficult, ended, judge

def injected(data, n):
    """How it ended, and what came out where n have come before."""
    p = subprocess.run(['dray-inject', '-b', T + '/base', '-i', '-f',
        's@sender.example', 'r@rcpt.example'], input=data,
        stderr=subprocess.PIPE)
    out = None
    if not p.returncode:
        with open('%s/queue/%d.msg' % (T, n + 1), 'rb') as f:
            out = ended(f.read()) # the last end is left to dray-queued
    return p.returncode, p.stderr.decode().strip(), out

count = dict.fromkeys(('same', 'recoded', 'refused', 'wrong'), 0)
taken = 0

def run(what, messages):
    global taken
    before = count['wrong'], sum(count.values())
    for name, data in messages:
        rc, err, out = injected(data, taken)
        taken += rc == 0
        how, why = judge(data, rc, err, out)
        count[how] += 1
        if how == 'wrong':
            print('# %s: %s' % (name, why))
    print('%sok - %s' % ('' if count['wrong'] == before[0] and
        sum(count.values()) > before[1] else 'not ', what))
    print('# %d the same, %d re-encoded, %d refused, %d wrong' %
        tuple(count.values()))

def real():
    for name in sorted(glob.glob(corpus + '/*.eml')):
        with open(name, 'rb') as f:
            yield os.path.basename(name), f.read()

run('real mail comes out as it went in', real())
run('and so does mail that is hard to carry', difficult(1))
EOP
grep '^#' "$T/out"
for what in 'real mail comes out as it went in' \
    'and so does mail that is hard to carry'; do
	grep -qx "ok - $what" "$T/out"
	point $? "$what" "$T/out"
done
done_testing
