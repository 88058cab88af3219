/*
 * harmless - what a terminal is shown.
 *
 *   harmless(s, len)  a finding, unless it is lines of printable UTF-8
 */
#ifndef DRAY_FUZZ_HARMLESS_H
#define DRAY_FUZZ_HARMLESS_H

#include "t/fuzz/fuzz.h"

/* Every string came out of json_str, which knows UTF-8 by itself: here it is
 * enough to look for what a terminal obeys, C1 being c2 80 to c2 9f, and e2 80
 * a8 to e2 80 ae what turns text around. */
static void
harmless(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i;

	must(len == 0 || p[len - 1] == '\n');
	for (i = 0; i < len; i++) {
		must(p[i] == '\n' || (p[i] >= 32 && p[i] != 127));
		must(p[i] != 0xc2 || (i + 1 < len && p[i + 1] >= 0xa0));
		must(i + 2 >= len || p[i] != 0xe2 || p[i + 1] != 0x80 ||
		    !(p[i + 2] >= 0xa8 && p[i + 2] <= 0xae));
	}
}

#endif
