#!/bin/sh
# dray-suppress: who is on the list, by whatever was done to it, whoever was
# killed meanwhile.
. "$(dirname "$0")/../lib/lib.sh"

base=$T/base
mkdir -p "$base/keys" "$base/suppress" "$base/spool"
dray-keys -b "$base" token || give_up "no keys"

sup() {
	dray-suppress -b "$base" "$@"
}
fields() {
	sup "$@" | cut -f 1,2,4- | LC_ALL=C sort
}

check_out "" "nobody" sup export
check "somebody" sup -t 2026-11-22 add Someone@EXAMPLE.com
check_out "someone@example.com	manual	2026-11-22T00:00:00Z	*	" \
    "is on the list" sup query SOMEONE@example.com
check_out "" "nobody else is" sup query else@example.com
check "a list" sup -r unsubscribe -s list=news -n "at the door" \
    add someone@example.com leaves@example.com
check "a tenant" sup -r complaint -s tenant=acme add c@example.com
check_out "c@example.com	complaint	tenant=acme	
leaves@example.com	unsubscribe	list=news	at the door
someone@example.com	manual	*	
someone@example.com	unsubscribe	list=news	at the door" \
    "all of them" fields export
fields export >"$T/before"
check_out "3 addresses, 4 entries" "folded" sup fold
check_out "$(cat "$T/before")" "it is the same list" fields export
check_out "" "folded again" sup fold
check "not yet worth it" sup add d@example.com
check_out "" "a small journal" sup -m 1M fold
check_out "4 addresses, 5 entries" "any journal" sup -m 10 fold

check "removed from one list" sup -s list=news remove someone@example.com
check_out "someone@example.com	manual	*	" "is still on the other" \
    fields query someone@example.com
check "removed" sup remove someone@example.com c@example.com d@example.com
check_out "leaves@example.com	unsubscribe	list=news	at the door" \
    "who is left" fields export
check_out "1 addresses, 1 entries" "and folded" sup fold

# Import: behind what the journals say, and in front of nothing.
printf '%s\n' '# a comment' '' 'a@example.com' 'nonsense' \
    'b@example.com	hard	2026-01-02	stream=bulk	x y' \
    'c@example.com	strange' 'B@example.com		2026-02-30' \
    'ü@bücher.example	soft' >"$T/in"
sup remove leaves@example.com
check_out "3 lines taken, 3 not; 3 addresses, 3 entries" "import" \
    sh -c 'dray-suppress -b "$1" import "$2" 2>"$3"; exit 0' sh "$base" \
    "$T/in" "$T/err"
check_out "dray-suppress: warning: $T/in:4: that is no address
dray-suppress: warning: $T/in:6: that is no reason
dray-suppress: warning: $T/in:7: that is no time" "says what is wrong" \
    cat "$T/err"
check_out "a@example.com	import	*	
b@example.com	hard	stream=bulk	x y
ü@xn--bcher-kva.example	soft	*	" "who is there now" fields export
check_rc 100 "lines that are wrong" sh -c 'echo x | dray-suppress -b "$1" import' \
    sh "$base"
check "of standard input" sh -c \
    'printf "e@example.com\r\n%%0123456789abcdef\n" |
    dray-suppress -b "$1" -s list=%01020304 add -' sh "$base"
check_out "%0123456789abcdef	manual	list=%01020304	
e@example.com	manual	list=%01020304	" "hashes" sh -c \
    'dray-suppress -b "$1" query e@example.com %0123456789abcdef |
    cut -f 1,2,4- | LC_ALL=C sort' sh "$base"

# As other programs write it; and a word that is wrong is a slip.
printf '\357\273\277first@example.com\r\n\357\273\277no@example.com@\r\n' |
    dray-suppress -b "$base" add - 2>"$T/err"
check_out "first@example.com	manual	*	" "a byte order mark" \
    fields query first@example.com
check_out "dray-suppress: warning: (stdin):2: that is no address" \
    "only in front" cat "$T/err"
check_rc 100 "one of three is no address" sup add one@example.com two \
    three@example.com
check_out "" "none of them is added" \
    sup query one@example.com three@example.com
check_rc 100 "nor removed" sup remove first@example.com two
check_out "first@example.com	manual	*	" "none of them" \
    fields query first@example.com
