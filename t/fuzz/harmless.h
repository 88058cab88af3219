/*
 * harmless - what a terminal is shown.
 *
 *   harmless_chars(s, n)  a finding, unless it is printable, or line ends
 *   harmless_begin()  standard output is kept from now on
 *   harmless_end()    and as before: a finding, unless what was kept is lines
 *                     of printable UTF-8
 */
#ifndef DRAY_FUZZ_HARMLESS_H
#define DRAY_FUZZ_HARMLESS_H

#include <stdio.h>
#include <stdlib.h>

#include "t/fuzz/fuzz.h"

static FILE *harmless_before;
static char *harmless_text;
static size_t harmless_len;

/* Every string came out of json_str, which knows UTF-8 by itself: here it is
 * enough to look for what a terminal obeys, C1 being c2 80 to c2 9f, and e2 80
 * a8 to e2 80 ae what turns text around. */
static inline void
harmless_chars(const char *s, size_t len)
{
	const unsigned char *p = (const unsigned char *)s;
	size_t i;

	for (i = 0; i < len; i++) {
		must(p[i] == '\n' || (p[i] >= 32 && p[i] != 127));
		must(p[i] != 0xc2 || (i + 1 < len && p[i + 1] >= 0xa0));
		must(i + 2 >= len || p[i] != 0xe2 || p[i + 1] != 0x80 ||
		    !(p[i + 2] >= 0xa8 && p[i + 2] <= 0xae));
	}
}

static inline void
harmless_look(const char *s, size_t len)
{
	must(len == 0 || s[len - 1] == '\n');
	harmless_chars(s, len);
}

static inline void
harmless_begin(void)
{
	harmless_before = stdout;
	stdout = open_memstream(&harmless_text, &harmless_len);
	must(stdout != NULL);
}

static inline void
harmless_end(void)
{
	must(fclose(stdout) == 0);
	stdout = harmless_before;
	harmless_look(harmless_text, harmless_len);
	free(harmless_text);
}

#endif
