#!/bin/sh
# dray-why, against a dray-send of a few lines of Python.
. "$(dirname "$0")/../lib/lib.sh"
command -v python3 >/dev/null || skip_all "no python3"
BASE="$T/base"
mkdir -p "$BASE/sock"

# fake.py SOCKET ANSWER WHICH: for each client, when it has asked, writes what
# it asked for into WHICH, and answers with a frame of the content of ANSWER.
cat >"$T/fake.py" <<'END'
import os, socket, struct, sys
path, answer, which = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
s.bind(path)
s.listen(5)
while True:
    c, _ = s.accept()
    head = c.recv(6, socket.MSG_WAITALL)
    if not head:
        continue
    n, fds = struct.unpack(">IH", head)
    body = c.recv(n, socket.MSG_WAITALL)
    assert fds == 0 and body[:2] == b"\x01W", body
    assert struct.unpack(">I", body[2:6])[0] == len(body) - 6, body
    with open(which, "wb") as f:
        f.write(body[6:])
    b = open(answer, "rb").read().rstrip(b"\n")
    c.sendall(struct.pack(">IHBc", len(b) + 2, 0, 1, b"W") + b)
    c.close()
END

has() {
	grep -Fqx -- "$1" "$T/got"
}

asked() {
	dray-why -b "$BASE" "$1" >"$T/got" 2>&1 && cat "$T/which"
}

check_rc 100 "no destination" dray-why -b "$BASE"
check_rc 100 "two of them" dray-why -b "$BASE" a.example b.example
check_rc 100 "an unknown option" dray-why -b "$BASE" -x a.example
check_rc 100 "not a domain" dray-why -b "$BASE" "a..example"
check_rc 100 "nor is nothing" dray-why -b "$BASE" ""
check_rc 111 "no dray-send" dray-why -b "$BASE" a.example
dray-why -b "$BASE" a.example 2>"$T/got"
check "which is told" grep -q "dray-send is not running" "$T/got"

python3 "$T/fake.py" "$BASE/sock/control" "$T/answer" "$T/which" \
    2>"$T/fake.err" &
PIDS="$PIDS $!"
wait_for 10 listening "$BASE/sock/control"

echo '{"destination":"a.example","ready":0,"paths":[]}' >"$T/answer"
wait_for 10 dray-why -b "$BASE" a.example
check_out "a.example" "a domain is asked for" asked A.Example
check_out "a.example" "that of an address" asked 'x@y@a.example'
check_out "[192.0.2.1]" "an address literal" asked '[192.0.2.1]'
check_out "xn--bcher-kva.example" "in its form for DNS" asked 'bücher.example'
dray-why -b "$BASE" a.example >"$T/got"
check "nothing is queued" has "a.example: no mail for it is queued"

cat >"$T/answer" <<'END'
{"destination":"a.example","ready":1190,"held":3,"deferred":40,"in_flight":8,"next_attempt":1000000000,"loading":true,"streams":[{"name":"bulk","ready":1190,"held":3,"deferred":40,"in_flight":8}],"paths":[{"recipients":1233,"deferred":40,"site":"mx.example","destinations":4,"provider":"big","route":"r1","source_address":"192.0.2.7","lanes":3,"connecting":1,"group_lanes":5,"group_most":20,"in_flight":8,"per_second":12.34,"reply_ms":2500.5,"holds":[{"what":"ending"},{"what":"override","id":"p1","all":true,"author":"root","reason":"wrong\u001b[31m link","expires":1000000000,"reply":"550 no"},{"what":"override","id":"p2"},{"what":"override","id":"p3","action":"slow"},{"what":"refused","reason":"no such domain"},{"what":"sleep","of":"site","failures":3,"until":1000000000,"reason":"connect: refused"},{"what":"sleep","of":"destination","failures":1,"until":1000000000},{"what":"dns"},{"what":"log","octets":77,"notices":true},{"what":"message-rate","stream":"bulk","limit":"100/min","set_by":"etc/x.conf:3","next_ms":1234.5,"kept_percent":10},{"what":"connections","stream":"bulk","limit":"20","set_by":"default","most":20,"used":15,"kept":5},{"what":"servers","stream":"bulk","most":2},{"what":"workers","stream":"bulk","workers":2,"lanes":50,"places":64},{"what":"workers","workers":0},{"what":"new\u009bthing"},{"what":7},9]},{"recipients":5,"deferred":0,"holds":[]},{"recipients":5,"deferred":5,"holds":[]}]}
END
check_rc 0 "an answer" dray-why -b "$BASE" a.example
TZ=UTC dray-why -b "$BASE" a.example >"$T/got"
when="at 2001-09-09 01:46:40"
check "the sums" has "a.example: 1190 ready, 3 held, 40 deferred, 8 in flight"
check "by stream" has "  bulk: 1190 ready, 3 held, 40 deferred, 8 in flight"
check "the site" has "site mx.example and 3 other destinations, provider big, route r1, from 192.0.2.7: connections 3 (not yet up: 1), of the provider 5 of 20; in flight 8, 12.3 a second, 2.501 s each"
check "the end" has "  dray-send is stopping"
check "an override for all" has "  the override p1 holds all of it, by root: wrong\\u001b[31m link; it ends $when; after the reply: 550 no"
check "an override for some" has "  the override p2 holds some of it"
check "one for the limits" has "  the override p3 changes its limits: slow"
check "no servers" has "  nobody takes its mail: no such domain"
check "a site asleep" has "  the servers are left alone, failures: 3: connect: refused; the next attempt is $when"
check "a destination asleep" has "  it is left alone, failures: 1; the next attempt is $when"
check "dray-dns" has "  it waits for dray-dns"
check "the log" has "  77 octets of events are not in the log yet, or notices cannot be written"
check "a rate" has "  bulk: message-rate 100/min (etc/x.conf:3), the next one in 1.234 s; 10 % of the burst are for other streams"
check "connections" has "  bulk: connections 20 (default): 15 taken, 5 kept for other streams"
check "what the servers take" has "  bulk: the servers take no more connections now than 2"
check "places" has "  bulk: no place is free for it in any dray-remote (2): 50 of 64 are taken"
check "no worker" has "  no dray-remote is running"
check "what is not known here" has '  new\u009bthing'
check "slow servers" has "  the servers are slow: 2.5 s for each message"
check "nothing" has "  nothing holds it back"
check_out 1 "but for what is deferred" grep -c "nothing holds" "$T/got"
check "what is deferred" has "40 deferred, the next attempt is $when"
check "the spool" has "the spool is still being read"
check_out 22 "and no more" sh -c 'wc -l <"$1" | tr -d " "' sh "$T/got"

dray-why --json -b "$BASE" a.example >"$T/got"
check "as JSON" python3 -c '
import json, sys
a, b = (json.load(open(x)) for x in sys.argv[1:])
sys.exit(a != b)' "$T/got" "$T/answer"
check_out 1 "in one line" sh -c 'wc -l <"$1" | tr -d " "' sh "$T/got"
check_out "" "of plain ASCII" sh -c 'LC_ALL=C tr -d "\n -~" <"$1"' sh "$T/got"

for a in '[]' '{' '' 'null'; do
	echo "$a" >"$T/answer"
	check_rc 111 "no sense: $a" dray-why -b "$BASE" a.example
done
echo '{"paths":7,"streams":{},"destination":[],"ready":"x"}' >"$T/answer"
check_rc 0 "other types than were expected" dray-why -b "$BASE" a.example
check_out "" "the fake had no complaints" cat "$T/fake.err"
done_testing
