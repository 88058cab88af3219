#!/bin/sh
# dray-inject: options, what it does to messages, exit codes, standard error.
. "$(dirname "$0")/../lib/lib.sh"

base=$T/base
Q=$T/queue
mkdir -p "$base/sock" "$Q"
unset DRAY_BASE QMAILQUEUE
helper fakequeue
background "$HELPER" "$base/sock/queue" "$Q"
wait_for 10 listening "$base/sock/queue" || give_up "no socket"

n=0
IN=$T/in
# inject NAME ARGS... - hands in $IN, which must work; it is then $M, its
# envelope $E.
inject() {
	name=$1
	shift
	dray-inject -b "$base" "$@" <"$IN" >"$T/out" 2>&1
	rc=$?
	n=$((n + 1))
	M=$Q/$n.msg
	E=$Q/$n.env
	[ "$rc" -eq 0 ] && [ ! -s "$T/out" ] && [ -e "$E" ]
	point $? "$name" "$T/out"
}

# fails RC WORD NAME ARGS... - and nothing is queued
fails() {
	want=$1
	word=$2
	name=$3
	shift 3
	ls "$Q" >"$T/before"
	timeout 10 dray-inject -b "$base" "$@" >"$T/out" 2>"$T/err"
	rc=$?
	ls "$Q" | grep -v tmp >"$T/after"
	grep -v tmp "$T/before" >"$T/before2"
	grep -q "^$word: dray-inject: " "$T/err"
	w=$?
	echo "exit $rc, wanted $want, $word" >>"$T/err"
	[ "$rc" -eq "$want" ] && [ $w -eq 0 ] && [ ! -s "$T/out" ] &&
	    [ "$(wc -l <"$T/err")" -eq 2 ] && cmp -s "$T/before2" "$T/after"
	point $? "$name" "$T/err"
}

has() {
	grep -qx -- "$1" "$2"
	point $? "  there: $1" "$2"
}

hasnot() {
	! grep -qi -- "$1" "$2"
	point $? "  not there: $1" "$2"
}

# The message, line ends made visible, without what is random.
shown() {
	sed -e 's/\r$/~/' -e 's/^\(Date:\) .*/\1 D~/' \
	    -e 's/^\(Resent-Date:\) .*/\1 D~/' \
	    -e 's/<[0-9a-f]\{32\}@/<R@/' "$M"
}

is_msg() {
	shown >"$T/shown"
	cmp -s "$T/want" "$T/shown"
	rc=$?
	diff "$T/want" "$T/shown" >"$T/diff"
	point $rc "$1" "$T/diff"
}

# What is added.
printf 'hello\n' >"$T/in"
inject "no header" -f s@sender.example a@b.example
printf 'Date: D~\nFrom: X <s@sender.example>~\n' >"$T/want"
printf 'Message-ID: <R@sender.example>~\n~\nhello~\n' >>"$T/want"
sed -i 's/^From: .*</From: X </; s/^From: \(s@[a-z.]*\)/From: X <\1>/' "$M"
is_msg "Date, From, Message-ID and an empty line are added"
has "sender s@sender.example" "$E"
has "rcpt a@b.example" "$E"
grep -q '^Date: [A-Z][a-z][a-z], [0-9][0-9] [A-Z][a-z][a-z] [0-9]\{4\} [0-9][0-9]:[0-9][0-9]:[0-9][0-9] [+-][0-9]\{4\}' "$M"
point $? "the date is as RFC 5322 has it" "$M"

printf 'FROM: me@x.example\ndate: now\nmessage-id: <1@x>\nSubject: s\n\nb\n' >"$T/in"
inject "a whole header" -f s@sender.example a@b.example
printf 'FROM: me@x.example~\ndate: now~\nmessage-id: <1@x>~\n' >"$T/want"
printf 'Subject: s~\n~\nb~\n' >>"$T/want"
is_msg "is left alone"

printf '' >"$T/in"
inject "an empty message" -F 'A B' -f s@x.example a@b.example
printf 'Date: D~\nFrom: A B <s@x.example>~\nMessage-ID: <R@x.example>~\n~\n' \
    >"$T/want"
