/* spool/daily: what is taken for a record packs to the octets that are there. */
#include <string.h>

#include "common/daycount.h"
#include "t/fuzz/fuzz.h"

struct walk {
	const uint8_t *s;
	size_t n;
};

static void
see(void *arg, const struct daycount *r)
{
	unsigned char d[DAYCOUNT_LEN];
	struct walk *w = arg;

	daycount_pack(d, r);
	for (; w->n >= sizeof d && memcmp(w->s, d, sizeof d) != 0;
	     w->s += sizeof d, w->n -= sizeof d)
		;
	must(w->n >= sizeof d);
	w->s += sizeof d;
	w->n -= sizeof d;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct walk w = { data, n };

	must(!daycount_each(data, n, see, &w) || n >= DAYCOUNT_LEN);
	return 0;
}
