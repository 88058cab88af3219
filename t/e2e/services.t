#!/bin/sh
# An instance as dray-setup makes it, under s6: everything comes up and says
# so, mail goes through, a daemon that is killed comes back and loses nothing,
# one with a wrong policy stays down, and the end is orderly.
. "$(dirname "$0")/../lib/lib.sh"

for p in s6-svscan s6-svwait s6-svstat s6-svc; do
	command -v $p >/dev/null || skip_all "s6 is not installed"
done

base="$T/base"
daemons="dray-log dray-queued dray-dns dray-send dray-bounce dray-sign dray-remote dray-tlskey dray-auth dray-smtpd dray-tune dray-unsub"

mkdir -p "$base/etc/routes"
cat >"$base/etc/dray.conf" <<'EOT'
[node]
hostname = node.example
[queue]
min-free-space = 1M
min-free-inodes = 10
[retry]
schedule = 1s
then = 2s
[limits]
backoff-min = 1s
backoff-max = 1s
EOT

# The sink chooses its port.
background dray-sink -l 127.0.0.1:0 -c "$T/ledger" >"$T/sink"
wait_for 10 grep -q listening "$T/sink"
printf '[static *]\nhosts = %s\n' "$(sed -n 's/^listening //p' "$T/sink")" \
    >"$base/etc/routes/sink.conf"

check "dray-setup" "$TOP/scripts/setup" -b "$base" -p "$B/bin" -u "$(id -u)"
background setsid s6-svscan "$base/service" >"$T/svscan" 2>&1
svscan=$PID

up() {
	# Its control fifo comes a little before its status.
	wait_for 10 s6-svok "$base/service/$1" &&
	    wait_for 10 s6-svstat "$base/service/$1" &&
	    s6-svwait -U -t 20000 "$base/service/$1"
}

pid_of() {
	s6-svstat -o pid "$base/service/$1"
}

inject() {
	printf 'Subject: %s\n\nHello.\n' "$1" |
	    dray-inject -b "$base" -f me@node.example "$1@there.example"
}

# Deliveries of the sink's ledger to one address.
arrived() {
	grep -q "$1@there.example" "$T/ledger" 2>/dev/null
}

for d in $daemons; do
	check "$d comes up and is ready" up "$d"
done
check "mail is taken" inject first
check "and arrives" wait_for 20 arrived first
check "what happens is logged" wait_for 20 \
    grep -q '"type":"Delivery".*first@there' "$base/log/current"
check "what a daemon says is, too" test -e "$base/log/dray-send/current"
the_same_group() {
	[ "$(stat -c %a "$base/sock/door")" = 2750 ] &&
	    [ "$(stat -c %g "$base/sock/door")" = \
		"$(stat -c %g "$base/sock/door/rejections")" ]
}
check "dray-smtpd has a door to the log" the_same_group

for d in $daemons; do
	old=$(pid_of "$d")
	check "$d is killed" kill -KILL "$old"
	back() {
		new=$(pid_of "$d") && [ "$new" -gt 0 ] && [ "$new" != "$old" ] &&
		    up "$d"
	}
	check "and comes back" wait_for 20 back
	check "mail is taken" wait_for 20 inject "after.$d"
	check "and arrives" wait_for 20 arrived "after.$d"
done

# A daemon that cannot work, for lack of a policy, is not tried for ever.
mv "$base/policy/policy.cdb" "$base/policy/away"
s6-svc -r "$base/service/dray-queued"
check "without a policy it stays down" \
    s6-svwait -D -t 15000 "$base/service/dray-queued"
check "and says why" wait_for 10 \
    grep -q policy "$base/log/dray-queued/current"
mv "$base/policy/away" "$base/policy/policy.cdb"
s6-svc -u "$base/service/dray-queued"
# Until its supervisor has heard of it, the status is that of the failure.
check "with one it comes up" wait_for 20 up dray-queued

kill -TERM "$svscan"
ended() {
	! kill -0 "$svscan" 2>/dev/null
}
check "the end" wait_for 45 ended
for d in $daemons; do
	check "$d is gone" sh -c '! s6-svok "$1"' sh "$base/service/$d"
done
done_testing
