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
