#!/bin/sh
# dray-smtpd: how it starts and ends.  What it takes is in t/e2e/smtpd.t.
. "$(dirname "$0")/../lib/lib.sh"

base="$T/base"
mkdir -p "$base/etc" "$base/sock"

start() {
	timeout 20 dray-smtpd "$@" </dev/null
}

# conf LINE...: a policy with these lines.
conf() {
	printf '[node]\nhostname = node.example\n' >"$base/etc/dray.conf"
	[ $# -eq 0 ] || printf '%s\n' "$@" >>"$base/etc/dray.conf"
	dray-policy -b "$base" compile >"$T/compile" 2>&1
}

free_port() {
	perl -MSocket -e 'socket(S, PF_INET, SOCK_STREAM, 0) &&
	    bind(S, sockaddr_in(0, INADDR_LOOPBACK)) or die "no port: $!\n";
	    print((sockaddr_in(getsockname(S)))[0], "\n")'
}

check_rc 100 "an argument too many" start -b "$base" x
check_rc 100 "a descriptor that is no number" start -b "$base" -d x
check_rc 111 "no instance" start -b "$T/none"
check_rc 100 "no policy" start -b "$base"

# In the background, and ready.
up() {
	mkfifo "$T/ready"
	dray-smtpd -b "$base" -d 5 2>"$T/err" 5>"$T/ready" </dev/null &
	PID=$!
	PIDS="$PIDS $PID"
	check "it says that it is ready" timeout 20 head -n 1 "$T/ready"
	rm "$T/ready"
}

check "a policy without a listener" conf
up
check "it says so" grep -q 'no \[listener\]' "$T/err"
port=$(free_port)
check "a policy with one" conf '[listener a]' 'role = relay' "port = $port"
wait "$PID"
point $? "it ends, to be started anew" "$T/err"
up
check_rc 111 "the port is in use" start -b "$base"
kill -TERM "$PID"
wait "$PID"
point $? "ended by SIGTERM it exits 0" "$T/err"

# From root on it is whom it was told to be.
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$T"
	UID=x GID=1 check_rc 100 "a user that is no number" start -b "$base"
	UID=0 GID=1 check_rc 100 "root is nobody to become" start -b "$base"
	env UID=65534 GID=65534 dray-smtpd -b "$base" -d 5 2>"$T/err" \
	    5>"$T/out" </dev/null &
	PID=$!
	PIDS="$PIDS $PID"
	check "it is ready" wait_for 20 test -s "$T/out"
	check_out "65534 65534 65534 65534" "it has another user" \
	    sh -c 'sed -n "s/^Uid:[[:space:]]*//p" "/proc/$1/status" |
		tr "\t" " "' sh "$PID"
	check_out "65534" "and no other group" \
	    sh -c 'sed -n "s/^Groups:[[:space:]]*//p" "/proc/$1/status" |
		tr -d " "' sh "$PID"
	kill -TERM "$PID"
	wait "$PID"
	point $? "it ends" "$T/err"
fi
done_testing
