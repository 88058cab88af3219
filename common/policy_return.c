#include <string.h>

#include "common/policy.h"

#define ADDRESSMAX 320

static char
lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* The kind of what is under this key; 0: nothing is. */
static unsigned int
find(const struct policy *p, const char *local, size_t len, const char *domain,
    size_t domain_len)
{
	char key[3 + ADDRESSMAX + 1] = "ra:";
	size_t n = 3, i, size;
	const void *data;
	uint8_t kind;

	for (i = 0; i < len; i++)
		key[n++] = lower(local[i]);
	if (len)
		key[n++] = '@';
	for (i = 0; i < domain_len; i++)
		key[n++] = lower(domain[i]);
	if (policy_record(p, key, n, &data, &size) != 1 || size != 1)
		return 0;
	memcpy(&kind, data, 1);
	return kind <= POLICY_RETURNS ? kind : 0;
}

unsigned int
policy_return(const struct policy *p, const char *local, size_t len,
    const char *domain, size_t domain_len)
{
	const char *plus;
	unsigned int kind;

	if (!len || !domain_len || len + 1 + domain_len > ADDRESSMAX)
		return 0;
	kind = find(p, local, len, domain, domain_len);
	plus = memchr(local, '+', len);
	if (!kind && plus && plus > local)
		kind =
		    find(p, local, (size_t)(plus - local), domain, domain_len);
	return kind ? kind : find(p, "", 0, domain, domain_len);
}
