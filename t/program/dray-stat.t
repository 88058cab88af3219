#!/bin/sh
# dray-stat, against a dray-send of a few lines of Python.
. "$(dirname "$0")/../lib/lib.sh"
command -v python3 >/dev/null || skip_all "no python3"
BASE="$T/base"
mkdir -p "$BASE/sock"

# fake.py SOCKET FILE: for each client, when it has asked, the frames in FILE:
# lines of a type, a space, and the content as Python writes a string.
cat >"$T/fake.py" <<'END'
import ast, os, socket, struct, sys
path, script = sys.argv[1:]
s = socket.socket(socket.AF_UNIX)
if os.path.exists(path):
    os.unlink(path)
s.bind(path)
s.listen(5)
while True:
    c, _ = s.accept()
    head = c.recv(8, socket.MSG_WAITALL)
    if not head:
        continue
    n, fds, version, kind = struct.unpack(">IHBc", head)
    assert (n, fds, version) == (2, 0, 1), head
    try:
        for line in open(script):
            if line[1] != " ":
                continue
            want, kind_out, text = line[0], line[2:3], line[4:]
            if want.encode() != kind:
                continue
            b = ast.literal_eval(text)
            if isinstance(b, str):
                b = b.encode()
            c.sendall(struct.pack(">IHB", len(b) + 2, 0, 1) +
                kind_out.encode() + b)
    except BrokenPipeError:
        pass
    c.close()
END
run_fake() {
	cat >"$T/script"
	if [ -z "${FAKE:-}" ]; then
		python3 "$T/fake.py" "$BASE/sock/control" "$T/script" &
		FAKE=$!
		PIDS="$PIDS $FAKE"
		wait_for 10 listening "$BASE/sock/control"
		wait_for 10 sh -c 'dray-stat -b "$1" 2>&1 |
		    grep -v "not running"' sh "$BASE"
	fi
}

has() {
	grep -Eq "$1" "$T/got"
}

check_rc 100 "an unknown option" dray-stat -b "$BASE" -x
check_rc 100 "no seconds" dray-stat -b "$BASE" -w 0
check_rc 100 "an argument" dray-stat -b "$BASE" all
check_rc 111 "no dray-send" dray-stat -b "$BASE"
dray-stat -b "$BASE" 2>"$T/got"
check "which is told" has "dray-send is not running"

run_fake <<'END'
S S '{"messages":12,"recipients":345,"delivered":1000,"deferred":7,"bounced":3,"expired":1,"uptime":93784,"lanes":5,"in_flight":9,"overrides":[{"id":"p1","action":"pause","scope":{"campaign":"november","sender":""},"expires":4102444800,"reason":"wrong\\u001b[31m link","author":"root"},{"id":"p2","scope":7}],"overrides_in_force":102,"overrides_malformed":3,"streams":[{"name":"bulk","messages":10,"recipients":340},{"name":"transactional","recipients":5}],"routes":[{"name":"pool1","recipients":345}],"destinations":[{"name":"slow.example","recipients":300,"deferred":7,"lanes":1,"asleep_until":4102444800,"reason":"connect: \\u001b[31mrefused"},{"name":"fast.example","recipients":45,"held":44,"lanes":4,"asleep_until":0}],"ages":[{"under":60,"recipients":40},{"under":3600,"recipients":5},{"recipients":300}]}'
L L '{"id":"1795316645.M678901P1234Q55.host-0","sender":"a@example.com","size":10240,"arrival":1795316645,"recipients":12,"stream":"bulk","campaign":"november","rcpt":["x@slow.example","\\"odd\\u0007\\"@slow.ex'
L L 'ample"]}\n{"id":"1795316646.M1P2Q3.host-4","sender":"","size":500,"arrival":1795316646,"recipients":1,"held":1,"stream":"","rcpt":["y@fast.example"]}\n'
L L ''
END
dray-stat -b "$BASE" >"$T/got" 2>&1
check "what is queued" has "^queued +12 messages, 345 recipients"
check "what was done" has "1000 delivered, 7 deferred, 3 bounced, 1 expired"
check "how long it runs" has "up +1d02h"
check "by stream" has "^ +10 +340  bulk"
check "a stream without a number of messages" has "^ +- +5  transactional"
check "by route" has "^ +- +345  pool1"
check "a destination that sleeps, and why" \
    has '^ +300 +7 +1 +[0-9]+d([0-9]+h)?  slow.example \(connect: \\u001b\[31mref'
