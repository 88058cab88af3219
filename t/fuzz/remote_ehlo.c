/*
 * remote_ehlo - what a server says to EHLO: lines of text, each ended by LF.
 */
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-remote/caps.h"
#include "common/remoteproto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data, *end = s + n, *nl;
	struct caps c;

	caps_init(&c);
	while (s < end) {
		nl = memchr(s, '\n', (size_t)(end - s));
		nl = nl ? nl : end;
		caps_line(&c, s, (size_t)(nl - s));
		s = nl + 1;
	}
	if (c.bits >= REMOTE_CAP_LIMITS << 1 ||
	    (c.size && !(c.bits & REMOTE_CAP_SIZE)) ||
	    ((c.rcptmax || c.mailmax) && !(c.bits & REMOTE_CAP_LIMITS)) ||
	    (c.bits && !(c.bits & REMOTE_CAP_ESMTP)))
		abort();
	return 0;
}
