#include <stdio.h>
#include <string.h>

#include "common/policyfmt.h"
#include "common/table.h"

unsigned int
policy_dnsbls(const struct policy *p)
{
	struct policyfmt_cursor c = { NULL, 0, 0 };
	const void *data;
	uint64_t n;

	if (policy_record(p, "bl", 2, &data, &c.n) != 1)
		return 0;
	c.p = data;
	n = policyfmt_get_range(&c, 8, 0, POLICY_DNSBLMAX);
	return policyfmt_get_end(&c) == -1 ? 0 : (unsigned int)n;
}

int
policy_dnsbl(const struct policy *p, unsigned int i, struct policy_dnsbl *d_r)
{
	char key[16];
	const void *data;
	size_t n;
	int r;

	snprintf(key, sizeof key, "bl:%u", i);
	r = policy_record(p, key, strlen(key), &data, &n);
	if (r != 1)
		return r;
	return policyfmt_unpack_dnsbl(data, n, d_r) == -1 ? -1 : 1;
}

struct own {
	policy_own_fn *fn;
	void *ctx;
};

static void
tell_ip(const struct own *o, uint8_t family, const uint8_t *ip)
{
	struct policy_ip a = { .family = family };

	memcpy(a.ip, ip, family == 4 ? 4 : 16);
	o->fn(o->ctx, &a, NULL);
}

static int
each_static(const struct own *o, const void *data, size_t n)
{
	struct policy_route r;

	if (policyfmt_unpack_route(data, n, &r) == -1)
		return -1;
	if (r.source_family)
		tell_ip(o, r.source_family, r.source);
	return 0;
}

static int
each_route(const struct own *o, const void *data, size_t n)
{
	struct policy_vroute r;
	unsigned int i;

	if (policyfmt_unpack_vroute(data, n, &r) == -1)
		return -1;
	for (i = 0; i < r.n; i++)
		tell_ip(o, r.source[i].family, r.source[i].ip);
	return 0;
}

/* A [sender] may be for all domains, or for those below one, which says no name
 * that could be asked for. */
static void
tell_domain(const struct own *o, const char *name, size_t n)
{
	char domain[POLICY_NAMEMAX + 1];

	if (!n || n > POLICY_NAMEMAX || *name == '.' || *name == '*')
		return;
	memcpy(domain, name, n);
	domain[n] = '\0';
	o->fn(o->ctx, NULL, domain);
}

static int
each(void *ctx, const void *key, size_t len, const void *data, size_t n)
{
	const struct own *o = ctx;
	const char *s = key;

	if (len > 2 && !memcmp(s, "s:", 2))
		return each_static(o, data, n);
	if (len > 2 && !memcmp(s, "r:", 2))
		return each_route(o, data, n);
	if (len > 3 && (!memcmp(s, "sd:", 3) || !memcmp(s, "dk:", 3)))
		tell_domain(o, s + 3, len - 3);
	return 0;
}

int
policy_own(const struct policy *p, policy_own_fn *fn, void *ctx)
{
	struct own o = { fn, ctx };

	return table_each(p->table, each, &o) == 0 ? 0 : -1;
}
