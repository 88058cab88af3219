#include <stddef.h>

#include "cmd/dray-send/meter.h"
#include "cmd/dray-send/send.h"

/*
 * Connections that have nothing to do stay open for a while, for mail that may
 * come.  Where somebody else waits for what they take, a place in a dray-remote
 * or a share of a total, those that have been idle longest are closed.
 */
#define SOME 256 /* lanes closed at a turn for their places */

static struct {
	struct lanes idle[2]; /* of all groups, the longest idle in front; kept
				 for streams that have lanes of their own */
	int totals; /* somebody may need what one of them takes of a meter */
	uint32_t pass; /* over them, for that */
	uint32_t second; /* in which closed counts */
	uint32_t closed; /* for their places, and not gone yet */
	ev_timer timer;
} relief;

static void
on_second(struct ev_loop *loop, ev_timer *w, int revents)
{
	/* The turn that this makes is all that it is for. */
	(void)loop;
	(void)w;
	(void)revents;
}

void
relief_init(void)
{
	TAILQ_INIT(&relief.idle[0]);
	TAILQ_INIT(&relief.idle[1]);
	ev_timer_init(&relief.timer, on_second, 1, 0);
}

/* 1 for each of the groups that wait there. */
static int
is_waited(struct meter *q)
{
	if (!q || !meter_full(q))
		return 0;
	if (q->pass != relief.pass)
		q->relieved = 0;
	q->pass = relief.pass;
	return q->relieved < q->nwaiting;
}

static void
relieved(struct meter *q)
{
	if (q)
		q->relieved++;
}

static int
is_needed(const struct lane *l)
{
	struct meter *const *total = l->site->group->total;

	return is_waited(total[0]) || is_waited(total[1]) ||
	    is_waited(l->meter);
}

void
relief_idle(struct lane *l)
{
	TAILQ_INSERT_TAIL(&l->site->group->idle, l, idle);
	TAILQ_INSERT_TAIL(&relief.idle[l->kept], l, idleall);
	l->isidle = 1;
	relief.totals |= is_needed(l);
}

void
relief_busy(struct lane *l)
{
	if (!l->isidle)
		return;
	TAILQ_REMOVE(&l->site->group->idle, l, idle);
	TAILQ_REMOVE(&relief.idle[l->kept], l, idleall);
	l->isidle = 0;
}

void
relief_leave(struct site *s)
{
	struct lane *l;

	TAILQ_FOREACH (l, &s->lanes, link)
		if (l->isidle)
			TAILQ_REMOVE(&s->group->idle, l, idle);
}

void
relief_join(struct site *s)
{
	struct lane *l;

	TAILQ_FOREACH (l, &s->lanes, link)
		if (l->isidle)
			TAILQ_INSERT_TAIL(&s->group->idle, l, idle);
}

void
relief_gone(const struct lane *l)
{
	if (l->relieves && l->relieves == relief.second && relief.closed)
		relief.closed--;
}

void
relief_total(void)
{
	relief.totals = 1;
}

static void
totals(void)
{
	struct lane *l, *next;

	relief.totals = 0;
	relief.pass++;
	for (l = TAILQ_FIRST(&relief.idle[0]); l; l = next) {
		next = TAILQ_NEXT(l, idleall);
		if (!is_needed(l))
			continue;
		relieved(l->site->group->total[0]);
		relieved(l->site->group->total[1]);
		relieved(l->meter);
		lane_close(l);
	}
}

static struct lane *
longest(uint32_t wanted, uint32_t urgent)
{
	struct lane *l = NULL;

	if (relief.closed < wanted)
		l = TAILQ_FIRST(&relief.idle[0]);
	/* What is kept for urgent mail is nobody else's. */
	if (!l && relief.closed < urgent)
		l = TAILQ_FIRST(&relief.idle[1]);
	return l;
}

/* As many as are waited for.  One whose server does not let it go is not
 * counted in the next second. */
static void
places(void)
{
	uint32_t urgent = lane_stuck(WANT_URGENT);
	uint32_t wanted =
	    urgent + lane_stuck(WANT_FRESH) + lane_stuck(WANT_REST);
	unsigned int some = SOME;
	struct lane *l;

	if (!wanted)
		return;
	if (relief.second != dest_now())
		relief.closed = 0;
	relief.second = dest_now();
	while (some-- && (l = longest(wanted, urgent))) {
		lane_close(l);
		l->relieves = relief.second;
		relief.closed++;
	}
	if (relief.closed && !ev_is_active(&relief.timer)) {
		ev_timer_set(&relief.timer, 1, 0);
		ev_timer_start(self.loop, &relief.timer);
	}
}

void
relief_turn(void)
{
	if (relief.totals)
		totals();
	places();
}
