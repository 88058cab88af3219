/*
 * wire - the first octet chooses the size of the pieces, the rest is the
 * message.  What passes must come back unchanged, and pieces must not matter.
 */
#include <stdlib.h>
#include <string.h>

#include "common/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static int
feed(struct wire *w, const char *s, size_t n, size_t piece, stralloc *out)
{
	size_t i, k;

	wire_init(w);
	for (i = 0; i < n; i += k) {
		k = n - i < piece ? n - i : piece;
		if (wire_feed(w, s + i, k, out) == -1)
			return -1;
	}
	return wire_end(w, out);
}

static void
back(const stralloc *out, const char *s, size_t n, size_t piece)
{
	struct wire_unstuff u;
	size_t i, k, o = 0;
	char *b;

	b = malloc(out->len + 1);
	if (!b)
		abort();
	wire_unstuff_init(&u);
	for (i = 0; i < out->len; i += k) {
		k = out->len - i < piece ? out->len - i : piece;
		o += wire_unstuff(&u, out->s + i, k, b + o);
	}
	if (o < n || o > n + 2 || memcmp(b, s, n))
		abort();
	free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	stralloc a = STRALLOC_ZERO, b = STRALLOC_ZERO;
	const char *s;
	struct wire v, w;
	int r;

	if (n < 2)
		return 0;
	s = (const char *)data + 1;
	r = feed(&v, s, n - 1, data[0] + 1U, &a);
	if (feed(&w, s, n - 1, n, &b) != r || v.error != w.error ||
	    v.lines != w.lines)
		abort();
	if (!r && (a.len != b.len || memcmp(a.s, b.s, a.len)))
		abort();
	if (!r)
		back(&a, s, n - 1, data[0] % 7 + 1U);
	stralloc_free(&a);
	stralloc_free(&b);
	return 0;
}
