#include <stddef.h>

#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/level.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/warmup.h"

/*
 * Which lines of a group are served, in which order, as far as its limits go.
 *
 * A line is listed while it may have something to send.  One that finds no lane
 * with room leaves the list; whatever changes at its site lists it again.  What
 * a rate holds back stays, and a timer serves the group again.
 */
#define STALES 1000 /* destinations of an old policy that are met at a turn */
#define OWNERS_TRIED 256 /* that have to wait, until a line is left */

/* While somebody waits for a connection those that have nothing to do are
 * closed, one at a turn. */
static void
relieve(struct group *g)
{
	const struct level *v;
	struct lane *l;

	for (v = g->levels; v && !level_hungry(v); v = v->next)
		;
	if (!v)
		return;
	TAILQ_FOREACH (l, &g->idle, idle)
		if (!l->kept) {
			lane_close(l);
			return;
		}
}

static unsigned int
part(unsigned int n, unsigned int percent)
{
	return n * percent / 100;
}

/* Lanes kept for better streams are neither opened nor used by others. */
static int
is_full(const struct group *g, uint8_t stream)
{
	unsigned int most = g->limits->connections;

	if (g->nlanes >= most)
		return 1;
	return !stream_keeps(stream) &&
	    g->nlanes - g->nkept >=
	    most - part(most, stream_kept_lanes(stream));
}

/* What must not wait may have one more than was learnt. */
static unsigned int
allowed(const struct site *s, uint8_t stream)
{
	return s->allowed + (stream_keeps(stream) ? 1 : 0);
}

static int
may_open(struct group *g, const struct site *s, uint8_t stream)
{
	return !is_full(g, stream) && s->nlanes < allowed(s, stream) &&
	    quota_connect(g);
}

static int
is_kept(const struct group *g, uint8_t stream)
{
	unsigned int most = g->limits->connections;

	return stream_keeps(stream) &&
	    g->nlanes - g->nkept >= most - part(most, stream_all_lanes());
}

/* Two jobs a lane are reason enough for another lane: a slow site is then met
 * with its full number of connections, and a fast one is done with the first
 * ones before the others are up.  What must not wait has one as soon as none is
 * idle.  A rate needs no more lanes than are busy. */
static int
wants_lane(const struct group *g, const struct site *s, const struct queue *q,
    const struct lane *best)
{
	uint64_t per = g->limits->recipients ? g->limits->recipients : 1;
	uint64_t waiting = q->nagain + (q->dest->nready + per - 1) / per +
	    q->line->nqueues - 1;

	if (stream_keeps(q->stream))
		return 1;
	if (g->rates && g->limits->message_rate)
		return !best && !s->nconnecting;
	return (waiting + s->njobs + 1) / 2 > lane_usable(s);
}

/* The lane for the next job of the queue; NULL there is none now. */
static struct lane *
pick(struct group *g, const struct queue *q)
{
	struct site *s = q->line->site;
	struct lane *b = lane_best(s, q->stream), *l;
	uint64_t when;

	if (b && b->njobs == 0 && b->state == UP)
		return b;
	when = b ? 0 : lane_when(s);
	if (when)
		rates_wait(g, when);
	if (!may_open(g, s, q->stream) || !wants_lane(g, s, q, b))
		return b;
	when = rates_connection(g);
	if (when) {
		rates_wait(g, when);
		return b;
	}
	l = lane_open(q->dest, q->stream, is_kept(g, q->stream));
	if (!l)
		return q->line ? b : NULL;
	rates_connected(g);
	return lane_takes(l) ? l : b;
}

/* When the next message of the queue may leave, and what it waits for; 0 now.
 * DAILY_DISK is later than everything. */
static uint64_t
message_when(const struct group *g, const struct queue *q, enum held_by *by_r)
{
	uint64_t a = rates_message(g, q->stream, by_r), b = quota_when(g);
	enum held_by by = HELD_NOT;

	if (b > a) {
		*by_r = HELD_TOTAL_RATE;
		a = b;
	}
	b = volume_when(g, q, &by);
	if (b > a) {
		*by_r = by;
		a = b;
	}
	return a;
}

static void
wait_until(struct group *g, uint64_t when)
{
	if (when == DAILY_DISK)
		quota_wait_disk(g);
	else
		rates_wait(g, when);
}

/* Why there is no lane for it. */
static enum held_by
laneless(const struct group *g, const struct queue *q, uint64_t *when_r)
{
	const struct site *s = q->dest->site;

	if (is_full(g, q->stream))
		return HELD_CONNECTIONS;
	if (quota_full(g))
		return HELD_TOTAL;
	if (s->nlanes >= allowed(s, q->stream))
		return HELD_SERVERS;
	*when_r = rates_connection(g);
	if (*when_r)
		return HELD_CONNECTION_RATE;
	return q->dest->iswanting ? HELD_WORKERS : HELD_NOT;
}

enum held_by
held_group(const struct queue *q, uint64_t *when_r)
{
	const struct site *s = q->dest->site;
	enum held_by by = HELD_NOT;

	*when_r = message_when(s->group, q, &by);
	if (*when_r || lane_best(s, q->stream))
		return *when_r ? by : HELD_NOT;
	return laneless(s->group, q, when_r);
}

/* There was no lane for the line. */
static void
note_laneless(const struct group *g, struct line *l, const struct queue *q)
{
	uint64_t when;
	enum held_by by = laneless(g, q, &when);

	if (by == HELD_NOT)
		held_end(&l->held);
	else
		held_begin(&l->held, by, 0);
}

