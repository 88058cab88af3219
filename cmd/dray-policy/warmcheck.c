#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/route.h"
#include "cmd/dray-policy/warmup.h"

#define CLAIMS_MAX 10000 /* of one plan */

/* Each day growth percent more than the day before, in thousandths. */
static void
expand(struct conf_warmup *u)
{
	uint64_t v = u->curve.first * 1000;

	for (u->v.n = 0; u->v.n < u->curve.days; u->v.n++) {
		u->v.quota[u->v.n] = v / 1000;
		v +=
		    v / 100 * u->curve.growth + v % 100 * u->curve.growth / 100;
		if (v > POLICY_QUOTAMAX * 1000)
			v = POLICY_QUOTAMAX * 1000;
	}
}

/* 0, or -1: neither a table nor a curve, or both. */
static int
check_quotas(struct conf *c, struct conf_warmup *u)
{
	static const char *const names[] = { "first", "growth", "days" };
	const struct conf_where *w = u->curve_where;
	int i, some = 0, all = 1;

	for (i = 0; i < 3; i++) {
		some |= w[i].line != 0;
		all &= w[i].line != 0;
		if (w[i].line && u->table_where.line) {
			conf_mistake(c, &w[i],
			    "%s: there is a table at %s:%u already", names[i],
			    conf_file(c, &u->table_where), u->table_where.line);
			return -1;
		}
	}
	if (u->table_where.line)
		return 0;
	if (!all) {
		conf_mistake(c, &u->is.where,
		    some ? "[warmup %s] needs first, growth and days"
			 : "[warmup %s] has neither a table nor first, growth "
			   "and days",
		    u->is.name);
		return -1;
	}
	expand(u);
	return 0;
}

static int
has_source(const struct conf_route *r, const char *name)
{
	char text[POLICY_NAMEMAX + 1];
	unsigned int i;

	for (i = 0; i < r->n; i++)
		if (!strcmp(route_address(
				text, r->source[i].family, r->source[i].ip),
			name))
			return 1;
	return 0;
}

static void
check_sources(
    struct conf *c, const struct conf_warmup *u, const struct conf_route *r)
{
	size_t i;

	for (i = 0; i < u->sources.n; i++)
		if (!has_source(r, u->sources.word[i]))
			conf_mistake(c, &u->sources.where,
			    "sources: route %s has no source %s", r->is.name,
			    u->sources.word[i]);
}

/* By their own names, whichever are written. */
static void
check_providers(struct conf *c, struct conf_warmup *u)
{
	const struct conf_provider *p;
	size_t i;

	for (i = 0; i < u->providers.n; i++) {
		p = conf_provider(c, u->providers.word[i]);
		if (!p) {
			conf_mistake(c, &u->providers.where,
			    "providers: there is no provider %s",
			    u->providers.word[i]);
			continue;
		}
		free(u->providers.word[i]);
		u->providers.word[i] = conf_copy(p->is.name);
	}
}

static const char *
word(const struct conf_words *w, size_t i)
{
	return w->n ? w->word[i] : "*";
}

/* 0, or -1: another plan has it, which has been said. */
static int
claim(
    struct conf *c, const struct conf_warmup *u, size_t provider, size_t source)
{
	struct conf_claim *new = conf_zero(sizeof *new), *old;

	new->owner = u->is.name;
	new->where = u->is.where;
	snprintf(new->name, sizeof new->name, "%s %s %s", u->route,
	    word(&u->providers, provider), word(&u->sources, source));
	old = list_add(&c->plans, new);
	if (!old)
		return 0;
	conf_mistake(c, &new->where,
	    "warmup %s is for the same mail as warmup %s at %s:%u", u->is.name,
	    old->owner, conf_file(c, &old->where), old->where.line);
	free(new);
	return -1;
}

static void
claim_all(struct conf *c, const struct conf_warmup *u)
{
	size_t p = u->providers.n ? u->providers.n : 1;
	size_t s = u->sources.n ? u->sources.n : 1, i;

	if (p * s > CLAIMS_MAX || c->plans.n > CONF_ITEMMAX) {
		conf_mistake(c, &u->is.where,
		    "[warmup %s]: too many sources and providers", u->is.name);
		return;
	}
	/* One is enough to say. */
	for (i = 0; i < p * s; i++)
		if (claim(c, u, i / s, i % s) == -1)
			return;
}

static void
check_names(struct conf *c, struct conf_warmup *u)
{
	const struct conf_route *r = list_find(&c->routes, u->route);

	if (!u->route_where.line)
		conf_mistake(
		    c, &u->is.where, "[warmup %s] has no route", u->is.name);
	else if (!r)
		conf_mistake(c, &u->route_where, "route: there is no route %s",
		    u->route);
	else
		check_sources(c, u, r);
	check_providers(c, u);
	if (!u->overflow_where.line)
		return;
	if (!list_find(&c->routes, u->v.overflow))
		conf_mistake(c, &u->overflow_where,
		    "overflow: there is no route %s", u->v.overflow);
	else if (!strcmp(u->v.overflow, u->route))
		conf_mistake(c, &u->overflow_where,
		    "overflow: %s is the route that it is of", u->route);
}

static void
check(struct conf *c, struct conf_warmup *u)
{
	if (u->is.bad)
		return;
	check_names(c, u);
	if (!u->start_where.line)
		conf_mistake(
		    c, &u->is.where, "[warmup %s] has no start", u->is.name);
	memcpy(u->v.name, u->is.name, sizeof u->v.name);
	u->v.name[sizeof u->v.name - 1] = '\0';
	u->v.wait = u->curve.wait;
	if (check_quotas(c, u) == 0)
		claim_all(c, u);
}

/* Marks which of the plans before that one mail of this route may come to. */
static void
follow(struct conf *c, const char *route, unsigned int mark)
{
	struct conf_warmup *u;
	size_t i;

	for (i = 0; i + 1 < mark; i++) {
		u = c->warmups.item[i];
		if (u->mark == mark || !*u->v.overflow ||
		    strcmp(u->route, route) != 0)
			continue;
		u->mark = mark;
		follow(c, u->v.overflow, mark);
	}
}

/* What overflows must not come back.  One way round is told once, at the plan
 * that closes it. */
static void
check_circle(struct conf *c, size_t n)
{
	struct conf_warmup *u = c->warmups.item[n], *v;
	unsigned int mark = (unsigned int)n + 1;
	size_t i;

	if (u->is.bad || !*u->v.overflow || !strcmp(u->v.overflow, u->route))
		return;
	follow(c, u->v.overflow, mark);
	for (i = 0; i < n; i++) {
		v = c->warmups.item[i];
		if (v->mark != mark || strcmp(v->v.overflow, u->route) != 0)
			continue;
		conf_mistake(c, &u->overflow_where,
		    "overflow: what goes to %s comes back by warmup %s at "
		    "%s:%u",
		    u->v.overflow, v->is.name, conf_file(c, &v->overflow_where),
		    v->overflow_where.line);
		return;
	}
}

void
warmup_finish(struct conf *c)
{
	size_t i;

	for (i = 0; i < c->warmups.n; i++)
		check(c, c->warmups.item[i]);
	for (i = 0; i < c->warmups.n; i++)
		check_circle(c, i);
}
