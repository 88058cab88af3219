#!/bin/sh
# dray-policy: routes, their sources and what they are chosen for; tenants and
# campaigns.
. "$(dirname "$0")/../lib/policy.sh"

R=$BASE/etc/routes/r.conf
mkdir -p "$BASE/etc/routes" "$BASE/etc/providers"

good() {
	rm -f "$BASE"/etc/*/*
	cat >"$CONF" <<'EOF'
[stream digest]
priority = 5

[tenant *]
connections = 5
message-rate = 10/s

[tenant shop.example]
daily-messages = 1000
message-burst = 3

[campaign november]
message-rate = 100/min
EOF
	cat >"$R" <<'EOF'
[route slow]
sources = 192.0.2.1*3 2001:db8::1
streams = bulk digest
tenants = *
senders = news@example.com .lists.example.com <>
depth = 2
total-message-rate = 5/s

[route plain]
sources = 192.0.2.2

[source 192.0.2.1]
helo = a.example.com

[source 2001:DB8:0::1]
helo = [IPv6:2001:db8::1]

[static s.example]
hosts = 192.0.2.9
source = 192.0.2.1
EOF
}

# edit FILE SED-SCRIPT, from good files
edit() {
	good
	sed "$2" "$1" >"$T/edited" && cat "$T/edited" >"$1"
}

# add TEXT behind the good routes: it begins in line 22.
add() {
	good
	printf '\n%b\n' "$1" >>"$R"
}

good
check "good files" policy check

# Names.
for n in '' 'a b' a/b 'a*' "$(printf %065d 0)" '*' "$(printf 'b\303\274')"; do
	edit "$R" "9s,plain,$n,"
	mistake "$R:9" "no name of a route: $n"
done
edit "$R" '9s/plain/slow/'
mistake "$R:9" "a route twice"
for n in '' x 192.0.2 192.0.2.1/24 '[::1]' 0.0.0.0 '192.0.2.1*2' a.example; do
	edit "$R" "12s,192.*],$n],"
	mistake "$R:12" "no address of a source: $n"
done
add '[source 2001:db8::0:1]\nhelo = x.example.com'
mistake "$R:22" "a source twice, in another way to write it"
edit "$R" '12s/2.1/2.3/'
mistake "$R:12" "a source that no route has"
edit "$R" '13s/.*//'
mistake "$R:12" "a source that says nothing"
edit "$R" '13s/=.*/= a b/'
mistake "$R:13" "no HELO name"
edit "$R" '13s/helo/name/'
mistake "$R:13" "an unknown key of a source"

# Sources.
edit "$R" '10d'
mistake "$R:9" "a route without sources"
for v in x 192.0.2.2,192.0.2.3 '192.0.2.2*0' '192.0.2.2*1000001' '192.0.2.2*' \
    '192.0.2.2*x' '192.0.2.2*-1' '192.0.2.2*1*1' 224.0.0.1 '[::1]' ::ffff:1.2.3.4 \
    '192.0.2.2 192.0.2.2*2' '* 192.0.2.2' 192.0.2.2:25; do
	edit "$R" "10s/=.*/= $v/"
	mistake "$R:10" "no sources: $v"
done
edit "$R" "10s/=.*/= $(seq -f '192.0.2.%g' -s ' ' 65)/"
mistake "$R:10" "65 sources"
edit "$R" "10s/=.*/= $(seq -f '192.0.2.%g' -s ' ' 64)/"
check "64 sources" policy check

# What a route is chosen for.
edit "$R" '3s/digest/digests/'
mistake "$R:3" "an unknown stream"
edit "$R" '3s/=.*/= bulk bulk/'
mistake "$R:3" "a stream twice"
edit "$R" '4s/=.*/= a,b/'
mistake "$R:4" "no tenants"
for v in 'a b@@c' a@ @a .. '*.example.com' a@b..c '<a@b>' "$(printf 'b\303\274@c')"; do
	edit "$R" "5s/=.*/= $v/"
	mistake "$R:5" "no senders: $v"
done
for v in 'A@Example.COM example.com .Example.com. *' '<>' '*'; do
	edit "$R" "5s/=.*/= $v/"
	check "senders: $v" policy check
done
add '[route other]\nsources = 192.0.2.3\nstreams = digest\nsenders = <>'
mistake "$R:25" "two routes for the same mail"
add '[route other]\nsources = 192.0.2.3\nstreams = digest\nsenders = *'
check "but not where one is more specific" policy check
add '[route other]\nsources = 192.0.2.3\ntenants = *
[route third]\nsources = 192.0.2.4\nsenders = *'
mistake "$R:27" "two routes for all mail"
add "[route other]\nsources = 192.0.2.3\nsenders = $(seq -f 's%g' -s ' ' 150)
tenants = $(seq -f 't%g' -s ' ' 150)"
mistake "$R:22" "a route for too many kinds of mail"
edit "$R" '7s/rate/rite/'
mistake "$R:7" "an unknown key of a route"
edit "$R" '7s/=.*/= 5/'
mistake "$R:7" "no rate"
edit "$R" '6s/=.*/= 0/'
mistake "$R:6" "no depth"
edit "$R" '6s/.*/backoff-max = 1s/'
mistake "$R:6" "a back-off that contradicts the default"
good
printf '[tenant x]\nconnections = 1\n' >>"$R"
mistake "$R:21" "a tenant among the routes"
sed 's/slow/x/; 1,2!d' "$R" >>"$CONF"
sed -i '$d' "$R" && sed -i '$d' "$R"
mistake "$CONF:14" "a route in dray.conf"

# Tenants and campaigns.
edit "$CONF" '8s/shop.example/*/'
mistake "$CONF:8" "a tenant twice"
edit "$CONF" '8s/shop.example/sh*p/'
mistake "$CONF:8" "no tenant"
edit "$CONF" '12s/november//'
mistake "$CONF:12" "no campaign"
edit "$CONF" '12s/november/shop.example/'
check "a campaign may be called as a tenant" policy check
edit "$CONF" '5s/connections/depth/'
mistake "$CONF:5" "a key that tenants do not have"
edit "$CONF" '5s/=.*/= many/'
mistake "$CONF:5" "no number"
edit "$CONF" '13s/=.*/= 100/'
mistake "$CONF:13" "no rate for a campaign"

# All of them at once, and nothing changes.
good
policy compile >"$T/out"
cp "$BASE/policy/policy.cdb" "$T/old"
sed -i 's/=/= ?/' "$R" "$CONF"
check_rc 100 "compile with mistakes everywhere" policy compile
check "leaves the old policy" cmp "$T/old" "$BASE/policy/policy.cdb"
policy check 2>"$T/err"
check_out "$(grep -c = "$R") $(grep -c = "$CONF")" "all are told" sh -c '
    echo "$(grep -c "^$1:" "$3") $(grep -c "^$2:" "$3")"' \
    sh "$R" "$CONF" "$T/err"

# show.
good
policy -n show >"$T/show"
for f in "route/slow${tab}slow${tab}etc/routes/r.conf:1" \
    "route/slow/sources${tab}192.0.2.1*3 2001:db8::1${tab}etc/routes/r.conf:2" \
    "route/slow/senders${tab}news@example.com .lists.example.com <>${tab}etc/routes/r.conf:5" \
    "route/slow/total-message-rate${tab}5/s${tab}etc/routes/r.conf:7" \
    "source/2001:db8::1/helo${tab}[IPv6:2001:db8::1]${tab}etc/routes/r.conf:16" \
    "static/s.example/helo${tab}a.example.com${tab}etc/routes/r.conf:13" \
    "tenant/*/message-rate${tab}10/s${tab}etc/dray.conf:6" \
    "tenant/shop.example/message-burst${tab}3${tab}etc/dray.conf:10" \
    "campaign/november${tab}november${tab}etc/dray.conf:12"; do
	check "show: $f" grep -Fx "$f" "$T/show"
done
[ "$(awk -F'\t' 'NF != 3 || $3 == ""' "$T/show" | wc -l)" -eq 0 ]
point $? "show has three columns" "$T/show"

# A policy of ten thousand lines, and one of a hundred thousand.
big() {
	good
	seq "$1" | awk '{
		printf "[static d%d.example]\nhosts = 192.0.2.1\n", $1
		printf "depth = 2\nconnections = 7\n\n" }' >"$R"
	seq "$1" | awk '{
		printf "[provider p%d]\nmx = .mx%d.example\n", $1, $1
		printf "domains = d%d.test\nconnections = 3\n\n", $1
	}' >"$BASE/etc/providers/p.conf"
}
big 1000
check "ten thousand lines" timeout 10 dray-policy -b "$BASE" compile
check_out "provider${tab}p777 (mx .mx777.example)${tab}etc/providers/p.conf:3882" \
    "and one of them" sh -c 'dray-policy -b "$1" explain --mx a.mx777.example x |
    grep ^provider' sh "$BASE"
big 10000
check "a hundred thousand" timeout 60 dray-policy -b "$BASE" compile
done_testing
