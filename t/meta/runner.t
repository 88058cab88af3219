#!/bin/sh
# scripts/run-tests itself: what it says of tests that fail, die, hang or leave
# processes behind, and that ending it ends them.
. "$(dirname "$0")/../lib/lib.sh"
unset JOBS TIMES TEST_LIMIT TEST_GRACE

# fake NAME BODY   a test of that name
fake() {
	printf '#!/bin/sh\n%s\n' "$2" >"$T/$1.t"
}

# runner NAME...   runs these tests; RC, and what is said in $T/said
runner() {
	for name; do
		shift
		set -- "$@" "$T/$name.t"
	done
	timeout 60 "$TOP/scripts/run-tests" "$B" "$@" >"$T/said" 2>&1
	RC=$?
}

says() {
	grep -q -- "$1" "$T/said"
	point $? "$2" "$T/said"
}

# The process whose id is in that file.
runs() {
	kill -0 "$(cat "$T/$1")"
}

ended() {
	! runs "$1"
}

fake good 'echo ok 1; echo "ok 2 - b # SKIP no"; echo 1..2'
runner good
[ "$RC" -eq 0 ] && [ "$(cat "$T/said")" = '1 passed, 0 failed, 1 skipped' ]
point $? "of what is good only the sum is said" "$T/said"

fake bad 'echo ok 1 - a; echo not ok 2 - b; echo "# why"; echo hm >&2
echo 1..2'
fake dies 'echo ok 1; echo 1..1; kill -SEGV $$'
runner good bad dies
[ "$RC" -eq 1 ]
point $? "a failure is in the exit code"
says '^not ok 2 - b' "the point that failed"
says '^# why' "and what it said"
says '^#   hm' "and standard error"
says '(signal 11)' "that a test died, and of what"
says '^3 passed, 2 failed, 1 skipped' "all is counted"

# Holds what the test printed to, and nothing that is ours.
fake leaves "sleep 300 & echo \$! >'$T/sleeper'; echo ok 1; echo 1..1"
fake stubborn "(trap '' TERM; echo a >'$T/up'; exec sleep 300) 2>&1 >/dev/null &
echo \$! >'$T/stubborn.pid'
until [ -s '$T/up' ]; do sleep 0.05; done; echo ok 1; echo 1..1"
export TEST_GRACE=1
runner leaves stubborn good
unset TEST_GRACE
[ "$RC" -eq 1 ]
point $? "a process that was left behind is a failure" "$T/said"
says "^not ok - left a process behind: sleep $(cat "$T/sleeper")" \
    "and is named"
says "^not ok - left a process behind: sleep $(cat "$T/stubborn.pid")" \
    "if it has standard error only, too"
says '^3 passed, 2 failed, 1 skipped' "what the tests printed is counted"
wait_for 20 ended sleeper
point $? "the process is ended"
wait_for 20 ended stubborn.pid
point $? "even if it does not want to"

fake slow "echo \$\$ >'$T/slow.pid'; echo ok 1; exec sleep 300"
export TEST_LIMIT=1
runner slow
unset TEST_LIMIT
says 'over its 1 seconds' "a test has an end"
ended slow.pid
point $? "which it does not outlive"

: >"$T/slow.pid"
timeout 60 "$TOP/scripts/run-tests" "$B" "$T/slow.t" >"$T/said" 2>&1 &
runner=$!
wait_for 20 test -s "$T/slow.pid"
pid=$(ps -o pid= --ppid "$runner")
# shellcheck disable=SC2086
kill -TERM $pid
wait "$runner"
[ $? -eq 130 ]
point $? "it can be ended" "$T/said"
wait_for 20 ended slow.pid
point $? "and ends the tests that run"

done_testing
