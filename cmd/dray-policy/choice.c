#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/finish.h"
#include "cmd/dray-policy/route.h"
#include "cmd/dray-policy/stream.h"

#define CHOICES_MAX 10000 /* of one route */

/* Whether mail that names no route may get it. */
static int
is_choosable(const struct conf_route *r)
{
	return r->streams.n || r->tenants.n || r->senders.n;
}

/* What is not said is "*"; said by whom, for a message. */
static const char *
word(const struct conf_words *w, size_t i, struct conf_where *where)
{
	if (!w->n)
		return "*";
	*where = w->where;
	return w->word[i];
}

/* 0, or -1: another route has it, which has been said. */
static int
claim(struct conf *c, const struct conf_route *r, size_t sender, size_t tenant,
    size_t stream)
{
	struct conf_claim *new = conf_zero(sizeof *new), *old;
	const char *se, *te, *st;

	new->owner = r->is.name;
	new->where = r->is.where;
	/* The last one that says anything is the place of the mistake. */
	st = word(&r->streams, stream, &new->where);
	te = word(&r->tenants, tenant, &new->where);
	se = word(&r->senders, sender, &new->where);
	snprintf(new->name, sizeof new->name, "%s %s %s", se, te, st);
	old = list_add(&c->choices, new);
	if (!old)
		return 0;
	conf_mistake(c, &new->where,
	    "route %s is chosen for the same mail as route %s at %s:%u",
	    r->is.name, old->owner, conf_file(c, &old->where), old->where.line);
	free(new);
	return -1;
}

static size_t
count(const struct conf_words *w)
{
	return w->n ? w->n : 1;
}

static void
claim_all(struct conf *c, const struct conf_route *r)
{
	size_t a = count(&r->senders), b = count(&r->tenants),
	       d = count(&r->streams), i;

	if (a * b * d > CHOICES_MAX || c->choices.n > CONF_ITEMMAX) {
		conf_mistake(c, &r->is.where,
		    "route %s: too many combinations of senders, tenants and "
		    "streams",
		    r->is.name);
		return;
	}
	/* One is enough to say. */
	for (i = 0; i < a * b * d; i++)
		if (claim(c, r, i / (b * d), i / d % b, i % d) == -1)
			return;
}

static void
check_streams(struct conf *c, const struct conf_route *r)
{
	size_t i;

	for (i = 0; i < r->streams.n; i++)
		if (strcmp(r->streams.word[i], "*") != 0 &&
		    !stream_known(c, r->streams.word[i]))
			conf_mistake(c, &r->streams.where,
			    "streams: there is no stream %s",
			    r->streams.word[i]);
}

/* The HELO names of the addresses. */
static void
find_helo(struct conf *c, struct conf_route *r)
{
	char name[POLICY_NAMEMAX + 1];
	struct policy_source *a;
	struct conf_source *so;
	unsigned int i;

	for (i = 0; i < r->n; i++) {
		a = &r->source[i];
		so = list_find(
		    &c->sources, route_address(name, a->family, a->ip));
		if (!so)
			continue;
		memcpy(a->helo, so->helo, sizeof a->helo);
		so->used = 1;
	}
}

static void
check_route(struct conf *c, struct conf_route *r)
{
	find_helo(c, r);
	if (r->is.bad)
		return;
	if (!r->sources_where.line)
		conf_mistake(
		    c, &r->is.where, "[route %s] has no sources", r->is.name);
	check_streams(c, r);
	if (is_choosable(r))
		claim_all(c, r);
	finish_limits(c, &r->limits);
}

static void
check_source(struct conf *c, const struct conf_source *so)
{
	if (so->is.bad)
		return;
	if (!so->used)
		conf_mistake(c, &so->is.where,
		    "[source %s]: no route has this address", so->is.name);
	else if (!so->helo_where.line)
		conf_mistake(
		    c, &so->is.where, "[source %s] has no helo", so->is.name);
}

void
route_finish(struct conf *c)
{
	size_t i;

	for (i = 0; i < c->routes.n; i++)
		check_route(c, c->routes.item[i]);
	for (i = 0; i < c->sources.n; i++)
		check_source(c, c->sources.item[i]);
}
