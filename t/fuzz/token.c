/*
 * token - the text of the keys up to a zero octet, then what claims to be a
 * token.  What is taken for one of ours can be made anew, octet for octet.
 */
#include <string.h>

#include "common/chars.h"
#include "common/token.h"
#include "t/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *s = (const char *)data, *end = memchr(s, 0, n);
	char again[TOKEN_LEN];
	struct token_keys k;
	struct token t;
	size_t i;

	if (!end || token_read_keys(&k, s, (size_t)(end - s)) == -1)
		return 0;
	n -= (size_t)(end + 1 - s);
	s = end + 1;
	if (!token_parse(&k, s, n, &t))
		return 0;
	must(n == TOKEN_LEN);
	for (k.first = 0; k.first < TOKEN_KEYS; k.first++) {
		must(token_make(&k, &t, again) == 0);
		for (i = 0; i < n; i++)
			if (chars_lower((unsigned char)s[i]) != again[i])
				break;
		if (i == n)
			return 0;
	}
	must(0);
	return 0;
}
