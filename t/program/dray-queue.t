#!/bin/sh
# dray-queue: qmail-queue's interface, as its callers know it.
. "$(dirname "$0")/../lib/lib.sh"

DRAY_BASE=$T/base
export DRAY_BASE
Q=$T/queue
mkdir -p "$DRAY_BASE/sock" "$Q"
helper fakequeue
background "$HELPER" "$DRAY_BASE/sock/queue" "$Q"
wait_for 10 listening "$DRAY_BASE/sock/queue" || give_up "no socket"

n=0
# queue MESSAGE ENVELOPE - both as printf has them; the exit code is $rc
queue() {
	printf "$1" >"$T/message"
	printf "$2" >"$T/envelope"
	timeout 20 dray-queue <"$T/message" 1<"$T/envelope" 2>"$T/err"
	rc=$?
}

works() {
	what=$1
	queue "$2" "$3"
	n=$((n + 1))
	M=$Q/$n.msg
	E=$Q/$n.env
	[ $rc -eq 0 ] && [ ! -s "$T/err" ] && [ -e "$E" ]
	point $? "$what"
}

fails() {
	wanted=$1
	what=$2
	queue "$3" "$4"
	n=$((n + $5))
	echo "exit $rc, wanted $wanted" >"$T/why"
	[ $rc -eq "$wanted" ] && [ ! -s "$T/err" ] && [ ! -e "$Q/$((n + 1)).env" ]
	point $? "$what" "$T/why"
}

one='Fs@x.example\0Ta@b.example\0\0'

works "a message" 'Subject: x\n\n.a\nb' "$one"
head -n 1 "$M" >"$T/received"
grep -q "^Received: (dray-queue [0-9]* invoked by uid $(id -u)); [0-9]* [A-Z][a-z][a-z] [0-9]\{4\} [0-9:]\{8\} -0000" "$T/received"
point $? "gets a Received line" "$T/received"
printf 'Subject: x\r\n\r\n.a\r\nb' >"$T/wanted"
sed 1d "$M" >"$T/rest"
check "and nothing else" cmp "$T/wanted" "$T/rest"
check "the sender" grep -qx 'sender s@x.example' "$E"
check_out "rcpt a@b.example" "the recipient" grep '^rcpt' "$E"
check_out "stream " "nothing else is asked for" grep '^stream' "$E"

works "several recipients" '\n' 'Fs@x.example\0Ta@b.example\0Tc@d.example\0Ta@b.example\0\0'
check_out 3 "as they are" grep -c '^rcpt' "$E"
works "the null sender" '\n' 'F\0Ta@b.example\0\0'
check_out "sender " "it is" grep '^sender' "$E"
works "a double bounce" '\n' 'F#@[]\0Ta@b.example\0\0'
check_out "sender " "has none either" grep '^sender' "$E"
works "octets behind the envelope" '\n' "${one}more"
works "an empty message" '' "$one"
works "CRLF line ends" 'a\r\nb\n' "$one"
printf 'a\r\nb\r\n' >"$T/wanted"
sed 1d "$M" >"$T/rest"
check "stay" cmp "$T/wanted" "$T/rest"
works "bare CRs" 'a\rb\r\r\n\r\nc\r' "$one"
printf 'a b\r\n\r\nc' >"$T/wanted"
sed 1d "$M" >"$T/rest"
check "become spaces or go" cmp "$T/wanted" "$T/rest"
works "8-bit" 'h\303\251\n' "$one"

queue '\n' 'Fs@x.example\0\0'
[ $rc -eq 0 ] && [ ! -e "$Q/$((n + 1)).env" ]
point $? "to nobody is no failure"

awk 'BEGIN { for (i = 0; i < 60000; i++)
    printf "%d the quick brown fox jumps over the lazy dog\n", i }' >"$T/large"
printf "$one" >"$T/envelope"
dray-queue <"$T/large" 1<"$T/envelope" 2>"$T/err"
point $? "a large message" "$T/err"
n=$((n + 1))
sed 1d "$Q/$n.msg" | tr -d '\r' | cksum >"$T/sum1"
cksum <"$T/large" >"$T/sum2"
check "it is the same" cmp "$T/sum1" "$T/sum2"

