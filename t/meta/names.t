#!/bin/sh
# What a module of common/ exports begins with the module's name.
. "$(dirname "$0")/../lib/lib.sh"
cd "$TOP" || exit 1

command -v nm >/dev/null || skip_all "there is no nm"

# A module may be spread over files NAME.c, NAME_part.c and NAMEpart.c; what
# they export begins with NAME, the shortest that has a header.
module() {
	name=$1
	while :; do
		case $name in
		*_*) name=${name%_*} ;;
		*) break ;;
		esac
	done
	echo "$name"
}

for c in common/*.c; do
	name=$(basename "$c" .c)
	m=$(module "$name")
	nm -g --defined-only "$B/common/$name.o" 2>"$T/err" |
	    awk -v m="$m" '$2 ~ /[TDBRVW]/ &&
		$3 !~ "^" m "(_|$)" && $3 !~ /^(__|_?asan|\.)/ { print $3 }' \
		>"$T/foreign"
	[ ! -s "$T/err" ] && [ ! -s "$T/foreign" ]
	point $? "$c exports ${m}_* only" "$T/foreign"
done
done_testing
