#!/bin/sh
# What came back and is brought by others: in a pipe, a file or a maildir.
. "$(dirname "$0")/../lib/lib.sh"
unset DRAY_BASE RECIPIENT ORIGINAL_RECIPIENT LOCAL HOST SENDER

base="$T/base"
R="$base/spool/returns"
for d in new cur tmp; do
	mkdir -p "$base/spool/bounce/$d" "$base/spool/$d"
done
mkdir -p "$base/spool/bad" "$base/spool/free" "$base/etc" "$base/sock"
mkfifo "$base/spool/trigger"
cat >"$base/etc/dray.conf" <<'EOT'
[node]
hostname = node.example
[returns]
bounce = bounces@own.example
unsubscribe = leave@own.example
max-message-size = 1000000
EOT
dray-policy -b "$base" compile >"$T/out" 2>&1 || give_up "no policy: $(cat "$T/out")"

take() {
	timeout 30 dray-bounce -b "$base" "$@"
}

printf 'Subject: Undelivered\nDelivered-To: <bounces+abc@own.example>\n\nHello.\n.\n' \
    >"$T/mail"

# Nobody is there.
check_rc 75 "for nobody: later" take <"$T/mail"
check_rc 100 "two ways at once" take -t -m "$T" <"$T/mail"
check_rc 100 "a message and a daemon" take -t -d 3 <"$T/mail"
check_rc 100 "no address" take -r bounces <"$T/mail"
check_rc 100 "no maildir" take -m "$T/none"
rmdir "$base/sock"
mkdir "$base/sock"

dray-bounce -b "$base" -d 5 2>"$T/err" 5>"$T/ready" </dev/null &
PIDS="$PIDS $!"
check "a daemon" wait_for 20 test -s "$T/ready"

# It may have gone on to kept/; what there is an event for waits in new/, since
# there is no dray-log.
all() {
	ls "$R/new" "$R/kept" | grep M | sort -u
}
file() {
	cat "$R/new/$1" 2>/dev/null || cat "$R/kept/$1"
}

# has LINES NAME CMD...: one more message, whose head is that.
has() {
	want=$1
	name=$2
	shift 2
	all >"$T/before"
	"$@" >"$T/out" 2>&1
	rc=$?
	all | comm -13 "$T/before" - >"$T/more"
	file "$(cat "$T/more")" >"$T/raw"
	sed '/^$/q' "$T/raw" | tail -n +3 >>"$T/out"
	printf '%s\n\n' "$want" | cmp -s - "$T/out" && [ $rc -eq 0 ]
	rc=$?
	tr -d '\r' <"$T/raw" >"$T/kept"
	point $rc "$name" "$T/out"
}

# shellcheck disable=SC2120
from_file() {
	take "$@" <"$T/mail"
}
# shellcheck disable=SC2120
from_pipe() {
	# shellcheck disable=SC2002
	cat "$T/mail" | take "$@"
}
by_postfix() {
	ORIGINAL_RECIPIENT=bounces+x@own.example RECIPIENT=root@own.example \
	    SENDER=a@b.example from_pipe
}
by_qmail() {
	LOCAL=leave HOST=own.example from_file
}

has "from <>
bounce <bounces+abc@own.example>" "a file" from_file
sed '1,/^$/d' "$T/kept" | cmp -s - "$T/mail"
point $? "all of it" "$T/kept"
sed '1,/^$/d' "$T/raw" | head -n 1 | grep -q "$(printf '\r')"
point $? "with CRLF"
has "from <>
bounce <bounces+abc@own.example>" "a pipe" from_pipe
has "from <>
bounce <bounces+abc@own.example>" "said" from_file -t
has "from <>
bounce <ann@elsewhere.example>" "any recipient" from_file -r ann@elsewhere.example
has "from <>
unsubscribe <leave@own.example>" "one of ours" from_file -r leave@own.example
has "from <a@b.example>
bounce <bounces+x@own.example>
bounce <root@own.example>" "as Postfix tells it" by_postfix
has "from <>
unsubscribe <leave@own.example>" "as qmail tells it" by_qmail
{
	echo "From MAILER-DAEMON Mon Nov  2 10:00:00 2026"
	cat "$T/mail"
} >"$T/mbox"
printf 'Subject: x\n\n%02000d\n' 0 >"$T/mail"
has "from <>" "nobody, and a long line" from_file
mv "$T/mbox" "$T/mail"
has "from <>
bounce <bounces+abc@own.example>" "a line of a mailbox" from_file
sed '1,/^$/d' "$T/kept" | head -n 1 | grep -q '^Subject'
point $? "is not kept" "$T/kept"
check_rc 100 "no message" take -t </dev/null
check_rc 100 "what has no place" sh -c \
    "head -c 2000000 /dev/zero | tr '\\0' x | dray-bounce -b \"\$0\"" "$base"

# A maildir, the oldest first.
M="$T/Mail dir"
mkdir -p "$M/new" "$M/cur" "$M/tmp"
rm -f "$R"/new/* "$R"/kept/*
for n in 1000 9 200; do
	printf 'Subject: n%d\n\nx\n' $n >"$M/new/$n.M1P1.host"
done
: >"$M/new/.hidden"
check_rc 0 "a maildir" take -m "$M"
check_out "1000.M1P1.host:2,S 200.M1P1.host:2,S 9.M1P1.host:2,S" "moved" \
    sh -c "ls \"\$0/cur\" | LC_ALL=C sort | tr '\\n' ' ' | sed 's/ \$//'" "$M"
in_order() {
	all | sort -t Q -k 2n | while read -r f; do
		file "$f" | sed -n 's/Subject: //p' | tr -d '\r'
	done
}
check_out "n9
n200
n1000" "in their order" in_order
check_rc 0 "nothing more" take -m "$M"
: >"$M/new/5.M1P1.host"
printf 'Subject: y\n\nx\n' >"$M/new/6.M1P1.host"
check_rc 100 "one that is none" take -m "$M"
check_out "5.M1P1.host" "stays, the other does not" ls "$M/new"
rm "$M/new/5.M1P1.host"
check_rc 0 "dray-fsck knows them" dray-fsck -f -b "$base"
dray-fsck -fv -b "$base" >"$T/out" 2>&1
[ "$(sed 's/.* \([0-9]*\) came back, \([0-9]*\) kept,.*/\1 + \2/' "$T/out" |
    xargs expr)" = 4 ]
point $? "and how many" "$T/out"
kill "${PIDS##* }"
wait "${PIDS##* }"
printf 'Subject: z\n\nx\n' >"$M/new/7.M1P1.host"
check_rc 75 "without the daemon: later" take -m "$M"
check_out "7.M1P1.host" "it waits" ls "$M/new"
done_testing
