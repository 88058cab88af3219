#!/bin/sh
# [warmup NAME]: every mistake with its place, and what the plan is.
# shellcheck source=t/lib/policy.sh
. "$(dirname "$0")/../lib/policy.sh"

R=$BASE/etc/routes/r.conf
mkdir -p "$BASE/etc/routes" "$BASE/etc/providers"
conf '[node]' 'hostname = a.example'

# Three routes in front, so that a plan begins in line 7.
routes() {
	cat >"$R" <<'EOT'
[route new]
sources = 192.0.2.1 2001:db8::1
[route old]
sources = 192.0.2.2
[route older]
sources = 192.0.2.3
EOT
	printf '%s\n' "$@" >>"$R"
}
cat >"$BASE/etc/providers/p.conf" <<'EOT'
[provider big]
mx = .big.example
aliases = huge
[provider other]
mx = .other.example
EOT

# plan LINE...: a good plan but for these lines, which come last.
plan() {
	routes '[warmup w]' 'route = new' 'start = 2026-11-01' "$@"
}

plan 'table = 1 2 3'
check "a good plan" policy check

# wrong LINE TEXT NAME LINE...
wrong() {
	line=$1
	text=$2
	name=$3
	shift 3
	plan "$@"
	mistake "$R:$line" "$name" "$text"
}

wrong 10 'is not a list of numbers' 'words in a table' 'table = 1 two 3'
wrong 10 'is not a list of numbers' 'a sign in a table' 'table = 1 -2'
wrong 10 '' 'an empty table' 'table ='
wrong 10 'more than 10000000000' 'a number too large' 'table = 10000000001'
wrong 10 'more than 366 days' 'too many days' \
    "table = $(seq -s ' ' 1 367)"
wrong 7 'neither a table nor' 'no quotas'
wrong 7 'needs first, growth and days' 'half a curve' 'first = 50'
wrong 11 'there is a table at' 'table and curve' 'table = 1' 'days = 3'
wrong 10 'is not from 1 to 366' 'too many days of a curve' \
    'days = 367' 'first = 1' 'growth = 5%'
wrong 10 'is not from 1 to 366' 'no days of a curve' \
    'days = 0' 'first = 1' 'growth = 5%'
wrong 10 'is not from 1 to' 'a curve from nothing' \
    'first = 0' 'days = 1' 'growth = 5%'
wrong 10 'is not a percentage' 'a growth without %' \
    'growth = 1.5' 'first = 1' 'days = 3'
wrong 10 'is not from 0% to 1000%' 'too much growth' \
    'growth = 1001%' 'first = 1' 'days = 3'
wrong 11 'there is no route nobody' 'an unknown overflow' \
    'table = 1' 'overflow = nobody'
wrong 11 'is the route that it is of' 'an overflow to itself' \
    'table = 1' 'overflow = new'
wrong 11 'is not the name of a route' 'an overflow that is no name' \
    'table = 1' 'overflow = a b'
wrong 11 'has no source 192.0.2.2' 'a source of another route' \
    'table = 1' 'sources = 192.0.2.2'
wrong 11 'not the address' 'a source that is none' \
    'table = 1' 'sources = 192.0.2.300'
wrong 11 'has 192.0.2.1 twice' 'a source twice' \
    'table = 1' 'sources = 192.0.2.1 192.0.2.1'
wrong 11 'there is no provider small' 'an unknown provider' \
    'table = 1' 'providers = big small'
wrong 11 'is not from 0s to 1d' 'too long a wait' 'table = 1' 'wait = 2d'
wrong 11 'unknown key' 'an unknown key' 'table = 1' 'limit = 3'
wrong 11 'is already set' 'a key twice' 'table = 1' 'route = old'
wrong 11 'is for the same mail as warmup w' 'the same plan twice' \
    'table = 1' '[warmup v]' 'route = new' 'start = 2026-01-01' 'table = 2'
wrong 12 'is for the same mail as warmup w' 'by an alias' 'providers = big' \
    'table = 1' '[warmup v]' 'route = new' 'start = 2026-01-01' 'table = 2' \
    'providers = huge'
wrong 11 'is already at' 'the same name twice' 'table = 1' '[warmup w]'
wrong 11 'not a name' 'no name' 'table = 1' '[warmup a b]'
wrong 16 'comes back by warmup w' 'a circle of two' 'table = 1' \
    'overflow = old' '[warmup v]' 'route = old' 'start = 2026-01-01' \
    'table = 1' 'overflow = new'
routes '[warmup a]' 'route = new' 'start = 2026-01-01' 'table = 1' \
    'overflow = old' '[warmup b]' 'route = old' 'start = 2026-01-01' \
    'table = 1' 'overflow = older' '[warmup c]' 'route = older' \
    'start = 2026-01-01' 'table = 1' 'overflow = new'
