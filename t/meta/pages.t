#!/bin/sh
# Every program has a manual page, prints its usage on a wrong option with the
# exit code that callers expect, and the page's SYNOPSIS says the same.
. "$(dirname "$0")/../lib/lib.sh"
cd "$TOP" || exit 1

page() {
	for s in 1 8; do
		if [ -e "man/$1.$s" ]; then
			echo "man/$1.$s"
			return 0
		fi
	done
	return 1
}

# The synopsis in one line, without the page's layout.
synopsis() {
	mandoc -T ascii -O width=1000 "$1" | sed 's/.\x08//g' |
	    sed -n '/^SYNOPSIS/,/^[A-Z]/p' | sed '1d;$d' | one_line
}

one_line() {
	tr -s ' \t\n' '   ' | sed 's/^ //; s/ $//'
}

wrong() {
	case $1 in
	dray-inject) echo 64 ;;	# EX_USAGE, as sendmail's callers expect
	*) echo 100 ;;
	esac
}

if command -v mandoc >/dev/null; then mandoc=1; else mandoc=0; fi

# usage_of PROGRAM PATH
usage_of() {
	p=$1
	man=$(page "$p")
	point $? "$p has a manual page"
	[ -n "$man" ] || return
	check_rc "$(wrong "$p")" "$p: exit code of a wrong option" \
	    timeout 10 "$2" '-~'
	timeout 10 "$2" '-~' >"$T/out" 2>"$T/err" </dev/null
	sed -n '/usage: /,$p' "$T/err" | sed 's/^.*usage: //' | one_line \
	    >"$T/usage"
	[ ! -s "$T/out" ]
	point $? "$p: usage goes to standard error" "$T/out"
	[ $mandoc -eq 1 ] || return
	synopsis "$man" >"$T/synopsis"
	cmp -s "$T/usage" "$T/synopsis"
	rc=$?
	diff "$T/usage" "$T/synopsis" >"$T/diff"
	point $rc "$p: SYNOPSIS is what it prints" "$T/diff"
}

for d in cmd/*; do
	usage_of "${d#cmd/}" "$B/bin/${d#cmd/}"
done
usage_of dray-setup "$TOP/scripts/setup"
done_testing