check "but one who is" sup remove first@example.com
if [ -w /dev/full ]; then
	check_rc 111 "nobody reads what a fold says" sh -c \
	    'dray-suppress -b "$1" fold >/dev/full' sh "$base"
	check_rc 111 "nor an import" sh -c \
	    'echo e@example.com | dray-suppress -b "$1" import >/dev/full' sh \
	    "$base"
fi

# What is exported is what is imported.
sup export >"$T/export"
mkdir -p "$T/other/keys" "$T/other/suppress"
cp "$base/keys/token" "$T/other/keys/token"
dray-suppress -b "$T/other" import "$T/export" >/dev/null
check_out "$(LC_ALL=C sort "$T/export")" "a copy" sh -c \
    'dray-suppress -b "$1" export | LC_ALL=C sort' sh "$T/other"
rm "$T/other/keys/token"
dray-keys -b "$T/other" token
sup_other() {
	dray-suppress -b "$T/other" "$@"
}
check_rc 111 "but not with another key" sup_other import "$T/export"

# A torn line, and one from nowhere.
printf '+ 0123456789abcdef someone@exam' >>"$base/suppress/journal.0"
printf '+ 0123456789abcdef someone@exam' >>"$base/suppress/journal.1"
check "behind a torn line" sup add next@example.com
check_out "next@example.com	manual	*	" "somebody is known" \
    fields query next@example.com
check "that are gone" sup fold
check_out "next@example.com	manual	*	" "he still is" \
    fields query next@example.com

# Struck at each call by which it changes files: nobody is ever lost, nor there
# who was removed, and the next fold goes on.
strike() {
	n=0
	rc=1
	lost=0
	while [ "$rc" -ne 0 ] && [ "$n" -lt 100 ]; do
		n=$((n + 1))
		sup add "$1$n@example.com" && sup remove "$1$((n - 1))@example.com"
		fields export >"$T/want"
		LD_PRELOAD=$PRELOAD FAIL_AT=$n FAIL_HOW=$1 FAIL_WHEN=$2 \
		    dray-suppress -b "$base" fold >"$T/said" 2>&1
		rc=$?
		fields export >"$T/got"
		diff "$T/want" "$T/got" >>"$T/lost" || lost=$((lost + 1))
		fields query "$1$n@example.com" | grep -q . || lost=$((lost + 1))
	done
	[ "$lost" -eq 0 ] && [ "$n" -gt 8 ] && [ "$n" -lt 100 ]
	point $? "$1 $2 call 1 to $n of a fold" "$T/lost"
}
if preload dray-suppress fail_preload; then
	strike kill before
	strike kill after
	strike EIO before
	strike ENOSPC before

	# Half a table stays nowhere.
	i=0
	while [ $i -lt 2000 ]; do
		i=$((i + 1))
		echo "who$i@example.com"
	done >"$T/many"
	full() {
		LD_PRELOAD=$PRELOAD FAIL_AT=12 FAIL_HOW=ENOSPC \
		    FAIL_WHEN=before dray-suppress -b "$base" import "$T/many"
	}
	check_rc 111 "a disk that is full" full
	check "has no half table" \
	    [ ! -e "$base/suppress/suppress.cdb.tmp" ]
	check_out "" "of which nothing is known" sup query who1@example.com
fi

# Only hashes are kept: of what comes, and of what is folded.
mkdir -p "$base/etc" "$base/policy"
printf '[node]\nhostname = h.example\n[suppression]\nhashed = yes\n' \
    >"$base/etc/dray.conf"
dray-policy -b "$base" compile >/dev/null || give_up "no policy"
sup -r hard add secret@example.com
check_out hard "who came is known" sh -c \
    'dray-suppress -b "$1" query secret@example.com | cut -f 2' sh "$base"
check "folded to hashes" sup fold
check_out "" "nobody can tell who they are" sh -c '
	cat "$1"/suppress/* | grep -a example' sh "$base"
check_out hard "but they are known" sh -c \
    'dray-suppress -b "$1" query SECRET@example.com | cut -f 2' sh "$base"

for args in "" "add" "strange x" "export x" "-r hard query a@b.example" \
    "-z add a@b.example" "-m x fold" "-r strange add a@b.example" \
    "-s strange add a@b.example" "-t x add a@b.example" "add nobody"; do
	# shellcheck disable=SC2086
	check_rc 100 "wrong: $args" sup $args
done
check_rc 111 "no such instance" dray-suppress -b "$T/nowhere" export
done_testing
