#!/bin/sh
# dray-policy: rules that tell the stream of a message.  Every mistake with its
# line; which rule decides about a message, from the text and from what is in
# force.
. "$(dirname "$0")/../lib/policy.sh"

# wrong LINE TEXT NAME: check says one mistake, there, with this text
wrong() {
	mistake "$CONF:$1" "$3" "$2"
}

conf '[match]' 'stream = bulk'
wrong 1 'not a name' "a rule without a name"
conf '[match a]' 'sender = *@x.example'
wrong 1 'has no stream' "a rule that says nothing"
conf '[match a]' 'stream = fast'
wrong 2 'there is no stream fast' "a stream that is not there"
conf '[match a]' 'stream = fast' '[stream fast]'
check "one that comes later" policy check
conf '[match a]' 'stream = a b'
wrong 2 'is not the name of a stream' "no name of a stream"
conf '[match a]' 'stream = bulk' 'recipients-from = 2' \
    '[match a]' 'stream = bulk'
wrong 4 'is already at etc/dray.conf:1' "a rule twice"
conf '[match a]' 'stream = bulk' 'sender =' '[match b]' 'stream = bulk'
wrong 3 'is an empty list' "an empty list"
conf '[match a]' 'stream = bulk' 'stream = bulk'
wrong 3 'is already set' "a key twice"
conf '[match a]' 'stream = bulk' 'header = Precedence'
wrong 3 'is not NAME: PATTERN' "a header without a pattern"
conf '[match a]' 'stream = bulk' 'header = a b: c'
wrong 3 'is not NAME: PATTERN' "a blank in the name of a field"
conf '[match a]' 'stream = bulk' 'header = : c'
wrong 3 'is not NAME: PATTERN' "no name"
conf '[match a]' 'stream = bulk' "header = $(printf %65s '' | tr ' ' x): c"
wrong 3 'is not NAME: PATTERN' "a name of 65 octets"
conf '[match a]' 'stream = bulk' 'header = a: é'
wrong 3 'not ASCII' "a pattern that is not ASCII"
conf '[match a]' 'stream = bulk' 'header = a: 1' 'header = a: 2' \
    'header = a: 3' 'header = a: 4' 'header = a: 5' 'header = a: 6' \
    'header = a: 7' 'header = a: 8'
check "eight headers" policy check
echo 'header = a: 9' >>"$CONF"
wrong 11 'one header criterion too many' "nine"
conf '[match a]' 'stream = bulk' 'has-header = List-Id List:'
wrong 3 'not the name of a header field' "a colon in a list of names"
conf '[match a]' 'stream = bulk' 'sender = *@exämple.example'
wrong 3 'not ASCII' "a sender that is not ASCII"
conf '[match a]' 'stream = bulk' 'recipients-from = 0'
wrong 3 'not a number from 1' "recipients from 0"
conf '[match a]' 'stream = bulk' 'uid = 1 no-such-user-here'
wrong 3 'is no user that this machine knows' "an unknown user"
conf '[match a]' 'stream = bulk' 'colour = red'
wrong 3 "unknown key 'colour'" "an unknown key"
conf '[match a]' 'stream = bulk' '[match b]' 'stream = regular' 'uid = 1'
wrong 3 'b. is never reached: .match a. at etc/dray.conf:1 takes all' \
    "a rule behind one that takes all"
conf '[match a]' 'stream = bulk' 'uid = 1' 'header = a: b' \
    '[match b]' 'stream = regular' 'header = c: d' 'header = a: b' 'uid = 1'
wrong 5 'b. is never reached' "one whose mail another takes"
conf '[match a]' 'stream = bulk' '[match b]' 'stream = regular' 'chosen = x'
check "what senders chose is apart" policy check
for i in $(seq 100); do
	printf '[match r%s]\nstream = bulk\nuid = %s\n' "$i" "$i"
done >"$CONF"
check "a hundred rules" policy check
printf '[match r]\nstream = bulk\nuid = 0\n' >>"$CONF"
policy check 2>"$T/err"
check "one more" grep -q ':301: more than 100' "$T/err"
mkdir "$BASE/etc/routes"
conf '[node]' 'hostname = mail.example.com'
echo '[match a]' >"$BASE/etc/routes/a.conf"
policy check 2>"$T/err"
check "not among the routes" grep -q \
    'routes/a.conf:1: \[match\] belongs in etc/dray.conf' "$T/err"
rm -r "$BASE/etc/routes"

# What is read is shown.

conf '[node]' 'hostname = mail.example.com' \
    '[match offers]' 'header = Subject:  *offer* | * sale ' \
    'header = X-Kind : ad' 'has-header = X-A  X-B' 'sender = *@ads.example <>' \
    'recipients-from = 3' 'campaign = no' 'tenant = yes' \
    "uid = $(id -un) 4242" 'stream = slow' \
    '[match receipts]' 'sender = shop@*' 'stream = transactional' \
    '[match old-name]' 'chosen = newsletter' 'stream = bulk' \
    '[match not-so-fast]' 'chosen = transactional' 'has-header = List-Id' \
    'stream = bulk' \
    '[stream slow]' 'priority = 9' 'lifetime = 10d'
