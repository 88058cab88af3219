#!/bin/sh
# dray-policy: providers, who is one and what is wrong with the text.
. "$(dirname "$0")/../lib/policy.sh"

P=$BASE/etc/providers/p.conf
R=$BASE/etc/routes/r.conf
mkdir -p "$BASE/etc/routes" "$BASE/etc/providers"

good() {
	rm -f "$BASE"/etc/*/*
	: >"$BASE/etc/dray.conf"
	cat >"$P" <<'EOF'
[provider big]
mx = .big.example mx.elsewhere.example
domains = big.test
aliases = large gross/klein
connections = 7
message-rate = 100/min
total-connections = 50

[provider small]
mx = .part.big.example
networks = 192.0.2.0/24 2001:db8::/32
retry = 1m 5m
retry-then = 1h
EOF
	cat >"$R" <<'EOF'
[route slow]
sources = 192.0.2.1
EOF
}

# says LINE NAME: check says one mistake, in that line of P, or of the file
# that is given as FILE:LINE.
says() {
	case $1 in
	*:*) where=$1 ;;
	*) where=$P:$1 ;;
	esac
	mistake "$where" "$2"
}

# edit SED-SCRIPT, from a good file of providers
edit() {
	good
	sed "$1" "$P" >"$T/edited" && cat "$T/edited" >"$P"
}

# add TEXT, in front of which is a line that is empty: it begins in line 15.
add() {
	good
	printf '\n%b\n' "$1" >>"$P"
}

good
check "a good file" policy check

# Names.
edit '1s/big/b ig/'
says 1 "a name of two words"
edit '1s/big/b\/g/'
says 1 "a slash in a name"
edit '1s/big//'
says 1 "no name"
edit "1s/big/$(printf %065d 0)/"
says 1 "a name too long"
edit '9s/small/big/'
says 9 "a provider twice"
edit '9s/small/large/'
says 9 "a provider with the alias of another"
edit '4s/large/small/'
says 9 "an alias that is another's name"
edit '4s/large/big/'
says 4 "an alias that is its own name"
edit '4s/large/a b a/'
says 4 "an alias twice"
edit '4s/large/a\\b/'
says 4 "an alias that is none"
good
printf '[provider big]\nmx = x.example\n' >"$BASE/etc/providers/q.conf"
says "$BASE/etc/providers/q.conf:1" "a provider in two files"

# Patterns.
for w in '*.big.example' '*' .. . 'a..b' 'a b,c' '192.0.2.1' '[192.0.2.1]' \
    '-a.example' "$(printf %064d 0).example" '.' 'a@b.example'; do
	edit "2s/=.*/= ok.example $w/"
	says 2 "no mx: $w"
	edit "3s/=.*/= $w/"
	says 3 "no domain: $w"
done
edit '10s/=.*/= .big.example/'
says 10 "mx of another provider"
edit '10s/=.*/= .BIG.example./'
says 10 "in another way to write it"
edit '11s/^networks.*/domains = big.test/'
says 11 "a domain of another provider"
edit '2s/=.*/= .big.example .big.example./'
says 2 "a pattern twice"
edit '2s/=.*/= .big.example .deep.big.example/'
says 2 "a pattern that another one covers"
edit '2s/=.*/= .big.example .deep.part.big.example/'
check "but not where a third is between them" policy check
edit '2s/=.*/= mx.big.example./; 3s/=.*/= BIG.test./'
check_out "mx.big.example big.test" "a dot at the end is left out" \
    sh -c 'dray-policy -b "$1" -n show |
    awk -F"\t" "/big.(mx|domains)\t/ { a[\$1] = \$2 }
    END { print a[\"provider/big/mx\"], a[\"provider/big/domains\"] }"' sh "$BASE"
for w in 192.0.2.1/24 192.0.2.0/33 192.0.2.0/ 192.0.2.0/x 192.0.2/24 \
    2001:db8::1/32 2001:db8::/129 ::g/8 example.com 192.0.2.0/-1 /8; do
	edit "11s,=.*,= $w,"
	says 11 "no network: $w"
done
edit '11s,=.*,= 192.0.2.0/24 192.0.2.0/24,'
says 11 "a network twice"
add '[provider third]\nnetworks = 192.0.2.0/24'
says 16 "a network of another provider"
edit '10,11d'
says 9 "a provider that nobody is"
printf '[static x.example]\nhosts = 192.0.2.9\nprovider = small\n' >>"$R"
check "but a static route may lead there" policy check
sed -i 's/= small/= smal/' "$R"
policy check 2>"$T/err"
check_out "$R:5" "a static route to an unknown provider" \
    sh -c 'grep "there is no provider" "$1" | cut -d: -f1,2' sh "$T/err"

# For one route.
add '[provider big route slow]\nconnections = 1'
check "a provider on a route" policy check
add '[provider bug route slow]\nconnections = 1'
says 15 "of an unknown provider"
add '[provider big route slw]\nconnections = 1'
says 15 "on an unknown route"
add '[provider big route]'
says 15 "on no route"
add '[provider big slow]'
says 15 "without the word route"
add '[provider big route slow x]'
says 15 "with a word too many"
add '[provider big route slow]\nmx = .x.example'
says 16 "mx of a provider on a route"
add '[provider big route slow]\ntotal-connections = 3'
says 16 "a total on a route"
add '[provider big route slow]\n[provider big route slow]'
says 16 "twice"

# Values.
for v in 7 7/ /s 7/x 7/0s 0/s -1/s 7/s/s 7/2d '7 /s' 99999999/s 7/min/h 1K/s \
    7/w; do
	edit "6s,=.*,= $v,"
	says 6 "no rate: $v"
done
for v in '7/s 7/s' '60/m 60/min' '10/30s 10/30s' '1000/h 1000/h' \
    '5/1d 5/d' '5/86400s 5/d' 'none none' '0 none' '9/120s 9/2m'; do
	edit "6s,=.*,= ${v% *},"
	check_out "${v#* }" "rate: ${v% *}" sh -c 'dray-policy -b "$1" -n show |
	    sed -n "s,^provider/big/message-rate.\([^	]*\)	.*,\1,p"' sh "$BASE"
done
edit '6s,.*,byte-rate = 10M/min,'
check "octets in a time" policy check
edit '6s,.*,byte-rate = 5G/s,'
says 6 "too many of them"
edit '7s/=.*/= x/'
says 7 "no number"
edit '7s/^/subtotal-/'
says 7 "an unknown key"
edit '12s/=.*/= 1m never/'
says 12 "no schedule"
edit '5s/$/\nbackoff-min = 2h/'
says 6 "a back-off that contradicts the default"

# Where they stand.
good
printf '[provider x]\nmx = x.example\n' >>"$R"
says "$R:3" "a provider among the routes"
good
printf '[provider x]\nmx = x.example\n' >"$BASE/etc/dray.conf"
says "$BASE/etc/dray.conf:1" "a provider in dray.conf"
add '[route x]\nsources = 192.0.2.1'
says 15 "a route among the providers"

# A mistake leaves the generation that is in force.
good
policy compile >"$T/out"
cp "$BASE/policy/policy.cdb" "$T/old"
edit '2s/=.*/= */'
check_rc 100 "compile with a mistake" policy compile
check "leaves the old policy" cmp "$T/old" "$BASE/policy/policy.cdb"

# show.
good
policy -n show >"$T/show"
for f in "provider/big${tab}big${tab}etc/providers/p.conf:1" \
    "provider/big/mx${tab}.big.example mx.elsewhere.example${tab}etc/providers/p.conf:2" \
    "provider/big/message-rate${tab}100/min${tab}etc/providers/p.conf:6" \
    "provider/big/total-connections${tab}50${tab}etc/providers/p.conf:7" \
    "provider/small/networks${tab}192.0.2.0/24 2001:db8::/32${tab}etc/providers/p.conf:11" \
    "provider/small/retry${tab}1m 5m${tab}etc/providers/p.conf:12"; do
	check "show: $f" grep -Fx "$f" "$T/show"
done

# What ships.
SHIP=$T/ship
mkdir -p "$SHIP/etc"
cp "$TOP/common/policy/dray.conf" "$SHIP/etc"
check "what ships is a pack" dray-policy -b "$SHIP" install "$TOP/common/policy"
check "what ships is good" dray-policy -b "$SHIP" check
dray-policy -b "$SHIP" -n show | grep '^provider/' >"$T/show"
check_out "" "every provider in it has servers or domains" sh -c '
    cut -d/ -f2 "$1" | cut -f1 | sort -u >"$2/all"
    grep -E "/(mx|domains|networks)	" "$1" | cut -d/ -f2 | sort -u |
    comm -23 "$2/all" -' sh "$T/show" "$T"
for p in google microsoft office365 yahoo apple comcast orange laposte sfr gmx \
    qq netease mimecast barracuda zoho godaddy amazonses proton yandex mail.ru \
    kddi docomo cox spectrum; do
	check "$p is known" grep -q "^provider/$p	" "$T/show"
done
done_testing
