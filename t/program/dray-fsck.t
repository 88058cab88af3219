#!/bin/sh
# dray-fsck: a good spool is clean, and whatever is broken in it is found.
. "$(dirname "$0")/../lib/lib.sh"
BUNDLE="$TOP/t/lib/bundle.py"
BASE="$T/base"
S="$BASE/spool"
command -v python3 >/dev/null || skip_all "there is no python3"

umask 022
mkdir -p "$BASE/spool"
for d in tmp new cur free bad bounce bounce/tmp bounce/new bounce/cur; do
	mkdir "$S/$d"
done
mkfifo "$S/trigger"

make_bundle() {
	python3 "$BUNDLE" "$S/$1" "$2"
}

fsck() {
	dray-fsck -b "$BASE" "$@"
}

# finds WHAT NAME: exit 100, one line of output that has WHAT in it.
finds() {
	fsck >"$T/found" 2>&1
	rc=$?
	echo "exit $rc; wanted one line with: $1" >>"$T/found"
	[ $rc -eq 100 ] && [ "$(wc -l <"$T/found")" -eq 2 ] &&
	    head -n 1 "$T/found" | grep -qF -- "$1"
	point $? "$2" "$T/found"
}

check_rc 100 "an unknown option" fsck -x
check_rc 100 "an argument too many" fsck new
check_rc 111 "no such spool" dray-fsck -b "$T/none"
check_out "" "an empty spool is clean" fsck
make_bundle new none >/dev/null
make_bundle cur old >/dev/null
make_bundle cur longer >/dev/null
check_rc 0 "three bundles are clean" fsck
fsck -v >"$T/out"
grep -q '^3 bundles, 12 of 12 recipients wait (6 messages)' "$T/out"
point $? "-v counts them" "$T/out"
rm "$S"/new/* "$S"/cur/*

# Every kind of damage to a bundle is found.
for damage in $(python3 "$BUNDLE" list); do
	case $damage in
	none | longer | old) continue ;;
	esac
	id=$(make_bundle new "$damage")
	fsck >"$T/found" 2>&1
	rc=$?
	grep -q "^new/$id: " "$T/found" && [ $rc -eq 100 ]
	point $? "damage: $damage" "$T/found"
	rm -f "$S/new/$id"
done
check_rc 0 "clean again" fsck

# The octets of a message that is done are of no interest.
id=$(make_bundle cur msg-crc)
finds "the octets fail" "octets of a message that waits"
python3 - "$S/cur/$id" <<'EOT'
import sys
with open(sys.argv[1], 'r+b') as f:
    f.seek(-4096, 2)
    f.write(b'\x01')
EOT
check_rc 0 "octets of a message that is done" fsck
rm "$S/cur/$id"

# Names and places.
id=$(make_bundle new none)
mv "$S/new/$id" "$S/new/1.M2P3Q4.other"
finds "its id is $id" "a name that is not the id"
mv "$S/new/1.M2P3Q4.other" "$S/new/backup~"
finds "new/backup~: not the name" "a name that is no id"
mv "$S/new/backup~" "$S/new/$id"
cp "$S/new/$id" "$S/cur/$id"
finds "it is in cur/ too" "the same bundle in new and cur"
rm "$S/cur/$id"
ln "$S/new/$id" "$S/free/$id"
fsck | grep -q "^free/$id: it has 2 names"
point $? "a file for reuse that is a bundle too"
rm "$S/free/$id"
chmod 666 "$S/new/$id"
finds "others may write" "a bundle that others may write to"
chmod 600 "$S/new/$id"
if [ "$(id -u)" -eq 0 ]; then
	chown 12345 "$S/new/$id"
	finds "its owner is uid 12345" "a bundle of another user"
else
	chmod 000 "$S/new/$id"
	check_rc 111 "a bundle that cannot be read" fsck
fi
rm -f "$S/new/$id"
mkfifo "$S/cur/1.M2P3Q4.host"
finds "not a file" "a fifo in place of a bundle"
rm "$S/cur/1.M2P3Q4.host"
ln -s /etc/passwd "$S/cur/1.M2P3Q4.host"
finds "not a file" "a symbolic link in place of a bundle"
rm "$S/cur/1.M2P3Q4.host"

# What came back.
mkdir "$S/returns" "$S/returns/tmp" "$S/returns/new" "$S/returns/kept"
r="$S/returns/new/1.M2P3Q4.returns"
back() {
	printf 'dray-return 1\ntime 1\nfrom <>\n%s\n\nSubject: x\r\n\r\n%s' \
	    "$1" "$2" >"$r"
}
back 'bounce <a@b.example>' "$(printf '.y\r\nx')"
echo half >"$S/returns/tmp/1.M2P3Q4.returns"
echo anything >"$S/returns/kept/mine"
check_out "" "what came back is clean" fsck
fsck -v | grep -q " 1 left over, 1 came back, 1 kept,"
point $? "-v counts it"
back 'bounce <a@b.example' x
finds "1.M2P3Q4.returns: its head has an unknown line" "a line of its head"
back 'bounce <a@b.example>' "$(printf 'x\ny')"
finds "the octets have a bare LF" "a line that ends in LF"
echo 'dray-return 2' >"$r"
finds "does not begin with dray-return 1" "another format"
printf 'dray-return 1\ntime' >"$r"
finds "cut short" "a head cut short"
: >"$r"
finds "an empty file" "an empty file"
head -c 2000 /dev/zero | tr '\0' x >"$r"
finds "its head is too long" "a line without an end"
mv "$r" "$S/returns/new/mine"
finds "not the name of a message that came back" "a name that is none"
rm "$S/returns/new/mine"
mkfifo "$S/returns/kept/pipe"
finds "returns/kept/pipe: not a file" "what is kept are files"
rm -r "$S/returns"

# What may be there.
echo half a bundle >"$S/tmp/1.M2P3Q4.host"
echo half >"$S/bounce/tmp/1.M2P3Q4.host"
echo anything >"$S/free/1.M2P3Q4.host"
check_out "" "leftovers are clean" fsck
fsck -v | grep -q " 1 files to reuse, 2 left over,"
point $? "-v counts leftovers"
rm "$S"/tmp/* "$S"/bounce/tmp/* "$S"/free/*
echo bad >"$S/bad/1.M2P3Q4.host"
finds "set aside" "a bundle in bad"
check_out "" "-q prints nothing" fsck -q
check_rc 100 "-q exits as it would" fsck -q
rm "$S"/bad/*

# Notices.
rest='"size":1,"arrival":1,"expiry":1,"envid":"","ret":"","stream":"","route":"",
"tenant":"","campaign":"","notice":false,"time":1,"code":550,"phase":"r",
"status":"5.1.1","text":"no","host":"mx.test","notify":0,"orcpt":""}'
rest=$(printf %s "$rest" | tr -d '\n')
good='{"kind":"failed","id":"1.M2P3Q4.host-0","sender":"a@b.test","recipient":"c@d.test",'$rest
n="$S/bounce/new/5.M6P7Q8.host"
printf '%s\n%s\n' "$good" "$good" >"$n"
check_rc 0 "notices" fsck
printf '%s\n%s' "$good" "$good" >"$n"
finds "cut short" "a notice cut short"
: >"$n"
finds "empty" "a file without notices"
printf '%s\n{"id":\n' "$good" >"$n"
finds "line 2: not a whole object" "a line that is not JSON"
printf '%s\n' "$good" | sed 's/1.M2P3Q4.host-0/1-0/' >"$n"
finds "no id" "a notice without a message's id"
printf '%s\n' "$good" | sed 's/"sender":"[^"]*",//' >"$n"
finds "no sender" "a notice without a sender"
printf '%s\n' "$good" >"$n"
cp "$n" "$S/bounce/cur/"
finds "it is in bounce/cur/ too" "the same notices in new and cur"
rm "$S"/bounce/new/* "$S"/bounce/cur/*

# Directories.
rm "$S/trigger"
finds "trigger: there is no such fifo" "no trigger"
: >"$S/trigger"
finds "trigger: not a fifo" "a trigger that is a file"
rm "$S/trigger"
mkfifo "$S/trigger"
rmdir "$S/bad"
finds "bad: there is no such directory" "no directory bad"
: >"$S/bad"
finds "bad: not a directory" "bad is a file"
rm "$S/bad"
mkdir "$S/bad"
chmod 777 "$S/free"
finds "free: others may write" "a directory that others may write to"
chmod 755 "$S/free"
chmod 500 "$S/new"
finds "new: its owner may not use it" "a directory without write permission"
chmod 755 "$S/new"
check_rc 0 "clean at the end" fsck

# A daemon's lock.
held() {
	python3 -c 'import fcntl, os, subprocess, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
sys.exit(subprocess.call(sys.argv[2:]))' "$@"
}
check_rc 111 "dray-send is running" held "$S/cur" dray-fsck -b "$BASE"
check_rc 111 "dray-queued is running" held "$S/tmp" dray-fsck -b "$BASE"
check_rc 111 "dray-bounce is running" held "$S/bounce/cur" dray-fsck -b "$BASE"
check_rc 0 "-f looks all the same" held "$S/tmp" dray-fsck -f -b "$BASE"
done_testing