is_msg "gets a header"

printf 'Subject: x\nno field\n\nb' >"$T/in"
inject "a header without an end" -F '' -f s@x.example a@b.example
printf 'Subject: x~\nDate: D~\nFrom: s@x.example~\n' >"$T/want"
printf 'Message-ID: <R@x.example>~\n~\nno field~\n~\nb' >>"$T/want"
is_msg "ends where no field is"

printf 'Subject: x' >"$T/in"
inject "a field without a line end" -F '' \
    -f s@x.example a@b.example
printf 'Subject: x~\nDate: D~\nFrom: s@x.example~\n' >"$T/want"
printf 'Message-ID: <R@x.example>~\n~\n' >>"$T/want"
is_msg "gets one"

# What is dropped.
head='From: a@x\nDate: D\nMessage-ID: <1@x>\n'
printf 'From root Sat Nov 22 00:00:00 2026\nReturn-Path: <a@b>\n'"$head"'bcc: x@y\n z@w\nX-Dray-Thing: 1\nResent-Bcc: q@q\nTo: a@b\n\nFrom here\n' >"$T/in"
inject "a mailbox line, Bcc, Return-Path, X-Dray-" a@b.example
hasnot bcc "$M"
hasnot 'z@w' "$M"
hasnot return-path "$M"
hasnot x-dray "$M"
hasnot '^From root' "$M"
hasnot '^Bcc' "$M"
grep -q '^From here' "$M"
point $? "but not in the body"

# Recipients.
printf 'To: "q, r" <a@B.Example>,\n c@d.example (x)\nCc: grp: e@f.example;\nBcc: g@h.example\nSubject: x\n\n' >"$T/in"
inject "-t" -t i@j.example 'k@l.example, M <m@n.example>' a@b.example
grep '^rcpt ' "$E" | tr '\n' ' ' >"$T/rcpts"
check_out "rcpt a@b.example rcpt c@d.example rcpt e@f.example rcpt g@h.example rcpt i@j.example rcpt k@l.example rcpt m@n.example " \
    "header and arguments, each once" cat "$T/rcpts"
hasnot '^bcc' "$M"
printf 'To: a@b.example\nResent-To: c@d.example\nResent-Bcc: e@f.example\n\n' >"$T/in"
inject "-t with Resent-To" -t -F '' -f s@x.example
check_out "rcpt c@d.example rcpt e@f.example " "only those" \
    sh -c 'grep "^rcpt" "$1" | tr "\n" " "' sh "$E"
printf 'Resent-Date: D~\nResent-From: s@x.example~\n' >"$T/want"
printf 'Resent-Message-ID: <R@x.example>~\nTo: a@b.example~\n' >>"$T/want"
printf 'Resent-To: c@d.example~\nDate: D~\nFrom: s@x.example~\n' >>"$T/want"
printf 'Message-ID: <R@x.example>~\n~\n' >>"$T/want"
is_msg "and what a resent message needs"
printf 'To: a@b.example\n\n' >"$T/in"
inject "To does not count without -t" c@d.example
hasnot 'rcpt a@b' "$E"
printf '\n' >"$T/in"
inject "addresses without a domain get one" -f me you
grep -q '^rcpt you@.' "$E" && grep -q '^sender me@.' "$E"
point $? "both" "$E"

