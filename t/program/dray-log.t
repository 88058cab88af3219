#!/bin/sh
# dray-log: durable lines, whatever happens to it or its disk.
. "$(dirname "$0")/../lib/lib.sh"
helper logload
LOAD=$HELPER
command -v python3 >/dev/null || skip_all "no python3"

# all_there BASE TAG COUNT: every line of every file is JSON, and those of TAG
# are there from 1 to COUNT, and no others.  unique: each one once.
cat >"$T/there.py" <<'END'
import collections, json, os, subprocess, sys
base, tag, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
seen = collections.Counter()
bad = []
ids = {n[:23] for n in os.listdir(base + "/log") if n[0] == "2"}
names = [base + "/log/" + i + ".log" for i in sorted(ids)]
def read(name):
    # It may be compressed at any moment.
    try:
        return open(name, "rb").read()
    except FileNotFoundError:
        return subprocess.run(["zstd", "-dcq", name + ".zst"], check=True,
            stdout=subprocess.PIPE).stdout
for name in names + [base + "/log/current"]:
    text = read(name)
    if not text.endswith(b"\n"):
        bad.append(name + " ends inside a line")
    lines = text.split(b"\n")[:-1]
    for n, line in enumerate(lines):
        try:
            e = json.loads(line)
        except ValueError:
            bad.append("%s: line %d is no JSON: %r" % (name, n, line[:60]))
            continue
        if (n == 0) != (e.get("type") == "LogStart"):
            bad.append("%s: line %d: %r" % (name, n, line[:60]))
        if e.get("tag") == tag:
            seen[e["n"]] += 1
missing = [n for n in range(1, count + 1) if n not in seen]
if missing:
    bad.append("%d missing, the first is %d" % (len(missing), missing[0]))
if "unique" in sys.argv and [n for n in seen if seen[n] > 1 or n > count]:
    bad.append("some are there twice")
print("\n".join(bad[:20]))
sys.exit(len(bad) > 0)
END
all_there() {
	python3 "$T/there.py" "$@"
}

answers() {
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])' "$1/sock/log"
}

new_base() {
	BASE="$T/$1"
	mkdir -p "$BASE/log" "$BASE/sock"
}

# run_log [OPTION ...]: starts dray-log on $BASE; its pid is in $LOG.
run_log() {
	dray-log -b "$BASE" "$@" 2>>"$BASE/err" &
	LOG=$!
	PIDS="$PIDS $LOG"
	wait_for 10 answers "$BASE"
}

stop_log() {
	kill -"${1:-TERM}" "$LOG"
	wait "$LOG" 2>/dev/null
}

load() {
	"$LOAD" "$BASE/sock/log" "$@"
}

lines_told() {
	grep -c "$1" "$BASE/err"
}

# Usage and start.
new_base one
check_rc 100 "an unknown option" dray-log -b "$BASE" -q
check_rc 100 "a size with an unknown unit" dray-log -b "$BASE" -s 5x
check_rc 100 "an argument" dray-log -b "$BASE" x
check_rc 111 "no such base" dray-log -b "$T/none"
dray-log -b "$BASE" -d 3 3>"$T/ready" 2>>"$BASE/err" &
LOG=$!
PIDS="$PIDS $LOG"
wait_for 10 answers "$BASE"
check_out "1 1" "tells that it is ready" sh -c \
    'echo $(wc -l <"$1") $(wc -c <"$1")' sh "$T/ready"
check_rc 111 "a second one on the same base" dray-log -b "$BASE"

# Plain work.
check_out 1000 "1000 lines are acknowledged" load a 1000 300
check "and each is there once" all_there "$BASE" a 1000 unique
(load b 3000 300 >"$T/out.b") &
one=$!
(load c 3000 300 >"$T/out.c") &
two=$!
wait $one
wait $two
check_out "3000 3000" "two clients at a time" sh -c \
    'echo $(cat "$1/out.b" "$1/out.c")' sh "$T"
check "the lines of one" all_there "$BASE" b 3000 unique
check "the lines of the other" all_there "$BASE" c 3000 unique

# Idle: it does not wake up.
switches() {
	awk '/^(non)?voluntary_ctxt/ { n += $2 } END { print n }' \
	    "/proc/$LOG/status"
}
idle() {
	before=$(switches)
	sleep 0.2
	[ "$before" = "$(switches)" ]
}
check "idle, it sleeps" wait_for 5 idle

# Malformed frames.
cat >"$T/bad.py" <<'END'
import socket, struct, sys
path = sys.argv[1]
def connect():
    s = socket.socket(socket.AF_UNIX)
    s.settimeout(10)
    s.connect(path)
    return s
def frame(kind, body, version=1):
    return struct.pack(">IHB", len(body) + 2, 0, version) + kind + body
def events(n, text):
    return frame(b"E", struct.pack(">Q", n) + text)
