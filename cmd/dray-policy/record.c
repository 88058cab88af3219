#include <string.h>

#include "cmd/dray-policy/record.h"

int
record_add(struct table_make *m, const char *kind, const char *name,
    const struct policyfmt_buf *d)
{
	char key[8 + CONF_CLAIMMAX];

	snprintf(key, sizeof key, "%s:%s", kind, name);
	return table_make_add(m, key, strlen(key), d->s, d->n);
}

static uint64_t
mask(const struct conf_where *w, int n)
{
	uint64_t set = 0;
	int i;

	for (i = 0; i < n; i++)
		if (w[i].line)
			set |= UINT64_C(1) << i;
	return set;
}

uint64_t
record_mask(const struct conf_limits *l)
{
	return mask(l->where, POLICYKEY_LIMITS_N) |
	    (l->schedule_where.line ? POLICYFMT_SCHEDULE : 0);
}

/* Nothing is written of a section that sets none. */
static int
add_limits(struct table_make *m, const char *kind, const char *name,
    const struct conf_limits *l)
{
	struct policyfmt_buf d;
	uint64_t set = record_mask(l);

	if (!set)
		return 0;
	d.n = 0;
	policyfmt_pack_limits(&d, set, &l->v);
	return record_add(m, kind, name, &d);
}

static int
add_total(struct table_make *m, const char *kind, const char *name,
    const struct conf_total *t)
{
	struct policyfmt_buf d;
	uint64_t set = mask(t->where, POLICYKEY_TOTAL_N);

	if (!set)
		return 0;
	d.n = 0;
	policyfmt_pack_total(&d, set, &t->v);
	return record_add(m, kind, name, &d);
}

static int
add_static(struct table_make *m, const struct conf_static *st)
{
	struct policy_route route;
	struct policyfmt_buf d;

	memset(&route, 0, sizeof route);
	memcpy(route.helo, st->helo, sizeof st->helo);
	route.source_family = st->source_family;
	memcpy(route.source, st->source, sizeof st->source);
	memcpy(route.provider, st->provider, sizeof st->provider);
	route.n = st->n;
	if (st->n) /* none by MX */
		memcpy(route.addr, st->addr, st->n * sizeof *st->addr);
	d.n = 0;
	policyfmt_pack_route(&d, &route);
	if (record_add(m, "s", st->is.name, &d) == -1)
		return -1;
	return add_limits(m, "ls", st->is.name, &st->limits);
}

static int
add_route(struct table_make *m, const struct conf_route *r)
{
	struct policy_vroute route;
	struct policyfmt_buf d;

	route.n = r->n;
	memcpy(route.source, r->source, r->n * sizeof *r->source);
	d.n = 0;
	policyfmt_pack_vroute(&d, &route);
	if (record_add(m, "r", r->is.name, &d) == -1 ||
	    add_total(m, "tr", r->is.name, &r->total) == -1)
		return -1;
	return add_limits(m, "lr", r->is.name, &r->limits);
}

static int
add_shares(struct table_make *m, const char *kind, const struct list *l)
{
	const struct conf_share *sh;
	struct policyfmt_buf d;
	size_t i;

	for (i = 0; i < l->n; i++) {
		sh = l->item[i];
		d.n = 0;
		policyfmt_pack_share(
		    &d, mask(sh->share_where, POLICYKEY_SHARE_N), &sh->v);
		if (record_add(m, kind, sh->is.name, &d) == -1)
			return -1;
	}
	return 0;
}

static int
add_provider(struct table_make *m, const struct conf_provider *p)
{
	if (add_total(m, "tp", p->is.name, &p->total) == -1)
		return -1;
	return add_limits(m, "lp", p->is.name, &p->limits);
}

int
record_where(struct table_make *m, const struct conf *c)
{
	const struct conf_pair *b;
	size_t i;

	for (i = 0; i < c->statics.n; i++)
		if (add_static(m, c->statics.item[i]) == -1)
			return -1;
	for (i = 0; i < c->routes.n; i++)
		if (add_route(m, c->routes.item[i]) == -1)
			return -1;
	for (i = 0; i < c->providers.n; i++)
		if (add_provider(m, c->providers.item[i]) == -1)
			return -1;
	for (i = 0; i < c->pairs.n; i++) {
		b = c->pairs.item[i];
		if (add_limits(m, "lb", b->is.name, &b->limits) == -1)
			return -1;
	}
	return add_shares(m, "ht", &c->tenants) == -1
	    ? -1
	    : add_shares(m, "hc", &c->campaigns);
}
