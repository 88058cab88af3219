#!/bin/sh
# dray-policy: what was compiled is kept with its text, can be compared and
# put into force again, and no crash leaves half of one.
. "$(dirname "$0")/../lib/policy.sh"

KEPT=$BASE/policy/generations
mkdir -p "$BASE/etc/routes"

# depth N: a policy that can be told by this
depth() {
	printf '[limits]\ndepth = %d\n' "$1" >"$CONF"
}

in_force() {
	policy show | sed -n 's,^limits/depth	\([0-9]*\)	.*,\1,p'
}

numbers() {
	policy generations | cut -f1 | tr '\n' ' '
}

check_rc 100 "rollback without a policy" policy rollback
check_rc 100 "diff without a policy" policy diff
printf '[static *]\nhosts = 192.0.2.1\n' >"$BASE/etc/routes/a.conf"
for n in 1 2 3; do
	depth $n
	check_out "generation $n" "compile $n" policy compile
done
check_out "compile${tab}-
compile${tab}-
compile${tab}in force" "generations: what made them, which is in force" \
    sh -c 'dray-policy -b "$1" generations | cut -f 3,4' sh "$BASE"
check "and when" sh -c 'dray-policy -b "$1" generations | cut -f 2 |
    grep -Evc "^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}(:[0-9]{2}){2}Z$" |
    grep -qx 0' sh "$BASE"
check_out "depth = 2" "the text is kept" tail -n 1 "$KEPT/2/etc/dray.conf"
check "all of it" cmp "$BASE/etc/routes/a.conf" "$KEPT/2/etc/routes/a.conf"
policy show >"$T/show"
check "and the facts" cmp "$T/show" "$KEPT/3/facts"

# diff
check_out "" "diff of the text that is in force" policy diff
depth 9
check_out "-limits/depth${tab}3${tab}etc/dray.conf:2
+limits/depth${tab}9${tab}etc/dray.conf:2" "diff" policy diff
check_out "-limits/depth${tab}1${tab}etc/dray.conf:2
+limits/depth${tab}9${tab}etc/dray.conf:2" "diff 1" policy diff 1
check_out "-limits/depth${tab}1${tab}etc/dray.conf:2
+limits/depth${tab}2${tab}etc/dray.conf:2" "diff 1 2" policy diff 1 2
check_out "-limits/depth${tab}9${tab}etc/dray.conf:2
+limits/depth${tab}2${tab}etc/dray.conf:2" "diff now 2" policy diff now 2
printf '\n[limits]\n\ndepth = 3\n' >"$CONF"
check_out "" "moved lines are no difference" policy diff
printf '[static a.example]\nhosts = 192.0.2.9\n' >>"$BASE/etc/routes/a.conf"
check_out "+static/a.example${tab}a.example${tab}etc/routes/a.conf:3
+static/a.example/hosts${tab}192.0.2.9:25${tab}etc/routes/a.conf:4" \
    "what is new" policy diff
mv "$BASE/etc/routes/a.conf" "$T/a.conf"
policy diff >"$T/out"
check_out "-static/* -static/*/hosts" "what is gone" \
    sh -c 'echo $(cut -f1 "$1")' sh "$T/out"
mv "$T/a.conf" "$BASE/etc/routes/a.conf"
echo '?!' >"$CONF"
check_rc 100 "diff of a text with a mistake" policy diff
check "but not of others" policy diff 1 3
for bad in 0 x 7 -- -1 1x 18446744073709551616 ''; do
	check_rc 100 "diff '$bad'" policy diff "$bad"
	check_rc 100 "rollback '$bad'" policy rollback "$bad"
done
check_rc 100 "rollback now" policy rollback now
check_rc 100 "diff of three" policy diff 1 2 3
check_rc 100 "-n diff" policy -n diff
check_out "1 2 3 " "nothing was made by that" numbers

# rollback
check "rollback 1" policy rollback 1
check_out 1 "it is in force" in_force
check_out "1 2 3 4 " "under a number of its own" numbers
check_out "rollback 1" "that tells" \
    sh -c 'dray-policy -b "$1" generations | sed "\$!d" | cut -f3' sh "$BASE"
