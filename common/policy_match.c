#include <stdio.h>
#include <string.h>

#include "common/policy_match.h"
#include "common/policyfmt.h"
#include "common/table.h"

/* One pattern, which is the end of the name or a star. */
static int
try(const struct policy *p, const char *kind, const char *pattern, size_t len,
    struct policy_match *m_r)
{
	char key[POLICY_KEYMAX];
	int n, r;

	n = snprintf(key, sizeof key, "%s:%.*s", kind, (int)len, pattern);
	r = table_find(p->table, key, (size_t)n, &m_r->data, &m_r->n);
	if (r != 1)
		return r;
	memcpy(m_r->pattern, pattern, len);
	m_r->pattern[len] = '\0';
	return 1;
}

int
policy_match(const struct policy *p, const char *kind, const char *name,
    size_t len, int star, struct policy_match *m_r)
{
	const char *s, *end = name + len;
	int r;

	if (len > POLICY_NAMEMAX)
		return 0;
	/* One find a label at most, and one for the star. */
	for (s = name; s && s < end; s = memchr(s + 1, '.', end - s - 1)) {
		r = try(p, kind, s, end - s, m_r);
		if (r != 0)
			return r;
	}
	return star ? try(p, kind, "*", 1, m_r) : 0;
}

int
policy_name(const struct policy *p, const char *key, size_t len,
    char name_r[POLICY_LABELMAX + 1])
{
	const void *data;
	size_t n;
	int r = table_find(p->table, key, len, &data, &n);

	if (r != 1)
		return r;
	return policyfmt_unpack_name(data, n, name_r) == 0 ? 1 : -1;
}

size_t
policy_key(char *d, const char *kind, const char *name)
{
	if (!name || !*name || strlen(name) > POLICY_NAMEMAX)
		return 0;
	return (size_t)snprintf(d, POLICY_KEYMAX, "%s:%s", kind, name);
}

int
policy_find(const struct policy *p, const char *kind, const char *name,
    const void **data_r, size_t *n_r)
{
	char key[POLICY_KEYMAX];
	size_t len = policy_key(key, kind, name);

	return len ? table_find(p->table, key, len, data_r, n_r) : 0;
}
