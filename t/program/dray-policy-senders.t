#!/bin/sh
# [sender DOMAIN]: every mistake with its place, and what they say.
# shellcheck source=t/lib/policy.sh
. "$(dirname "$0")/../lib/policy.sh"

# wrong LINE TEXT NAME LINE..., which come behind a good beginning.
wrong() {
	line=$1
	text=$2
	name=$3
	shift 3
	conf '[node]' 'hostname = a.example' '[sender a.example]' "$@"
	mistake "$CONF:$line" "$name" "$text"
}

conf '[node]' 'hostname = a.example' '[sender Brand.Example]' \
    'return-path = bounces@bounce.Brand.example' \
    'unsubscribe-url = https://u.brand.example/leave?t={token}' \
    'unsubscribe-mailto = leave@bounce.brand.example' \
    'feedback-id = c:brand:news:x' 'list-id = News.brand.example' \
    '[sender .brand.example]' 'list-id = l.example' '[sender *]'
check "senders" policy check
check "in force" policy compile
policy show >"$T/show"
has() {
	check "show: $1" grep -q "^sender/$1${tab}$2${tab}" "$T/show"
}
has brand.example/return-path bounces@bounce.brand.example
has brand.example/unsubscribe-url 'https://u.brand.example/leave?t={token}'
has brand.example/unsubscribe-mailto leave@bounce.brand.example
has brand.example/feedback-id c:brand:news:x
has brand.example/list-id news.brand.example
has .brand.example/list-id l.example

# gets FROM NAME LINE...: what explain says of mail From there.
gets() {
	from=$1
	name=$2
	shift 2
	for l; do
		printf 'sender%s\n' "$l"
	done >"$T/want"
	policy explain --mx mx.example --from "$from" x@example.net |
	    grep '^sender' >"$T/got"
	cmp "$T/got" "$T/want" >"$T/err" 2>&1
	point $? "explain: $name" "$T/got"
}
gets x@brand.example 'a domain' \
    "${tab}brand.example${tab}etc/dray.conf:3" \
    "-return-path${tab}bounces@bounce.brand.example${tab}etc/dray.conf:4" \
    "-unsubscribe-url${tab}https://u.brand.example/leave?t={token}${tab}etc/dray.conf:5" \
    "-unsubscribe-mailto${tab}leave@bounce.brand.example${tab}etc/dray.conf:6" \
    "-feedback-id${tab}c:brand:news:x${tab}etc/dray.conf:7" \
    "-list-id${tab}news.brand.example${tab}etc/dray.conf:8"
gets x.brand.example 'those below it' \
    "${tab}.brand.example${tab}etc/dray.conf:9" \
    "-list-id${tab}l.example${tab}etc/dray.conf:10"
gets other.example 'all others' "${tab}*${tab}etc/dray.conf:11"
conf '[node]' 'hostname = a.example'
check "none of them" policy compile
gets brand.example 'nothing' "${tab}none${tab}default"

wrong 4 'not a mail address' 'a path without domain' 'return-path = bounces'
wrong 4 'has a +' 'a path with a plus' 'return-path = a+b@x.example'
wrong 4 'more than 23' 'a path without room for a token' \
    'return-path = abcdefghijklmnopqrstuvwx@x.example'
wrong 4 'not an https' 'a link in the clear' \
    'unsubscribe-url = http://x.example/{token}'
wrong 4 'no {token}' 'a link for everybody' \
    'unsubscribe-url = https://x.example/'
wrong 4 'not an https' 'a link that would end its brackets' \
    'unsubscribe-url = https://x.example/{token}>'
wrong 4 'not a mail address' 'no address' 'unsubscribe-mailto = leave'
wrong 4 'not a word' 'two words' 'feedback-id = a b'
wrong 4 'not a domain' 'no domain' 'list-id = a@b'
wrong 5 'already' 'a key twice' 'list-id = a.example' 'list-id = b.example'
wrong 4 'unknown key' 'an unknown key' 'colour = red'
wrong 4 'already' 'a section twice' '[sender A.example]'
wrong 4 'not a domain' 'no name' '[sender a@b]'
done_testing
