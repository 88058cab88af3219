#include <string.h>

#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/meter.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/share.h"

/* Totals of providers and routes, and what remote addresses take.  share.c has
 * tenants and campaigns. */

static struct meter *
total(char kind, const char *name, const struct policy_total *t, int lanes)
{
	struct meter *q;

	if (!name || !name[0] ||
	    (!t->connections && !t->message_rate && !t->daily_messages))
		return NULL;
	q = meter_take(kind, name, strlen(name));
	meter_set(q, t->connections, t->message_rate, 0);
	meter_day(q, t->daily_messages);
	meter_use(q, lanes);
	return q;
}

void
quota_leave(struct group *g)
{
	int i;

	meter_unwait(g);
	for (i = 0; i < 2; i++) {
		meter_use(g->total[i], -(int)g->nlanes);
		meter_drop(g->total[i]);
		g->total[i] = NULL;
	}
}

void
quota_total(struct group *g)
{
	const struct policy_limits *p = g->limits;
	struct meter *old[2] = { g->total[0], g->total[1] };
	int lanes = (int)g->nlanes, i;

	meter_unwait(g);
	/* The new ones first: what passed under the old ones counts. */
	g->total[0] = total('P', g->provider, &p->provider_total, lanes);
	g->total[1] =
	    total('R', path_at(g->path)->route, &p->route_total, lanes);
	for (i = 0; i < 2; i++) {
		meter_use(old[i], -lanes);
		meter_drop(old[i]);
	}
}

void
quota_lane(struct group *g, int n)
{
	meter_use(g->total[0], n);
	meter_use(g->total[1], n);
}

static uint64_t
later(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

uint64_t
quota_when(const struct group *g)
{
	return later(meter_when(g->total[0]), meter_when(g->total[1]));
}

uint64_t
quota_day_when(const struct group *g, uint8_t stream, uint64_t want)
{
	return later(meter_day_when(g->total[0], stream, want),
	    meter_day_when(g->total[1], stream, want));
}

int
quota_full(const struct group *g)
{
	return meter_full(g->total[0]) || meter_full(g->total[1]);
}

int
quota_connect(struct group *g)
{
	int i;

	for (i = 0; i < 2; i++)
		if (meter_full(g->total[i])) {
			meter_wait(g->total[i], g);
			relief_total();
			return 0;
		}
	return 1;
}

/* What one remote address takes from the sites of this group's source. */
static struct meter *
address(const struct group *g, const struct policy_addr *a)
{
	const struct policy_limits *p = g->limits;
	char name[sizeof g->path + 1 + sizeof a->ip];
	struct meter *q;

	if (!p->address_connections && !p->address_message_rate)
		return NULL;
	memcpy(name, &g->path, sizeof g->path);
	name[sizeof g->path] = (char)a->family;
	memcpy(name + sizeof g->path + 1, a->ip, sizeof a->ip);
	q = meter_take('a', name, sizeof name);
	meter_set(q, p->address_connections, p->address_message_rate, 0);
	return q;
}

int
quota_addresses(struct group *g, struct policy_route *r)
{
	struct meter *q, *full = NULL;
	unsigned int i, n = 0;

	for (i = 0; i < r->n; i++) {
		q = address(g, &r->addr[i]);
		if (meter_full(q))
			full = q;
		else
			r->addr[n++] = r->addr[i];
		meter_drop(q);
	}
	r->n = n;
	/* Its connections hold it. */
	if (!n && full) {
		meter_wait(full, g);
		relief_total();
	}
	return n != 0;
}

void
quota_reach(struct lane *l)
{
	struct meter *q = address(l->site->group, &l->route->addr[l->address]);

	meter_use(q, 1);
	quota_part(l);
	l->meter = q;
}

void
quota_part(struct lane *l)
{
	meter_use(l->meter, -1);
	meter_drop(l->meter);
	l->meter = NULL;
}

uint64_t
quota_lane_when(const struct lane *l)
{
	return meter_when(l->meter);
}

uint64_t
quota_room(const struct group *g, uint16_t owner, uint8_t stream)
{
	struct meter *const *own = share_meters(owner);
	struct meter *q[] = { g->total[0], g->total[1], own[0], own[1] };
	uint64_t n, least = UINT64_MAX;
	size_t i;

	for (i = 0; i < sizeof q / sizeof *q; i++) {
		n = meter_room(q[i], stream);
		if (n < least)
			least = n;
	}
	return least;
}

void
quota_passed(const struct lane *l, uint16_t owner)
{
	struct meter *const *own = share_meters(owner);
	struct group *g = l->site->group;

	meter_pass(l->meter);
	meter_pass(g->total[0]);
	meter_pass(g->total[1]);
	meter_pass(own[0]);
	meter_pass(own[1]);
}

void
quota_count(const struct group *g, uint16_t owner, uint8_t stream, int64_t n)
{
	struct meter *const *own = share_meters(owner);

	meter_count(g->total[0], stream, n);
	meter_count(g->total[1], stream, n);
	meter_count(own[0], stream, n);
	meter_count(own[1], stream, n);
}

/* One that is full, else the one that holds longest. */
static const struct meter *
holder(struct meter *const two[2], uint8_t stream, enum held_by by,
    uint64_t *when_r)
{
	uint64_t w[2];
	int i;

	*when_r = 0;
	for (i = 0; i < 2; i++) {
		if ((by == HELD_TOTAL || by == HELD_SHARE) &&
		    meter_full(two[i]))
			return two[i];
		w[i] = by == HELD_TOTAL_DAY ? 0 : meter_when(two[i]);
		if (by == HELD_TOTAL_DAY || by == HELD_SHARE)
			w[i] = later(w[i], meter_day_when(two[i], stream, 1));
	}
	i = w[1] > w[0];
	*when_r = w[i];
	return by != HELD_TOTAL && w[i] ? two[i] : NULL;
}

int
quota_holds(struct group *g, uint16_t owner, uint8_t stream, enum held_by by,
    struct quota_use *u_r)
{
	static const char kinds[] = "PRtc"; /* as in quota_use.of */
	const struct meter *q =
	    holder(by == HELD_SHARE ? share_meters(owner) : g->total, stream,
		by, &u_r->when);

	if (!q)
		return 0;
	u_r->of = (unsigned int)(strchr(kinds, q->key[0]) - kinds);
	u_r->name = q->key + 1;
	u_r->len = q->len - 1;
	u_r->rate = q->rate;
	u_r->by = QUOTA_RATE;
	if (!u_r->when) {
		u_r->by = QUOTA_LANES;
		u_r->used = q->used;
		u_r->most = q->most;
	} else if (meter_day_when(q, stream, 1) == u_r->when) {
		u_r->by = QUOTA_DAY;
		u_r->used = daily_used(q->daily);
		u_r->most = q->day;
	}
	return 1;
}
