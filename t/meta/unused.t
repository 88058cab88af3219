#!/bin/sh
# Nothing in the programs is there for nobody: every function and variable that
# one object file gives to others is used by one of them.  What only its own
# file uses has to be static.  Tests do not count.
. "$(dirname "$0")/../lib/lib.sh"
cd "$TOP" || exit 1
export LC_ALL=C

command -v nm >/dev/null || skip_all "there is no nm"

# What makes a module whole, is the way in for a fuzz target, or came before
# the program that uses it.
cat >"$T/allowed" <<'END'
main
backmail_head
gate_burst
list_end
list_feed
list_start
mergerow_free
report_kind
rulebook_sample
script_free
spool_close
suppress_close
table_seal
token_read_keys
END

for c in common/*.c cmd/*/*.c; do
	nm "$B/${c%.c}.o" | sed "s|\$| $c|"
done >"$T/nm" 2>"$T/err"
[ ! -s "$T/err" ]
point $? "every object can be read" "$T/err"
awk '$(NF-2) == "U" { print $(NF-1) }' "$T/nm" | sort -u >"$T/wanted"
awk '$(NF-2) ~ /^[TDBRVW]$/ && $(NF-1) !~ /^__/ { print $(NF-1), $NF }' \
    "$T/nm" | sort -u >"$T/given"

join -v 1 "$T/given" "$T/wanted" | sort >"$T/idle"
sort "$T/allowed" | join -v 2 - "$T/idle" >"$T/unused"
[ -s "$T/given" ] && [ ! -s "$T/unused" ]
point $? "what is given to others is used" "$T/unused"
sort "$T/allowed" | join -v 1 - "$T/idle" >"$T/stale"
[ ! -s "$T/stale" ]
point $? "the exceptions are needed" "$T/stale"
done_testing
