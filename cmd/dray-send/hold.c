#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/way.h"
#include "common/mem.h"

/*
 * What a rule holds back.  Rules are looked at where a job is cut, so that a
 * new one is in force at once, whatever number of runs wait.  A run that is
 * held leaves the list of what is ready for the list of what is held at its
 * destination, in order.  When a rule ends, the held runs of the destinations
 * that it may have touched go back to the front, as they stood, and are looked
 * at again when their turn comes.  A destination that is held as a whole just
 * gets no lanes.
 */
#define COSTS 20000 /* of runs moved at a turn; looking into a bundle: */
#define LOOK 100
#define SLICE 4000 /* destinations and runs gone through at a turn */

static unsigned int cost; /* in this turn */

/* Destinations whose runs were more than a turn may move. */
static struct {
	uint32_t *n;
	size_t len, room;
} later;

/* The walk over all destinations after the rules have changed. */
static struct {
	uint32_t at; /* 0: none under way */
	uint64_t bits; /* of rules that have ended */
} walk;

/* Its number, as held.c knows it. */
static uint8_t
number(uint64_t bit)
{
	return (uint8_t)__builtin_ctzll(bit);
}

/* Worked out once for each change of the rules. */
int
hold_dest(struct dest *d)
{
	struct rule *u;

	if (d->rules == rules.generation)
		return d->paused;
	d->rules = rules.generation;
	d->paused = 0;
	TAILQ_FOREACH (u, &rules.list, link)
		if (!u->match.rest && match_dest(&u->match, d)) {
			d->paused = 1;
			held_begin(&d->stopped, HELD_OVERRIDE, number(u->bit));
		}
	return d->paused;
}

/* The same of the message of a run, which tells all. */
static uint64_t
msg_held_by(uint32_t slot, const struct dest *d, const struct bundle_msg *m)
{
	struct rule *u;

	TAILQ_FOREACH (u, &rules.list, link)
		if (u->match.rest && match_msg(&u->match, slot, d, m))
			return u->bit;
	return 0;
}

static uint64_t
run_held_by(const struct run *r, const struct bundle_msg *m)
{
	return msg_held_by(run_msg(r)->slot, run_dest(r), m);
}

/* The bit of the rule that holds it, 0, or with *look_r that the bundle has to
 * tell. */
static uint64_t
held_by(const struct run *r, int *look_r)
{
	struct rule *u;
	int v;

	*look_r = 0;
	TAILQ_FOREACH (u, &rules.list, link) {
		if (!u->match.rest)
			continue;
		v = match_run(&u->match, r);
		if (v == MATCH_YES)
			return u->bit;
		if (v == MATCH_LOOK)
			*look_r = 1;
	}
	return 0;
}

int
hold_run(const struct run *r)
{
	int look;

	if (TAILQ_EMPTY(&rules.list))
		return 0;
	if (hold_dest(run_dest(r)) || held_by(r, &look))
		return 1;
	return look ? -1 : 0;
}

int
hold_msg(uint32_t slot, struct dest *d, const struct bundle_msg *m)
{
	return hold_dest(d) || msg_held_by(slot, d, m) != 0;
}

static struct aside *
aside_of(struct dest *d)
{
	if (!d->aside)
		d->aside = mem_alloc(sizeof *d->aside);
	return d->aside;
}

/* The first run that is ready goes to the end of those that are held. */
static void
set_aside(struct queue *q, uint64_t bit)
{
	uint32_t n = queue_first(q);
	struct run *r = run_at(n);
	struct aside *a = aside_of(q->dest);

	dest_unlist(q);
	if (!a->last)
		held_begin(&a->held, HELD_OVERRIDE, number(bit));
	r->where = RUN_HELD;
	if (a->last)
		run_at(a->last)->next = n;
	else
		a->first = n;
	a->last = n;
	a->recipients += run_uncut(r);
	a->rules |= bit;
}

/* 1 when this turn has moved enough; the destination goes on in the next. */
static int
enough(struct dest *d, unsigned int n)
{
	cost += n;
	if (cost < COSTS)
		return 0;
	if (later.len == later.room) {
		later.room = later.room ? later.room * 2 : 16;
		later.n = mem_grow(later.n, later.room, sizeof *later.n);
	}
	later.n[later.len++] = d->number;
	return 1;
}

/* The same for a run whose bundle may be opened for it. */
static uint64_t
looked_up(const struct run *r, int *look_r)
{
	struct open *o = open_get(run_msg(r)->slot);
	struct bundle_msg m;

	if (!o || bundle_msg(&o->b, run_msg(r)->number, &m) == -1)
		return 0;
	*look_r = 0;
	return run_held_by(r, &m);
}

