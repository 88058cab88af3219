#include <stdio.h>
#include <string.h>

#include "common/policy_match.h"
#include "common/policyfmt.h"
#include "common/table.h"

/* What the record says over what is there; a damaged one says nothing. */
static void
overlay(const struct policy *p, const char *key, size_t len,
    struct policy_limits *l)
{
	const void *data;
	size_t n;

	if (len && table_find(p->table, key, len, &data, &n) == 1)
		(void)policyfmt_unpack_limits(data, n, l);
}

static void
overlay_kind(const struct policy *p, const char *kind, const char *name,
    struct policy_limits *l)
{
	char key[POLICY_KEYMAX];

	overlay(p, key, policy_key(key, kind, name), l);
}

static void
overlay_both(const struct policy *p, const char *provider, const char *route,
    struct policy_limits *l)
{
	char both[2 * POLICY_LABELMAX + 2];
	int n;

	if (!provider || !route || !*provider || !*route)
		return;
	n = snprintf(both, sizeof both, "%s %s", provider, route);
	if ((size_t)n < sizeof both)
		overlay_kind(p, "lb", both, l);
}

static void
overlay_static(const struct policy *p, const char *domain, size_t len,
    struct policy_limits *l)
{
	struct policy_match m;

	/* Its limits are the pattern's that the route is taken from, be there
	 * any or not. */
	if (policy_match(p, "s", domain, len, 1, &m) == 1)
		overlay_kind(p, "ls", m.pattern, l);
}

static void
total(const struct policy *p, const char *kind, const char *name,
    struct policy_total *t)
{
	char key[POLICY_KEYMAX];
	size_t n, len = policy_key(key, kind, name);
	const void *data;

	if (len && table_find(p->table, key, len, &data, &n) == 1)
		(void)policyfmt_unpack_total(data, n, t);
}

void
policy_limits(const struct policy *p, const struct policy_where *w,
    struct policy_limits *l_r)
{
	memset(l_r, 0, sizeof *l_r);
	policykey_defaults(&policykey_limits, l_r);
	overlay(p, "limits", strlen("limits"), l_r);
	overlay_kind(p, "lr", w->route, l_r);
	overlay_kind(p, "lp", w->provider, l_r);
	overlay_both(p, w->provider, w->route, l_r);
	if (w->domain)
		overlay_static(p, w->domain, w->len, l_r);
	/* They may come from two sections, neither of them wrong alone. */
	if (l_r->backoff_min > l_r->backoff_max)
		l_r->backoff_min = l_r->backoff_max;
	total(p, "tp", w->provider, &l_r->provider_total);
	total(p, "tr", w->route, &l_r->route_total);
}

static int
overlay_share(
    const struct policy *p, const char *key, size_t len, struct policy_share *s)
{
	const void *data;
	size_t n;

	return table_find(p->table, key, len, &data, &n) == 1 &&
	    policyfmt_unpack_share(data, n, s) == 0;
}

int
policy_share(const struct policy *p, char kind, const char *name, size_t len,
    struct policy_share *s_r)
{
	char key[3 + POLICY_NAMEMAX] = { 'h', kind, ':', '*' };
	int found;

	memset(s_r, 0, sizeof *s_r);
	if (!len || len > POLICY_NAMEMAX)
		return 0;
	found = overlay_share(p, key, 4, s_r);
	memcpy(key + 3, name, len);
	return overlay_share(p, key, 3 + len, s_r) || found;
}
