#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/addr.h"
#include "common/policy_match.h"
#include "common/policyfmt.h"
#include "common/table.h"

int
policy_route(const struct policy *p, const char *domain, size_t len,
    struct policy_route *r_r)
{
	struct policy_match m;
	int r;

	r = policy_match(p, "s", domain, len, 1, &m);
	if (r != 1)
		return r;
	if (policyfmt_unpack_route(m.data, m.n, r_r) == -1)
		return -1;
	memcpy(r_r->name, m.pattern, sizeof m.pattern);
	return 1;
}

int
policy_vroute(
    const struct policy *p, const char *name, struct policy_vroute *r_r)
{
	const void *data;
	size_t n;
	int r = policy_find(p, "r", name, &data, &n);

	if (r != 1)
		return r;
	return policyfmt_unpack_vroute(data, n, r_r) == 0 ? 1 : -1;
}

/* The plan of that name; what is damaged is none. */
static int
plan(const struct policy *p, const char *name, struct policy_warmup *w_r)
{
	const void *data;
	size_t n;

	if (policy_find(p, "w", name, &data, &n) != 1 ||
	    policyfmt_unpack_warmup(data, n, w_r) == -1)
		return 0;
	memcpy(w_r->name, name, strlen(name) + 1);
	return 1;
}

int
policy_warmup(const struct policy *p, const char *route, const char *provider,
    const char *source, struct policy_warmup *w_r)
{
	const char *providers[] = { provider, "*" },
		   *sources[] = { source, "*" };
	char key[POLICY_KEYMAX], name[POLICY_LABELMAX + 1];
	size_t n;
	int i;

	for (i = 0; *route && i < 4; i++) {
		if (!*providers[i >> 1] || !*sources[i & 1])
			continue;
		n = (size_t)snprintf(key, sizeof key, "wp:%s %s %s", route,
		    providers[i >> 1], sources[i & 1]);
		if (n < sizeof key && policy_name(p, key, n, name) == 1)
			return plan(p, name, w_r);
	}
	return 0;
}

/* For one pattern of senders: tenant before stream. */
static int
choose(const struct policy *p, const char *sender, size_t senderlen,
    const char *tenant, const char *stream, char *name_r)
{
	const char *tenants[] = { tenant, "*" }, *streams[] = { stream, "*" };
	char key[POLICY_KEYMAX];
	size_t n;
	int i;

	for (i = 0; i < 4; i++) {
		if (!*tenants[i >> 1] || !*streams[i & 1])
			continue;
		n = (size_t)snprintf(key, sizeof key, "c:%.*s %s %s",
		    (int)senderlen, sender, tenants[i >> 1], streams[i & 1]);
		if (n < sizeof key && policy_name(p, key, n, name_r) == 1)
			return 1;
	}
	return 0;
}

static int
choose_by_sender(const struct policy *p, const char *sender, size_t len,
    const char *tenant, const char *stream, char *name_r)
{
	const char *s, *end = sender + len;

	if (!len)
		return choose(p, "<>", 2, tenant, stream, name_r);
	if (choose(p, sender, len, tenant, stream, name_r))
		return 1;
	s = memrchr(sender, '@', len);
	for (s = s ? s + 1 : NULL; s && s < end;
	     s = memchr(s + 1, '.', end - s - 1))
		if (choose(p, s, end - s, tenant, stream, name_r))
			return 1;
	return 0;
}

int
policy_choose(const struct policy *p, const char *stream, const char *tenant,
    const char *sender, char name_r[POLICY_LABELMAX + 1])
{
	char lower[ADDR_MAX + 1];
	size_t n, len = strlen(sender);
	const void *data;

	name_r[0] = '\0';
	if (len > ADDR_MAX || strlen(tenant) > POLICY_LABELMAX ||
	    strlen(stream) > POLICY_LABELMAX ||
	    table_find(p->table, "c", 1, &data, &n) != 1)
		return 0;
	addr_lower(lower, sender, len);
	if (choose_by_sender(p, lower, len, tenant, stream, name_r) ||
	    choose(p, "*", 1, tenant, stream, name_r))
		return 1;
	name_r[0] = '\0';
	return 0;
}
