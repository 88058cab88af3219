#!/bin/sh
# dray-policy: every mistake is told with its line, a policy with one never
# replaces a good one, and what is in force can be seen.
. "$(dirname "$0")/../lib/policy.sh"

ROUTE=$BASE/etc/routes/a.conf
mkdir -p "$BASE/etc/routes"

good() {
	cat >"$CONF" <<'EOF'
# a comment
[node]
hostname = mail.example.com
domain = example.com
postmaster = root

[queue]
max-message-size = 10M
max-messages = 1000
max-recipients = 50
min-free-space = 0
min-free-inodes = 0
lifetime = 2d ; two days
bundle-messages = 10
bundle-size = 1M
memory = 64M
clients = 5
client-timeout = 90

[retry]
schedule = 5m 10m	1h
then = 4h

[limits]
connections = 2
messages-per-connection = 0
recipients-per-message = 100
depth = 8
pipelining = yes
chunking = no
tls = encrypt
address-family = ipv6
private-addresses = yes
port = 2525
starttls-timeout = 1m
connect-timeout = 10s
greeting-timeout = 1m
ehlo-timeout = 1m
mail-timeout = 1m
rcpt-timeout = 1m
data-timeout = 1m
block-timeout = 1m
dot-timeout = 10m
quit-timeout = 1s
idle-timeout = 1s
session-timeout = 2h
backoff-min = 2m
backoff-max = 3h
EOF
	cat >"$ROUTE" <<'EOF'
[static Example.COM]
hosts = 127.0.0.1:2525 [::1]:2526
helo = out.example.com

[static .example.com]
  hosts = 127.0.0.1
  source = 127.0.0.2
  depth = 1
  backoff-min = 3m

; the rest
[static *]
hosts = [::1]
EOF
}

# keys FILE: the numbers of the lines that hold a key
keys() {
	grep -n '^ *[a-z][a-z-]* =' "$1" | cut -d: -f1
}

tab=$(printf '\t')
# edit FILE SED-SCRIPT, from a good policy
edit() {
	good
	sed "$2" "$1" >"$T/edited" && cat "$T/edited" >"$1"
}

good
check "a good policy" policy check
check_out "generation 1" "compile" policy compile
check_out "generation 2" "compile once more" policy compile

# one_at FILE:LINE: as exactly, but notes in T/detail what is not so.
one_at() {
	policy check >/dev/null 2>"$T/err"
	rc=$?
	if [ $rc -ne 100 ] || [ "$(cut -d: -f1,2 "$T/err")" != "$1" ]; then
		echo "wanted 100 and one mistake at $1, got $rc and:"
		cat "$T/err"
	fi >>"$T/detail"
}

# A mistake on any line.
each_line() {
	good
	n=$(wc -l <"$1")
	: >"$T/detail"
	for k in $(seq "$n"); do
		edit "$1" "${k}i\\
$2"
		one_at "$1:$k"
	done
	! [ -s "$T/detail" ]
	point $? "$3" "$T/detail"
}

# Nearly everything is a local part, so the postmaster may be left out.
each_key() {
	good
	: >"$T/detail"
	for k in $(keys "$1"); do
		good
		case $(sed -n "${k}p" "$1") in
		"${4:-none}"*) continue ;;
		esac
		edit "$1" "${k}s/=.*/$2/"
		one_at "$1:$k"
	done
	! [ -s "$T/detail" ]
	point $? "$3" "$T/detail"
}

