#!/bin/sh
# dray-sink(8): options, readiness, exit codes and mistakes in scripts.  What
# it answers is in t/e2e/dray-sink.t.
. "$(dirname "$0")/../lib/lib.sh"

# What a bad option gets: exit code and words.
refused() {
	name=$1
	shift
	timeout 10 dray-sink "$@" </dev/null >"$T/.out" 2>&1
	rc=$?
	[ "$rc" -eq 100 ] && grep -q "$name" "$T/.out"
	point $? "refused: $*" "$T/.out"
}

refused usage -Q
refused usage extra
refused "not an address" -l localhost:25
refused "not an address" -l 127.0.0.1
refused "not an address" -l 127.0.0.1:65536
refused "not an address" -l 127.0.0.1:-1
refused "not a loopback address" -l 0.0.0.0:0
refused "not a loopback address" -l '[::]:0'
refused "not known" -x frobnicate
refused "not a list" -x dsn,,size
refused "not a number" -x size=many
refused "not a number" -D soon
refused "not a number" -m -1
refused "not known" -T frob=1
refused "not a list" -T name=a,,max=1.2
refused "a third file" -T a,b,c
refused "not a version of TLS" -T max=1.4
refused "no certificate in" -T "$T/nowhere"
refused "no such cipher" -T ciphers=frob
refused "no such group" -T groups=frob
refused "No such file" -s "$T/nowhere"

check_rc 111 "a ledger that cannot be" dray-sink -c "$T/no/where"
check_rc 111 "a store that cannot be" dray-sink -o "$T/no/where"
check_rc 111 "no descriptor to notify" dray-sink -d 250

# With the end of its input it ends by itself.
timeout 10 dray-sink -i -l 127.0.0.1:0 -l 127.0.0.2:0 </dev/null >"$T/out"
point $? "the end of the input is a quit" "$T/out"
[ "$(grep -c '^listening 127\.0\.0\.[12]:[1-9][0-9]*$' "$T/out")" = 2 ]
point $? "the addresses are printed" "$T/out"
[ "$(grep -c '^{"connections":0,.*"replies":{}}$' "$T/out")" = 1 ]
point $? "and the counters" "$T/out"

timeout 10 dray-sink -i -a -l 0.0.0.0:0 </dev/null >"$T/out"
point $? "any address with -a" "$T/out"

# Readiness, and the end by a signal.
background dray-sink -3 -v 3>"$T/ready" >"$T/out"
wait_for 10 test -s "$T/ready"
point $? "readiness on descriptor 3"
grep -q '^listening 127.0.0.1:' "$T/out"
point $? "not before it listens" "$T/out"
kill -USR1 "$PID"
wait_for 10 grep -q '^{' "$T/out"
point $? "SIGUSR1 prints the counters" "$T/out"
kill "$PID"
wait "$PID"
point $? "SIGTERM ends it with 0"
[ "$(grep -c '^{' "$T/out")" = 2 ]
point $? "-v prints the counters at the end" "$T/out"

# Each mistake in a script is reported with its line.
mistake() {
	printf '# a comment\n\nnoop delay 1s\n%s\n' "$2" >"$T/script"
	timeout 10 dray-sink -i -s "$T/script" </dev/null >"$T/.out" 2>&1
	rc=$?
	[ "$rc" -eq 100 ] && grep -qF "script:4: $1" "$T/.out"
	point $? "mistake: $2" "$T/.out"
}

mistake "not a phase: frob" "frob drop"
mistake "not a phase: " "mail, drop"
mistake "not known: frob" "mail frob"
mistake "not known: a@x" "noop a@x drop"
mistake "no action" "mail a@x"
mistake "more than one action" "mail drop stall"
mistake "a reply code is 200 to 599, not 99" "mail reply 99 x"
mistake "a reply code is 200 to 599, not 600" "mail reply 600 x"
mistake "a number is wanted, not ok" "mail reply ok"
mistake "a number is wanted, not the end" "mail reply"
mistake "not a number: 4x" "mail every 4x drop"
mistake "a number is wanted, not 99999" "mail every 9999999999999999999 drop"
mistake "an empty range" "mail conn 5-3 drop"
mistake "an empty range" "mail conn - drop"
mistake "a time is wanted" "mail delay"
mistake "not a time: 5y" "mail delay 5y"
mistake "a chance is wanted" "mail chance x drop"
mistake "a chance is between 0 and 1" "mail chance 101% drop"
mistake "a pattern is wanted" "mail from"
mistake "a second pattern" "mail a@x from b@x drop"
mistake "a string in double quotes is wanted" "mail raw x"
mistake "a string without its end" 'mail raw "x'
mistake "a string without its end" 'mail raw "x\"'
mistake "an escape that is not known" 'mail raw "\q"'
mistake "an escape that is not known" 'mail raw "\x4"'
mistake "an escape that is not known" 'mail raw "\'
mistake "a blank is missing" 'mail raw "x""y"'
mistake "more than 16777216 octets" 'mail raw "xx"*8388609'
mistake "more than 16777216 octets" 'mail junk 16777217'
mistake "no octets of junk" "mail junk 0"
mistake "to talk no times" 'mail talk 0 "x"'
mistake "pieces of no" "mail split 0"
mistake "\`at' is for the phases body and tls alone" "dot at 5 drop"
mistake "\`at' is for the phases body and tls" "tlsdone at 5 drop"
mistake "\`with' is for the phase starttls alone" "mail with a"
mistake "a name is wanted" "starttls with"
mistake "\`secure' and \`clear' exclude" "mail secure clear drop"
mistake "\`blind' is for the phase bdat alone" "dot blind drop"
mistake "\`keep' and \`refuse' exclude" "dot keep refuse"
mistake "a rate like 50/s is wanted" "mail over 50 drop"
mistake "a rate like 50/s is wanted" "mail over 0/s drop"
mistake "a rate like 50/s is wanted" "mail over 5/0s drop"
mistake "a rate like 50/s is wanted" "mail over 5/1min drop"
mistake "\`lasting' is for" "mail lasting 3s drop"
mistake "\`every' and \`times' exclude" "dot every 3 times 3 drop"
mistake "a number is wanted" "seed x"

yes "noop drop" | head -n 5000 >"$T/script"
refused "more than 4096 rules" -s "$T/script"
head -c 2000000 /dev/zero | tr '\0' '#' >"$T/script"
refused "too large" -s "$T/script"
printf 'noop drop\n\000' >"$T/script"
refused script -s "$T/script"

done_testing
