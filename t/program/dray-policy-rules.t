#!/bin/sh
# dray-policy and reply rules: every mistake is told with its line, which rule
# comes first, samples, and the commands that try rules on replies.
. "$(dirname "$0")/../lib/policy.sh"

RULES=$BASE/etc/rules
mkdir -p "$RULES"
cat >"$BASE/etc/dray.conf" <<'EOF'
[node]
hostname = mail.example.com
EOF
mkdir "$BASE/etc/providers"
cat >"$BASE/etc/providers/a.conf" <<'EOF'
[provider google]
domains = google.example
[provider yahoo]
domains = yahoo.example
aliases = aol
EOF

# rule ID CLASS TEXT: one that is whole, six lines of which text is the third
rule() {
	cat <<EOF
[rule $1]
class = $2
text = $3
provenance = a test
match = 450 $3
nomatch = 450 nothing
EOF
}

# bad NAME LINE TEXT, with the file on standard input: one mistake, there.
bad() {
	cat >"$RULES/a.rules"
	policy check >"$T/out" 2>&1
	rc=$?
	printf '%s/etc/rules/a.rules:%s: %s\n' "$BASE" "$2" "$3" >"$T/want"
	[ $rc -eq 100 ] && cmp -s "$T/out" "$T/want"
	point $? "$1" "$T/out"
}

# with NAME LINE-OF-MISTAKE MISTAKE KEY...: the keys are lines 6 and following
# of a rule that has all but a pattern.
with() {
	name=$1
	line=$2
	text=$3
	shift 3
	{
		cat <<'EOF'
[rule a]
class = greylist
provenance = a test
match = 450 Slow down
nomatch = 250 fine
EOF
		printf '%s\n' "$@"
	} >"$T/in"
	bad "$name" "$line" "$text" <"$T/in"
}

bad "an unknown section" 1 "neither [rules] nor [rule ID]: [limits]" <<'EOF'
[limits]
connections = 5
EOF
bad "a key before the first section" 1 "a key before the first [section]" <<'EOF'
class = virus
EOF
bad "a line that is nothing" 1 "neither a [section] nor a key = value" <<'EOF'
nothing
EOF
bad "a name that is none" 1 \
    "[rule Slow]: not a name of 1 to 63 of a-z 0-9 . -" <<'EOF'
[rule Slow]
EOF
{
	rule a greylist slow
	echo '[rules]'
} >"$T/in"
bad "[rules] too late" 7 "[rules] comes before all [rule ID]" <"$T/in"
bad "an unknown key of [rules]" 2 "unknown key 'order'" <<'EOF'
[rules]
order = 3
EOF
bad "a rank that is none" 2 "rank: '10' is not from 0 to 9" <<'EOF'
[rules]
rank = 10
EOF
bad "the rank twice" 3 "rank: is already set at etc/rules/a.rules:2" <<'EOF'
[rules]
rank = 1
rank = 2
EOF
for key in class provenance match nomatch text; do
	case $key in
	class) text="has no class" ;;
	provenance) text="has no provenance: where is this known from?" ;;
	match) text="has no match: a reply that it is made for" ;;
	nomatch) text="has no nomatch: a reply that it must leave alone" ;;
	text) text="has no code, enhanced, text or regex" ;;
	esac
	rule a greylist slow | grep -v "^$key = " >"$T/in"
	bad "no $key" 1 "[rule a] $text" <"$T/in"
done
with "an unknown key" 6 "unknown key 'codes'" "codes = 450" "text = slow"
with "a key twice" 7 "class: is already set at etc/rules/a.rules:2" \
    "text = slow" "class = virus"
with "an unknown blame" 6 \
    "blame: 'them' is not recipient, message, sender-domain, source, source-at-site, site or none" \
    "blame = them" "text = slow"
with "an unknown disposition" 6 \
    "disposition: 'bounce' is not retry, fail, default or ignore" \
    "disposition = bounce" "text = slow"
with "an unknown provider" 6 "provider: there is no provider 'acme'" \
    "provider = acme" "text = slow"
with "an unknown phase" 6 \
    "phase: 'rcpt end' is not a list of connect helo starttls mail rcpt data dot" \
    "phase = rcpt end" "text = slow"
for code in 45 4x5 650 450-459 xxx 4500; do
	with "a code: $code" 6 \
	    "code: '$code' is not a list of codes such as 421 45x 5xx" \
	    "code = $code" "text = slow"
done
for code in 4.7 3.1.1 4.7.1.1 4.7.9-1 4.7.1000 x; do
	with "an enhanced code: $code" 6 \
	    "enhanced: '$code' is not a list of codes such as 4.7.28 x.7.1 5.7.606-649 5.1.x" \
	    "enhanced = $code" "text = slow"
done
with "too many codes" 6 \
    "code: '421 422 423 424 425 426 427 428 429' has more than 8 codes" \
    "code = 421 422 423 424 425 426 427 428 429" "text = slow"