for f in "$CONF" "$ROUTE"; do
	name=${f##*/}
	each_line "$f" '?!' "$name: an unparsable line before any line"
	each_key "$f" '= (' "$name: a value that is none, of each key"
	each_key "$f" '=' "$name: an empty value of each key"
	each_key "$f" 'is' "$name: no equals sign"
	each_key "$f" '= -1' "$name: a negative value" postmaster
	each_key "$f" "= $(printf %026d 9 | tr 0 9)" "$name: a huge value" \
	    postmaster
done

bad=0
for f in "$CONF" "$ROUTE"; do
	for k in $(keys "$f"); do
		edit "$f" "${k}p"
		policy check 2>"$T/err"
		[ "$(cut -d: -f1,2 "$T/err")" = "$f:$((k + 1))" ] ||
		    bad=$((bad + 1))
		edit "$f" "${k}s/[a-z-]* =/un&/"
		policy check 2>"$T/err"
		grep -q "^$f:$k: unknown key" "$T/err" || bad=$((bad + 1))
	done
done
point $bad "each key twice, and each key misspelt" "$T/err"

edit "$CONF" '7s/queue/cue/'
mistake "$CONF:7" "an unknown section is one mistake"
edit "$CONF" '7s/queue/node/'
mistake "$CONF:7" "a section twice is one mistake"
edit "$CONF" '7s/]//'
mistake "$CONF:7" "a section without an end"
edit "$CONF" '7s/]/] x/'
mistake "$CONF:7" "something behind a section"
edit "$CONF" '1s/.*/depth = 1/'
mistake "$CONF:1" "a key before the first section"
edit "$CONF" "\$a[static *]"
mistake "$CONF:49" "a static route in dray.conf"
edit "$ROUTE" '1i[limits]'
mistake "$ROUTE:1" "limits in a file of routes"
edit "$ROUTE" '2d'
mistake "$ROUTE:1" "a static route without hosts"
edit "$ROUTE" 13d
mistake "$ROUTE:12" "the same at the end of the file"
edit "$ROUTE" '1s/ Example.COM//'
mistake "$ROUTE:1" "a static route for nothing"
edit "$ROUTE" '5s/ .e/ e/'
mistake "$ROUTE:5" "a static route twice in one file"
good
printf '[static *]\nhosts = 192.0.2.1\n' >"$BASE/etc/routes/b.conf"
mistake "$BASE/etc/routes/b.conf:1" "a static route in two files"
rm "$BASE/etc/routes/b.conf"
for p in '..example.com' 'exa mple.com' '*.example.com' 'example.com.' \
    '[192.0.2.1' "$(printf %064d 0).com" '.' 192.0.2.1 -a.example a-.example; do
	edit "$ROUTE" "5s/ .example.com/ $p/"
	mistake "$ROUTE:5" "no pattern: $p"
done
for h in '127.0.0.1:0' '127.0.0.1:65536' '127.0.0.1:' '127.0.0.1:x' \
    '127.0.0.1:25:25' '127.0.0.1,127.0.0.2' '127.0.0' 'localhost' '::1' \
    '[::1' '[127.0.0.1]' '[::1]25' '[::ffff:127.0.0.1]' '0.0.0.0' '[::]' \
    '224.0.0.1' '127.0.0.1 127.0.0.1:25' '127.0.0.1 ?'; do
	edit "$ROUTE" "6s/=.*/= $h/"
	mistake "$ROUTE:6" "no hosts: $h"
done
edit "$ROUTE" "13s/=.*/= $(seq -f '192.0.2.%g' -s ' ' 33)/"
mistake "$ROUTE:13" "33 hosts"
edit "$ROUTE" "6s/=.*/= mx 127.0.0.1/"
mistake "$ROUTE:6" "mx and an address"
edit "$ROUTE" "13s/=.*/= $(seq -f '192.0.2.%g:65535' -s ' ' 32)/"
check "32 hosts" policy check
edit "$ROUTE" "6s/=.*/= mx/"
check_out "hosts${tab}mx${tab}etc/routes/a.conf:6" "hosts by MX" \
    sh -c 'dray-policy -b "$1" -n explain x.example.com | grep ^hosts' \
    sh "$BASE"
edit "$CONF" 's/^tls = .*/tls = yes/'
mistake "$CONF:31" "a word that is none of a key's"
edit "$CONF" "21s/=.*/= $(yes 1m | head -n 33 | tr '\n' ' ')/"
mistake "$CONF:21" "33 steps"
edit "$CONF" 's/^backoff-min = .*/backoff-min = 4h/'
mistake "$CONF:48" "backoff-min over backoff-max"
edit "$CONF" "/^backoff-min/d; \$abackoff-min = 4h"
mistake "$CONF:48" "the later of the two is told"
edit "$ROUTE" 's/backoff-min = .*/backoff-min = 4h/'
mistake "$ROUTE:9" "the same in a static route"
edit "$CONF" 's/^memory = .*/memory = 1M/; s/^bundle-size = .*/bundle-size = 2M/'
mistake "$CONF:16" "bundle-size over memory"
edit "$ROUTE" '7s/=.*/= ::2/'
mistake "$ROUTE:7" "a source of the other family"
edit "$CONF" '5s/=.*/= a b/'
mistake "$CONF:5" "a postmaster with a blank"
edit "$CONF" "1s/.*/# $(printf %02047d 0)/"
mistake "$CONF:1" "a line of 2049 octets"
edit "$CONF" "1s/.*/# $(printf %02046d 0)/"
check "a line of 2048 octets" policy check
good
printf 'a\000b' >>"$CONF"
mistake "$CONF:49" "a NUL"
good
printf '\033[1m' >>"$CONF"
mistake "$CONF:49" "a control character"

edit "$CONF" 's/=/= ?/'
policy check 2>"$T/err"
[ "$(cut -d: -f2 "$T/err" | tr '\n' ' ')" = "$(keys "$CONF" | tr '\n' ' ')" ]
point $? "all mistakes are told" "$T/err"
! LC_ALL=C grep -q '[^ -~]' "$T/err"
point $? "in clean lines" "$T/err"

# What is fine.
good
sed 's/$/\r/' "$CONF" >"$T/edited" && cat "$T/edited" >"$CONF"
check "CRLF line ends" policy check
good
{ printf '\357\273\277' && sed 1d "$CONF"; } >"$T/edited" &&
    cat "$T/edited" >"$CONF"
check "a byte order mark" policy check
good
printf '[limits]\n\tdepth=3' >"$CONF"
check "no line end at the end" policy check
: >"$CONF"
check "an empty dray.conf" policy check
rm -r "$BASE/etc/routes"
check "no directory routes" policy check
mkdir "$BASE/etc/routes"
good
echo '?!' >"$BASE/etc/routes/a.conf~"
echo '?!' >"$BASE/etc/routes/.a.conf"
check "files with other names in routes are left alone" policy check

# compile keeps the old one.
good
policy compile >/dev/null
cp "$BASE/policy/policy.cdb" "$T/old"
edit "$CONF" '21s/=.*/= never/'
check_rc 100 "compile with a mistake" policy compile
check "leaves the old policy" cmp "$T/old" "$BASE/policy/policy.cdb"
good
check_rc 111 "compile that cannot write" sh -c '
	trap "" XFSZ
	ulimit -f 1
	exec dray-policy -b "$1" compile' sh "$BASE"
check "leaves the old policy" cmp "$T/old" "$BASE/policy/policy.cdb"
check_rc 1 "and nothing half made" test -e "$BASE/policy/policy.cdb.tmp"
sh -c 'ulimit -c 0; ulimit -f 1; exec dray-policy -b "$1" compile' sh "$BASE" \
    >"$T/out" 2>&1
[ $? -gt 128 ]
point $? "compile that is killed" "$T/out"
check "leaves the old policy" cmp "$T/old" "$BASE/policy/policy.cdb"
generation=$(policy compile)
check_out "generation $((${generation#* } + 1))" "the next one works" \
    policy compile
(
	umask 077
	policy compile >/dev/null
)
check_out 644 "every daemon may read it" stat -c %a "$BASE/policy/policy.cdb"

# Many at once: each makes a generation of its own, the file is whole.
compilers=
for i in 1 2 3 4 5 6 7 8 9 10; do
	policy compile >"$T/at-once.$i" 2>&1 &
	compilers="$compilers $!"
done
bad=0
for p in $compilers; do
	wait "$p" || bad=1
done
[ $bad -eq 0 ] && [ "$(cat "$T"/at-once.* | sort -u | wc -l)" -eq 10 ]
point $? "ten compilers, ten generations" "$T/at-once.1"
check "and a policy" policy show

# show and explain.
policy show >"$T/show"
[ "$(awk -F'\t' 'NF != 3 || $3 == ""' "$T/show" | wc -l)" -eq 0 ]
point $? "show has three columns" "$T/show"
for f in "queue/lifetime${tab}2d${tab}etc/dray.conf:13" \
    "queue/client-timeout${tab}90s${tab}etc/dray.conf:18" \
    "retry/schedule${tab}5m 10m 1h${tab}etc/dray.conf:21" \
    "node/postmaster${tab}root@example.com${tab}etc/dray.conf:5" \
    "static/.example.com/depth${tab}1${tab}etc/routes/a.conf:8"; do
	check "show: $f" grep -Fx "$f" "$T/show"
done
check_out "$(cat "$T/show")" "show -n is the same" policy -n show
edit "$CONF" 's/^depth = 8/depth = 9/'
check_out 8 "show is of what is in force" \
    sh -c 'dray-policy -b "$1" show | awk "/^limits.depth/ { print \$2 }"' \
    sh "$BASE"
check_out 9 "show -n of the text" \
    sh -c 'dray-policy -b "$1" -n show | awk "/^limits.depth/ { print \$2 }"' \
    sh "$BASE"
good
for d in example.com x.example.com X.Y.EXAMPLE.COM example.net; do
	policy explain "$d" >"$T/explain" 2>&1
	check_out "$(cat "$T/explain")" "explain -n $d is the same" \
	    policy -n explain "$d"
done
printf '[static B\303\274cher.example]\nhosts = 192.0.2.3\n' \
    >"$BASE/etc/routes/idn.conf"
for d in "$(printf 'b\303\274cher.example')" XN--Bcher-kva.example \
    me@xn--bcher-kva.example "$(printf '"a@b"@b\303\274cher.example')"; do
	policy -n explain "$d" >"$T/explain" 2>&1
	check "explain $d: the route" grep -q '^hosts.192\.0\.2\.3:25' "$T/explain"
done
check "show: A-labels" sh -c 'dray-policy -b "$1" -n show |
    grep -q "^static/xn--bcher-kva\.example/hosts"' sh "$BASE"
rm "$BASE/etc/routes/idn.conf"
policy explain a.b.example.com >"$T/explain"
check "explain: the route" grep -Fx \
    "static${tab}.example.com${tab}etc/routes/a.conf:5" "$T/explain"
check "explain: a limit of the route" grep -Fx \
    "depth${tab}1${tab}etc/routes/a.conf:8" "$T/explain"
check "explain: a common limit" grep -Fx \
    "connections${tab}2${tab}etc/dray.conf:25" "$T/explain"
check "explain: the source" grep -Fx \
    "source${tab}127.0.0.2${tab}etc/routes/a.conf:7" "$T/explain"
rm "$ROUTE"
policy -n explain example.com >"$T/explain"
check "explain: no static route" grep -Fx "static${tab}none${tab}default" \
    "$T/explain"
check_out 35 "explain: every limit" \
    grep -Evc '^(static|route|provider|mx)' "$T/explain"

# Trouble.
check_rc 100 "explain needs a domain" policy explain
check_rc 100 "explain of no domain" policy explain 'a b'
check_rc 100 "no command" policy
check_rc 100 "unknown command" policy replay
check_rc 100 "an argument too many" policy show x
check_rc 100 "-n compile" policy -n compile
check_rc 111 "no room on standard output" \
    sh -c 'dray-policy -b "$1" show >/dev/full' sh "$BASE"
echo junk >"$T/junk" && mv "$T/junk" "$BASE/policy/policy.cdb"
check_rc 100 "show of a damaged policy" policy show
check "compile replaces it" policy compile
rm "$CONF"
check_rc 100 "no dray.conf" policy check
mkfifo "$CONF"
check_rc 100 "a fifo in its place" policy check
check_rc 100 "no base directory" dray-policy -b "$T/nowhere" check

# What ships, and what the manual says.
SHIP=$T/ship
mkdir -p "$SHIP/etc"
: >"$SHIP/etc/dray.conf"
dray-policy -b "$SHIP" -n show | cut -f1,2 >"$T/defaults"
cp "$TOP/common/policy/dray.conf" "$SHIP/etc"
cp -R "$TOP/common/policy/routes" "$SHIP/etc"
check "what ships is good" dray-policy -b "$SHIP" check
check_out "$(cat "$T/defaults")" "and says the defaults" \
    sh -c 'dray-policy -b "$1" -n show | cut -f1,2' sh "$SHIP"
sed -i 's/^;//' "$SHIP/etc/dray.conf" "$SHIP/etc/routes/example.conf"
check "it is good without the semicolons too" dray-policy -b "$SHIP" check
check_out 3 "and has three routes" \
    sh -c 'dray-policy -b "$1" -n show | grep -c "^static/[^/]*/hosts"' sh "$SHIP"
bad=0
: >"$T/detail"
grep -E '^(queue|limits|notices|dns)/' "$T/defaults" |
    awk '$2 != "" && $1 !~ /\/from/' | while read -r k v; do
	sed -n "/^\.It Cm ${k#*/}\$/,/^The default is/p" \
	    "$TOP/man/dray-conf.5" | grep -Eq "^The default is ${v}[,.]" ||
	    echo "$k $v" >>"$T/detail"
done
! [ -s "$T/detail" ]
point $? "the manual has every key and its default" "$T/detail"
{
	sed -n '/^\.It Cm schedule/,/^The default/p' "$TOP/man/dray-conf.5"
	sed -n '/^\.Ql 5m/p' "$TOP/man/dray-conf.5"
} | grep -q '5m 10m 20m 40m 1h'
point $? "and the schedule"

# from = value, and what becomes of it.
from() {
	rm -rf "$CONF"
	good
	printf '[notices]\nfrom = %s\n' "$1" >>"$CONF"
	check_out "$2" "from: $1" sh -c 'dray-policy -b "$1" -n show 2>&1 |
	    sed -n "s,^notices/from.\([^	]*\)	.*,\1,p"' sh "$BASE"
}

from bounces 'bounces@example.com'
from bounces@example.net 'bounces@example.net'
from 'The Mail <bounces@example.net>' 'The Mail <bounces@example.net>'
from '<bounces>' 'bounces@example.com'
for v in 'two words' 'a <b' 'a <>' 'a <b c>' '"q" <b>' 'a@b <c>' \
    "$(printf %065d 9) <b>"; do
	from "$v" ''
done

# The lists of [dns], and what becomes of them.
dns() {
	rm -rf "$CONF"
	good
	printf '[dns]\n%s = %s\n' "$1" "$2" >>"$CONF"
	check_out "$3" "$1: $2" sh -c 'dray-policy -b "$1" -n show 2>&1 |
	    sed -n "s,^dns/$2.\([^	]*\)	.*,\1,p"' sh "$BASE" "$1"
}

dns forwarders '192.0.2.1 ::1@5353' '192.0.2.1@53 ::1@5353'
dns stub 'A.test. 192.0.2.1 192.0.2.2@54 b.test ::1 . 127.0.0.1' \
    'a.test 192.0.2.1@53 192.0.2.2@54 b.test ::1@53 . 127.0.0.1@53'
dns insecure 'test. Internal.example' 'test internal.example'
sha1=0123456789abcdefABCDEF0123456789abcdefAB
dns trust-anchor "a.test DS 1 8 1 ${sha1%AB} AB ,  /etc/key" \
    "a.test. IN DS 1 8 1 $sha1,/etc/key"
dns trust-anchor '. in dnskey 257 3 8 AwEAA+/=' '. IN DNSKEY 257 3 8 AwEAA+/='
for v in 192.0.2.1:53 192.0.2.1@ 192.0.2.1@0 192.0.2.1@65536 192.0.2.1@5x \
    192.0.2 ns.example.com 0.0.0.0 '::1%eth0' 1@2@3; do
	dns forwarders "$v" ''
done
for v in 192.0.2.1 a.test 'a.test b.test ::1' 'a..test ::1' 'a.test ::1 b.test' \
    'a.test@53 ::1'; do
	dns stub "$v" ''
done
for v in 'a.test' 'a.test DS' 'a.test DS 1 8 2' 'a.test DS 1 8 2 XY' \
    'a.test DS 1 8 2 AB' "a.test DS 99999 8 1 $sha1" \
    "a.test DS 1 256 1 $sha1" "a.test TXT 1 8 1 $sha1" \
    'a.test DNSKEY 257 3 8 A*B' "a.test DS 1 8 1 $sha1," key; do
	case $v in
	*,) dns trust-anchor "$v" "a.test. IN DS 1 8 1 $sha1" ;;
	*) dns trust-anchor "$v" '' ;;
	esac
