#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/owner.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/send.h"
#include "common/mem.h"

#define KEY_MAX (1 + POLICY_NAMEMAX)

struct quota {
	UT_hash_handle hh;
	uint32_t refs;
	uint32_t used; /* connections, or messages in flight */
	uint32_t most; /* of them; 0 no limit */
	struct gate gate;
	struct gate_limit rate;
	struct groups waiting; /* for what is used */
	size_t len;
	char key[];
};

static struct quota *quotas;

static void
forget(struct quota *q)
{
	HASH_DEL(quotas, q);
	free(q);
}

/* One that is nobody's is kept while its rate is ahead of the clock: who comes
 * then must not find it new. */
static int
is_over(const struct quota *q)
{
	return q->refs == 0 && q->gate.clock <= rates_now();
}

static void
tidy(void)
{
	static unsigned int mark = 64;
	struct quota *q, *next;

	if (HASH_COUNT(quotas) < mark)
		return;
	HASH_ITER (hh, quotas, q, next)
		if (is_over(q))
			forget(q);
	mark = 2 * HASH_COUNT(quotas) + 64;
}

static struct quota *
take(char kind, const char *name, size_t len)
{
	char key[KEY_MAX];
	struct quota *q;

	key[0] = kind;
	if (len > sizeof key - 1)
		len = sizeof key - 1;
	memcpy(key + 1, name, len++);
	HASH_FIND(hh, quotas, key, len, q);
	if (!q) {
		tidy();
		q = mem_alloc(sizeof *q + len);
		memcpy(q->key, key, len);
		q->len = len;
		TAILQ_INIT(&q->waiting);
		HASH_ADD_KEYPTR(hh, quotas, q->key, q->len, q);
	}
	q->refs++;
	return q;
}

static void
stop_waiting(struct group *g)
{
	if (g->waits)
		TAILQ_REMOVE(&g->waits->waiting, g, waiting);
	g->waits = NULL;
}

static void
serve_waiting(struct quota *q)
{
	struct group *g;

	while ((g = TAILQ_FIRST(&q->waiting))) {
		stop_waiting(g);
		group_again(g);
	}
}

static void
drop(struct quota *q)
{
	if (!q || --q->refs)
		return;
	serve_waiting(q);
	if (is_over(q))
		forget(q);
}

static void
set(struct quota *q, uint32_t most, uint64_t rate, uint32_t burst)
{
	const struct gate_limit l = { POLICY_RATE_COUNT(rate),
		POLICY_RATE_SECONDS(rate), burst };

	if (q->most == most && memcmp(&q->rate, &l, sizeof l) == 0)
		return;
	if (memcmp(&q->rate, &l, sizeof l) != 0)
		gate_clip(&q->gate, &l, rates_now());
	q->most = most;
	q->rate = l;
	serve_waiting(q);
}

static void
wait_for(struct quota *q, struct group *g)
{
	stop_waiting(g);
	TAILQ_INSERT_TAIL(&q->waiting, g, waiting);
	g->waits = q;
}

static void
use(struct quota *q, int n)
{
	if (!q)
		return;
	q->used += (uint32_t)n;
	if (n < 0)
		serve_waiting(q);
}

static int
is_full(const struct quota *q)
{
	return q && q->most && q->used >= q->most;
}

static uint64_t
when(const struct quota *q, uint64_t now)
{
	return q ? gate_when(&q->gate, &q->rate, now, 0) : 0;
}

static struct quota *
total(char kind, const char *name, const struct policy_total *t, int lanes)
{
	struct quota *q;

	if (!name || !name[0] || (!t->connections && !t->message_rate))
		return NULL;
	q = take(kind, name, strlen(name));
	set(q, t->connections, t->message_rate, 0);
	use(q, lanes);
	return q;
}

void
quota_leave(struct group *g)
{
	int i;

	stop_waiting(g);
	for (i = 0; i < 2; i++) {
		use(g->total[i], -(int)g->nlanes);
		drop(g->total[i]);
		g->total[i] = NULL;
	}
}

void
quota_total(struct group *g)
{
	const struct policy_limits *p = g->limits;
	struct quota *old[2] = { g->total[0], g->total[1] };
	int lanes = (int)g->nlanes, i;

	stop_waiting(g);
	/* The new ones first: what passed under the old ones counts. */
	g->total[0] = total('P', g->provider, &p->provider_total, lanes);
	g->total[1] =
	    total('R', path_at(g->path)->route, &p->route_total, lanes);
	for (i = 0; i < 2; i++) {
		use(old[i], -lanes);
		drop(old[i]);
	}
}

void
quota_lane(struct group *g, int n)
{
	use(g->total[0], n);
	use(g->total[1], n);
}

uint64_t
quota_when(const struct group *g)
{
	uint64_t now = rates_now();
	uint64_t a = when(g->total[0], now), b = when(g->total[1], now);

	return a > b ? a : b;
}

int
quota_full(const struct group *g)
{
	return is_full(g->total[0]) || is_full(g->total[1]);
}

int
quota_connect(struct group *g)
{
	int i;

	for (i = 0; i < 2; i++)
		if (is_full(g->total[i])) {
			wait_for(g->total[i], g);
			return 0;
		}
	return 1;
}