with "a short text" 6 "text: 'lo' is shorter than three octets" "text = lo"
with "a malformed expression" 6 \
    "regex: 'slow(' is no regular expression: missing closing parenthesis at octet 6" \
    "regex = slow("
with "an expression without a literal" 6 \
    "regex: 's.o.' has no literal text of three octets that is in each match" \
    "regex = s.o."
with "an endless dot" 6 \
    "regex: 'slow.*down' repeats a dot or a [^class] without end; write .{0,80}" \
    "regex = slow.*down"
with "an expression that is not ASCII" 6 \
    "regex: 'slow|pr??t' is not plain ASCII" "regex = slow|prêt"
for action in "slow" "slow 0%" "slow 100%" "connections x" "hold 1h" \
    "reroute" "stop" "note 1 2"; do
	with "an action: $action" 6 \
	    "action: '$action' is not slow N%, connections N, messages N, hold, hold-stream, skip-host, reroute ROUTE, note or none" \
	    "action = $action" "text = slow"
done
with "an action without a duration" 1 \
    "[rule a] has an action without a duration" \
    "action = slow 50%" "text = slow"
with "a duration without an action" 1 \
    "[rule a] has a duration without an action" \
    "duration = 1h" "text = slow"
with "a duration that is none" 7 \
    "duration: 'long' is not a duration from 1s to 30d" \
    "action = hold" "duration = long" "text = slow"
with "neither yes nor no" 6 "enabled: 'maybe' is neither yes nor no" \
    "enabled = maybe" "text = slow"
with "a sample that does not match" 4 "match: [rule a] does not match this" \
    "text = quick"
with "a sample that must not match" 5 "nomatch: [rule a] matches this" \
    "text = slow" "text = fine"
{
	rule a greylist slow
	rule a greylist slower
} >"$T/in"
bad "a name twice" 7 "[rule a] is already at etc/rules/a.rules:1" <"$T/in"
{
	rule a greylist slow
	rule b rate-limited "slow down"
} >"$T/in"
bad "a rule that is never reached" 7 \
    "[rule b] is never reached: [rule a] at etc/rules/a.rules:1 takes what it is made for" \
    <"$T/in"

