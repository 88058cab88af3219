#!/bin/sh
# dray-stat --bounces: what the log says about mail that failed.
. "$(dirname "$0")/../lib/lib.sh"
command -v python3 >/dev/null || skip_all "no python3"
BASE="$T/base"
mkdir -p "$BASE/log"

# One rotated and compressed file of the 20th, one that is rotated of the 21st,
# and the one that grows, of the 22nd.
python3 - "$BASE/log" <<'PY' || give_up "no log"
import json, os, subprocess, sys
base = sys.argv[1]


def write(name, day, events):
    start = {"type": "LogStart", "file": "202611%02dT000000.000000Z" % day}
    with open(os.path.join(base, name), "w") as f:
        for e in [start] + events:
            f.write(json.dumps(e, separators=(",", ":")) + "\n")


def event(kind, day, **more):
    return {"type": kind, "event_time":
            "2026-11-%02dT12:00:00.000001Z" % day, **more}


def mail(kind, day, n=1, **more):
    return [event(kind, day, campaign="spring", provider="big", **more)] * n


def back(kind, **more):
    return event(kind, 22, **{"attributed": "token", "campaign": "spring",
                              **more})


write("20261120T000000.000000Z.log", 20, mail("Delivery", 20, 90) +
      mail("Bounce", 20, 9, **{"class": "bad-mailbox"}) +
      mail("Delivery", 20, 5, stream="notices"))
subprocess.run(["zstd", "-q", "--rm",
                base + "/20261120T000000.000000Z.log"], check=True)
write("20261121T000000.000000Z.log", 21, mail("Delivery", 21, 10) +
      [event("Bounce", 21, campaign="x\x1b[31m\u202e", provider="small",
             **{"class": "spam-block"}), event("Bounce", 21),
       event("Delivery", 21, campaign="autumn")] +
      [{"type": "Bounce", "event_time": "never"}])
write("current", 22, [
    back("OOB", action="failed", **{"class": "mailbox-full"}),
    back("OOB", action="failed", **{"class": "mailbox-full"}),
    back("OOB", action="delayed", **{"class": "mailbox-full"}),
    back("OOB", action="failed", attributed="text", campaign="",
         **{"class": "bad-mailbox"}),
    back("Feedback", feedback_type="abuse"),
    back("Feedback", feedback_type="not-spam"),
    back("Unsubscribe"),
    event("Unsubscribe", 22, new=True),
    event("Unsubscribe", 22, new=False),
    event("AdminBounce", 22, campaign="spring", **{"class": "suppressed"}),
    event("AdminBounce", 22, campaign="spring")])
with open(base + "/current", "a") as f:
    f.write('no JSON\n{"type":"Bounce","class":\n{"type":"Bounce","event_')
PY

# rows OPTION... - as JSON, each a line of key, and the counts
rows() {
	dray-stat -b "$BASE" --bounces --json "$@" | python3 -c '
import json, sys
for line in sys.stdin:
    o = json.loads(line)
    key = "OTHERS" if o.get("others") else "ALL" if o.get("all") else o["key"]
    print(key or "-", *[o.get(k, "-") for k in ("delivered", "failed",
        "returned", "complaints", "unsubscribed", "suppressed", "unproven",
        "failed_percent")])'
}

check_out "bad-mailbox - 9 0 0 0 0 1 8.91
mailbox-full - 0 2 0 0 0 0 0.0
unsubscribe - 0 0 0 2 0 0 0.0
- - 1 0 0 0 0 0 0.99
complaint - 0 0 1 0 0 0 0.0
spam-block - 1 0 0 0 0 0 0.99
suppressed - 0 0 0 0 1 0 0.0
ALL 101 11 2 1 2 1 1 10.891" "by class, which is the default" rows
check_out "2026-11-20 90 9 0 0 0 0 0 10.0
2026-11-21 11 2 0 0 0 0 0 18.181
2026-11-22 0 0 2 1 2 1 1 -
ALL 101 11 2 1 2 1 1 10.891" "by day" rows --by day
check_out "big 100 9 0 0 0 0 0 9.0
- 1 1 2 1 2 1 1 100.0
small 0 1 0 0 0 0 0 -
ALL 101 11 2 1 2 1 1 10.891" "by provider" rows --by provider
rows --by campaign >"$T/got"
check "by campaign" grep -qx "spring 100 9 2 1 1 1 0 9.0" "$T/got"
check "one without failures" grep -qx "autumn 1 0 0 0 0 0 0 0.0" "$T/got"
check "what no token proves is nobody's" grep -qx -- "- 0 1 0 0 1 0 1 -" \
    "$T/got"

