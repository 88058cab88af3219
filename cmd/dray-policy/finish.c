#include <string.h>
#include <sys/utsname.h>

#include "cmd/dray-policy/finish.h"
#include "cmd/dray-policy/certificate.h"
#include "cmd/dray-policy/dnsbl.h"
#include "cmd/dray-policy/listener.h"
#include "cmd/dray-policy/returns.h"
#include "cmd/dray-policy/match.h"
#include "cmd/dray-policy/provider.h"
#include "cmd/dray-policy/route.h"
#include "cmd/dray-policy/rulebook.h"
#include "cmd/dray-policy/section.h"
#include "cmd/dray-policy/signing.h"
#include "cmd/dray-policy/stream.h"
#include "cmd/dray-policy/value.h"
#include "cmd/dray-policy/warmup.h"

#define FROM_NAME "Mail delivery system"

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
	struct conf_where w = section_where(c, "node");
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

/* With what [limits] says, where the section does not. */
static uint32_t
wait(const struct conf *c, const struct conf_limits *l, const char *name,
    struct conf_where *w_r)
{
	int i = policykey_find(&policykey_limits, name);
	const struct conf_limits *from = l->where[i].line ? l : &c->limits;

	*w_r = from->where[i];
	return (uint32_t)policykey_get(&policykey_limits.key[i], &from->v);
}

void
finish_limits(struct conf *c, const struct conf_limits *l)
{
	struct conf_where min_where, max_where;
	uint32_t min = wait(c, l, "backoff-min", &min_where);
	uint32_t max = wait(c, l, "backoff-max", &max_where);

	/* What is wrong in [limits] is not said of every section. */
	if (l != &c->limits &&
	    (c->bad || c->limits.v.backoff_min > c->limits.v.backoff_max))
		return;
	if (min > max)
		conf_mistake(c, later(&min_where, &max_where),
		    "backoff-min %us is more than backoff-max %us", min, max);
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

/* What the section of its source and that of its provider are for. */
static void
find_names(struct conf *c, struct conf_static *st)
{
	char name[POLICY_NAMEMAX + 1];
	struct conf_provider *p;
	struct conf_source *so = NULL;

	if (st->source_family)
		so = list_find(&c->sources,
		    route_address(name, st->source_family, st->source));
	if (so) {
		so->used = 1;
		if (!st->helo_where.line) {
			memcpy(st->helo, so->helo, sizeof st->helo);
			st->helo_where = so->helo_where;
		}
	}
	if (!*st->provider)
		return;
	p = list_find(&c->providers, st->provider);
	if (p)
		p->used = 1;
	else
		conf_mistake(c, &st->provider_where,
		    "provider: there is no provider %s", st->provider);
}

static void
check_static(struct conf *c, struct conf_static *st)
{
	find_names(c, st);
	if (st->is.bad)
		return;
	if (!st->hosts_where.line)
		conf_mistake(
		    c, &st->is.where, "[static %s] has no hosts", st->is.name);
	check_source(c, st);
	finish_limits(c, &st->limits);
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
		match_finish(c);
		finish_limits(c, &c->limits);
	}
	for (i = 0; i < c->statics.n; i++)
		check_static(c, c->statics.item[i]);
	certificate_finish(c);
	signing_finish(c);
	listener_finish(c);
	returns_finish(c);
	dnsbl_finish(c);
	route_finish(c);
	provider_finish(c);
	warmup_finish(c);
	rulebook_finish(c);
}
