#!/bin/sh
# The rules that ship, on replies that servers gave: $DRAY_CORPUS/replies.  Of a
# hundred at least 97 get the class that a person gave them, or one of those
# that are as good.
. "$(dirname "$0")/../lib/lib.sh"

corpus=${DRAY_CORPUS:-$TOP/../shared/corpus}
[ -e "$corpus/replies/replies.tsv" ] || skip_all "there is no corpus"
rules=$TOP/common/policy/rules

grep -v '^#' "$corpus/replies/replies.tsv" >"$T/rows"
cut -f1-4 "$T/rows" | dray-policy -r "$rules" classify >"$T/got" 2>"$T/err"
point $? "all are classified" "$T/err"
rows=$(wc -l <"$T/rows")
[ "$(wc -l <"$T/got")" = "$rows" ]
point $? "one answer each"
paste "$T/rows" "$T/got" | awk -F '\t' '
	$8 != $5 && index("," $6 ",", "," $8 ",") == 0 {
		print $5 " but " $8 " by " $11 ": " $1, $2, $3
	}' >"$T/wrong"
wrong=$(wc -l <"$T/wrong")
echo "# $((rows - wrong)) of $rows"
[ $((wrong * 100)) -le $((rows * 3)) ]
point $? "97 of 100 are understood" "$T/wrong"
[ "$(cut -f4 "$T/got" | grep -c '^default')" -le $((rows / 20)) ]
point $? "hardly any by its codes alone"

# classes.md: what is to be slowed down or tried again stays, whatever the
# code; what is no good mail fails, but where they ask for another attempt; what
# is no mailbox fails at the latest with a 5xx.
paste "$T/got" "$T/rows" | awk -F '\t' '
	$1 ~ /^(reputation|rate-limited|greylist|network|dns|system)$/ &&
	    $3 != "retry" && $4 !~ /^default/ && $4 != "yahoo-never" ||
	$1 ~ /^(virus|too-large|content-rejected|spam-block)$/ &&
	    $3 != "fail" && $4 !~ /^default|-later$/ ||
	$1 == "bad-mailbox" && $3 != "fail" && $5 >= 500' >"$T/odd"
[ ! -s "$T/odd" ]
point $? "what becomes of them follows from the class" "$T/odd"
done_testing