check "compile" policy compile
for f in "header${tab}subject: *offer* | * sale${tab}etc/dray.conf:4" \
    "header${tab}x-kind: ad${tab}etc/dray.conf:5" \
    "has-header${tab}x-a x-b${tab}etc/dray.conf:6" \
    "sender${tab}*@ads.example <>${tab}etc/dray.conf:7" \
    "recipients-from${tab}3${tab}etc/dray.conf:8" \
    "campaign${tab}<>${tab}etc/dray.conf:9" \
    "tenant${tab}?*${tab}etc/dray.conf:10" \
    "uid${tab}$(id -u) 4242${tab}etc/dray.conf:11" \
    "stream${tab}slow${tab}etc/dray.conf:12"; do
	check_out "match/offers/$f" "show: ${f%%"$tab"*}" sh -c \
	    'dray-policy -b "$1" show | grep -Fx "$2"' sh "$BASE" \
	    "match/offers/$f"
done

# explains RULE STREAM WHERE NAME MESSAGE ARG ...: from the text and from what
# is in force; backslashes in the message as printf has them
explains() {
	printf '%b' "$5" >"$T/message"
	want="rule$tab$1$tab$3
stream$tab$2$tab$3"
	name=$4
	shift 5
	for n in '' -n; do
		check_out "$want" "$name${n:+, from the text}" sh -c '
			b=$1 n=$2 m=$3
			shift 3
			dray-policy -b "$b" $n explain --message "$m" "$@" |
			    head -2' sh "$BASE" "$n" "$T/message" "$@"
	done
}

explains none regular default "nothing special" \
    'Subject: hello\r\n\r\nList-Id: x\r\n'
explains receipts transactional etc/dray.conf:13 "a sender" \
    'Subject: hello\n\n' \
    --sender shop@x.example
explains offers slow etc/dray.conf:3 "all criteria" \
    'X-B:\nSubject: the\n SALE\nX-Kind: AD\n\n' --sender '<>' \
    --recipients 3 --tenant t
explains none regular default "but one: the recipients" \
    'X-B:\nSubject: the\n SALE\nX-Kind: AD\n\n' --sender '<>' \
    --recipients 2 --tenant t
explains none regular default "but one: the uid" \
    'X-B:\nSubject: the\n SALE\nX-Kind: AD\n\n' --sender '<>' \
    --recipients 3 --tenant t --uid 4243
explains campaign bulk built-in "but one: a campaign" \
    'X-B:\nSubject: the\n SALE\nX-Kind: AD\n\n' --sender '<>' \
    --recipients 3 --tenant t --campaign c
explains precedence bulk built-in "built-in: Precedence" \
    'PRECEDENCE: Junk\n\n'
explains none regular default "another Precedence" \
    'Precedence: first-class\n\n'
explains list bulk built-in "built-in: List-Unsubscribe" \
    'A: b\nList-Unsubscribe: <x>\n\n'
explains recipients bulk built-in "built-in: recipients" \
    '\n' \
    --recipients 50
explains none regular default "49" \
    '\n' --recipients 49
explains none notices message "the sender chose" \
    'List-Id: x\n\n' --stream notices
explains none slow message "in the header" \
    'X-Dray-Stream: slow\n\n'
explains campaign bulk built-in "a campaign in the header" \
    'X-Dray-Campaign: c\n\n'
explains none regular message "an option wins" \
    'X-Dray-Stream: slow\n\n' --stream regular
explains old-name bulk etc/dray.conf:16 "a name that is translated" \
    'X-Dray-Stream: newsletter\n\n'
explains not-so-fast bulk etc/dray.conf:19 "a sender is overruled" \
    'List-Id: x\n\n' \
    --stream transactional
explains none transactional message "another is not" \
    '\n' \
    --stream transactional
printf '\n' >"$T/message"
check_out "rule${tab}none${tab}message
stream${tab}fast${tab}message
refused${tab}no such stream${tab}default" "a name that nobody knows" \
    policy explain --message "$T/message" --stream fast
check_out "priority${tab}9${tab}etc/dray.conf:24
reserved-lanes${tab}0%${tab}default
reserved-rate${tab}0%${tab}default
reserved-queue${tab}0%${tab}default
lifetime${tab}10d${tab}etc/dray.conf:25
suppress-hard${tab}yes${tab}default
suppress-soft${tab}yes${tab}default
suppress-complaint${tab}yes${tab}default
suppress-unsubscribe${tab}yes${tab}default
suppress-manual${tab}yes${tab}default
suppressed-notice${tab}yes${tab}default" "and what the stream is" \
    sh -c 'dray-policy -b "$1" explain --message "$2" --stream slow |
    tail -n +3' sh "$BASE" "$T/message"
check_out "stream${tab}regular${tab}default" "from standard input" \
    sh -c 'echo | dray-policy -b "$1" explain --message - | sed -n 2p' \
    sh "$BASE"
check_rc 100 "no message" policy explain --message "$T/nothing"
check_rc 100 "no file" policy explain --sender x
check_rc 100 "an argument too many" policy explain --message "$T/message" x
check_rc 100 "an unknown option" policy explain --message "$T/message" --x
check_rc 100 "no number" policy explain --message "$T/message" --recipients x

# Without what is built in.

conf '[node]' 'hostname = mail.example.com' '[queue]' 'built-in-rules = no'
check "compile without" policy compile
explains none regular default "nothing built in" \
    'Precedence: bulk\nList-Id: x\n\n' --campaign c \
    --recipients 1000

done_testing
