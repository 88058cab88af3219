# Sourced by the shell tests: TAP points, a scratch directory, the programs.
#
#   B            the build directory (absolute)
#   T            a scratch directory, removed at the end unless KEEP=1
#   point RC NAME [DETAIL-FILE]   one point, good when RC is 0
#   check NAME CMD...             good when CMD exits 0
#   check_rc WANT NAME CMD...     good when CMD exits WANT
#   check_out WANT NAME CMD...    good when CMD prints exactly WANT
#   skip_all WHY                  the whole file is skipped
#   give_up WHY                   the whole file fails
#   helper NAME                   HELPER is $B/t/lib/NAME, built by make tests
#   preload PROGRAM NAME          PRELOAD is $B/t/lib/NAME.so, for LD_PRELOAD; 1
#                                 with a comment if PROGRAM has ASan in it, which
#                                 wants to be first itself
#   background CMD...             starts CMD; it is ended by its pid at the end
#   wait_for SECONDS CMD...       until CMD exits 0 (polls, for tests only)
#   listening SOCKET              somebody listens there; the file is there a
#                                 little earlier
#   done_testing                  prints the plan
#
# A failed point prints the command's output.

set -u
TOP=$(cd "$(dirname "$0")/../.." && pwd)
B=${B:-build}
case $B in /*) ;; *) B=$TOP/$B ;; esac
export PATH="$B/bin:$PATH"
T=$(mktemp -d "${TMPDIR:-/tmp}/dray-test.XXXXXX")
# A name with a space shows what is not quoted.
mkdir "$T/a b"
T="$T/a b"
TAP_N=0
TAP_BAD=0
PIDS=

cleanup() {
	for p in $PIDS; do
		kill -CONT "$p" 2>/dev/null
		kill "$p" 2>/dev/null
	done
	for p in $PIDS; do
		wait "$p" 2>/dev/null
	done
	if [ "${KEEP:-0}" = 1 ]; then
		echo "# kept: $T"
	else
		rm -rf "${T%/*}"
	fi
}
trap cleanup EXIT
trap 'exit 130' INT TERM

point() {
	TAP_N=$((TAP_N + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $TAP_N - $2"
	else
		echo "not ok $TAP_N - $2"
		TAP_BAD=$((TAP_BAD + 1))
		if [ -n "${3:-}" ] && [ -s "$3" ]; then
			sed 's/^/#   /' "$3" | head -n 40
		fi
	fi
}

check_rc() {
	want=$1
	name=$2
	shift 2
	"$@" >"$T/.out" 2>&1
	got=$?
	[ "$got" -eq "$want" ] || echo "exit $got, wanted $want: $*" >>"$T/.out"
	[ "$got" -eq "$want" ]
	point $? "$name" "$T/.out"
}

check() {
	check_rc 0 "$@"
}

check_out() {
	want=$1
	name=$2
	shift 2
	"$@" >"$T/.out" 2>"$T/.err"
	if [ "$(cat "$T/.out")" = "$want" ]; then
		point 0 "$name"
	else
		{
			echo "wanted:"
			echo "$want"
			echo "got:"
			cat "$T/.out" "$T/.err"
		} >"$T/.diff"
		point 1 "$name" "$T/.diff"
	fi
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

give_up() {
	echo "not ok $((TAP_N + 1)) - $*"
	echo "1..$((TAP_N + 1))"
	exit 1
}

# What is not built is not skipped: nobody would see that it is not tested.
helper() {
	HELPER=$B/t/lib/$1
	[ -x "$HELPER" ] || give_up "there is no $HELPER; first: make tests"
}

preload() {
	if nm -D "$B/bin/$1" | grep -q __asan; then
		echo "# ASan: nothing is done with $2"
		return 1
	fi
	helper "$2.so"
	# LD_PRELOAD has no way to name a path with a blank in it.
	PRELOAD=${T%/*}/$2.so
	cp "$HELPER" "$PRELOAD"
}

background() {
	"$@" &
	PID=$!
	PIDS="$PIDS $PID"
}

wait_for() {
	wait_end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -lt "$wait_end" ] || return 1
		sleep 0.05
	done
}

# A path too long for sun_path is known by another, with the same end.
listening() {
	awk -v "end=$([ ${#1} -lt 108 ] && echo "$1" || echo "/${1##*/}")" '
	    $4 == "00010000" &&
	        substr($0, length($0) - length(end) + 1) == end { found = 1 }
	    END { exit !found }' /proc/net/unix
}

done_testing() {
	echo "1..$TAP_N"
	[ "$TAP_BAD" -eq 0 ]
}
