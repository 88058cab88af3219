/*
 * A PROXY header, in pieces: each part of one wants more, until there is all of
 * it, and what is behind it changes nothing.
 */
#include <string.h>

#include "cmd/dray-smtpd/proxy.h"
#include "t/fuzz/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data;
	struct proxy p, q;
	int r;
	size_t i;

	if (!n)
		return 0;
	r = proxy_parse(&p, s, n);
	must(r >= -1 && r <= PROXY_MAX && (r == -1 || (size_t)r <= n));
	must(!p.known || r == -1 || p.addr.family == 4 || p.addr.family == 6);
	if (r == 0)
		must(n < PROXY_MAX);
	if (r <= 0)
		return 0;
	for (i = 1; i < (size_t)r; i++)
		must(proxy_parse(&q, s, i) == 0);
	must(proxy_parse(&q, s, (size_t)r) == r);
	must(!memcmp(&p, &q, sizeof p));
	return 0;
}
