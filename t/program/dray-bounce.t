#!/bin/sh
# dray-bounce: how it starts and ends.  What it makes is in t/e2e/notices.t.
. "$(dirname "$0")/../lib/lib.sh"

base="$T/base"
for d in new cur; do
	mkdir -p "$base/spool/bounce/$d"
done
mkdir -p "$base/spool/bad" "$base/etc" "$base/sock"

start() {
	timeout 20 dray-bounce "$@" </dev/null
}

check_rc 100 "an argument too many" start -b "$base" x
check_rc 100 "a descriptor that is no number" start -b "$base" -d x
check_rc 111 "no instance" start -b "$T/none"
check_rc 100 "no policy" start -b "$base"
printf '[node]\nhostname = node.example\n' >"$base/etc/dray.conf"
check "a policy" dray-policy -b "$base" compile
rmdir "$base/spool/bad"
check_rc 111 "no spool/bad" start -b "$base"
mkdir "$base/spool/bad"

# In the background, and ready.
up() {
	mkfifo "$T/ready"
	dray-bounce -b "$base" -d 5 2>"$T/err" 5>"$T/ready" </dev/null &
	PID=$!
	PIDS="$PIDS $PID"
	check "it says that it is ready" timeout 20 head -n 1 "$T/ready"
	rm "$T/ready"
}

up
check_rc 111 "there is one to a spool" start -b "$base"
kill -TERM "$PID"
wait "$PID"
point $? "ended by SIGTERM it exits 0" "$T/err"

# What is not a file of notices.
echo x >"$base/spool/bounce/new/note"
mkdir "$base/spool/bounce/new/1.M2P3Q4.dir"
ln -s /etc/passwd "$base/spool/bounce/new/1.M2P3Q4.link"
: >"$base/spool/bounce/new/1.M2P3Q4.empty"
for d in tmp new cur free bounce/tmp; do
	mkdir "$base/spool/$d"
done
mkfifo "$base/spool/trigger"
background dray-queued -b "$base" </dev/null 2>"$T/queued"
wait_for 10 listening "$base/sock/queue"
up
check "an empty file is set aside" wait_for 10 \
    test -e "$base/spool/bad/1.M2P3Q4.empty"
for n in note 1.M2P3Q4.dir 1.M2P3Q4.link; do
	check "$n stays where it is" ls -d "$base/spool/bounce/new/$n"
done
grep -q "1.M2P3Q4.empty, line 1: the file is empty" "$T/err"
point $? "and why is said" "$T/err"
kill -INT "$PID"
wait "$PID"
point $? "ended by SIGINT it exits 0" "$T/err"
done_testing