# All of them at once, and none of it in force.
rm -f "$RULES/a.rules"
check "a policy without rules" policy compile
cat >"$RULES/a.rules" <<'EOF'
[rule a]
class = nothing
regex = (
text = slow
match = 550 quick
[rule b]
klass = virus
EOF
policy compile >"$T/out" 2>&1
rc=$?
sed 's/.*a\.rules:\([0-9]*\):.*/\1/' "$T/out" | tr '\n' ' ' >"$T/lines"
[ $rc -eq 100 ] && [ "$(cat "$T/lines")" = "2 3 7 " ]
point $? "all mistakes in one go" "$T/out"
policy show >"$T/out" 2>&1
rc=$?
[ $rc -eq 0 ] && ! grep -q "^rule/" "$T/out"
point $? "the old policy is in force" "$T/out"
rm -f "$RULES/a.rules"

# Which comes first.
answer() {
	printf '%s\n' "$1" | policy classify
}
rule general spam-block "slow down" >"$RULES/a.rules"
{
	rule of-google rate-limited "slow"
	echo "provider = google aol"
} >"$RULES/b.rules"
rule later virus "down" >"$RULES/c.rules"
check "three files compile" policy compile
check_out "rate-limited${tab}source-at-site${tab}retry${tab}of-google" \
    "a rule of the provider comes first" \
    answer "550${tab}5.1.1${tab}Slow down${tab}yahoo"
check_out "rate-limited${tab}source-at-site${tab}retry${tab}of-google" \
    "under any of its names" answer "550${tab}5.1.1${tab}Slow down${tab}aol"
check_out "spam-block${tab}message${tab}fail${tab}general" \
    "then the first file" answer "450${tab}-${tab}Slow  DOWN${tab}-"
check_out "virus${tab}message${tab}fail${tab}later" \
    "then the others" answer "450${tab}-${tab}down${tab}other"
check_out "unknown${tab}none${tab}retry${tab}default:4xx" \
    "and what no rule knows" answer "450${tab}-${tab}up"
check_out "mailbox-full${tab}recipient${tab}fail${tab}default:x.2.2" \
    "goes by its codes" answer "554${tab}5.2.2"
check_out "unknown${tab}none${tab}default${tab}default" \
    "where there are any" answer "-${tab}-${tab}-${tab}-"
{
	echo "[rules]"
	echo "rank = 5"
	rule later virus "down"
} >"$RULES/0.rules"
check "a file of a higher rank" policy compile
check_out "spam-block${tab}message${tab}fail${tab}general" \
    "comes last, whatever its name" answer "450${tab}-${tab}slow down"
check_out "virus${tab}message${tab}fail${tab}later" \
    "its rule gives way to one of the same name" answer "450${tab}-${tab}down"
policy show | grep -q "^rule/later/text${tab}down${tab}etc/rules/c.rules:3\$"
point $? "which is what is shown"
printf '[rule later]\nenabled = no\n' >"$RULES/c.rules"
check "a rule that is turned off" policy compile
check_out "unknown${tab}none${tab}retry${tab}default:4xx" \
    "is not there" answer "450${tab}-${tab}down"

# Where the rules come from.
{
	rule other greylist slow
	echo "match = 5.7.1 slowly"
} >"$T/other.rules"
mkdir "$T/dir"
cp "$T/other.rules" "$T/dir/x.rules"
echo "junk" >"$T/dir/ignored.txt"
for r in "$T/other.rules" "$T/dir"; do
	printf '550\t-\tslow\n' | dray-policy -r "$r" classify >"$T/out"
	[ "$(cat "$T/out")" = "greylist${tab}none${tab}retry${tab}other" ]
	point $? "rules of ${r##*/}" "$T/out"
done
check_out "1 rules, 3 samples, all as they should be" "samples of a file" \
    dray-policy -r "$T/other.rules" test
check_out "2 rules, 4 samples, all as they should be" \
    "samples of the policy" policy test
rule later virus "upward" >"$RULES/c.rules"
printf '450\t-\tupward\n' >"$T/in"
policy -n classify <"$T/in" >"$T/out"
[ "$(cut -f4 "$T/out")" = later ]
point $? "-n: the text, which is not in force" "$T/out"
policy classify <"$T/in" >"$T/out"
[ "$(cut -f4 "$T/out")" = default:4xx ]
point $? "without: what is in force" "$T/out"
check_rc 100 "rules that are not there" dray-policy -r "$T/none" test
check_rc 100 "-r goes with rules only" dray-policy -r "$T/dir" check
sed 's/^text = .*/text = quick/' "$T/other.rules" >"$T/dir/x.rules"
dray-policy -r "$T/dir" test >"$T/out" 2>&1
rc=$?
[ $rc -eq 100 ] && [ "$(wc -l <"$T/out")" = 2 ] &&
    grep -qF "$T/dir/x.rules:5: match: [rule other] does not match this" \
	"$T/out"
point $? "a failed sample of a directory" "$T/out"

# Streams: an answer to each line as it comes, whatever the line is like.
mkfifo "$T/to" "$T/from"
policy classify <"$T/to" >"$T/from" 2>"$T/err" &
pid=$!
exec 8>"$T/to" 9<"$T/from"
printf '450\t-\tslow down\t-\n' >&8
IFS= read -r line <&9
[ "$line" = "spam-block${tab}message${tab}fail${tab}general" ]
point $? "an answer before the next question"
exec 8>&-
cat <&9 >"$T/out"
exec 9<&-
wait $pid
rc=$?
[ $rc -eq 0 ] && [ ! -s "$T/out" ]
point $? "and none after the last" "$T/out"
{
	printf '450\t-\tslow down %02000000d\tgoogle\n' 0
	printf '\n\t\t\t\t\t\t\n'
	printf '450\t4.7.1\tslow \000\377 down\tgoogle'
} | policy classify >"$T/out"
cut -f4 "$T/out" | tr '\n' ' ' >"$T/ids"
[ "$(cat "$T/ids")" = "of-google default default of-google " ]
point $? "long, empty and odd lines" "$T/out"

# What rules would have said of yesterday.
event() {
	printf '{"type":"%s","id":"x-1","recipient":"a@example.com",' "$1"
	printf '"response":{"code":%s,"enhanced_code":{"class":%s,' \
	    "$2" "${2%??}"
	printf '"subject":7,"detail":1},"content":"%s","command":"RCPT"}' "$3"
	printf '%s}\n' "${4:-}"
}
{
	event TransientFailure 450 "slow down" \
	    ',"class":"spam-block","blame":"message","rule":"general"'
	event Bounce 550 "slow down" \
	    ',"class":"greylist","blame":"none","rule":"was"'
	event TransientFailure 450 "slow down" \
	    ',"class":"greylist","blame":"none","rule":"was"'
	event Delivery 250 "slow down"
	event Bounce 550 "up" ',"class":"policy","blame":"message"'
	echo '{"type":"Reception","id":"x-2"}'
	echo 'no event'
	printf '%0300000d\n' 0
} >"$T/events"
dray-policy replay "$T/other.rules" <"$T/events" >"$T/out" 2>"$T/err"
rc=$?
cat >"$T/want" <<EOF
spam-block message retry general greylist none retry other x-1 a@example.com 450 4.7.1 slow down
greylist none fail was greylist none retry other x-1 a@example.com 550 5.7.1 slow down
EOF
tr '\t' ' ' <"$T/out" | cmp -s - "$T/want" && [ $rc -eq 0 ]
point $? "replay: what would be taken otherwise" "$T/out"
[ "$(cat "$T/err")" = "4 replies, 2 would be taken otherwise
2 lines are no events" ]
point $? "and how much" "$T/err"

# The rules that ship.
check "the samples of the rules that ship" \
    dray-policy -r "$TOP/common/policy/rules" test
done_testing
