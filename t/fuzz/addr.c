/* addr - what addr_split takes it must split into parts that make it up. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/addr.h"
#include "common/idn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data;
	struct addr a;
	char low[ADDR_MAX], ascii[ADDR_DOMAINMAX];

	if (addr_split(s, n, &a) == -1)
		return 0;
	if (a.local != s || a.local_len + 1 + a.domain_len != n ||
	    a.domain != s + a.local_len + 1 || a.domain[-1] != '@' ||
	    !a.local_len || a.local_len > ADDR_LOCALMAX || n > ADDR_MAX ||
	    (!a.idn && !addr_domain_ok(a.domain, a.domain_len)) ||
	    idn_ascii(ascii, a.domain, a.domain_len) > sizeof ascii)
		abort();
	addr_lower(low, s, n);
	if (addr_split(low, n, &a) == -1)
		abort();
	return 0;
}
