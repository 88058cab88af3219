#!/bin/sh
# dray-ctl without a dray-send, with one that answers nonsense, and with one;
# and the listing as mailq.
. "$(dirname "$0")/../lib/lib.sh"
command -v python3 >/dev/null || skip_all "no python3"
export DRAY_BASE="$T/base"
mkdir -p "$DRAY_BASE/sock" "$DRAY_BASE/overrides"
O="$DRAY_BASE/overrides"

has() {
	grep -Eq -e "$1" "$T/got"
}

# Wrong usage does nothing.
for args in "" "x" "pause" "resume" "flush" "expire" "remove" "pause x --all" \
    "pause --all --tenant t" "pause --tenant a --tenant b" "pause --tenant" \
    "pause --tenant a;b" "pause --id x" "pause --bundle x" \
    "pause --destination a..b" "pause --sender x" "pause --nonsense" \
    "pause --all --for 0" "pause --all --for 2x" "pause --all --for h" \
    "pause --all --for 1h2" "pause --all --for 99999999w" \
    "slow --all" "slow 2 --all" "slow 0.5" "slow 0.5 --tenant t" \
    "slow 0.5 1 --all" "connections 0 --all" "skip-host a..b --all" \
    "reroute --all" "reroute a;b --all" "reroute r --id 1.M2P3Q4.h-1" \
    "restream --all" "restream a;b --all" "restream bulk --provider p" \
    "pause 1 --all" "cancel" "cancel slow --all" "flush --all --reply x" \
    "pause --provider a;b" "connections 2 --all --override x" \
    "remove --all --for 1h" "pause --override x" "resume --override .." \
    "resume --override x --all" "-x"; do
	# shellcheck disable=SC2086
	check_rc 100 "usage: $args" dray-ctl $args
done
check_rc 100 "a reason with a control character" \
    dray-ctl pause --all --reason "$(printf 'a\nb')"
check_rc 100 "a reason that is too long" \
    dray-ctl pause --all --reason "$(printf '%0501d' 0)"
check_out "" "none of them paused anything" ls "$O"

# Without dray-send.
for args in "flush --all" "expire --all" "remove --all" "pause --all -n"; do
	# shellcheck disable=SC2086
	check_rc 111 "no dray-send: $args" dray-ctl $args
done
check_out "No override is there." "nothing to list" dray-ctl list
check "a pause for later" dray-ctl pause --campaign c1 --tenant t \
    --for 1h30m --reason "it is wrong"