# Senders and names.
printf '\n' >"$T/in"
inject "-f ''" -f '' a@b.example
has "sender " "$E"
grep -q '^From: .*@' "$M"
point $? "From is the user then" "$M"
printf '\n' >"$T/in"
inject "-f <>" -f '<>' a@b.example
has "sender " "$E"
printf '\n' >"$T/in"
inject "-r" -r'S <s@x.example>' a@b.example
has "sender s@x.example" "$E"
printf '\n' >"$T/in"
inject "no -f" a@b.example
grep -q '^sender [^@]*@.' "$E"
point $? "the sender is the user"
printf '\n' >"$T/in"
inject "-F with specials" -f s@x.example -F 'J. "Q" Doe' a@b.example
grep -qF 'From: "J. \"Q\" Doe" <s@x.example>' "$M"
point $? "is quoted" "$M"
full=$(printf 'Jos\303\251 \344\270\255\344\270\255\344\270\255\344\270\255\344\270\255\344\270\255\344\270\255\344\270\255\344\270\255\344\270\255\344\270\255\344\270\255\344\270\255\344\270\255\344\270\255')
printf '\n' >"$T/in"
inject "-F with UTF-8" -f s@x.example -F "$full" a@b.example
if command -v python3 >/dev/null; then
	python3 - "$M" "$full" >"$T/err" 2>&1 <<'EOP'
import sys, email.header
h = open(sys.argv[1], newline='').read().split('From: ')[1].split(' <')[0]
h = str(email.header.make_header(email.header.decode_header(h)))
print(ascii(h), ascii(sys.argv[2]))
sys.exit(h != sys.argv[2])
EOP
	point $? "is encoded words that decode to it" "$T/err"
fi

# Options.
printf '\n' >"$T/in"
inject "delivery status notifications" -N success,delay -R hdrs \
    -V 'id+2B+x 1' a@b.example
has "notify 10" "$E"
has "ret H" "$E"
has "envid id+2B+2Bx+201" "$E"
printf '\n' >"$T/in"
inject "and never" -Nnever -Rfull a@b.example
has "notify 1" "$E"
has "ret F" "$E"
printf 'X-Dray-Stream: bulk\nX-Dray-Campaign:  spring sale \nX-Dray-Lifetime: 2d\nX-Dray-Tenant: t1\nX-Dray-Route: r1\n\n' >"$T/in"
inject "X-Dray- fields" a@b.example
for f in 'stream bulk' 'campaign spring sale' 'lifetime 172800' 'tenant t1' \
    'route r1'; do
	has "$f" "$E"
done
hasnot x-dray "$M"
printf 'X-Dray-Stream: bulk\nX-Dray-Lifetime: 2d\nX-Dray-Stream: more\n\n' >"$T/in"
inject "options win" -X stream=now -X lifetime=90 -X campaign='a b' \
	-X tenant=t -X route=r a@b.example
for f in 'stream now' 'campaign a b' 'lifetime 90' 'tenant t' 'route r'; do
	has "$f" "$E"
done
printf '\n' >"$T/in"
for o in "-i" "-oi" "-om" "-oem" "-odb" "-O DeliveryMode=b" "-B 8BITMIME" "-v" \
    "-bm" "-G" "-U" "-n" "-m" "-h 5" "-L tag" "-Am" "-Ac" "-C /etc/x" "-em" \
    "-d0.1" "-p ESMTP" "-oi -oee -i" "-FCronDaemon -i -B8BITMIME -oem"; do
	# shellcheck disable=SC2086
	inject "$o is taken" $o a@b.example
done
printf '\n' >"$T/in"
inject "-- ends the options" -f s@x.example -- -a@b.example
has "rcpt -a@b.example" "$E"
printf '\n' >"$T/in"
inject "so does an address" a@b.example -i
grep -q '^rcpt -i@' "$E"
point $? "what follows is one too" "$E"

check_out "fake-$((n + 1))" "-X id prints the queue id" \
    sh -c 'echo | dray-inject -X base="$1" -X id a@b.example' sh "$base"
n=$((n + 1))
echo | dray-inject -X base="$base" -X id a@b.example >/dev/full 2>"$T/said"
point $? "an id that cannot be printed: queued all the same"
n=$((n + 1))
check "and the id is told" grep -q "queued as fake-$n," "$T/said"
check "DRAY_BASE" sh -c 'echo | DRAY_BASE=$1 dray-inject a@b.example' sh "$base"
n=$((n + 1))

