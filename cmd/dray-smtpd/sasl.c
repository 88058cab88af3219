#include <string.h>

#include <sodium.h>

#include "cmd/dray-smtpd/sasl.h"

int
sasl_decode(char *d, size_t max, size_t *n_r, const char *s, size_t n)
{
	const char *end;

	*n_r = 0;
	if (sodium_base642bin((unsigned char *)d, max, s, n, NULL, n_r, &end,
		sodium_base64_VARIANT_ORIGINAL) == -1)
		return -1;
	return end == s + n ? 0 : -1;
}

/* [whom he acts for] NUL who he is NUL password */
int
sasl_plain(struct sasl *c, const char *s, size_t n)
{
	const char *end = s + n, *first = memchr(s, '\0', n), *second;
	size_t len;

	if (!first)
		return -1;
	second = memchr(first + 1, '\0', (size_t)(end - first - 1));
	if (!second)
		return -1;
	c->user = first + 1;
	c->ulen = (size_t)(second - c->user);
	c->password = second + 1;
	c->plen = (size_t)(end - c->password);
	if (memchr(c->password, '\0', c->plen))
		return -1;
	len = (size_t)(first - s);
	if (len && (len != c->ulen || memcmp(s, c->user, len) != 0))
		return SASL_OTHER;
	return 0;
}
