# Sourced by the shell tests of dray-policy in place of lib.sh, which it brings.
#
#   BASE CONF         an instance without any text; its etc/dray.conf
#   tab               what stands between columns
#   policy ARG...     dray-policy for that instance
#   conf LINE...      dray.conf with these lines, from the first on
#   mistake FILE:LINE NAME [TEXT]
#                     good when check says one mistake, there, with this text
#                     (as of grep)
#   make_keys NAME... NAME.key and NAME.pub of minisign in $T, without a lock:
#                     one costs a second and a gigabyte
# shellcheck disable=SC1091
. "$(dirname "$0")/../lib/lib.sh"

BASE=$T/base
CONF=$BASE/etc/dray.conf
mkdir -p "$BASE/etc"
unset DRAY_BASE
# shellcheck disable=SC2034
tab=$(printf '\t')

policy() {
	dray-policy -b "$BASE" "$@"
}

conf() {
	printf '%s\n' "$@" >"$CONF"
}

mistake() {
	policy check >"$T/out" 2>"$T/err"
	rc=$?
	if [ $rc -eq 100 ] && [ "$(wc -l <"$T/err")" -eq 1 ] &&
	    [ "$(cut -d: -f1,2 "$T/err")" = "$1" ] &&
	    cut -d: -f3- "$T/err" | grep -q "${3:-}"; then
		point 0 "$2"
	else
		echo "exit $rc, wanted 100 and one mistake at $1: ${3:-}" \
		    >>"$T/err"
		point 1 "$2" "$T/err"
	fi
}

make_keys() {
	command -v minisign >/dev/null || skip_all "there is no minisign"
	for k; do
		minisign -G -f -W -p "$T/$k.pub" -s "$T/$k.key" \
		    >"$T/out" 2>&1 ||
		    give_up "minisign makes no key: $(cat "$T/out")"
	done
}