# The dot.
printf 'Subject: x\n\na\n.\nb\n' >"$T/in"
inject "a dot ends the message" a@b.example
hasnot '^b' "$M"
printf 'Subject: x\r\n\r\na\r\n.\r\nb\r\n' >"$T/in"
inject "with CRLF too" a@b.example
hasnot '^b' "$M"
printf 'Subject: x\n\na\n.' >"$T/in"
inject "and a last line without an end" a@b.example
check_out "$(printf '\r\na\r\n')" "which is left out" tail -n 2 "$M"
printf 'Subject: x\n\na\n.\n.b\n..\n.' >"$T/in"
inject "with -i it does not" -i a@b.example
check_out "$(printf '.\r\n.b\r\n..\r\n.')" "dots stay as they are" tail -n 4 "$M"
printf 'Subject: x\n\n.a\n..\n. \na.\n' >"$T/in"
inject "other dots" a@b.example
check_out "$(printf '.a\r\n..\r\n. \r\na.\r\n')" "do not" tail -n 4 "$M"
mkfifo "$T/fifo"
(
	printf 'a\n.'
	sleep 0.1
	printf '\nrest'
	exec sleep 20
) >"$T/fifo" &
PIDS="$PIDS $!"
IN=$T/fifo
inject "a dot ends it while the pipe stays open" a@b.example
IN=$T/in
kill $! 2>/dev/null

# Line ends and 8-bit text.
printf 'Subject: x\nA: b\r\n c\n\nd\r\ne\n\r\n' >"$T/in"
inject "mixed line ends" \
    -F '' -f s@x.example a@b.example
printf 'Subject: x~\nA: b~\n c~\nDate: D~\nFrom: s@x.example~\n' >"$T/want"
printf 'Message-ID: <R@x.example>~\n~\nd~\ne~\n~\n' >>"$T/want"
is_msg "become CRLF"
printf 'Subject: x\n\nh\303\251\n' >"$T/in"
inject "8-bit text" a@b.example
has "$(printf 'Content-Type: text/plain; charset=utf-8\r')" "$M"
has "$(printf 'Content-Transfer-Encoding: 8bit\r')" "$M"
has "$(printf 'MIME-Version: 1.0\r')" "$M"
printf 'Subject: x\n\nh\351\n' >"$T/in"
inject "8-bit that is not UTF-8" a@b.example
has "$(printf 'Content-Type: text/plain; charset=unknown-8bit\r')" "$M"
printf 'Content-Type: text/html\n\nh\351\n' >"$T/in"
inject "8-bit with a type" a@b.example
hasnot mime-version "$M"
printf 'Subject: h\351\n\nx\n' >"$T/in"
inject "8-bit in the header" a@b.example
hasnot mime-version "$M"

# Long lines.
long=$(printf '%01200d' 7)
printf 'Subject: x\n\n%s=\n' "$long" >"$T/in"
inject "a line over 998 octets" a@b.example
has "$(printf 'Content-Transfer-Encoding: quoted-printable\r')" "$M"
has "$(printf 'Content-Type: text/plain; charset=us-ascii\r')" "$M"
printf 'a\rb\n' >"$T/in"
inject "a bare CR" a@b.example
has "$(printf 'a=0Db\r')" "$M"
printf 'Subject:%s\n\n' "$(printf ' word%.0s' $(seq 400))" >"$T/in"
inject "a long header line" a@b.example
[ "$(awk 'length > m { m = length } END { print m }' "$M")" -le 999 ]
point $? "is folded" "$M"
printf 'MIME-Version: 1.0\nContent-Transfer-Encoding: 8BIT (x)\nContent-Type: text/html\n\n%s\n' "$long" >"$T/in"
inject "a long line in HTML" a@b.example
hasnot '8bit' "$M"
has "$(printf 'Content-Transfer-Encoding: quoted-printable\r')" "$M"
{
	printf 'Content-Type: multipart/mixed; boundary=b\n\npre\n--b\n\nshort=\n'
	printf -- '--b\nContent-Transfer-Encoding: base64\n\n%s\n--b\n' "$long"
	printf 'Content-Type: message/rfc822\n\nSubject: in\n\n%s\n--b--\n' "$long"
} >"$T/in"
inject "long lines in parts" a@b.example
has "$(printf 'short=\r')" "$M"
[ "$(grep -c '^Content-Transfer-Encoding: quoted-printable' "$M")" -eq 1 ] &&
    [ "$(awk 'length > m { m = length } END { print m }' "$M")" -le 77 ]
