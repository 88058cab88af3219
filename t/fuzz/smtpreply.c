/*
 * smtpreply - the first octet chooses the size of the pieces, the rest is what
 * a server says.  Pieces must not matter, and what is handed out is bounded.
 */
#include <stdlib.h>
#include <string.h>

#include "common/smtpreply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* A sum of all that was handed out. */
static uint64_t
run(const char *s, size_t n, size_t piece)
{
	struct smtpreply r;
	enum smtpreply_result e;
	uint64_t sum = 0;
	size_t k;
	uint16_t at;

	smtpreply_init(&r);
	while (n) {
		k = n < piece ? n : piece;
		n -= k;
		while ((e = smtpreply_next(&r, &s, &k)) != SMTPREPLY_MORE) {
			if (e == SMTPREPLY_BAD)
				return sum * 31 + 1;
			if (r.code < 200 || r.code > 599 ||
			    r.len > SMTPREPLY_TEXTMAX || r.line > r.len ||
			    strlen(r.status) > 11)
				abort();
			for (at = r.line; at < r.len; at++)
				sum = sum * 31 + (unsigned char)r.text[at];
			sum = sum * 31 + r.code + *r.status;
			if (e == SMTPREPLY_DONE)
				smtpreply_init(&r);
			else if (r.code % 2)
				smtpreply_forget(&r);
		}
		if (k)
			abort();
	}
	return sum;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n < 2)
		return 0;
	if (run((const char *)data + 1, n - 1, data[0] % 50 + 1U) !=
	    run((const char *)data + 1, n - 1, n))
		abort();
	return 0;
}
