/*
 * originscan - first octet: the size of the pieces; then a message.  The pieces
 * do not matter, the header is a beginning of it that ends as it should, and
 * what comes out goes into an index and back.
 */
#include <string.h>

#include "common/addr.h"
#include "common/origin.h"
#include "common/originscan.h"
#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
round_trip(const char *from, size_t len, uint32_t header)
{
	static const unsigned char hash[ORIGIN_HASH] = { 1, 2, 3 };
	struct origin in = { header, hash, from, len }, out;
	stralloc sa = STRALLOC_ZERO;

	origin_put(&sa, &in);
	must(origin_get(&out, sa.s, sa.len) == 0);
	must(out.header == header && out.from_len == len &&
	    memcmp(out.from, from, len) == 0 &&
	    memcmp(out.hash, hash, sizeof hash) == 0);
	stralloc_free(&sa);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char once[ADDR_DOMAINMAX], again[ADDR_DOMAINMAX];
	const char *s = (const char *)data + 1;
	struct originscan a, b;
	struct origin o;
	size_t i, k, len, piece;

	if (origin_get(&o, (const char *)data, n) == 0)
		must(o.from_len <= ADDR_DOMAINMAX);
	if (n < 2)
		return 0;
	piece = data[0] % 64 + 1;
	n--;
	originscan_start(&a);
	originscan_start(&b);
	len = originscan_feed(&a, s, n);
	must(len <= n && a.header == len && (a.ended || len == n));
	must(!a.ended || (len >= 2 && memcmp(s + len - 2, "\r\n", 2) == 0));
	for (i = 0; i < n; i += k) {
		k = n - i < piece ? n - i : piece;
		(void)originscan_feed(&b, s + i, k);
	}
	must(b.header == len && b.ended == a.ended);
	len = originscan_from(&a, once);
	must(originscan_from(&b, again) == len);
	must(memcmp(once, again, len) == 0 &&
	    (!len || addr_domain_ok(once, len)));
	round_trip(once, len, a.header);
	return 0;
}
