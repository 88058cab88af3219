#include <string.h>
#include <sys/utsname.h>

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/stream.h"
#include "cmd/dray-policy/value.h"

#define FROM_NAME "Mail delivery system"

/* A place to blame for a value that is missing. */
static struct conf_where
at_section(const struct conf *c, enum conf_section section)
{
	struct conf_where w = c->section_where[section];

	if (!w.line)
		w.line = 1;
	return w;
}

/* An address that has no domain gets ours. */
static void
complete(char *address, size_t room, const char *domain)
{
	size_t n = strlen(address);

	if (!strchr(address, '@'))
		snprintf(address + n, room - n, "@%s", domain);
}

static void
finish_node(struct conf *c)
{
	struct conf_where w = at_section(c, CONF_NODE);
	struct policy_node *n = &c->node;
	struct utsname u;

	if (!c->node_where[0].line &&
	    (uname(&u) == -1 || value_name(n->hostname, u.nodename) == -1))
		conf_mistake(c, &w,
		    "set hostname: the name of this machine is no domain name");
	else if (!c->node_where[1].line &&
	    value_domain(n->domain, n->hostname) == -1)
		conf_mistake(c, &w, "set domain: hostname is an address");
	if (!c->node_where[2].line)
		memcpy(n->postmaster, "postmaster", sizeof "postmaster");
	complete(n->postmaster, sizeof n->postmaster, n->domain);
}

static void
finish_notices(struct conf *c)
{
	struct policy_notices *n = &c->notices;

	if (!c->from_where.line) {
		memcpy(n->from, "mailer-daemon", sizeof "mailer-daemon");
		memcpy(n->from_name, FROM_NAME, sizeof FROM_NAME);
	}
	complete(n->from, sizeof n->from, c->node.domain);
}

/* The later of two values that do not go together. */
static const struct conf_where *
later(const struct conf_where *a, const struct conf_where *b)
{
	if (!a->line || (b->line && b->file > a->file) ||
	    (b->file == a->file && b->line > a->line))
		return b;
	return a;
}

static int
limit_index(const char *name)
{
	return policykey_find(&policykey_limits, name);
}

static void
check_limits(
    struct conf *c, const struct policy_limits *l, const struct conf_where *w)
{
	const struct conf_where *min = &w[limit_index("backoff-min")];
	const struct conf_where *max = &w[limit_index("backoff-max")];

	if (l->backoff_min > l->backoff_max)
		conf_mistake(c, later(min, max),
		    "backoff-min %us is more than backoff-max %us",
		    l->backoff_min, l->backoff_max);
}

static void
check_queue(struct conf *c)
{
	const struct policykey_group *g = &policykey_queue;
	const struct conf_where *w = c->queue_where;

	if (c->queue.bundle_size > c->queue.memory)
		conf_mistake(c,
		    later(&w[policykey_find(g, "bundle-size")],
			&w[policykey_find(g, "memory")]),
		    "bundle-size is more than memory");
}

/* What the section does not say comes from [limits]. */
static void
inherit(const struct conf *c, struct conf_static *st)
{
	const struct policykey *k;
	int i;

	for (i = 0; i < POLICYKEY_LIMITS_N; i++) {
		if (st->limits_where[i].line)
			continue;
		k = &policykey_limits.key[i];
		policykey_set(k, &st->limits, policykey_get(k, &c->limits));
		st->limits_where[i] = c->limits_where[i];
	}
}

static void
check_source(struct conf *c, const struct conf_static *st)
{
	unsigned int i;

	for (i = 0; st->source_family && i < st->n; i++) {
		if (st->addr[i].family == st->source_family)
			continue;
		conf_mistake(c, later(&st->source_where, &st->hosts_where),
		    "no connection from source to %.64s: one is IPv4, the "
		    "other IPv6",
		    st->addr[i].host);
		return;
	}
}

static void
check_static(struct conf *c, const struct conf_static *st)
{
	if (!st->hosts_where.line)
		conf_mistake(
		    c, &st->where, "[static %s] has no hosts", st->pattern);
	check_source(c, st);
	/* Else this would say of each route what was said of [limits]. */
	if (!c->bad && c->limits.backoff_min <= c->limits.backoff_max)
		check_limits(c, &st->limits, st->limits_where);
}

/* Where a value was a mistake, conclusions from it would be noise. */
void
conf_finish(struct conf *c)
{
	size_t i;

	if (!c->bad) {
		finish_node(c);
		finish_notices(c);
		check_queue(c);
		stream_finish(c);
		check_limits(c, &c->limits, c->limits_where);
	}
	for (i = 0; i < c->nstatic; i++) {
		inherit(c, c->statics[i]);
		if (!c->statics[i]->bad)
			check_static(c, c->statics[i]);
	}
}
