#!/bin/sh
# dray-policy install and remove: a pack takes force as a whole or not at all,
# never an older or a foreign one, and never over the operator's own lines.
. "$(dirname "$0")/../lib/policy.sh"
make_keys one two

D=$T/src
PACKS=$BASE/etc/packs
OWN=$BASE/etc/providers/own.conf
mkdir -p "$PACKS" "$BASE/etc/providers" "$BASE/etc/rules" "$D/providers" \
    "$D/rules"
cp "$T/one.pub" "$PACKS/well-known.pub"

# pack VERSION CONNECTIONS [NAME]: into $P, signed with the key $KEY
KEY=$T/one.key
pack() {
	P=$T/${3:-well-known}-$1.pack
	printf '[pack]\nname = %s\nversion = %s\n' "${3:-well-known}" "$1" \
	    >"$D/pack.conf"
	cat >"$D/providers/a.conf" <<END
[provider a]
mx = .a.example .a.test
connections = $2
depth = 3
END
	rule full "${4:-$2}" >"$D/rules/a.rules"
	dray-policy pack -s "$KEY" -o "$P" "$D" ||
	    give_up "dray-policy makes no pack"
}

rule() {
	cat <<END
[rule $1]
provider = a
text = mailbox number $2 is full
class = mailbox-full
provenance = nobody
match = 552 5.2.2 Mailbox number $2 is full
nomatch = 452 4.2.1 Mailbox busy
END
}

# What is in force of one key.
fact() {
	policy show | sed -n "s,^$1$tab\([^$tab]*\)$tab.*,\1,p"
}
where() {
	policy show | sed -n "s,^$1$tab.*$tab,,p"
}

# Nothing has changed: neither policy nor packs.
picture() {
	cksum <"$BASE/policy/policy.cdb"
	find "$PACKS" "$BASE/policy/generations" -type d -printf '%p\n' -o \
	    -printf '%p %s %T@ %l\n' | sort
}
refused() {
	picture >"$T/before"
	check_rc "$1" "$2" policy "$3" $4 "$5"
	cp "$T/.out" "$T/said"
	picture >"$T/after"
	check "$2: nothing changed" cmp "$T/before" "$T/after"
}

: >"$BASE/etc/dray.conf"
check "compile" policy compile
check_out "" "no packs" policy packs
pack 1 5
check "install" policy install "$P"
cp "$T/.out" "$T/said"
check_out "install well-known 1" "it says what" sed 1q "$T/said"
check "what differs" grep -qx \
    "+provider/a/connections${tab}5${tab}etc/packs/well-known/providers/a.conf:3" \
    "$T/said"
check_out "generation 2" "and the generation" sed -n '$p' "$T/said"
check_out 5 "it is in force" fact provider/a/connections
check_out "well-known${tab}1${tab}$(sed -n '1s/.* //p' "$T/one.pub")" "packs" \
    policy packs
check_out "install well-known 1" "the generation says what made it" \
    sh -c 'dray-policy -b "$1" generations | sed -n "\$p" | cut -f3' sh "$BASE"
check "its text is kept" cmp "$D/providers/a.conf" \
    "$BASE/policy/generations/2/etc/packs/well-known/providers/a.conf"
check "a rule of the pack is in force" grep -qx \
    "rule/full/text${tab}mailbox number 5 is full${tab}etc/packs/well-known/rules/a.rules:3" \
    "$BASE/policy/generations/2/facts"

refused 0 "the same once more" install "" "$P"
check_out "" "is silent" cat "$T/said"

pack 2 6
refused 0 "install -n" install -n "$P"
check "says what would differ" grep -q "^+provider/a/connections${tab}6" \
    "$T/said"
check "version 2" policy install "$P"
check_out 6 "is in force" fact provider/a/connections
check_out 1 "the directory of version 1 is gone" \
    sh -c 'find "$1" -mindepth 1 -type d -name ".*" | wc -l' sh "$PACKS"

