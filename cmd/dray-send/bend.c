#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "cmd/dray-send/path.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/steer.h"

/*
 * What rules other than pauses make of the limits of groups, and of servers.
 * Whenever they change, each group works its limits out anew, at the latest
 * when its site is passed on a walk over all of them; lanes that are too many,
 * or at a server that is skipped now, are closed.
 */
#define SLICE 2000 /* sites and destinations at a turn */

static struct {
	uint32_t site, dest; /* the next one; 0: that is done */
	int wake; /* what sleeps because its servers were skipped */
} walk;

void
bend_changed(int ended)
{
	rules.bent++;
	walk.site = 1;
	walk.dest = 1;
	walk.wake |= ended;
}

static int
is(const struct scope *sc, enum scope_key key, const char *s)
{
	return scope_match(sc, key, s, strlen(s));
}

/* For all destinations, as far as the rule goes. */
static int
is_wide(const struct scope *sc)
{
	return !scope_has(sc, SCOPE_DESTINATION) ||
	    sc->value[SCOPE_DESTINATION][0] == '*';
}

static int
has_dest(const struct scope *sc, const struct site *s)
{
	const struct dest *d;

	TAILQ_FOREACH (d, &s->dests, link)
		if (scope_match(sc, SCOPE_DESTINATION, d->name, d->len))
			return 1;
	return 0;
}

static int
is_way(const struct scope *sc, uint16_t path, const char *provider)
{
	return is(sc, SCOPE_PROVIDER, provider ? provider : "") &&
	    is(sc, SCOPE_ROUTE, path_at(path)->route) &&
	    is(sc, SCOPE_SOURCE, path_at(path)->from);
}

static int
has_way(const struct scope *sc, const struct group *g)
{
	return is_way(sc, g->path, g->provider);
}

/* Providers are not slowed for one of their domains. */
static int
means(const struct rule *u, const struct group *g)
{
	const struct scope *sc = &u->o.scope;
	const struct site *s;

	if (!has_way(sc, g))
		return 0;
	if (is_wide(sc))
		return 1;
	if (!g->provider)
		TAILQ_FOREACH (s, &g->sites, link)
			if (has_dest(sc, s))
				return 1;
	return 0;
}

/* Also where the group is gone until it is needed. */
int
bend_meets(const struct rule *u, const struct dest *d)
{
	const struct scope *sc = &u->o.scope;

	if (!d->site)
		return 0;
	if (d->site->group)
		return means(u, d->site->group);
	return is_way(sc, d->path, NULL) &&
	    (is_wide(sc) || has_dest(sc, d->site));
}

static void
least(uint32_t *n, uint32_t most)
{
	if (*n > most || *n == 0)
		*n = most;
}

static uint64_t
gcd(uint64_t a, uint64_t b)
{
	return b ? gcd(b, a % b) : a;
}

/* As exact as 32 bits for either number allow. */
static void
slow_rate(uint64_t *rate, uint32_t factor)
{
	uint64_t d = gcd(factor, OVERRIDE_WHOLE);
	uint64_t count = POLICY_RATE_COUNT(*rate) * (factor / d);
	uint64_t seconds = POLICY_RATE_SECONDS(*rate) * (OVERRIDE_WHOLE / d);

	if (!*rate)
		return;
	while (count > UINT32_MAX || seconds > UINT32_MAX) {
		count /= 2;
		seconds /= 2;
	}
	*rate = POLICY_RATE(count ? count : 1, seconds ? seconds : 1);
}

static void
slow_number(uint32_t *n, uint32_t factor)
{
	if (*n)
		*n = (uint32_t)((uint64_t)*n * factor / OVERRIDE_WHOLE);
	if (!*n)
		*n = 1;
}

static void
slow_total(struct policy_total *t, uint32_t factor)
{
	if (t->connections)
		slow_number(&t->connections, factor);
	slow_rate(&t->message_rate, factor);
}

static void
slow(struct policy_limits *p, uint32_t factor)
{
	slow_number(&p->connections, factor);
	slow_rate(&p->message_rate, factor);
	slow_rate(&p->byte_rate, factor);
	slow_rate(&p->connection_rate, factor);
	if (p->address_connections)
		slow_number(&p->address_connections, factor);
	slow_rate(&p->address_message_rate, factor);
}

static void
least_rate(uint64_t *rate, uint64_t most)
{
	uint64_t a = POLICY_RATE_COUNT(*rate) * POLICY_RATE_SECONDS(most);
	uint64_t b = POLICY_RATE_COUNT(most) * POLICY_RATE_SECONDS(*rate);

	if (!*rate || a > b)
		*rate = most;
}

/* Of several factors the least one counts.  What holds over all routes, or all
 * providers, is slowed by a rule that names neither of these, and no source. */
static void
slow_all(const struct group *g, struct policy_limits *p)
{
	uint32_t f = OVERRIDE_WHOLE, routes = f, providers = f;
	const struct scope *sc;
	const struct rule *u;

	TAILQ_FOREACH (u, &rules.bends, link) {
		if (u->o.action != OVERRIDE_SLOW || !means(u, g))
			continue;
		sc = &u->o.scope;
		least(&f, u->o.number);
		if (scope_has(sc, SCOPE_SOURCE))
			continue;
		if (!scope_has(sc, SCOPE_ROUTE) && is_wide(sc))
			least(&routes, u->o.number);
		if (!scope_has(sc, SCOPE_PROVIDER) && is_wide(sc))
			least(&providers, u->o.number);
	}
	if (f < OVERRIDE_WHOLE)
		slow(p, f);
	if (routes < OVERRIDE_WHOLE)
		slow_total(&p->provider_total, routes);
	if (providers < OVERRIDE_WHOLE)
		slow_total(&p->route_total, providers);
}