mistake "$R:21" 'a circle of three' 'comes back by warmup b'

for d in 2026-02-29 2026-13-01 2026-00-01 2026-01-32 1999-12-31 3000-01-01; do
	routes '[warmup w]' 'route = new' "start = $d" 'table = 1'
	mistake "$R:9" "there is no $d" 'is no day'
done
for d in today 2026 26-1-1 2026/01/01 2026-1-1; do
	routes '[warmup w]' 'route = new' "start = $d" 'table = 1'
	mistake "$R:9" "'$d' is no date" 'is not a date'
done
routes '[warmup w]' 'route = new' 'table = 1'
mistake "$R:7" 'no start' 'has no start'
routes '[warmup w]' 'start = 2026-01-01' 'table = 1'
mistake "$R:7" 'no route' 'has no route'
routes '[warmup w]' 'route = nobody' 'start = 2026-01-01' 'table = 1'
mistake "$R:8" 'an unknown route' 'there is no route nobody'
rm "$R"
printf '%s\n' '[warmup w]' >>"$CONF"
mistake "$CONF:3" 'in the wrong file' 'belongs in a file of etc/routes'
conf '[node]' 'hostname = a.example'

# Too many sections.
routes "$(for i in $(seq 1 501); do
	echo "[warmup w$i]"
done)"
policy check 2>"$T/err"
check "too many plans" grep -q 'more than 500 sections' "$T/err"

# show.
plan 'first = 50' 'growth = 50%' 'days = 6' 'overflow = old' 'wait = 1h' \
    'sources = 2001:DB8::1' 'providers = huge other'
policy -n show >"$T/show"
for f in "warmup/w${tab}w${tab}etc/routes/r.conf:7" \
    "warmup/w/route${tab}new${tab}etc/routes/r.conf:8" \
    "warmup/w/start${tab}2026-11-01${tab}etc/routes/r.conf:9" \
    "warmup/w/growth${tab}50%${tab}etc/routes/r.conf:11" \
    "warmup/w/table${tab}50 75 112 168 253 379${tab}etc/routes/r.conf:10" \
    "warmup/w/overflow${tab}old${tab}etc/routes/r.conf:13" \
    "warmup/w/wait${tab}1h${tab}etc/routes/r.conf:14" \
    "warmup/w/sources${tab}2001:db8::1${tab}etc/routes/r.conf:15" \
    "warmup/w/providers${tab}big other${tab}etc/routes/r.conf:16"; do
	check "show: $f" grep -Fx "$f" "$T/show"
done
plan 'first = 10000000000' 'growth = 1000%' 'days = 366'
policy -n show >"$T/show"
check "a curve ends at the most" grep -q \
    'table.10000000000 10000000000 .* 10000000000.etc' "$T/show"

# explain: which plan, and what it is today, which must not end meanwhile.
rest=$((86400 - $(date +%s) % 86400))
[ "$rest" -gt 20 ] || sleep "$((rest + 1))"
today=$(date -u +%F)
later=$(date -u -d '+5 days' +%F)
before=$(date -u -d '-1 day' +%F)
routes '[warmup all]' 'route = new' "start = $before" 'table = 10 20 30' \
    'overflow = old' \
    '[warmup six]' 'route = new' 'sources = 2001:db8::1' "start = $later" \
    'table = 1' \
    '[warmup both]' 'route = new' 'sources = 2001:db8::1' 'providers = big' \
    "start = $before" 'table = 1' \
    '[warmup big]' 'route = new' 'providers = big' "start = $today" \
    'first = 7' 'growth = 10%' 'days = 100'
check "compile" policy compile
# explains NAME LINES ARG...
explains() {
	name=$1
	want=$2
	shift 2
	policy explain x.example --route new --mx "$@" | grep '^warmup' \
	    >"$T/got"
	printf '%s\n' "$want" | sed "s/=/$tab/g" >"$T/want"
	check "$name" diff "$T/want" "$T/got"
}
P=etc/routes/r.conf
explains "those without a provider" \
    "warmup=all from 192.0.2.1: day 2 of 3, 20, the rest by route old=$P:7
warmup=six from 2001:db8::1: begins $later=$P:12" mx.any.example
explains "the provider goes before the source" \
    "warmup=big from 192.0.2.1: day 1 of 100, 7=$P:23
warmup=both from 2001:db8::1: over=$P:17" mx.big.example
explains "another provider" \
    "warmup=all from 192.0.2.1: day 2 of 3, 20, the rest by route old=$P:7
warmup=six from 2001:db8::1: begins $later=$P:12" mx.other.example
policy explain x.example --route old --mx mx.big.example >"$T/got"
check "none for another route" sh -c '! grep ^warmup "$1"' sh "$T/got"
done_testing
