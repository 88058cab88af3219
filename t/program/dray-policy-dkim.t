#!/bin/sh
# [dkim DOMAIN] and [signing]: who signs which mail and why, and every mistake
# with its place.
# shellcheck source=t/lib/policy.sh
. "$(dirname "$0")/../lib/policy.sh"

K=$BASE/etc/dkim/a.conf
mkdir -p "$BASE/etc/dkim"

dkim() {
	printf '%s\n' "$@" >"$K"
}

main() {
	conf '[node]' 'hostname = a.example' "$@"
}

# signs FROM NAME LINE...: what explain says of mail From there.
signs() {
	from=$1
	name=$2
	shift 2
	for l; do
		printf 'signature\t%s\n' "$l"
	done >"$T/want"
	policy explain --mx mx.example --from "$from" x@example.net \
	    >"$T/out" 2>"$T/err"
	grep '^signature' "$T/out" >"$T/got"
	cmp "$T/got" "$T/want" >>"$T/err" 2>&1
	rc=$?
	cat "$T/got" >>"$T/err"
	point $rc "$name" "$T/err"
}

main
check "nobody signs" policy compile
signs x@brand.example 'mail without a key' "none${tab}default"

dkim '[dkim Brand.Example]' 'rsa = 20261122' 'ed25519 = E1' \
    '[dkim operator.example]' 'rsa = op' 'domainkeys = yes' \
    '[dkim other.example]' 'ed25519 = a.b' 'subdomains = no'
check "three domains" policy compile
check_out "dkim/brand.example/rsa${tab}20261122${tab}etc/dkim/a.conf:2" \
    "a fact" sh -c 'dray-policy -b "$1" show | grep "^dkim/brand.*/rsa"' - "$BASE"
signs x@brand.example 'two keys' \
    "brand.example, rsa-sha256, selector 20261122${tab}etc/dkim/a.conf:2" \
    "brand.example, ed25519-sha256, selector e1${tab}etc/dkim/a.conf:3"
signs news.brand.example 'a domain below' \
    "brand.example, rsa-sha256, selector 20261122${tab}etc/dkim/a.conf:2" \
    "brand.example, ed25519-sha256, selector e1${tab}etc/dkim/a.conf:3"
signs operator.example 'DomainKeys as well' \
    "operator.example, rsa-sha256, selector op${tab}etc/dkim/a.conf:5" \
    "operator.example, domainkeys, selector op${tab}etc/dkim/a.conf:6"
signs x.other.example 'not below that one' "none${tab}default"

main '[signing]' 'also = operator.example'
check "one that signs all" policy compile
signs other.example 'both' \
    "other.example, ed25519-sha256, selector a.b${tab}etc/dkim/a.conf:8" \
    "operator.example, rsa-sha256, selector op, which signs all mail${tab}etc/dray.conf:4"
signs nobody.example 'that one alone' \
    "operator.example, rsa-sha256, selector op, which signs all mail${tab}etc/dray.conf:4"
signs x.operator.example 'and DomainKeys for its own' \
    "operator.example, rsa-sha256, selector op, which signs all mail${tab}etc/dray.conf:4" \
    "operator.example, domainkeys, selector op, which signs all mail${tab}etc/dray.conf:4"

main '[signing]' 'also = operator.example' 'without-key = refuse'
check "mail without a key is refused" policy compile
signs nobody.example 'which is said' \
    "none, and it is refused${tab}etc/dray.conf:5"
main '[signing]' 'also = operator.example' 'without-key = unsigned'
check "or leaves unsigned" policy compile
signs nobody.example 'which is said' "none${tab}etc/dray.conf:5"

main '[signing]' 'also = x.example'
mistake "$CONF:4" 'a domain without a key signs all' 'no \[dkim x.example\]'
main '[signing]' 'without-key = also'
mistake "$CONF:4" 'nobody signs all' 'also is not set'
main '[signing]' 'without-key = never'
mistake "$CONF:4" 'no such way' 'none of: unsigned also refuse'
main '[dkim a.example]' 'rsa = x'
mistake "$CONF:3" 'in the wrong file' 'belongs in a file of etc/dkim'
main
dkim '[dkim a.example]' 'subdomains = no'
mistake "$K:1" 'no key' 'neither rsa nor ed25519'
dkim '[dkim a.example]' 'ed25519 = x' 'domainkeys = yes'
mistake "$K:3" 'DomainKeys without RSA' 'there is no rsa'
dkim '[dkim a.example]' 'ed25519 = x' 'rsa = X'
mistake "$K:2" 'one selector for two keys' "'x' is that of rsa"
for s in ../x .x x. a..b a/b 'a b' "$(printf '%064d' 0)" ''; do
	dkim '[dkim a.example]' "rsa = $s"
	mistake "$K:2" "the selector '$s'" 'is not a selector'
done
dkim '[dkim a.example]' 'rsa = x' 'bits = 1'
mistake "$K:3" 'an unknown key' "unknown key 'bits'"
dkim '[dkim a..example]' 'rsa = x'
mistake "$K:1" 'no domain' 'not a domain'
dkim '[dkim a.example]' 'rsa = x' '[dkim A.example]' 'rsa = y'
mistake "$K:3" 'twice' 'is already at'
done_testing
