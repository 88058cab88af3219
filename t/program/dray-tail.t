#!/bin/sh
# dray-tail: the log as one stream, whatever becomes of its files.
. "$(dirname "$0")/../lib/lib.sh"
helper logload
LOAD=$HELPER
BASE="$T/base"
mkdir -p "$BASE/log" "$BASE/sock"

answers() {
	python3 -c 'import socket, sys
s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])' "$BASE/sock/log"
}

run_log() {
	dray-log -b "$BASE" "$@" 2>>"$T/err" &
	LOG=$!
	PIDS="$PIDS $LOG"
	wait_for 10 answers
}

stop_log() {
	kill -"${1:-TERM}" "$LOG"
	wait "$LOG" 2>/dev/null
}

load() {
	"$LOAD" "$BASE/sock/log" "$@" >/dev/null
}

files() {
	find "$BASE/log" -name '2*' | wc -l
}

packed() {
	[ "$(find "$BASE/log" -name '2*.log.zst' | wc -l)" -eq "$1" ] &&
	    [ "$(files)" -eq "$1" ]
}

# rotate: and waits until all is compressed.
rotate() {
	want=$(($(files) + 1))
	kill -ALRM "$LOG"
	wait_for 20 packed "$want"
}

# tail_is WANT NAME OPTION...: the tags and numbers of the lines, less the first
# lines of files.
short() {
	sed -n 's/^{"tag":"\([^"]*\)","n":\([0-9]*\),.*/\1\2/p'
}
tail_is() {
	want=$1
	name=$2
	shift 2
	dray-tail -b "$BASE" "$@" 2>"$T/warning" >"$T/raw"
	rc=$?
	short <"$T/raw" >"$T/got"
	got=$(tr '\n' ' ' <"$T/got")
	{
		echo "exit $rc"
		echo "wanted: $want"
		echo "got: $got"
		cat "$T/warning"
	} >"$T/diff"
	[ $rc -eq 0 ] && [ "$got" = "${want:+$want }" ]
	point $? "$name" "$T/diff"
}

check_rc 100 "an unknown option" dray-tail -b "$BASE" -x
check_rc 100 "a count that is none" dray-tail -b "$BASE" -n many
check_rc 100 "-a and -n" dray-tail -b "$BASE" -a -n 5
check_rc 111 "no such base" dray-tail -b "$T/none"
tail_is "" "an empty log" -a
tail_is "" "the last lines of an empty log"

run_log
load a 3 100
tail_is "a1 a2 a3" "the last ten lines, if there are fewer"
tail_is "a2 a3" "the last two" -n 2
tail_is "" "none" -n 0
rotate
load b 2 100
rotate
load c 2 100
tail_is "a1 a2 a3 b1 b2 c1 c2" "all of it, across compressed files" -a
check_out 10 "with the first line of each file" sh -c \
    'dray-tail -b "$1" -a | wc -l' sh "$BASE"
tail_is "b2 c1 c2" "the last lines, across files" -n 4
tail_is "a1 a2 a3 b1 b2 c1 c2" "more lines than there are" -n 1000

# Cursors.
tail_is "a1 a2 a3 b1 b2 c1 c2" "without a cursor yet: all" -c "$T/cur"
check "the cursor is saved" grep -q '^2[0-9T.]*Z [0-9]*$' "$T/cur"
tail_is "" "nothing new" -c "$T/cur"
load d 2 100
tail_is "d1 d2" "what came since" -c "$T/cur"
load e 2 100
rotate
load f 2 100
rotate
cp "$T/cur" "$T/old"
tail_is "e1 e2 f1 f2" "what came since, in compressed files" -c "$T/cur"
load g 1 100
tail_is "g1" "from the end of a compressed file on" -c "$T/cur"
tail_is "" "-n and no cursor yet: the last lines" -c "$T/cur2" -n 0
load h 1 100
tail_is "h1" "and from there on" -c "$T/cur2"

echo "20010101T000000.000000Z 5" >"$T/lost"
tail_is "a1 a2 a3 b1 b2 c1 c2 d1 d2 e1 e2 f1 f2 g1 h1" \
    "a cursor from before the log: all of it" -c "$T/lost"