check "one that does not" has "^ +45 +0 +4 +-  fast.example"
check "what of it is held" has "fast.example \(44 held\)"
check "what is paused, how long, by whom and why" has \
    '^paused    campaign november, sender \(none\), for another [0-9]+d.*, by root: wrong\\u001b\[31m link'
check "how many more" has "^override  100 more$"
check "what is malformed" has "^3 files in overrides/ are malformed"
check "by age" has "^ +40  under 1m"
check "the oldest" has "^ +300  older"
for o in -j --json; do
	check "$o gives JSON" sh -c 'dray-stat -b "$1" $2 | python3 -c "
import json, sys
o = json.load(sys.stdin)
sys.exit(o[\"messages\"] != 12 or o[\"ages\"][2] != {\"recipients\": 300})"' \
	    sh "$BASE" "$o"
done

TZ=UTC0 dray-stat -b "$BASE" -l >"$T/got" 2>&1
check "-l: a message" has \
    "^1795316645.M678901P1234Q55.host-0 10240 2026-11-22 03:04:05 a@example.com\$"
check "its stream and campaign" has "^ +\(stream bulk, campaign november\)\$"
check "its recipients" has "^ +x@slow.example\$"
check "one with control characters" has '^ +"odd\\u0007"@slow.example'
check "and how many more" has "^ +and 10 more\$"
check "a notice, which is held" has "^1795316646.M1P2Q3.host-4! 500 2026-11-22 03:04:06 <>\$"
check "the sum" has "^2 messages, 11 kilobytes\$"
check "-l -j gives lines of JSON" sh -c 'dray-stat -b "$1" -lj | python3 -c "
import json, sys
l = [json.loads(x) for x in sys.stdin]
sys.exit(len(l) != 2 or l[0][\"rcpt\"][0] != \"x@slow.example\")"' sh "$BASE"
check "nothing that a terminal obeys" sh -c '{
	dray-stat -b "$1"; dray-stat -b "$1" -j
	dray-stat -b "$1" -l; dray-stat -b "$1" -lj; } |
    LC_ALL=C tr -d "\n\040-\176" | wc -c | grep -qx 0' sh "$BASE"
dray-stat -b "$BASE" -j -w 1 >"$T/again" &
W=$!
PIDS="$PIDS $W"
twice() {
	[ "$(wc -l <"$T/again")" -ge 2 ]
}
check "-w asks again" wait_for 10 twice
kill $W
check_rc 111 "an output that is full" sh -c 'dray-stat -b "$1" >/dev/full' \
    sh "$BASE"

run_fake <<'END'
S S '{}'
L L ''
END
check "an answer without anything" dray-stat -b "$BASE"
check_out "Mail queue is empty" "an empty queue" dray-stat -b "$BASE" -l
check_out "" "an empty queue in JSON" dray-stat -b "$BASE" -l -j

n=0
for bad in "S 'no JSON'" "S '[]'" "S ''" "X '{}'" "S b'{\"a\":\"\\xff\"}'"; do
	n=$((n + 1))
	printf 'S %s\n' "$bad" | run_fake
	check_rc 111 "malformed answer $n" dray-stat -b "$BASE"
done
for bad in "L '{\"id\":1'" "L '[]\n'" "S '{}'"; do
	n=$((n + 1))
	printf '%s\n' "L $bad" "L L ''" | run_fake
	check_rc 111 "malformed listing $n" dray-stat -b "$BASE" -l
done
run_fake <<'END'
L L '{"id":["x"],"sender":7,"size":-5,"arrival":99999999999999999,"recipients":"many","rcpt":[1,{"a":2},"ok@example.com"]}\n'
L L ''
END
check "values of other types" dray-stat -b "$BASE" -l
run_fake </dev/null
check_rc 111 "closed without an answer" dray-stat -b "$BASE"
done_testing