static struct quota *
share(char kind, const struct bundle_str *name)
{
	struct policy_share s;
	struct quota *q;

	if (!name->len ||
	    !policy_share(&self.policy, kind, name->s, name->len, &s) ||
	    (!s.connections && !s.message_rate))
		return NULL;
	q = take(kind, name->s, name->len);
	set(q, s.connections, s.message_rate, s.message_burst);
	return q;
}

/* Once for each policy. */
static struct quota **
shares(struct owner *o)
{
	struct quota *old[2] = { o->share[0], o->share[1] };
	int i;

	if (o->generation == self.policy.generation)
		return o->share;
	o->generation = self.policy.generation;
	o->share[0] = share('t', &o->tenant);
	o->share[1] = share('c', &o->campaign);
	for (i = 0; i < 2; i++) {
		use(o->share[i], (int)o->jobs);
		use(old[i], -(int)o->jobs);
		drop(old[i]);
	}
	return o->share;
}

void
quota_forget(struct owner *o)
{
	drop(o->share[0]);
	drop(o->share[1]);
}

void
quota_job(uint16_t owner, int n)
{
	struct owner *o = owner_at(owner);
	int i;

	if (!o)
		return;
	for (i = 0; i < 2; i++)
		use(shares(o)[i], n);
	o->jobs += (uint32_t)n;
}

int
quota_owner(struct group *g, uint16_t owner, uint64_t *when_r)
{
	struct owner *o = owner_at(owner);
	uint64_t now = rates_now(), at;
	struct quota **s;
	int i;

	*when_r = 0;
	if (!o)
		return 1;
	s = shares(o);
	for (i = 0; i < 2; i++) {
		if (is_full(s[i])) {
			wait_for(s[i], g);
			*when_r = UINT64_MAX;
			return 0;
		}
		at = when(s[i], now);
		if (at > *when_r)
			*when_r = at;
	}
	return *when_r == 0;
}

/* One that is full, else the one whose rate holds longest. */
static const struct quota *
holder(struct quota *const two[2], int fills, int rates)
{
	uint64_t now = rates_now(),
		 w[2] = { when(two[0], now), when(two[1], now) };
	int i;

	for (i = 0; fills && i < 2; i++)
		if (is_full(two[i]))
			return two[i];
	i = w[1] > w[0];
	return rates && w[i] ? two[i] : NULL;
}

int
quota_holds(
    struct group *g, uint16_t owner, enum held_by by, struct quota_use *u_r)
{
	static const char kinds[] = "PRtc"; /* as in quota_use.of */
	struct owner *o = by == HELD_SHARE ? owner_at(owner) : NULL;
	const struct quota *q;

	if (by == HELD_SHARE && !o)
		return 0;
	q = holder(
	    o ? shares(o) : g->total, by != HELD_TOTAL_RATE, by != HELD_TOTAL);
	if (!q)
		return 0;
	u_r->of = (unsigned int)(strchr(kinds, q->key[0]) - kinds);
	u_r->name = q->key + 1;
	u_r->len = q->len - 1;
	u_r->used = q->used;
	u_r->most = is_full(q) ? q->most : 0;
	u_r->rate = q->rate;
	u_r->when = when(q, rates_now());
	return 1;
}

int
quota_limits(uint16_t owner)
{
	struct owner *o = owner_at(owner);

	return o && (shares(o)[0] || o->share[1]);
}

/* What one remote address takes from the sites of this group's source. */
static struct quota *
address(const struct group *g, const struct policy_addr *a)
{
	const struct policy_limits *p = g->limits;
	char name[sizeof g->path + 1 + sizeof a->ip];
	struct quota *q;

	if (!p->address_connections && !p->address_message_rate)
		return NULL;
	memcpy(name, &g->path, sizeof g->path);
	name[sizeof g->path] = (char)a->family;
	memcpy(name + sizeof g->path + 1, a->ip, sizeof a->ip);
	q = take('a', name, sizeof name);
	set(q, p->address_connections, p->address_message_rate, 0);
	return q;
}

int
quota_addresses(struct group *g, struct policy_route *r)
{
	struct quota *q, *full = NULL;
	unsigned int i, n = 0;

	for (i = 0; i < r->n; i++) {
		q = address(g, &r->addr[i]);
		if (is_full(q))
			full = q;
		else
			r->addr[n++] = r->addr[i];
		drop(q);
	}
	r->n = n;
	/* Its connections hold it. */
	if (!n && full)
		wait_for(full, g);
	return n != 0;
}

void
quota_reach(struct lane *l)
{
	struct quota *q = address(l->site->group, &l->route->addr[l->address]);

	use(q, 1);
	quota_part(l);
	l->quota = q;
}

void
quota_part(struct lane *l)
{
	use(l->quota, -1);
	drop(l->quota);
	l->quota = NULL;
}

uint64_t
quota_lane_when(const struct lane *l)
{
	return when(l->quota, rates_now());
}

static void
pass(struct quota *q)
{
	if (q)
		gate_pass(&q->gate, &q->rate, rates_now(), 1);
}

void
quota_passed(const struct lane *l, uint16_t owner)
{
	struct group *g = l->site->group;
	struct owner *o = owner_at(owner);

	pass(l->quota);
	pass(g->total[0]);
	pass(g->total[1]);
	if (!o)
		return;
	pass(shares(o)[0]);
	pass(o->share[1]);
}
