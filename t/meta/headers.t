#!/bin/sh
# Each header of common/ compiles alone: whoever includes it needs nothing else.
. "$(dirname "$0")/../lib/lib.sh"
cd "$TOP" || exit 1

CC=${CC:-gcc}
command -v "$CC" >/dev/null || skip_all "there is no $CC"

for h in common/*.h; do
	printf '#include "%s"\n#include "%s"\n' "$h" "$h" >"$T/alone.c"
	check "$h" "$CC" -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -I. \
	    '-DDRAY_BASE="/var/dray"' -fsyntax-only "$T/alone.c"
	guard=DRAY_$(basename "$h" .h | tr 'a-z-' 'A-Z_')_H
	check "$h has the guard $guard" grep -q "^#ifndef $guard\$" "$h"
done
done_testing
