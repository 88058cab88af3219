#include <arpa/inet.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/warmup.h"
#include "common/json.h"
#include "common/mem.h"

#define NEARLY 1e-6 /* of a place: timers and sums are not exact */

/* As it is in many groups, once. */
struct plan {
	UT_hash_handle hh;
	uint32_t refs;
	struct policy_warmup w;
};

static struct plan *plans; /* by what they say */

static struct plan *
take(const struct policy_warmup *w)
{
	struct plan *p;

	HASH_FIND(hh, plans, w, sizeof *w, p);
	if (!p) {
		p = mem_alloc(sizeof *p);
		memcpy(&p->w, w, sizeof *w);
		HASH_ADD(hh, plans, w, sizeof *w, p);
	}
	p->refs++;
	return p;
}

static void
drop(struct plan *p)
{
	if (!p || --p->refs)
		return;
	HASH_DEL(plans, p);
	free(p);
}

/* What the policy says about it; 0 nothing. */
static int
find(const struct group *g, struct policy_warmup *w)
{
	const struct path *p = path_at(g->path);
	char source[INET6_ADDRSTRLEN] = "";

	if (p->now.family)
		(void)inet_ntop(p->now.family == 4 ? AF_INET : AF_INET6,
		    p->now.ip, source, sizeof source);
	memset(w, 0, sizeof *w);
	return policy_warmup(&self.policy, p->route,
		   g->provider ? g->provider : "", source, w) == 1;
}

void
warmup_drop(struct group *g)
{
	if (!g->warmup)
		return;
	drop(g->warmup->plan);
	free(g->warmup);
	g->warmup = NULL;
}

void
warmup_set(struct group *g)
{
	static struct policy_warmup w;
	struct plan *old;

	if (!find(g, &w)) {
		warmup_drop(g);
		return;
	}
	if (!g->warmup)
		g->warmup = mem_alloc(sizeof *g->warmup);
	old = g->warmup->plan;
	g->warmup->plan = take(&w);
	drop(old);
	overflow_want();
}

/* Of today; UINT64_MAX: there is none any more.  None leave before it begins. */
static uint64_t
quota(const struct group *g)
{
	const struct policy_warmup *w = &g->warmup->plan->w;
	uint32_t today = daily_today();

	if (today < w->start)
		return 0;
	return today - w->start < w->n ? w->quota[today - w->start]
				       : UINT64_MAX;
}

/* 1 if it limits anything today. */
static int
limits(const struct group *g)
{
	return g->warmup && quota(g) != UINT64_MAX;
}

double
warmup_each(const struct group *g)
{
	uint64_t most = quota(g);

	return spread_each(most, daily_left(g->daily, most, 0), daily_rest());
}

static double
come(const struct group *g)
{
	return spread_come(
	    &g->warmup->spread, warmup_each(g), ev_now(self.loop));
}

uint64_t
warmup_room(const struct group *g, uint8_t stream)
{
	uint64_t room;
	double n;

	if (!limits(g))
		return UINT64_MAX;
	room = daily_room(g->daily, quota(g), stream_kept_rate(stream));
	n = floor(come(g) + NEARLY);
	return n < (double)room ? (uint64_t)n : room;
}

uint64_t
warmup_when(const struct group *g, uint8_t stream, uint64_t want)
{
	uint64_t at;
	double n;

	if (!limits(g))
		return 0;
	n = come(g);
	if ((double)want > n)
		want = n < 1 ? 1 : (uint64_t)n;
	at = daily_when(g->daily, quota(g), stream_kept_rate(stream), want);
	if (at || n + NEARLY >= 1)
		return at;
	return (uint64_t)((ev_now(self.loop) + (1 - n) * warmup_each(g)) * 1e9);
}

void
warmup_passed(const struct group *g, uint64_t n)
{
	if (limits(g))
		spread_pass(
		    &g->warmup->spread, warmup_each(g), ev_now(self.loop), n);
}

uint64_t
warmup_places(const struct group *g)
{
	const struct policy_warmup *w = &g->warmup->plan->w;
	uint64_t left = daily_left(g->daily, quota(g), 0);
	double rest = daily_rest(), n;

	if (w->wait < rest)
		rest = w->wait;
	n = come(g) + rest / warmup_each(g);
	return n < (double)left ? (uint64_t)n : left;
}

const char *
warmup_overflow(const struct group *g)
{
	if (!limits(g) || !g->warmup->plan->w.overflow[0])
		return NULL;
	return g->warmup->plan->w.overflow;
}

const char *
warmup_put(stralloc *sa, const struct group *g, uint64_t when)
{
	const struct policy_warmup *w = &g->warmup->plan->w;
	uint64_t now = rates_now();
	uint32_t today = daily_today();

	json_text(sa, "plan", w->name);
	json_u64(sa, "day", today < w->start ? 0 : today - w->start + 1);
	json_u64(sa, "days", w->n);
	if (today < w->start)
		json_u64(sa, "begins", (uint64_t)w->start * DAILY_SECONDS);
	json_u64(sa, "used", daily_used(g->daily));
	json_u64(sa, "most", quota(g));
	if (when == DAILY_DISK)
		json_bool(sa, "unwritten", 1);
	else
		json_ms(sa, "next_ms", when > now ? (when - now) / 1000 : 0);
	if (w->overflow[0])
		json_text(sa, "overflow", w->overflow);
	return w->name;
}