static void
bend(const struct group *g, struct policy_limits *p)
{
	const struct rule *u;

	if (TAILQ_EMPTY(&rules.bends))
		return;
	slow_all(g, p);
	TAILQ_FOREACH (u, &rules.bends, link) {
		switch (u->o.action) {
		case OVERRIDE_CONNECTIONS:
			if (means(u, g))
				least(&p->connections, u->o.number);
			break;
		case OVERRIDE_MESSAGES:
			if (means(u, g))
				least(&p->messages, u->o.number);
			break;
		case OVERRIDE_RECIPIENTS:
			if (means(u, g))
				least(&p->recipients, u->o.number);
			break;
		case OVERRIDE_RATE:
			if (means(u, g))
				least_rate(&p->message_rate, u->o.rate);
			break;
		default:
			break;
		}
	}
}

static void
close_some(struct group *g, unsigned int n, int all)
{
	struct site *s;
	struct lane *l;

	TAILQ_FOREACH (s, &g->sites, link)
		TAILQ_FOREACH (l, &s->lanes, link)
			if (n && l->state != CLOSING && (all || !l->kept)) {
				lane_close(l);
				n--;
			}
}

static unsigned int
too_many(const struct group *g)
{
	const struct site *s;
	const struct lane *l;
	unsigned int n = 0;

	if (g->nlanes <= g->limits->connections)
		return 0;
	TAILQ_FOREACH (s, &g->sites, link)
		TAILQ_FOREACH (l, &s->lanes, link)
			n += l->state != CLOSING;
	return n > g->limits->connections ? n - g->limits->connections : 0;
}

/* Those that have nothing to do go first, those that urgent mail keeps last. */
static void
trim(struct group *g)
{
	unsigned int n = too_many(g);
	struct lane *l;

	for (; n && (l = TAILQ_FIRST(&g->idle)); n--)
		lane_close(l);
	if (n)
		close_some(g, n, 0);
	n = too_many(g);
	if (n)
		close_some(g, n, 1);
}

static void
limit_lanes(struct group *g)
{
	uint32_t most = g->limits->messages;
	struct site *s;
	struct lane *l;

	if (!most)
		return;
	TAILQ_FOREACH (s, &g->sites, link)
		TAILQ_FOREACH (l, &s->lanes, link) {
			if (!l->limit || l->limit > most)
				l->limit = most;
			if (!l->njobs && lane_spent(l))
				lane_close(l);
		}
}

void
bend_group(struct group *g)
{
	const struct policy_limits *old = g->limits, *new;
	struct policy_limits p;

	if (g->bent == rules.bent)
		return;
	g->bent = rules.bent;
	memcpy(&p, g->set, sizeof p);
	bend(g, &p);
	new = limits_take(&p);
	if (new == old) {
		limits_drop(new);
		return;
	}
	g->limits = new;
	rates_set(g, old);
	limits_drop(old);
	quota_total(g);
	limit_lanes(g);
	trim(g);
	group_feed(g);
}

int
bend_concerns(const struct dest *d)
{
	const struct rule *u;

	TAILQ_FOREACH (u, &rules.bends, link)
		if (!is_wide(&u->o.scope) &&
		    scope_match(
			&u->o.scope, SCOPE_DESTINATION, d->name, d->len))
			return 1;
	return 0;
}

static int
is_host(
    const struct rule *u, const char *host, uint8_t family, const uint8_t *ip)
{
	char b[INET6_ADDRSTRLEN];

	return strcasecmp(u->o.value, host) == 0 ||
	    (inet_ntop(family == 4 ? AF_INET : AF_INET6, ip, b, sizeof b) &&
		strcmp(u->o.value, b) == 0);
}

int
bend_skips(
    const void *site, const char *host, uint8_t family, const uint8_t *ip)
{
	const struct site *s = site;
	const struct rule *u;

	TAILQ_FOREACH (u, &rules.bends, link)
		if (u->o.action == OVERRIDE_SKIP &&
		    is_host(u, host, family, ip) &&
		    has_way(&u->o.scope, s->group) &&
		    (is_wide(&u->o.scope) || has_dest(&u->o.scope, s)))
			return 1;
	return 0;
}

/* One that is being set up may try any of its addresses. */
int
bend_skips_lane(const struct lane *l)
{
	const struct policy_addr *a;
	unsigned int i;

	for (i = 0; i < l->route->n; i++) {
		a = &l->route->addr[i];
		if ((l->state == CONNECTING || i == l->address) &&
		    bend_skips(l->site, a->host, a->family, a->ip))
			return 1;
	}
	return 0;
}

static void
visit(struct site *s)
{
	struct lane *l;

	if (!s->group)
		return;
	bend_group(s->group);
	TAILQ_FOREACH (l, &s->lanes, link)
		if (bend_skips_lane(l))
			lane_close(l);
}

static void
wake(struct dest *d)
{
	if (d->until && d->reason && strcmp(d->reason, MX_SKIPPED) == 0)
		dest_wake(d);
}

int
bend_turn(void)
{
	unsigned int some = 0;
	struct site *s;
	struct dest *d;

	for (; walk.site && some < SLICE; some++) {
		s = numbers_at(&self.site, walk.site++);
		if (s)
			visit(s);
		if (walk.site >= self.site.n)
			walk.site = 0;
	}
	for (; walk.dest && some < SLICE; some++) {
		d = numbers_at(&self.dest, walk.dest++);
		if (d && walk.wake)
			wake(d);
		if (walk.dest >= self.dest.n)
			walk.dest = walk.wake = 0;
	}
	return walk.site || walk.dest;
}
