#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/path.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/tuple.h"
#include "cmd/dray-send/way.h"
#include "cmd/dray-send/why.h"

/* What may be done at a turn, in runs looked at. */
#define COSTS 20000
#define MOVED 20 /* one that moves counts so much */
#define OPENED 100 /* one whose bundle has to be opened */

static struct {
	uint32_t generation; /* of the policy's routes and of rules.ways */
	int byprovider; /* one of these is for a provider */
	struct row later; /* destinations left over by this turn */
	unsigned int cost; /* in this turn */
	uint32_t slot; /* of the bundle that was looked into last */
	unsigned char routes[FACT_DIGEST];
} ways;

static int
is_known(const struct rule *u)
{
	struct policy_vroute v;

	return policy_vroute(&self.policy, u->o.value, &v) == 1;
}

static void
warn_unknown(const struct rule *u)
{
	if (!is_known(u))
		strerr_warnw("override ", u->o.id,
		    " is not in force: there is no route ", u->o.value);
}

void
way_changed(void)
{
	const struct rule *u;

	ways.byprovider = 0;
	TAILQ_FOREACH (u, &rules.ways, link) {
		ways.byprovider |= scope_has(&u->o.scope, SCOPE_PROVIDER);
		warn_unknown(u);
	}
	ways.generation++;
	walk_all();
}

/* Only when it chooses routes in another way.  The walk of the policy leads to
 * all destinations. */
void
way_policy(void)
{
	unsigned char was[sizeof ways.routes];
	const struct rule *u;

	memcpy(was, ways.routes, sizeof was);
	fact_routes(ways.routes);
	if (memcmp(was, ways.routes, sizeof was) == 0)
		return;
	TAILQ_FOREACH (u, &rules.ways, link)
		warn_unknown(u);
	ways.generation++;
}

void
way_new(struct dest *d)
{
	d->ways = ways.byprovider ? 0 : ways.generation;
}

void
way_unsited(struct dest *d)
{
	if (ways.byprovider)
		d->ways = 0;
}

/* While nobody knows the provider, what was rerouted for one stays so. */
static int
has_provider(const struct rule *u, const struct dest *d)
{
	const char *provider;

	if (!scope_has(&u->o.scope, SCOPE_PROVIDER))
		return 1;
	if (!d)
		return 0;
	if (!d->site)
		return strcmp(path_at(d->path)->route, u->o.value) == 0;
	provider = site_provider(d->site);
	return scope_match(
	    &u->o.scope, SCOPE_PROVIDER, provider, strlen(provider));
}

static int
is(const struct rule *u, enum scope_key key, const struct bundle_str *s)
{
	return scope_match(&u->o.scope, key, s->s, s->len);
}

/* The route of this message, for path_pick: that of the policy, or, then 1,
 * what stands in its place.  Of several overrides the one that came last
 * counts. */
static int
choose(const struct bundle_msg *m, const struct bundle_str *domain,
    const struct dest *d)
{
	struct bundle_str route;
	const struct rule *u;

	path_begin(m);
	path_route(&route);
	TAILQ_FOREACH (u, &rules.ways, link)
		if (is(u, SCOPE_DESTINATION, domain) &&
		    is(u, SCOPE_TENANT, &m->tenant) &&
		    is(u, SCOPE_CAMPAIGN, &m->campaign) &&
		    is(u, SCOPE_SENDER, &m->sender) &&
		    is(u, SCOPE_STREAM, &m->stream) &&
		    is(u, SCOPE_ROUTE, &route) && has_provider(u, d) &&
		    is_known(u)) {
			path_take(u->o.value);
			return 1;
		}
	return 0;
}

uint16_t
way_path(const struct slot *s, uint32_t n, const struct bundle_msg *m,
    const struct bundle_run *r)
{
	const struct dest *d;

	if (TAILQ_EMPTY(&rules.ways))
		return run_path(s, n, r);
	path_begin(m);
	d = dest_find(run_path(s, n, r), r->domain.s, r->domain.len);
	(void)choose(m, &r->domain, d);
	return run_path(s, n, r);
}

int
way_leads(const struct rule *u, const struct dest *d)
{
	return strcmp(path_at(d->path)->route, u->o.value) == 0 &&
	    scope_match(&u->o.scope, SCOPE_DESTINATION, d->name, d->len) &&
	    has_provider(u, d);
}

