#!/bin/sh
# [smtpd] and [listener NAME]: every mistake with its place, and what they say.
# shellcheck source=t/lib/policy.sh
. "$(dirname "$0")/../lib/policy.sh"

# wrong LINE TEXT NAME LINE..., which come behind a good beginning.
wrong() {
	line=$1
	text=$2
	name=$3
	shift 3
	conf '[node]' 'hostname = a.example' '[listener a]' 'role = relay' "$@"
	mistake "$CONF:$line" "$name" "$text"
}

conf '[node]' 'hostname = a.example' '[smtpd]' 'errors = 7' \
    'network-message-rate = 100/min' \
    '[listener a]' 'role = relay' \
    '[listener b]' 'role = submission' 'address = ::' \
    'trust = 192.0.2.0/24 ::1' 'bare-line-ends = normalise' 'rates = no' \
    'proxy = 192.0.2.7 ::1' 'xclient = 192.0.2.8'
check "two listeners" policy check
check "in force" policy compile
policy show >"$T/show"
has() {
	check "show: $1" grep -q "^$1${tab}$2${tab}" "$T/show"
}
has smtpd/errors 7
has smtpd/connections 10000
has listener/a/address 127.0.0.1
has listener/a/port 25
has listener/a/trust '127.0.0.0/8 ::1/128'
has listener/b/port 587
has listener/a/bare-line-ends refuse
has listener/b/bare-line-ends normalise
has listener/a/rates yes
has listener/a/proxy ''
has listener/b/proxy '192.0.2.7/32 ::1/128'
has listener/b/xclient '192.0.2.8/32'
has listener/b/rates no
has smtpd/network-message-rate 100/min
has listener/b/address ::
has listener/b/trust '192.0.2.0/24 ::1/128'

wrong 6 'wider than' 'any proxy' '[listener b]' 'proxy = 0.0.0.0/0'
wrong 6 'not a list' 'no xclient' '[listener b]' 'xclient = any'
wrong 6 'neither yes nor no' 'rates' '[listener b]' 'rates = maybe'
wrong 6 'none of submission, relay, returns' 'a role' '[listener b]' 'role = x'
wrong 5 'has no role' 'no role' '[listener b]'
wrong 5 'is not an address' 'no address' 'address = here'
wrong 5 'is not an address' 'a network' 'address = 192.0.2.0/24'
wrong 5 'is not a port' 'no port' 'port = smtp'
wrong 5 'is not a port' 'port 0' 'port = 0'
wrong 5 'is not a port' 'port 65536' 'port = 65536'
wrong 5 'is not a list of networks' 'no network' 'trust = all'
wrong 5 'bits behind its prefix' 'bits behind the prefix' \
    'trust = 192.0.2.1/24'
wrong 5 'open relay' 'everybody' 'trust = 0.0.0.0/0'
wrong 5 'open relay' 'nearly everybody' 'trust = 128.0.0.0/7'
wrong 5 'open relay' 'everybody in IPv6' 'trust = ::1 2000::/3'
wrong 5 'has no network' 'nobody' 'trust ='
wrong 5 'neither refuse nor normalise' 'line ends' 'bare-line-ends = lf'
wrong 5 'more than 32' 'too many networks' \
    "trust = $(seq -f '192.0.2.%g' -s ' ' 1 33)"
wrong 6 'is already set' 'a key twice' 'port = 26' 'port = 26'
wrong 5 'unknown key' 'an unknown key' 'ports = 26'
wrong 5 'already' 'a name twice' '[listener a]'
wrong 5 'not a name' 'no name' '[listener a b]'
wrong 5 'address and port of the one at' 'a socket twice' \
    '[listener b]' 'role = submission' 'port = 25'
wrong 6 'is not from 100' 'too few recipients' '[smtpd]' 'recipients = 99'
wrong 6 'unknown key' 'an unknown key of smtpd' '[smtpd]' 'port = 25'
done_testing