check_out '?!' "the text under etc is as it was" cat "$CONF"
check_rc 100 "before the first there is none" policy rollback
check_rc 100 "the next compile takes the text under etc" policy compile
depth 5
check "compile" policy compile
check_out 5 "it does" in_force
check "rollback" policy rollback
check_out 1 "without a number, to the one before" in_force
check "rollback 3" policy rollback 3
check "rollback twice" policy rollback
check_out 2 "goes further" in_force
policy rollback >"$T/out"
check "and says that etc is as it was" grep -q 'etc is as it was' "$T/out"
check_out 1 "and further" in_force
depth 6
last=$(policy compile)
printf '[limits]\ndepth = no\n' >"$KEPT/${last#* }/etc/dray.conf"
check "compile" policy compile
policy rollback >"$T/out" 2>&1
check "a kept text with a mistake is told where it is" grep -qxF \
    "$KEPT/${last#* }/etc/dray.conf:2: depth: 'no' is not a number" "$T/out"
check_out 6 "and does not take force" in_force

# The number goes on though policy.cdb was lost or damaged.
last=$(policy compile)
rm "$BASE/policy/policy.cdb"
check_out "generation $((${last#* } + 1))" "compile without a policy.cdb" \
    policy compile
echo nonsense >"$BASE/policy/policy.cdb"
check_out "generation $((${last#* } + 2))" "compile over a damaged one" \
    policy compile

# Where the first that fits decides, the order is a difference.
match() {
	for m in "$@"; do
		printf '[match %s]\nsender = %s@example.com\nstream = bulk\n' \
		    "$m" "$m"
	done
}
match a b c >"$CONF"
check "compile with [match]" policy compile
match b c a >"$CONF"
check_out "-match/a/behind${tab}
+match/a/behind${tab}c" "what changed its order" policy diff
depth 6

# So many are kept.
for n in $(seq 25); do
	policy compile >/dev/null
done
check_out 20 "twenty are kept" sh -c 'dray-policy -b "$1" generations |
    wc -l' sh "$BASE"
check_out 20 "really" sh -c 'ls -A "$1" | wc -l' sh "$KEPT"
rm -r "$KEPT"
check_out "" "generations without any" policy generations
check "compile without any" policy compile
check_out "1" "the last" sh -c 'ls -A "$1" | wc -l' sh "$KEPT"

# A disk that is full: what is in force stays, nothing half made.
ls -A "$KEPT" >"$T/before"
cp "$BASE/policy/policy.cdb" "$T/old"
check_rc 111 "compile that cannot write" sh -c '
	trap "" XFSZ
	ulimit -f 1
	exec dray-policy -b "$1" compile' sh "$BASE"
check "leaves the policy" cmp "$T/old" "$BASE/policy/policy.cdb"
check_out "$(cat "$T/before")" "and no generation" ls -A "$KEPT"
ln -s /nowhere "$KEPT/new"
check "a link in the way is removed" policy compile

# Killed before and after any call that changes a file: what is in force is
# whole, and so is all that is kept.
if ! preload dray-policy fail_preload; then
	done_testing
	exit
fi
whole() {
	policy show >/dev/null 2>>"$T/detail" || echo "$1: no policy"
	for g in "$KEPT"/[0-9]*; do
		[ -e "$g/origin" ] && [ -e "$g/etc/dray.conf" ] &&
		    [ -e "$g/etc/routes/a.conf" ] &&
		    [ "$(cut -f2 "$g/facts" | wc -l)" -gt 50 ] ||
		    echo "$1: $g is not whole"
	done
}
for when in before after; do
	: >"$T/detail"
	n=0
	rc=1
	while [ $rc -ne 0 ] && [ $n -lt 300 ]; do
		n=$((n + 1))
		depth $((n % 2 + 1))
		(
			FAIL_AT=$n FAIL_WHEN=$when FAIL_CALLS=wyrluto \
			    LD_PRELOAD=$PRELOAD policy compile
		) >"$T/out" 2>&1
		rc=$?
		whole "$n" >>"$T/detail"
	done
	[ $n -gt 10 ] && [ $rc -eq 0 ] && ! [ -s "$T/detail" ]
	point $? "killed $when each of $n calls, all is whole" "$T/detail"
	depth 8
	policy compile >"$T/out" 2>&1
	check_out 8 "and the next works" in_force
	check "and so does rollback" policy rollback
done
done_testing