point $? "only those parts are re-encoded" "$M"

# A large one goes through a file; the parts of it must fit together.
awk 'BEGIN { print "Subject: large\n"; for (i = 0; i < 60000; i++)
    printf "%d the quick brown fox jumps over the lazy dog\n", i }' >"$T/large"
IN=$T/large
inject "3 MB" -i a@b.example
IN=$T/in
tr -d '\r' <"$M" | sed '2,/^$/d' | tail -n 60000 | cksum >"$T/sum1"
tail -n 60000 "$T/large" | cksum >"$T/sum2"
check "it is the same" cmp "$T/sum1" "$T/sum2"
(cat "$T/large" && printf '.\n' && cat "$T/large") >"$T/in"
inject "3 MB and a dot" a@b.example
tail -n 60000 "$M" | tr -d '\r' | cksum >"$T/sum1"
check "it is the same" cmp "$T/sum1" "$T/sum2"
ls -A "$T" | grep -c 'dray-inject\.' >"$T/left"
check_out 0 "no temporary file is left" cat "$T/left"

# What does not work.
echo >"$T/in"
fails 64 permanent "no recipient" <"$T/in"
fails 64 permanent "no recipient with -t" -t <"$T/in"
fails 64 permanent "-bs" -bs a@b.example <"$T/in"
fails 64 permanent "-bd" -bd <"$T/in"
fails 64 permanent "-bz" -bz <"$T/in"
fails 64 permanent "an unknown option" -Z a@b.example <"$T/in"
fails 64 permanent "an option without its argument" -f <"$T/in"
fails 64 permanent "-Qx" -Qx <"$T/in"
fails 64 permanent "-N" -N often a@b.example <"$T/in"
fails 64 permanent "-N never with others" -N never,delay a@b.example <"$T/in"
fails 64 permanent "-R" -R some a@b.example <"$T/in"
fails 64 permanent "-V" -V "$long" a@b.example <"$T/in"
fails 64 permanent "-X" -X nonsense=1 a@b.example <"$T/in"
fails 64 permanent "-X without a value" -X stream a@b.example <"$T/in"
fails 64 permanent "-X stream" -X 'stream=a b' a@b.example <"$T/in"
fails 64 permanent "-X lifetime" -X lifetime=2y a@b.example <"$T/in"
fails 64 permanent "-X lifetime=0" -X lifetime=0 a@b.example <"$T/in"
fails 64 permanent "a bad sender" -f 'a b@c' a@b.example <"$T/in"
fails 64 permanent "two senders" -f 'a@b.example,c@d.example' a@b.example <"$T/in"
fails 64 permanent "a name with a line end" -F 'a
b: c' a@b.example <"$T/in"
fails 67 permanent "not an address" 'a b@c.example' <"$T/in"
fails 67 permanent "an address that is too long" "$long@x.example" <"$T/in"
fails 67 permanent "an address that is not UTF-8" "$(printf '\303@x.example')" <"$T/in"
fails 67 permanent "an empty address" '<>' <"$T/in"
fails 68 permanent "not a domain" 'a@b..example' <"$T/in"
printf 'To: a@b.example, c d@e\n\n' >"$T/bad"
fails 65 permanent "a bad list in the header" -t <"$T/bad"
printf 'To: a@b.example, <a@-$.example>\n\n' >"$T/bad"
fails 65 permanent "a bad address in the header" -t <"$T/bad"
printf 'Subject: a\0b\n\n' >"$T/bad"
fails 65 permanent "a NUL octet" a@b.example <"$T/bad"
printf 'X-Dray-Lifetime: forever\n\n' >"$T/bad"
fails 65 permanent "a bad X-Dray- field" a@b.example <"$T/bad"
printf 'Subject: %s\n\n' "$long" >"$T/bad"
fails 65 permanent "a header line that cannot be folded" a@b.example <"$T/bad"
printf 'Content-Transfer-Encoding: x-uuencode\n\n%s\n' "$long" >"$T/bad"
fails 65 permanent "a long line in an unknown encoding" a@b.example <"$T/bad"
printf 'Content-Type: multipart/signed; boundary=b\n\n--b\n\n%s\n--b--\n' \
    "$long" >"$T/bad"