dray-ctl pause --sender '<>' >"$T/got" 2>"$T/err"
check "another" test -s "$T/err"
check_out 2 "are two files" sh -c 'ls "$1" | wc -l' sh "$O"
cat "$O"/* >"$T/got"
check "with an action" has '^action = pause$'
check "selectors" has '^campaign = c1$'
check "the null sender" has '^sender = <>$'
check "a reason" has '^reason = it is wrong$'
check "an author" has '^author = [^ ]'
check "an end" has '^expires = 20..-..-..T..:..:..Z$'
check_out 644 "that everybody may read" sh -c 'stat -c %a "$1"/* | uniq' sh "$O"
f=$(ls "$O" | head -n 1)
python3 - "$O/$f" >"$T/got" <<'END'
import sys, time, calendar
d = dict(l.strip().split(' = ', 1) for l in open(sys.argv[1]))
t = [calendar.timegm(time.strptime(d[k], '%Y-%m-%dT%H:%M:%SZ'))
     for k in ('created', 'expires')]
print(t[1] - t[0], abs(t[0] - time.time()) < 60)
END
check "in an hour and a half" has '^5400 True$'
printf 'action = pause\ncampaign = c2\n' >"$O/mine"
printf 'action = pause\ncampagn = c2\n' >"$O/wrong"
printf 'action = pause\ntenant = t\nexpires = 2020-01-01T00:00:00Z\n' >"$O/old"
printf 'action = pause\ntenant = t\nreason = \342\200\256evil\302\233\n' >"$O/odd"
dray-ctl list >"$T/got"
check "list: one by hand" has '^mine: pause campaign c2$'
check "two selectors" has '^pause-.*: pause tenant t, campaign c1$'
check "why" has '^ +because: it is wrong$'
check "a mistake" has '^wrong: not in force: an unknown key$'
check "one that is over" has '^ +until 20.*, which is over$'
check "nothing that a terminal obeys" sh -c \
    'LC_ALL=C tr -d "\n\040-\176" <"$1" | wc -c | grep -qx 0' sh "$T/got"
check_out "mine: pause campaign c2" "list: by selector" \
    dray-ctl list --campaign c2
check "list: JSON" sh -c 'dray-ctl list -j | python3 -c "
import json, sys
l = {o[\"id\"]: o for o in (json.loads(x) for x in sys.stdin)}
sys.exit(not (len(l) == 6 and l[\"mine\"][\"scope\"][\"campaign\"] == \"c2\" and
    \"malformed\" in l[\"wrong\"] and l[\"old\"][\"expires\"] == 1577836800))"'
dray-ctl pause --destination "$(printf '.b\303\274cher.example')" 2>/dev/null
dray-ctl pause --sender "$(printf 'x@B\303\234CHER.example')" 2>/dev/null
cat "$O"/* >"$T/got"
check "a domain that is not ASCII" has '^destination = .xn--bcher-kva.example$'
check "that of a sender" has '^sender = x@xn--bcher-kva.example$'
dray-ctl resume --destination "$(printf '.b\303\274cher.example')" 2>/dev/null
dray-ctl resume --sender x@xn--bcher-kva.example 2>/dev/null
check "resume by selector" dray-ctl resume --tenant t
dray-ctl list >"$T/got"
check_out "mine
wrong" "ends all that name it, and no other" sh -c \
    'ls "$1" | grep -v ^pause' sh "$O"
check "resume by id, also a malformed one" dray-ctl resume --override wrong
check "not twice" sh -c 'dray-ctl resume --override wrong 2>&1 |
    grep -q "No override"'
check "resume -n changes nothing" dray-ctl resume --all -n
check "really" test -e "$O/mine"
dray-ctl slow 0.5 --provider p --reason "they ask" --reply "421 slow" \
    >"$T/got" 2>/dev/null
check "slow" has '^override slow-'
dray-ctl connections 3 --route r 2>/dev/null
dray-ctl skip-host MX.Example.Net --all 2>/dev/null
cat "$O"/slow-* >"$T/got"
check "is a file with its value" has '^value = 0.5$'
check "with the reply" has '^reply = 421 slow$'
dray-ctl list >"$T/got"
check "list: slow" has '^slow-.*: slow 0.5 provider p$'
check "the reply" has '^ +after: 421 slow$'
check "connections" has '^connections-.*: connections 3 route r$'
check "a host" has '^skip-host-.*: skip-host mx.example.net destination \*$'
dray-ctl resume --provider p >"$T/got" 2>/dev/null
check "resume ends pauses only" has '^No override says so'
dray-ctl cancel --provider p >"$T/got" 2>/dev/null
check "cancel ends it" has '^slow-'
check_out "connections skip-host" "and no other" sh -c \
    'ls "$1" | grep -v ^pause | sed -n "s/-2.*//p" | tr "\n" " " | sed "s/ $//"' sh "$O"
dray-ctl cancel --all >/dev/null 2>&1
dray-ctl pause --campaign c3 >/dev/null 2>&1
check "resume all" dray-ctl resume --all
check_out "" "that is all" ls "$O"
check_rc 111 "an output that is full" sh -c \
    'dray-ctl pause --all 2>&1 >/dev/full'