bad = {
    "another type": frame(b"Z", b"12345678{}\n"),
    "another version": frame(b"E", struct.pack(">Q", 1) + b"{}\n", 2),
    "no number": frame(b"E", b"1234"),
    "no line": events(1, b""),
    "number 2 first": events(2, b"{}\n"),
    "no newline": events(1, b"{}"),
    "an unfinished line behind a good one": events(1, b"{}\n{"),
    "an empty line": events(1, b"{}\n\n"),
    "a control character": events(1, b'{"a":"\x1b[31m"}\n'),
    "a zero octet": events(1, b'{"a":"\0"}\n'),
    "not an object": events(1, b"hello\n"),
    "a line too long": events(1, b'{"a":"' + b"x" * 16384 + b'"}\n'),
    "a frame too long": struct.pack(">IH", 65537, 0) + b"\1E" + b"x" * 70000,
    "a length of 4 GiB": b"\xff" * 64,
    "a frame of nothing": struct.pack(">IH", 0, 0),
    "two descriptors announced": struct.pack(">IHB", 13, 2, 1) + b"E" + b"x" * 11,
}
good = connect()
failed = 0
for n, (name, octets) in enumerate(bad.items()):
    s = connect()
    try:
        s.sendall(octets)
        got = s.recv(100)
    except (ConnectionResetError, BrokenPipeError):
        got = b""
    if got:
        print(name + ": it was answered")
        failed = 1
    good.sendall(events(n + 1, b'{"tag":"good","n":%d}\n' % (n + 1)))
    got = good.recv(100)
    if got != frame(b"A", struct.pack(">Q", n + 1)):
        print(name + ": the other client got %r" % got)
        failed = 1
sys.exit(failed)
END
check "malformed frames end their client, and no other" \
    python3 "$T/bad.py" "$BASE/sock/log"
check "and leave nothing in the log" all_there "$BASE" good 16 unique
check_out 1 "they are reported once a minute" lines_told malformed
stop_log
check_rc 0 "ends well on SIGTERM" test $? -eq 0

# A client that does not read its answers.
run_log
check "a client that never reads" python3 -c 'import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(20)
s.connect(sys.argv[1])
for n in range(1, 20001):
    b = struct.pack(">Q", n) + b"{\"tag\":\"deaf\",\"n\":%d}\n" % n
    s.sendall(struct.pack(">IHB", len(b) + 2, 0, 1) + b"E" + b)
last = 0
while last < 20000:
    b = s.recv(16, socket.MSG_WAITALL)
    last = struct.unpack(">Q", b[8:])[0]' "$BASE/sock/log"

# Crashes.
stop_log KILL
printf '{"torn":"by a cra' >>"$BASE/log/current"
run_log
check_out 1 "a torn line is cut away, and that is told" lines_told "cut 17 "
check_out 10 "then it goes on" load after 10 100
check "with no trace of the torn line" all_there "$BASE" after 10 unique
stop_log KILL
head -c 70000 /dev/zero >>"$BASE/log/current"
run_log
check_out 1 "zeros are cut away" lines_told "cut 70000 "
stop_log
printf 'some text\n' >"$BASE/log/current"
run_log
dray-tail -b "$BASE" -a >"$T/all"
check "a file of somebody else is set aside" grep -q "some text" "$T/all"
stop_log

new_base crash
run_log -s 1m
"$LOAD" -1 "$BASE/sock/log" sure 1000000 500 >"$T/out.sure" &
sure=$!
sleep 0.2
stop_log KILL
wait $sure
check "some were acknowledged before the crash" \
    test "$(cat "$T/out.sure")" -gt 0
run_log -s 1m
check "all that were acknowledged are there" \
    all_there "$BASE" sure "$(cat "$T/out.sure")"

load crash 40000 500 >"$T/out.crash" &
crash=$!
kills=0
while kill -0 $crash 2>/dev/null && [ $kills -lt 25 ]; do
	stop_log KILL
	kills=$((kills + 1))
	run_log -s 1m
	sleep "0.0$((kills % 10))"
done
wait $crash
check_out 40000 "all lines are acknowledged in spite of $kills kills" \
    cat "$T/out.crash"
check "and all are there" all_there "$BASE" crash 40000
stop_log

# The disk.
new_base limit
run_log -n
load before 10 100 >/dev/null
have=$(stat -c %s "$BASE/log/current")
prlimit --pid "$LOG" --fsize=$((have + 5000)): 2>/dev/null
load limit 100 1000 >"$T/out.limit" &
limit=$!
check "when the file may not grow, that is told" \
    wait_for 10 grep -q "write the log" "$BASE/err"