enum { SERVED, BLOCKED, SHARED, GONE, STALE, NOROOM };

/* 1 if the next run of the queue may leave, as far as its tenant and campaign
 * go. */
static int
owner_may(struct group *g, const struct queue *q, uint64_t *when_r)
{
	const struct run *r;

	*when_r = 0;
	if (q->nagain || !queue_first(q))
		return 1;
	r = run_at(queue_first(q));
	return quota_owner(
	    g, run_msg(r)->owner, q->stream, volume_want(g, q), when_r);
}

/* Flows whose owners are of one part share its turn: queue.c has four. */
static unsigned int
most_tries(const struct line *line)
{
	uint64_t owners = (uint64_t)__builtin_popcountll(line_owners(line)) * 4;
	uint64_t n = owners * line->nqueues;

	return n < OWNERS_TRIED ? (unsigned int)n + 1 : OWNERS_TRIED;
}

/* Those whose tenant or campaign has to wait are passed over.  0: all of them;
 * the timer, or what comes back, serves the group again. */
static int
pass_over(struct group *g, struct line *line)
{
	uint64_t when, soonest = UINT64_MAX;
	unsigned int tries;
	struct queue *q;

	for (tries = most_tries(line); tries; tries--) {
		q = line_first(line);
		if (owner_may(g, q, &when))
			return 1;
		if (when < soonest)
			soonest = when;
		line_turn(q);
	}
	if (soonest != UINT64_MAX)
		rates_wait(g, soonest);
	return 0;
}

static int
serve(struct group *g, struct line *line)
{
	struct queue *q;
	struct job *j;
	struct dest *d;
	struct lane *l;
	enum held_by by;
	uint64_t when;

	if (!line_first(line))
		held_end(&line->held);
	if (!line_first(line) || line->site->until)
		return NOROOM;
	if (!pass_over(g, line)) {
		held_begin(&line->held, HELD_SHARE, 0);
		return SHARED;
	}
	q = line_first(line);
	d = q->dest;
	if (d->generation != self.policy.generation) {
		line_del(q);
		dest_todo(d);
		return STALE;
	}
	if ((!q->nruns && !q->nagain) || d->until || d->isrefused ||
	    hold_dest(d)) {
		line_del(q);
		return GONE;
	}
	when = message_when(g, q, &by);
	if (when) {
		wait_until(g, when);
		if (warmup_overflow(g))
			overflow_want();
		held_begin(&line->level->held, by, 0);
		return BLOCKED;
	}
	l = pick(g, q);
	if (!l) {
		if (!q->line)
			return GONE;
		if (d->iswanting == WANT_PLACE && !d->site->nlanes) {
			held_begin(&d->stopped, HELD_WORKERS, 0);
			queue_rest(d);
			site_todo(d->site);
			return GONE;
		}
		note_laneless(g, line, q);
		return NOROOM;
	}
	j = job_hand(q, l);
	if (!j) {
		line_del(q);
		return GONE;
	}
	rates_passed(g, j);
	quota_passed(l, run_msg(run_at(j->run))->owner);
	volume_passed(l, j);
	line_turn(q);
	return SERVED;
}

/* 1: it has to wait for its rates, or that was enough for this turn. */
static int
serve_level(struct group *g, struct level *v, unsigned int *stale)
{
	struct line *l;

	while ((l = level_first(v)) && !loglink_busy()) {
		switch (serve(g, l)) {
		case BLOCKED:
			return 1;
		case STALE:
			if (--*stale)
				break;
			return 1;
		case SERVED:
			/* It may have been unlisted meanwhile. */
			if (l->level == v)
				level_turn(l);
			break;
		case SHARED:
			level_starve(l);
			break;
		case NOROOM:
			if (l->level != v)
				break;
			if (!l->site->until &&
			    (g->waits || is_full(g, l->stream)))
				level_starve(l);
			else
				level_unlist(l);
			break;
		default:
			break;
		}
	}
	return 0;
}

/* The most urgent first.  What a rate holds back holds all that goes after.
 * 0: there is more to do. */
static int
serve_group(struct group *g)
{
	unsigned int stale = STALES;
	struct level *v, *below;

	for (v = g->levels; v && !serve_level(g, v, &stale); v = v->next)
		held_end(&v->held);
	if (!stale)
		return 0;
	for (below = v ? v->next : NULL; below; below = below->next)
		held_begin(&below->held, v->held.by, 0);
	return 1;
}

/* The streams may have other priorities. */
static void
relist(struct group *g)
{
	struct site *s;

	if (g->listed == self.policy.generation)
		return;
	g->listed = self.policy.generation;
	TAILQ_FOREACH (s, &g->sites, link)
		site_relist(s);
}

/* Once a turn: what may leave does. */
void
group_turn(void)
{
	struct groups later;
	struct group *g;

	TAILQ_INIT(&later);
	while ((g = TAILQ_FIRST(&self.grouptodo))) {
		TAILQ_REMOVE(&self.grouptodo, g, todo);
		g->istodo = 0;
		if (TAILQ_EMPTY(&g->sites) && !rates_last(g)) {
			group_free(g);
			continue;
		}
		if (self.ending)
			continue;
		bend_group(g);
		relist(g);
		if (!serve_group(g)) {
			TAILQ_INSERT_TAIL(&later, g, todo);
			g->istodo = 1;
		}
		relieve(g);
	}
	TAILQ_CONCAT(&self.grouptodo, &later, todo);
}