static struct open *
look(const struct run *r)
{
	uint32_t slot = run_msg(r)->slot;

	/* That of the run before is open. */
	ways.cost += slot == ways.slot ? 0 : OPENED;
	ways.slot = slot;
	return open_get(slot);
}

/* What the route of its message hangs on; from memory where that is possible.
 * 0: it cannot be had now. */
static int
facts(const struct run *r, struct bundle_msg *m)
{
	const struct msg *p = run_msg(r);
	const struct tuple *t;
	struct open *o;

	memset(m, 0, sizeof *m);
	if (p->tuple && names_at(NAMES_STREAM, p->stream, &m->stream) &&
	    names_at(NAMES_ROUTE, p->route, &m->route)) {
		t = tuple_at(p->tuple);
		m->sender = t->sender;
		m->tenant = t->tenant;
		m->campaign = t->campaign;
		return 1;
	}
	o = look(r);
	return o && bundle_msg(&o->b, p->number, m) == 0;
}

int
way_move(struct run *r)
{
	const struct msg *p = run_msg(r);
	struct dest *d = run_dest(r), *to;
	struct open *o = look(r);
	struct bundle_run b;
	uint32_t left;

	if (!o || open_run(o, r, &b, NULL) == -1)
		return 0;
	to = dest_get(run_path(pool_at(&self.slots, p->slot), p->number, &b),
	    d->name, d->len);
	if (to == d)
		return 0;
	left = open_undone(o, b.first, b.count);
	names_count(r, -(int64_t)left);
	d->nruns--;
	dest_todo(d);
	r->dest = to->number & 0x7fffffff;
	to->nruns++;
	to->fresh |= d->fresh;
	names_count(r, left);
	ways.cost += MOVED;
	return 1;
}

/* 1 if its route is another one now, which was chosen.  What a warm-up plan
 * moved stays where it is. */
static int
is_elsewhere(const struct run *r)
{
	const struct dest *d = run_dest(r);
	const struct bundle_str domain = { d->name, d->len };
	const char *here = path_at(d->path)->route;
	struct bundle_msg m;
	struct bundle_str route;

	ways.cost++;
	if (!facts(r, &m))
		return 0;
	if (!choose(&m, &domain, d) && r->overflowed)
		return 0;
	path_route(&route);
	return route.len != strlen(here) ||
	    memcmp(route.s, here, route.len) != 0;
}

/* What recipients of it were handed out in this pass come back to where it
 * was. */
static int
is_fixed(const struct run *r)
{
	return r->dead || r->doom || run_cut(r) || run_flying(r);
}

void
way_append(uint32_t n, int front)
{
	struct run *r = run_at(n);

	if (ways.generation && !is_fixed(r) && is_elsewhere(r))
		(void)way_move(r);
	dest_append(n, front);
}

struct moving {
	unsigned int n;
	int more; /* than may move at a turn */
};

static int
sifted(void *arg, uint32_t n)
{
	struct run *r = run_at(n);
	struct moving *m = arg;

	/* Those that stay are looked at again next time, so that they do not
	 * count. */
	if (m->n == COSTS / MOVED) {
		m->more = 1;
		return 2;
	}
	if (is_fixed(r) || !is_elsewhere(r))
		return 0;
	*dest_count(run_dest(r), r) -= r->count;
	r->where = RUN_OUT;
	if (!way_move(r)) {
		r->where = RUN_READY;
		*dest_count(run_dest(r), r) += r->count;
		return 0;
	}
	m->n++;
	r->overflowed = 0;
	dest_append(n, 0);
	return 1;
}

void
way_sift(struct dest *d)
{
	struct moving m = { 0 };

	if (d->ways == ways.generation)
		return;
	if (queue_busy(d) && ways.cost < COSTS)
		queue_sweep(d, sifted, &m);
	else if (queue_busy(d))
		m.more = 1;
	if (m.more)
		row_last(&ways.later, d->number);
	else if (!ways.byprovider || d->site)
		d->ways = ways.generation;
}

void
way_turn(void)
{
	struct dest *d;
	uint32_t n;

	ways.cost = 0;
	while ((n = row_next(&ways.later))) {
		row_take(&ways.later);
		d = numbers_at(&self.dest, n);
		if (d)
			dest_todo(d);
	}
}