check "the pause is there all the same" sh -c 'ls "$1" | grep -q pause' sh "$O"
rm -f "$O"/*

# One that answers nonsense.
cat >"$T/fake.py" <<'END'
import ast, os, socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.bind(sys.argv[1])
s.listen(5)
while True:
    c, _ = s.accept()
    c.recv(4096)
    b = ast.literal_eval(open(sys.argv[2]).read())
    if b:
        c.sendall(struct.pack(">IHB", len(b) + 1, 0, 1) + b)
    c.close()
END
echo "b''" >"$T/script"
background python3 "$T/fake.py" "$DRAY_BASE/sock/control" "$T/script"
FAKE=$PID
wait_for 10 listening "$DRAY_BASE/sock/control"
wait_for 10 sh -c 'dray-ctl flush --all 2>&1 | grep -v "not running"'
for bad in "b''" "b'A'" "b'A{'" "b'A[]'" "b'S{}'" "b'A\\xff'" \
    "b'A{\"error\":\"dray-log is not there\"}'" "b'A{\"unread\":3}'"; do
	printf '%s' "$bad" >"$T/script"
	check_rc 111 "the answer $bad" dray-ctl remove --all
done
printf '%s' "b'A{\"messages\":\"x\",\"recipients\":-1}'" >"$T/script"
check_out "removed: 0 messages, 0 recipients" "values of other types" \
    dray-ctl remove --all
kill "$FAKE"
wait "$FAKE" 2>/dev/null
rm -rf "$DRAY_BASE"

# A real one, with mail that goes nowhere.
mkdir "$DRAY_BASE"
"$TOP/scripts/setup" -u "$(id -u)" -b "$DRAY_BASE" -p "$B/bin" >"$T/out" 2>&1
point $? "an instance" "$T/out"
printf '[static *]\nhosts = 127.0.0.1:9\n' >"$DRAY_BASE/etc/routes/x.conf"
dray-policy compile >/dev/null
for d in log queue control; do
	case $d in
	log) background dray-log ;;
	queue) background dray-queued ;;
	control) background dray-send ;;
	esac
	wait_for 10 listening "$DRAY_BASE/sock/$d"
done
inject() {
	printf 'Subject: x\n\nx\n' | dray-inject -X id -f "$1" "$2"
}
one=$(inject a@sender.test x@a.test)
inject b@sender.test y@b.test >/dev/null
two() {
	[ "$(dray-stat -lj | wc -l)" -eq 2 ]
}
check "two messages wait" wait_for 10 two
dray-ctl pause --sender a@sender.test --reason "a bad one" >"$T/got"
check "one is paused" has '^held: 1 message, 1 recipient$'
check "and its override named" has '^override pause-'
dray-stat >"$T/got"
check "dray-stat says so, and why" \
    has '^paused    sender a@sender.test, by .*: a bad one$'
dray-stat -j >"$T/got"
check "in JSON too" has '"reason":"a bad one"'

# The listing under the names that sendmail has for it.
ln -s "$B/bin/dray-inject" "$T/mailq"
ln -s "$B/bin/dray-inject" "$T/sendmail"
dray-stat -l >"$T/list"
check "the paused one is marked" grep -q "^$one! " "$T/list"
check_out "$(cat "$T/list")" "mailq" "$T/mailq"
check_out "$(cat "$T/list")" "sendmail -bp" "$T/sendmail" -bp
check_out "$(cat "$T/list")" "dray-inject -bp" dray-inject -bp
check_out "$(cat "$T/list")" "mailq with a base" env -u DRAY_BASE \
    "$T/mailq" -b "$DRAY_BASE"

check_out "would be removed: 1 message, 1 recipient" "a dry run" \
    dray-ctl remove --id "$one" -n
check "changes nothing" two
check_out "removed: 1 message, 1 recipient" "remove" dray-ctl remove --id "$one"
check_out "removed: 0 messages, 0 recipients" "nothing is left of it" \
    dray-ctl remove --id "$one"
check_out '{"action":"expire","dry_run":false,"messages":1,"recipients":1,"in_flight":0,"overrides":[]}' \
    "JSON" dray-ctl expire --all -j
logged() {
	grep -q '"type":"AdminBounce"' "$DRAY_BASE/log/current" &&
	    grep -q '"type":"Expiration"' "$DRAY_BASE/log/current"
}
check "both are logged" wait_for 10 logged
empty() {
	[ "$("$T/mailq")" = "Mail queue is empty" ]
}
check "the queue becomes empty" wait_for 10 empty
done_testing