check "and that is told" grep -q "does not go back" "$T/warning"
now=$(sed -n '1s/.*"file":"\([^"]*\)".*/\1/p' "$BASE/log/current")
echo "$now 99999999" >"$T/lost"
tail_is "g1 h1" "a place past the end: the file again" -c "$T/lost"
check "and that is told" grep -q "does not go back" "$T/warning"
echo "$now 7" >"$T/lost"
tail_is "g1 h1" "a place inside a line: the file again" -c "$T/lost"
echo "nonsense" >"$T/lost"
check_rc 100 "a file that is no cursor" dray-tail -b "$BASE" -c "$T/lost"
check_out "nonsense" "it is left alone" cat "$T/lost"
check_rc 111 "a cursor that cannot be saved" \
    dray-tail -b "$BASE" -n 1 -c "$T/none/cursor"
check_rc 111 "an output that is full" sh -c \
    'dray-tail -b "$1" -a -c "$2" >/dev/full' sh "$BASE" "$T/full"
check_rc 1 "does not move the cursor" test -e "$T/full"

# Unfinished lines.
printf '{"tag":"half"' >>"$BASE/log/current"
tail_is "h1" "an unfinished line is not shown" -n 1
stop_log KILL
run_log
load i 1 100
tail_is "i1" "nor a trace of it" -c "$T/cur2"

# Following.
dray-tail -b "$BASE" -f -n 0 -c "$T/cur3" >"$T/follow" 2>>"$T/err" &
F=$!
PIDS="$PIDS $F"
follows() {
	[ "$(short <"$T/follow" | sort -u | tr '\n' ' ')" = "$1 " ]
}
# The cursor of -n 0 tells that it has begun.
wait_for 10 test -s "$T/cur3"
load j 1 100
check "a line that comes" wait_for 10 follows "j1"
rotate
load k 1 100
check "a line after a rotation" wait_for 10 follows "j1 k1"
stop_log KILL
printf '{"tag":"torn by a crash"' >>"$BASE/log/current"
run_log
load l 1 100
check "a line after a crash" wait_for 10 follows "j1 k1 l1"
stop_log
run_log -s 2000
load m 200 100 # as many rotations as there are syncs
rotate
check "the last of many lines" wait_for 10 \
    grep -q '"tag":"m","n":200,' "$T/follow"
check_out 203 "each of them once" sh -c 'grep -c tag "$1"' sh "$T/follow"
saved() {
	dray-tail -b "$BASE" -c "$T/cur3" >"$T/rest"
	[ ! -s "$T/rest" ]
}
check "the cursor is saved while it follows" wait_for 10 saved
idle() {
	before=$(awk '/^(non)?voluntary_ctxt/ { n += $2 } END { print n }' \
	    "/proc/$F/status")
	sleep 0.2
	[ "$before" = "$(awk '/^(non)?voluntary_ctxt/ { n += $2 }
	    END { print n }' "/proc/$F/status")" ]
}
check "idle, it sleeps" wait_for 5 idle
kill $F
wait $F 2>/dev/null

# Whoever reads the output goes away.
mkfifo "$T/fifo"
dray-tail -b "$BASE" -f -n 1 >"$T/fifo" 2>>"$T/err" &
F=$!
PIDS="$PIDS $F"
head -n 1 "$T/fifo" >/dev/null
gone() {
	! kill -0 $F 2>/dev/null
}
check "when its reader goes, it ends" wait_for 10 gone
stop_log

# Damage.
one=$(find "$BASE/log" -name '*.zst' | LC_ALL=C sort | head -n 1)
head -c 40 "$one" >"$one.cut"
mv "$one.cut" "$one"
check_rc 111 "a compressed file that is damaged" dray-tail -b "$BASE" -a
rm "$one"
printf 'xyz' >"$BASE/log/current"
rm -f "$T/cur4"
check_rc 0 "a current file that is none of ours" dray-tail -b "$BASE" -a
done_testing