# Replay.
refused 100 "version 1 again" install "" "$T/well-known-1.pack"
check "why" grep -q 'older than the well-known that is installed' "$T/said"
refused 0 "version 1, for an update" install -u "$T/well-known-1.pack"
pack 2 7
refused 100 "another version 2" install "" "$P"
pack 2 6
check "forced: version 1" policy install -f "$T/well-known-1.pack"
check_out 5 "is in force" fact provider/a/connections
check "and version 2" policy install "$P"

# Who signed it.
cp -r "$PACKS" "$T/packs"
pack 3 7
refused 100 "damaged" install "" "$(sed 's/connections = 7/connections = 8/' \
    "$P" >"$T/bad.pack"; cp "$P.minisig" "$T/bad.pack.minisig"
    echo "$T/bad.pack")"
KEY=$T/two.key
pack 3 7
refused 100 "a foreign key" install "" "$P"
cp "$T/two.pub" "$PACKS/other.pub"
refused 100 "a key for another name" install "" "$P"
cp "$T/two.pub" "$PACKS/well-known.2027.pub"
check "a second key for the name" policy install "$P"
rm "$PACKS/well-known.2027.pub" "$PACKS/other.pub"
KEY=$T/one.key

# What is wrong with the whole is told, and changes nothing.
pack 4 no
refused 100 "a mistake in a pack" install "" "$P"
check "with file and line" grep -q \
    "^$PACKS/well-known/providers/a.conf:3: connections: " "$T/said"
pack 4 8
echo '[limits]' >>"$D/rules/a.rules"
dray-policy pack -s "$KEY" -o "$P" "$D"
refused 100 "a mistake in its rules" install "" "$P"
check "with file and line" grep -q "^$PACKS/well-known/rules/a.rules:8: " \
    "$T/said"
pack 4 8
echo 'nonsense' >"$BASE/etc/dray.conf"
refused 100 "a mistake of the operator" install "" "$P"
: >"$BASE/etc/dray.conf"
# no_room COMMAND ARG: with files of at most so many half kilobytes
no_room() {
	picture >"$T/before"
	check_rc 111 "no room for more than $1" sh -c '
		trap "" XFSZ
		ulimit -f "$2"
		exec dray-policy -b "$1" install "$3"' sh "$BASE" "$1" "$P"
	picture >"$T/after"
	check "nothing changed" diff "$T/before" "$T/after"
}
no_room 0
no_room 1
no_room 9
check "version 4" policy install "$P"

# The operator's lines win.
printf '[provider a]\nconnections = 1\n' >"$OWN"
check "own lines" policy compile
check_out 1 "the operator's key" fact provider/a/connections
check_out "etc/providers/own.conf:2" "from there" where provider/a/connections
check_out 3 "the pack's other key" fact provider/a/depth
check_out .a.example\ .a.test "and its hosts" fact provider/a/mx
printf '[provider b]\nmx = .a.test\n' >>"$OWN"
check "a host of the pack's" policy compile
check_out .a.test "is the operator's provider" fact provider/b/mx
check_out .a.example "the other the pack's" fact provider/a/mx
check_out b "explain knows the one" sh -c \
    'dray-policy -b "$1" explain --mx mx.a.test x.example |
    sed -n "s/^provider	\([^ 	]*\).*/\1/p"' sh "$BASE"
check_out a "and the other" sh -c \
    'dray-policy -b "$1" explain --mx mx.a.example x.example |
    sed -n "s/^provider	\([^ 	]*\).*/\1/p"' sh "$BASE"
rule full 99 >"$BASE/etc/rules/own.rules"
rule more 8 >>"$BASE/etc/rules/own.rules"
check "own rules" policy compile
check_out "etc/rules/own.rules:3" "a rule of the operator's takes the place" \
    where rule/full/text
check_out "full more " "so it is matched" sh -c '
	printf "552\t5.2.2\tMailbox number %s is full\ta\n" 99 8 |
	dray-policy -b "$1" classify | cut -f4 | tr "\n" " "' sh "$BASE"