done
dns insecure 'a.test 192.0.2.1' ''

# Who finds a policy.cdb that is none says what to do.
for d in tmp new cur free bad bounce/tmp bounce/new bounce/cur; do
	mkdir -p "$BASE/spool/$d"
done
echo nonsense >"$BASE/policy/policy.cdb"
for what in 'dray-policy show' dray-queued dray-send dray-dns; do
	# shellcheck disable=SC2086
	DRAY_BASE=$BASE check_rc 100 "${what%% *}: a damaged policy" $what
	cp "$T/.out" "$T/said"
	check "${what%% *} says what to do" \
	    grep -q 'policy\.cdb: it is damaged.*dray-policy compile' "$T/said"
done

# What a disk or a copy that was stopped leaves of one: the beginning, and in
# place of the rest nothing, zeroes, or the beginning again.
good
check "a good one again" policy compile
cp "$BASE/policy/policy.cdb" "$T/whole"
size=$(wc -c <"$T/whole")
half() {
	head -c "$2" "$T/whole" >"$T/half"
	case $1 in
	zeroes) truncate -s "$size" "$T/half" ;;
	again)
		cat "$T/half" "$T/whole" >"$T/twice"
		head -c "$size" "$T/twice" >"$T/half"
		;;
	esac
	mv "$T/half" "$BASE/policy/policy.cdb"
}
for what in 'dray-policy show' 'dray-policy explain x' dray-queued dray-send \
    dray-dns; do
	: >"$T/detail"
	for how in cut zeroes again; do
		for n in 1 2047 2048 $((size / 2)) $((size - 4096)) \
		    $((size - 7)); do
			half $how $n
			# shellcheck disable=SC2086
			DRAY_BASE=$BASE timeout 20 $what >"$T/out" 2>&1
			[ $? -eq 100 ] || echo "$how at $n of $size" >>"$T/detail"
		done
	done
	! [ -s "$T/detail" ]
	point $? "${what}: every half of a policy is refused" "$T/detail"
done
done_testing