wait_for 3 false
check_out 1 "and only once" lines_told "write the log"
check "whole lines only are in the file" all_there "$BASE" before 10 unique
check "the client waits" kill -0 $limit
prlimit --pid "$LOG" --fsize=unlimited: 2>/dev/null
wait $limit
check_out 100 "when it may grow again, all are acknowledged" cat "$T/out.limit"
check "and there once" all_there "$BASE" limit 100 unique
check_out 1 "the end of the trouble is told" lines_told "can be written again"
stop_log

new_base free
run_log -m 4000000000g
"$LOAD" "$BASE/sock/log" free 10 100 >"$T/out.free" &
load=$!
check "below the minimum of free space it takes nothing" \
    wait_for 10 grep -q "No space left" "$BASE/err"
kill $load
wait $load 2>/dev/null
check "nothing is in the file" all_there "$BASE" free 0
stop_log

new_base full
if mount -t tmpfs -o size=1m tmpfs "$BASE/log" 2>/dev/null; then
	run_log -n -m 0
	load full 3000 1000 >"$T/out.full" &
	full=$!
	check "a full disk is told" \
	    wait_for 10 grep -q "No space left" "$BASE/err"
	check "whole lines only are in the file" all_there "$BASE" full 500
	mount -o remount,size=16m "$BASE/log"
	wait $full
	check_out 3000 "with space again, all are acknowledged" cat "$T/out.full"
	check "and there once" all_there "$BASE" full 3000 unique
	stop_log
	umount "$BASE/log"
else
	echo "# may not mount: the test with a full disk is left out"
fi

new_base sync
if preload dray-log syncfail_preload; then
	SYNCFAIL=$T/syncfail
	export SYNCFAIL
	LD_PRELOAD=$PRELOAD dray-log -n -b "$BASE" 2>>"$BASE/err" &
	LOG=$!
	PIDS="$PIDS $LOG"
	wait_for 10 answers "$BASE"
	load sync 100 500 >/dev/null
	: >"$SYNCFAIL"
	load sync 300 500 >"$T/out.sync" &
	sync=$!
	check "a sync that fails is told" \
	    wait_for 10 grep -q "sync the log" "$BASE/err"
	check "the client waits" kill -0 $sync
	rm "$SYNCFAIL"
	wait $sync
	check_out 300 "it comes again and is acknowledged" cat "$T/out.sync"
	check "all are there" all_there "$BASE" sync 300
	check_out 1 "the trouble was told once" lines_told "sync the log"
	unset SYNCFAIL
	stop_log
fi

# A client that is killed while it is owed an acknowledgement: what it said
# before counts all the same.
new_base killed
run_log
python3 - "$BASE/sock/log" <<'END'
import socket, struct, sys, time
n = 0
def event(s, frame):
    global n
    n += 1
    d = b'\1E' + struct.pack('>Q', frame) + b'{"tag":"killed","n":%d}\n' % n
    s.send(struct.pack('>IH', len(d), 0) + d)
for i in range(300):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    event(s, 1)
    time.sleep(i % 30 / 1000)
    event(s, 2)
    s.close()
END
stop_log
check "the last words of killed clients" all_there "$BASE" killed 600

# Rotation.
new_base rotate
rotated() {
	find "$BASE/log" -name '2*.log*' | wc -l
}
packed() {
	[ "$(find "$BASE/log" -name '2*.log.zst' | wc -l)" -eq "$1" ] &&
	    [ "$(rotated)" -eq "$1" ]
}
run_log -s 100k
for n in 1 2 3; do
	load rotate$n 200 1000 >/dev/null
done
several() {
	[ "$(rotated)" -ge "$1" ]
}
check "it rotates by size" wait_for 10 several 3
check "all lines are there" all_there "$BASE" rotate3 200 unique
before=$(rotated)
load last 1 10 >/dev/null
kill -ALRM "$LOG"
check "it rotates on SIGALRM, and compresses all" \
    wait_for 20 packed $((before + 1))
kill -ALRM "$LOG"
wait_for 1 false
check "but not when there is nothing in the file" packed $((before + 1))
check "all lines are still there" all_there "$BASE" rotate1 200 unique
stop_log
run_log -k 2
check_out 2 "-k keeps the newest files" rotated
stop_log
run_log -t 1
check_out 0 "-t bounds their size" rotated
load age 1 10 >/dev/null
stop_log
run_log -a 1
wait_for 2 false
load age2 1 10 >/dev/null
check "it rotates by age" wait_for 10 several 1
stop_log
boot=$(sed -n '1s/.*"boot":"\([^"]*\)".*/\1/p' "$BASE/log/current")
check "the first line tells the boot" test -n "$boot"
run_log
load boot 1 10 >/dev/null
stop_log
sed -i "1s/$boot/00000000-0000-0000-0000-000000000000/" "$BASE/log/current"
before=$(rotated)
run_log -n
check "after another boot it begins a new file" \
    test "$(rotated)" -eq $((before + 1))
stop_log
done_testing