fails 65 permanent "a long line that is signed" a@b.example <"$T/bad"
fails 71 temporary "standard input is a directory" a@b.example <"$T"
fails 71 temporary "standard input is closed" a@b.example <&-
TMPDIR=$T/none fails 71 temporary "nowhere to keep a large message" \
    a@b.example <"$T/large"
fails 75 temporary "no dray-queued" -X base="$T" -b "$T/none" a@b.example <"$T/in"

answer() {
	echo "$1" >"$Q/answer"
}
answer 'refuse 4 4.3.1 the disk is full'
fails 75 temporary "refused for now" a@b.example <"$T/in"
grep -q '4.3.1 the disk is full' "$T/err"
point $? "with the reason" "$T/err"
answer 'refuse 5 5.7.1 not you'
fails 69 permanent "refused for good" a@b.example <"$T/in"
answer 'refuse 5 5.1.1 nobody'
fails 67 permanent "for the recipient" a@b.example <"$T/in"
answer 'refuse 5 5.1.2 nowhere'
fails 68 permanent "for the domain" a@b.example <"$T/in"
answer 'refuse 5 5.3.4 too large'
fails 65 permanent "for the message" a@b.example <"$T/in"
answer 'early 5 5.3.4 too large'
fails 65 permanent "refused while it is sent" a@b.example <"$T/large"
answer "$(printf 'refuse 5 5.7.1 a\033[31mb')"
fails 69 permanent "a text with control characters" a@b.example <"$T/in"
! grep -q "$(printf '\033')" "$T/err"
point $? "they are not shown" "$T/err"
answer drop
fails 75 temporary "dray-queued goes away at the end" a@b.example <"$T/in"
rm "$Q/answer"

# A message that is cut short is not queued.
ls "$Q" | grep -v tmp >"$T/before"
mkfifo "$T/fifo2"
dray-inject -b "$base" a@b.example <"$T/fifo2" >"$T/out" 2>&1 &
pid=$!
exec 9>"$T/fifo2"
printf 'Subject: x\n\nhalf' >&9
kill -TERM $pid
wait $pid 2>/dev/null
[ $? -gt 128 ]
point $? "a signal ends it" "$T/out"
exec 9>&-
ls "$Q" | grep -v tmp >"$T/after"
check "and nothing is queued" cmp "$T/before" "$T/after"

# Its other names.
mkdir "$T/bin"
for p in sendmail mailq newaliases; do
	ln -s "$B/bin/dray-inject" "$T/bin/$p"
done
check "newaliases" "$T/bin/newaliases"
check "-bi" dray-inject -bi
check "-q" dray-inject -q
check "-q30m" dray-inject -q30m
cp "$B/bin/dray-inject" "$T/bin/dray-inject"
printf '#!/bin/sh\necho "stat $*"\n' >"$T/bin/dray-stat"
chmod +x "$T/bin/dray-stat"
check_out "stat -b $base -l" "-bp runs the dray-stat beside it" \
    "$T/bin/dray-inject" -b "$base" -bp
ln -sf dray-inject "$T/bin/mailq"
check_out "stat -b $base -l" "so does mailq" \
    env DRAY_BASE="$base" "$T/bin/mailq"
rm "$T/bin/dray-stat"
check_rc 69 "without one it says so" env PATH=/nowhere "$T/bin/mailq"
check "as sendmail it injects" \
    sh -c 'echo | DRAY_BASE=$1 "$2" -t a@b.example' sh "$base" "$T/bin/sendmail"
done_testing
