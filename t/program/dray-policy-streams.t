#!/bin/sh
# dray-policy: kinds of mail.  What is there without text, what an operator may
# change and add, and every mistake with its line.
. "$(dirname "$0")/../lib/policy.sh"

# wrong LINE TEXT NAME: check says one mistake, there, with this text
wrong() {
	mistake "$CONF:$1" "$3" "$2"
}

# says KEY VALUE WHERE NAME: a line of show
says() {
	policy -n show >"$T/show" 2>&1
	check "$4" grep -Fx "$1$tab$2$tab$3" "$T/show"
}

streams() {
	policy -n show | sed -n 's:^stream/\([^/]*\)/priority.*:\1:p' |
	    paste -sd' '
}

conf '[node]' 'hostname = mail.example.com'
check_out "transactional regular notices bulk" "streams without text" streams
says stream/transactional/reserved-lanes 25% default "a default"
says stream/bulk/priority 3 default "another"
for s in transactional:yes regular:yes notices:no bulk:no; do
	says "stream/${s%:*}/suppressed-notice" "${s#*:}" default \
	    "who is told of what ${s%:*} did not reach"
done
check "no lifetime, no schedule of their own" \
    sh -c '! dray-policy -b "$1" -n show | grep -E \
    "^stream/.*/(lifetime|schedule|then)"' sh "$BASE"

conf '[node]' 'hostname = mail.example.com' \
    '[stream  transactional]' 'reserved-lanes = 40%' 'lifetime = 10m' \
    '[stream offers.2]' 'priority = 9' 'schedule = 1h 2h' \
    '[stream codes]' 'priority = 1' 'then = 30s' \
    '[retry]' 'schedule = 1m' 'then = 3m' \
    '[stream bulk]'
check "a policy with streams" policy check
check_out "transactional codes regular notices bulk offers.2" \
    "in the order of their priority, then of the text" streams
says stream/transactional/reserved-lanes 40% etc/dray.conf:4 "what is set"
says stream/transactional/reserved-rate 10% default "the rest stays"
says stream/transactional/lifetime 10m etc/dray.conf:5 "a lifetime"
says stream/offers.2/schedule "1h 2h" etc/dray.conf:8 "a schedule"
says stream/offers.2/then 3m etc/dray.conf:14 "goes on as the node's"
says stream/codes/schedule 1m etc/dray.conf:13 "begins as the node's"
says stream/codes/then 30s etc/dray.conf:11 "and goes on as it says"
check "compile" policy compile
policy -n show >"$T/show"
check_out "$(cat "$T/show")" "what is in force says the same" policy show

conf '[stream]'
wrong 1 'a name has 1 to 32 of' "a stream without a name"
conf '[stream Bulk]'
wrong 1 'a name has 1 to 32 of' "a name in upper case"
conf "[stream $(printf %33s '' | tr ' ' x)]"
wrong 1 'a name has 1 to 32 of' "a name of 33 octets"
conf "[stream $(printf %32s '' | tr ' ' x)]"
check "one of 32" policy check
conf '[streams]'
wrong 1 'unknown section' "another word"
conf '[stream bulk]' '[stream  bulk ]'
wrong 2 'is already at etc/dray.conf:1' "a stream twice"
conf '[stream a]' 'priority = 0'
wrong 2 'is not from 1 to 100' "priority 0"
conf '[stream a]' 'priority = 1' 'priority = 1'
wrong 3 'is already set' "a key twice"
conf '[stream a]' 'reserved-lanes = many'
wrong 2 'is not a percentage such as' "no percentage"
conf '[stream a]' 'reserved-lanes = 91%'
wrong 2 'is not from 0% to 90%' "over 90 percent"
conf '[stream a]' 'reserved-lanes = 10'
check "a percentage without its sign" policy check
conf '[stream a]' 'lifetime = 366d'
wrong 2 'is not from 0s to 365d' "a lifetime too long"
conf '[stream a]' 'schedule = 1h soon'
wrong 2 'is not a list of durations' "no schedule"
conf '[stream a]' 'then = 0'
wrong 2 'is not from 1s to 30d' "no wait"
conf '[stream a]' 'color = red'
wrong 2 "unknown key 'color'" "an unknown key"
conf '[stream a]' 'reserved-lanes = 30%' \
    '[stream b]' 'reserved-lanes = 36%' 'reserved-rate = 70%'
wrong 4 'reserved-lanes of all streams together is 91%, more than 90%' \
    "reserves that leave too little"
conf '[stream a]' 'reserved-lanes = 30%' 'reserved-rate = 80%' \
    '[stream b]' 'reserved-lanes = 35%'
check "reserves that leave a tenth" policy check
seq 12 | sed 's/.*/[stream s&]/' >"$CONF"
check "sixteen streams" policy check
echo '[stream s13]' >>"$CONF"
wrong 13 'more than 16 streams' "seventeen"
mkdir "$BASE/etc/routes"
conf '[node]' 'hostname = mail.example.com'
echo '[stream a]' >"$BASE/etc/routes/a.conf"
policy check 2>"$T/err"
check "not among the routes" grep -q \
    'routes/a.conf:1: \[stream\] belongs in etc/dray.conf' "$T/err"

done_testing
