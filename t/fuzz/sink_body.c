/*
 * The octets of messages in dray-sink: what is found in a message must not
 * depend on how it is cut into pieces, nor on how it is carried.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-sink/body.h"
#include "cmd/dray-sink/crc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t
feed(struct body *b, const char *s, size_t n, size_t step)
{
	size_t i = 0, k;

	body_begin(b, 1, NULL, UINT64_MAX);
	while (i < n && !b->done) {
		k = n - i < step ? n - i : step;
		i += body_data(b, s + i, k);
	}
	return i;
}

/* The end that RFC 5321 4.5.2 defines, looked for in the plainest way. */
static size_t
plain_end(const char *s, size_t n)
{
	size_t i;

	if (n >= 3 && !memcmp(s, ".\r\n", 3))
		return 3;
	for (i = 0; i + 5 <= n; i++)
		if (!memcmp(s + i, "\r\n.\r\n", 5))
			return i + 5;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data + 1;
	struct body a, b;
	size_t step;

	if (n < 2)
		return 0;
	crc_init();
	step = data[0] % 17 + 1u;
	n--;
	if (feed(&a, s, n, n) != plain_end(s, n) ||
	    feed(&b, s, n, step) != plain_end(s, n))
		abort();
	if (a.size != b.size || a.crc != b.crc || a.done != b.done ||
	    a.barelf != b.barelf || a.barecr != b.barecr ||
	    a.longline != b.longline || a.eight != b.eight)
		abort();
	return 0;
}