long=$(printf '%01002d' 7)
fails 54 "no envelope" 'a\n' '' 0
fails 54 "half an envelope" 'a\n' 'Fs@x.example\0Ta@b' 0
fails 54 "an envelope without its end" 'a\n' 'Fs@x.example\0Ta@b.example\0' 0
fails 91 "no F" 'a\n' 'Ta@b.example\0\0' 0
fails 91 "no T" 'a\n' 'Fs@x.example\0a@b.example\0\0' 0
fails 91 "two senders" 'a\n' 'Fs@x.example\0Fs@x.example\0Ta@b.example\0\0' 0
fails 11 "a sender that is too long" 'a\n' "F$long@x.example\\0Ta@b.example\\0\\0" 0
fails 11 "a recipient that is too long" 'a\n' "Fs@x.example\\0T$long@x.example\\0\\0" 0
fails 11 "or without end" 'a\n' "Fs@x.example\\0T$long$long$long" 0
fails 11 "or longer than SMTP has it" 'a\n' "Fs@x.example\\0T$(printf '%0300d' 7)@x.example\\0\\0" 0
fails 31 "no domain" 'a\n' 'Fs@x.example\0Ta\0\0' 0
fails 31 "no domain in the sender" 'a\n' 'Fs\0Ta@b.example\0\0' 0
fails 31 "an empty recipient" 'a\n' 'Fs@x.example\0T\0\0' 0
fails 31 "an address that is not UTF-8" 'a\n' 'Fs@x.example\0T\351@b.example\0\0' 0
fails 31 "VERP" 'a\n' 'Flist-@x.example-@[]\0Ta@b.example\0\0' 0
fails 31 "a NUL octet" 'a\0b\n' "$one" 0
dray-queue <"$T" 1<"$T/envelope"
rc=$?
[ $rc -eq 54 ]
point $? "a message that cannot be read"
dray-queue </dev/null 1<"$T"
rc=$?
[ $rc -eq 54 ]
point $? "an envelope that cannot be read"
(
	TMPDIR=$T/none
	export TMPDIR
	printf "$one" >"$T/envelope"
	dray-queue <"$T/large" 1<"$T/envelope"
)
[ $? -eq 53 ]
point $? "nowhere to keep the message"
check_rc 100 "an argument" dray-queue x

(
	DRAY_BASE=$T/none
	fails 61 "no base directory" 'a\n' "$one" 0 >"$T/point"
	grep -q '^ok' "$T/point"
)
point $? "no base directory"
(
	DRAY_BASE=$T
	fails 73 "nobody there" 'a\n' "$one" 0 >"$T/point"
	grep -q '^ok' "$T/point"
)
point $? "no dray-queued"

answer() {
	echo "$1" >"$Q/answer"
}
answer 'refuse 5 5.7.1 not you'
fails 31 "refused for good" 'a\n' "$one" 1
answer 'refuse 4 4.3.1 the disk is full'
fails 71 "refused for now" 'a\n' "$one" 1
answer drop
fails 74 "dray-queued goes away at the end" 'a\n' "$one" 1
rm "$Q/answer"

# text6 WANTED NAME - the exit code is 82, and WANTED goes to descriptor 6
text6() {
	wanted=$1
	what=$2
	mkfifo "$T/fifo.$TAP_N"
	cat "$T/fifo.$TAP_N" >"$T/text" &
	pid=$!
	dray-queue <"$T/message" 1<"$T/envelope" 6>"$T/fifo.$TAP_N"
	rc=$?
	wait $pid
	echo "exit $rc" >>"$T/text"
	printf '%sexit 82\n' "$wanted" >"$T/wanted"
	cmp -s "$T/wanted" "$T/text"
	point $? "$what" "$T/text"
}
printf 'a\n' >"$T/message"
printf "$one" >"$T/envelope"
answer 'refuse 5 5.7.1 not you'
text6 'D5.7.1: not you' "82 and the text of a refusal for good"
answer 'refuse 4 4.3.1 the disk is full'
text6 'Z4.3.1: the disk is full' "and of one for now"
answer 'early 5 5.3.4 too large'
text6 'D5.3.4: too large' "and of one before the end"
rm "$Q/answer"
printf 'a\0b' >"$T/message"
text6 'Dthe message has a NUL octet' "and of its own"
dray-queue <"$T/message" 1<"$T/envelope" 6>"$T/file"
rc=$?
[ $rc -eq 31 ] && [ ! -s "$T/file" ]
point $? "what is no pipe is not written to"
done_testing
