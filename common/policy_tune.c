#include <stdio.h>
#include <string.h>

#include "common/policyfmt.h"
#include "common/table.h"

static void
get(const struct policy *p, const char *key, const struct policykey_group *g,
    void *s)
{
	struct policyfmt_cursor c = { NULL, 0, 0 };
	const void *data;

	policykey_defaults(g, s);
	if (policy_record(p, key, strlen(key), &data, &c.n) != 1)
		return;
	c.p = data;
	policyfmt_get_group(&c, g, s);
	if (policyfmt_get_end(&c) == -1)
		policykey_defaults(g, s);
}

static void
overlay(const struct policy *p, const char *kind, const char *name,
    struct policy_breaker *b)
{
	struct policyfmt_cursor c = { NULL, 0, 0 };
	struct policy_breaker whole = *b;
	char key[POLICY_LABELMAX + 16];
	const void *data;
	int n = snprintf(key, sizeof key, "bk:%s/%s", kind, name);

	if (!*name || n < 0 || (size_t)n >= sizeof key ||
	    table_find(p->table, key, (size_t)n, &data, &c.n) != 1)
		return;
	c.p = data;
	policyfmt_get_some(&c, &policykey_breaker, 0, &whole);
	if (policyfmt_get_end(&c) == 0)
		*b = whole;
}

void
policy_breaker(const struct policy *p, const char *stream, const char *tenant,
    struct policy_breaker *b_r)
{
	get(p, "breaker", &policykey_breaker, b_r);
	overlay(p, "stream", stream, b_r);
	overlay(p, "tenant", tenant, b_r);
}

void
policy_tune(const struct policy *p, struct policy_tune *t_r)
{
	get(p, "tune", &policykey_tune, t_r);
}
