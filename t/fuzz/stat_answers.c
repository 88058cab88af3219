/*
 * stat_answers - what dray-stat reads and prints.  First octet: 1 a listing,
 * else statistics; 2 as JSON.  A listing is a row of frames, each two octets
 * length and content.
 *
 * Whatever the answer holds, a terminal is shown lines of printable UTF-8.
 */
#include <stdint.h>

int stat_main(int argc, char const *const *argv);
#define main stat_main
#include "cmd/dray-stat/dray-stat.c"
#undef main
#include "t/fuzz/harmless.h"

static void
list(int raw, const uint8_t *data, size_t n)
{
	struct listing l = { .raw = raw };
	size_t i, len;
	int r = 0;
	char *s;

	for (i = 0; n - i >= 2 && r == 0; i += len) {
		len = data[i] * 256u + data[i + 1];
		i += 2;
		if (len > n - i)
			len = n - i;
		/* As long as it is, so that reading past it is seen. */
		s = malloc(len + !len);
		must(s != NULL);
		memcpy(s, data + i, len);
		r = listing_take(&l, s, len);
		free(s);
	}
	if (r == 1)
		listing_end(&l);
	stralloc_free(&l.part);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct options o = { .base = "" };

	if (n == 0)
		return 0;
	harmless_begin();
	o.json = data[0] & 2;
	if (data[0] & 1)
		list(o.json, data + 1, n - 1);
	else
		(void)take_stat(&o, (const char *)data + 1, n - 1);
	harmless_end();
	return 0;
}