int
hold_first(struct queue *q, int look)
{
	struct run *r = run_at(queue_first(q));
	uint64_t bit;
	int unknown;

	if (TAILQ_EMPTY(&rules.list) || queue_flow(q)->cut)
		return 0;
	bit = held_by(r, &unknown);
	if (!bit && unknown && look)
		bit = looked_up(r, &unknown);
	if (!bit)
		return 0;
	if (enough(q->dest, look ? LOOK : 1))
		return -1;
	set_aside(q, bit);
	return 1;
}

/* What is held at the front is set aside before lanes are opened for it.  0:
 * that was enough for this turn. */
static int
sift(struct queue *q)
{
	const struct run *r;
	int held;

	while (queue_first(q)) {
		r = run_at(queue_first(q));
		if (!run_uncut(r) || r->doom)
			break;
		held = hold_first(q, 0);
		if (held != 1)
			return held == 0;
	}
	return 1;
}

int
hold_sift(struct dest *d)
{
	struct queue *q;

	TAILQ_FOREACH (q, &d->queues, link)
		if (!sift(q))
			return 0;
	return 1;
}

/* The same for the run that is being cut, whose bundle is open. */
int
hold_cut(struct queue *q)
{
	struct cut *c = queue_flow(q)->cut;
	uint64_t bit;

	if (c->rules == rules.generation)
		return 0;
	bit = run_held_by(run_at(c->run), &c->m);
	if (!bit) {
		c->rules = rules.generation;
		return 0;
	}
	if (enough(q->dest, LOOK))
		return -1;
	set_aside(q, bit);
	return 1;
}

/* A job that was given back: held now? */
int
hold_job(const struct job *j)
{
	struct bundle_msg m;

	if (TAILQ_EMPTY(&rules.list) ||
	    bundle_msg(&j->open->b, run_msg(run_at(j->run))->number, &m) == -1)
		return 0;
	return run_held_by(run_at(j->run), &m) != 0;
}

void
hold_release(uint64_t bits)
{
	walk.bits |= bits;
	walk.at = 1;
}

/* Back to the front, before what came after them: the last one first. */
static uint64_t
put_back(struct dest *d)
{
	struct aside *a = d->aside;
	uint32_t n = a->first, before = 0, next;
	uint64_t moved = 0;

	for (; n; n = next) {
		next = run_at(n)->next;
		run_at(n)->next = before;
		before = n;
	}
	held_end(&a->held);
	for (n = before; n; n = next, moved++) {
		next = run_at(n)->next;
		run_at(n)->washeld = 1;
		way_append(n, 1);
	}
	a->first = a->last = a->recipients = 0;
	a->rules = 0;
	dest_todo(d);
	return moved;
}

static int
has_job_of(const struct lane *l, const struct dest *d)
{
	const struct job *j;

	TAILQ_FOREACH (j, &l->jobs, link)
		if (run_dest(run_at(j->run)) == d)
			return 1;
	return 0;
}

/* All that is with a destination that is held now comes back to it, but for
 * what is in flight.  Lanes that others need too are theirs again soon. */
static void
close_lanes(struct dest *d)
{
	struct lane *l;

	if (d->site)
		TAILQ_FOREACH (l, &d->site->lanes, link)
			if (d->site->ndests == 1 || has_job_of(l, d))
				lane_close(l);
	queue_uncut(d);
	job_dissolve(d);
	site_withdraw(d);
}

static uint64_t
visit(struct dest *d)
{
	uint64_t moved = 1;

	if (hold_dest(d))
		close_lanes(d);
	if (d->aside && d->aside->rules & walk.bits)
		moved += put_back(d);
	dest_todo(d);
	return moved;
}

/* Once a turn, at its end: puts on the list what the next one goes on with.
 * 1 while the walk is under way. */
int
hold_turn(void)
{
	uint64_t some = 0;
	struct dest *d;
	size_t i, n = later.len;

	cost = 0;
	for (i = 0; i < n; i++)
		if ((d = numbers_at(&self.dest, later.n[i])))
			dest_todo(d);
	later.len = 0;
	while (walk.at && some < SLICE) {
		if (walk.at >= self.dest.n) {
			walk.at = 0;
			walk.bits = 0;
			break;
		}
		d = numbers_at(&self.dest, walk.at++);
		some += d ? visit(d) : 1;
	}
	return walk.at != 0;
}
