#include <string.h>

#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/warmup.h"

/*
 * What a day limits: for a group its own limit, the totals, and the shares of
 * tenants and campaigns.  Each recipient counts that is handed to a lane, and
 * counts no more if it comes back as if it had not been.
 */

/* What outlives us: the names, and not the number of the path. */
static struct daily *
take(const struct group *g)
{
	const struct path *p = path_at(g->path);
	char name[2 * (POLICY_LABELMAX + 1) + 17];
	size_t n = strlen(p->route) + 1;

	if (!g->provider)
		return daily_take(
		    's', TAILQ_FIRST(&g->sites)->key, SITE_KEYLEN);
	memcpy(name, p->route, n);
	name[n++] = (char)p->now.family;
	memcpy(name + n, p->now.ip, sizeof p->now.ip);
	n += sizeof p->now.ip;
	memcpy(name + n, g->provider, strlen(g->provider));
	return daily_take('g', name, n + strlen(g->provider));
}

/* Its limits are new. */
void
volume_set(struct group *g)
{
	struct daily *old = g->daily;

	warmup_set(g);
	g->daily = g->limits->daily_messages || g->warmup ? take(g) : NULL;
	daily_drop(old);
}

/* As many as the next transaction of the queue may have. */
uint64_t
volume_want(const struct group *g, const struct queue *q)
{
	uint64_t most = g->limits->recipients ? g->limits->recipients : 1;
	uint64_t n = q->nagain ? TAILQ_FIRST(&q->again)->n : q->dest->nready;

	if (!n)
		return 1;
	return n < most ? n : most;
}

/* When that may leave, and what it waits for; 0 now. */
uint64_t
volume_when(const struct group *g, const struct queue *q, enum held_by *by_r)
{
	uint64_t want = volume_want(g, q), a = 0, b;

	if (g->limits->daily_messages)
		a = daily_when(g->daily, g->limits->daily_messages,
		    stream_kept_rate(q->stream), want);
	b = quota_day_when(g, q->stream, want);
	*by_r = b > a ? HELD_TOTAL_DAY : HELD_DAY;
	a = a > b ? a : b;
	b = warmup_when(g, q->stream, want);
	if (b > a)
		*by_r = HELD_WARMUP;
	return a > b ? a : b;
}

/* So many recipients of this owner may leave now. */
uint64_t
volume_room(const struct group *g, uint16_t owner, uint8_t stream)
{
	uint64_t a = quota_room(g, owner, stream), b = UINT64_MAX;

	if (g->limits->daily_messages)
		b = daily_room(g->daily, g->limits->daily_messages,
		    stream_kept_rate(stream));
	a = a < b ? a : b;
	b = warmup_room(g, stream);
	return a < b ? a : b;
}

static uint32_t
day_of(ev_tstamp t)
{
	return (uint32_t)(t / DAILY_SECONDS);
}

void
volume_passed(const struct lane *l, struct job *j)
{
	const struct group *g = l->site->group;
	const struct run *r = run_at(j->run);

	j->counted = self.policy.generation;
	warmup_passed(g, j->n);
	if (g->daily)
		daily_pass(g->daily, j->n, stream_keeps(run_stream(r)));
	quota_count(g, run_msg(r)->owner, run_stream(r), j->n);
}

/* It was not begun.  Where the policy has changed meanwhile nobody knows what
 * it was counted for. */
void
volume_back(const struct lane *l, const struct job *j)
{
	const struct group *g = l->site->group;
	const struct run *r = run_at(j->run);

	if (j->counted != self.policy.generation ||
	    day_of(j->given) != daily_today())
		return;
	if (g->daily)
		daily_back(g->daily, j->n);
	quota_count(g, run_msg(r)->owner, run_stream(r), -(int64_t)j->n);
}