check_out "2026-11-21 11 2 0 0 0 0 0 18.181
2026-11-22 0 0 2 1 2 1 1 -
ALL 11 2 2 1 2 1 1 18.181" "since a day" rows --by day --since 2026-11-21
check_out "2026-11-22 0 0 2 1 2 1 1 -
ALL 0 0 2 1 2 1 1 -" "since a moment" rows --by day \
    --since 2026-11-21T12:00:01Z
# The event is a microsecond later.
check_out "2026-11-21 2026-11-22 ALL" "the moment itself" sh -c '
	dray-stat -b "$1" --bounces --json --by day \
	    --since 2026-11-21T12:00:00Z |
	    sed "s/.*\"key\":\"\([^\"]*\).*/\1/; s/.*\"all\".*/ALL/" |
	    xargs' sh "$BASE"
check_out "ALL 0 0 0 0 0 0 0 -" "since what is to come" rows \
    --since 9999-12-31
check "ago" sh -c 'dray-stat -b "$1" --bounces --since 20000w |
    grep -q bad-mailbox' sh "$BASE"

dray-stat -b "$BASE" --bounces --by campaign >"$T/got"
check "for people: lines as long as each other" sh -c 'sed "s/  [^ ]*$//" "$1" |
    awk "{ print length }" | sort -u | wc -l | grep -qx 1' sh "$T/got"
check "shares" grep -Eq \
    '^ +100 +9 +9\.00 +2 +2\.00 +1 +1\.00 +1 +1\.00 +1 +0  spring$' "$T/got"
check "no share of nothing" grep -Eq '^ +0 +1 +- .*  x' "$T/got"
check "nothing that a terminal obeys" grep -Fq 'x\u001b[31m\u202e' "$T/got"
check "in JSON neither" sh -c 'dray-stat -b "$1" --bounces -j --by campaign |
    LC_ALL=C tr -d "\n\040-\176" | wc -c | grep -qx 0' sh "$BASE"

# More keys than it keeps.
python3 - "$BASE/log/current" <<'PY'
import sys
with open(sys.argv[1], "w") as f:
    f.write('{"type":"LogStart","file":"20261122T000000.000000Z"}\n')
    for i in range(10100):
        f.write('{"type":"Delivery","event_time":"2026-11-22T12:00:00.000001Z"'
                ',"campaign":"c%d"}\n' % (i * 7919 % 10100))
    f.write('{"type":"Bounce","event_time":"2026-11-22T12:00:00.000001Z"'
            ',"campaign":"%s"}\n' % ("x" * 300))
PY
rows --by campaign --since 2026-11-22 >"$T/got"
check "so many lines and no more" sh -c '[ "$(wc -l <"$1")" -eq 10002 ]' sh \
    "$T/got"
check "the rest in one" grep -qx "OTHERS 100 1 0 0 0 0 0 1.0" "$T/got"
check "nothing is lost" grep -qx "ALL 10100 1 0 0 0 0 0 0.009" "$T/got"

for bad in "--by month" "--by" "--since" "-l" "--campaign x" "all"; do
	# shellcheck disable=SC2086 # two words
	check_rc 100 "usage: $bad" dray-stat -b "$BASE" --bounces $bad
done
check_rc 100 "--by alone" dray-stat -b "$BASE" --by day
check_rc 100 "--since alone" dray-stat -b "$BASE" --since 1d
for bad in yesterday 2026-02-31 2026-11-22T03:04 7y ""; do
	check_rc 100 "no time: $bad" dray-stat -b "$BASE" --bounces \
	    --since "$bad"
done
check_rc 111 "an output that is full" sh -c \
    'dray-stat -b "$1" --bounces >/dev/full' sh "$BASE"
echo damage >"$BASE/log/20261119T000000.000000Z.log.zst"
check_rc 111 "a file that is damaged" dray-stat -b "$BASE" --bounces
dray-stat -b "$BASE" --bounces >"$T/got" 2>&1
check "which one" grep -q "20261119T000000.000000Z.log.zst" "$T/got"
check "but not if it is older" dray-stat -b "$BASE" --bounces \
    --since 2026-11-20
check_rc 111 "no log" dray-stat -b "$T" --bounces
rm -f "$BASE"/log/*
check_out "ALL 0 0 0 0 0 0 0 -" "an empty one" rows
done_testing