rm "$BASE/etc/rules/own.rules"
check "they win over the next pack too" sh -c '
	printf "[pack]\nname = well-known\nversion = 5\n" >"$2/pack.conf"
	dray-policy pack -s "$3" -o "$4" "$2" &&
	dray-policy -b "$1" install "$4"' sh "$BASE" "$D" "$KEY" "$T/five.pack"
check_out 1 "as before" fact provider/a/connections
printf '[provider a]\nconnections = 1\nconnections = 2\n' >"$OWN"
check_rc 100 "twice in one file is still a mistake" policy check
rm "$OWN"

# Two packs.
cp "$T/one.pub" "$PACKS/again.pub"
pack 1 5 again
refused 100 "a section of another pack" install "" "$P"
check "which is said" grep -q 'already at' "$T/said"
rm "$PACKS/again.pub"

# A directory needs no signature.
pack 6 9
rm "$P.minisig"
refused 100 "a pack without one does" install "" "$P"
check "a directory" policy install "$D"
check_out "well-known${tab}6${tab}-" "no key" policy packs
check_out 9 "it is in force" fact provider/a/connections
refused 0 "again" install "" "$D"

# remove
refused 0 "remove -n" remove -n well-known
refused 100 "remove what is not there" remove "" other
refused 100 "no name" remove "" ../packs
check "remove" policy remove well-known
check_out "" "it is not in force" fact provider/a/connections
check_out "well-known.pub" "the key stays" ls -A "$PACKS"
check_out "" "packs" policy packs
check "now an older one may come" policy install "$T/well-known-2.pack"
check "rollback to before it" policy rollback
check_out "" "it is not in force" fact provider/a/connections
check "compile takes it again" policy compile
check_out 6 "in force" fact provider/a/connections
rm "$PACKS/well-known"
mkdir "$PACKS/well-known"
pack 7 4
refused 100 "a directory that somebody made" install "" "$P"
refused 100 "is not removed either" remove "" well-known
cp -r "$D/providers" "$PACKS/well-known"
refused 0 "nor updated" install -u "$P"
check "but read" policy compile
check_out 4 "in force" fact provider/a/connections
rm -r "$PACKS/well-known"
check "compile without" policy compile

# Killed before and after any call that changes a file: either the old or the
# new is whole, and the next time it works.
if ! preload dray-policy fail_preload; then
	done_testing
	exit
fi
pack 10 5
check "version 10" policy install "$P"
for when in before after; do
	: >"$T/detail"
	n=0
	rc=1
	while [ $rc -ne 0 ] && [ $n -lt 300 ]; do
		n=$((n + 1))
		was=$(fact provider/a/connections)
		pack $((100 + n)) $((n % 2 + 1))
		FAIL_AT=$n FAIL_WHEN=$when FAIL_CALLS=wyrluto \
		    LD_PRELOAD=$PRELOAD dray-policy -b "$BASE" install "$P" \
		    >"$T/out" 2>&1
		rc=$?
		now=$(fact provider/a/connections)
		[ "$now" = "$was" ] || [ "$now" = $((n % 2 + 1)) ] ||
		    echo "$n: in force is $now"
		policy check 2>&1 || echo "$n: the text is no policy"
		policy install "$P" >"$T/out" 2>&1 || cat "$T/out"
		[ "$(fact provider/a/connections)" = $((n % 2 + 1)) ] ||
		    echo "$n: not in force at the next time"
		rm "$P" "$P.minisig"
		# shellcheck disable=SC2012
		[ "$(ls -A "$PACKS" | wc -l)" -eq 3 ] ||
		    echo "$n: something is left: $(ls -A "$PACKS")"
	done >>"$T/detail"
	[ $n -gt 15 ] && [ $rc -eq 0 ] && ! [ -s "$T/detail" ]
	point $? "killed $when each of $n calls, all is whole" "$T/detail"
	policy remove well-known >"$T/out" 2>&1
	pack 10 5
	policy install "$P" >"$T/out" 2>&1
done
done_testing
