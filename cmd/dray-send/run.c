#include <errno.h>
#include <string.h>

#include "cmd/dray-send/path.h"
#include "cmd/dray-send/plan.h"
#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/way.h"

#define DUE 10000 /* entries of the heap at a turn */
#define EARLY 6 /* such waits after greylisting, at most */
#define UNREADABLE 30 /* seconds until a bundle is looked at again */

struct dest *
run_dest(const struct run *r)
{
	return numbers_at(&self.dest, r->dest);
}

/* What is sent to a domain of one message goes the same way each time. */
uint16_t
run_path(const struct slot *s, uint32_t msg, const struct bundle_run *r)
{
	struct {
		uint32_t sec, usec, pid, seq, msg, first;
		char domain[DEST_NAMEMAX];
	} seed = { s->sec, s->usec, s->pid, s->seq, msg, r->first, { 0 } };
	size_t n = r->domain.len < DEST_NAMEMAX ? r->domain.len : DEST_NAMEMAX;

	memcpy(seed.domain, r->domain.s, n);
	return path_pick(&seed, sizeof seed - DEST_NAMEMAX + n);
}

/* 0 if all of its recipients are done already. */
uint32_t
run_new(uint32_t msg, const struct bundle_msg *m, const struct bundle_run *r,
    uint32_t entry, int fresh)
{
	struct msg *p = pool_at(&self.msgs, msg);
	const struct slot *s = pool_at(&self.slots, p->slot);
	struct run *run;
	uint32_t n, undone = open_undone(s->open, r->first, r->count);

	if (undone == 0)
		return 0;
	n = runs_take(&self.runs);
	run = run_at(n);
	run->msg = msg;
	p->runs++;
	run->entry = entry;
	run->count = r->count & 0x1fff;
	run->dest =
	    dest_get(way_path(s, p->number, m, r), r->domain.s, r->domain.len)
		->number &
	    0x7fffffff;
	run_dest(run)->nruns++;
	names_count(run, undone);
	if (fresh)
		run_dest(run)->fresh = 1;
	if (run_shut(run))
		run_wait(n);
	else
		dest_append(n, 0);
	delay_watch(n, m);
	return n;
}

/* What is left of a run that cannot be read is not queued any more. */
static void
uncount(const struct run *r)
{
	const struct slot *s = pool_at(&self.slots, run_msg(r)->slot);
	struct bundle_run b;

	if (s->bad && s->open && open_run(s->open, r, &b, NULL) == 0)
		names_count(
		    r, -(int64_t)open_undone(s->open, b.first, b.count));
}

/* The run is finished.  What stands in a list of its destination stays there,
 * dead, until the list is gone through. */
void
run_drop(uint32_t n)
{
	struct run *r = run_at(n);
	struct dest *d = run_dest(r);

	if (!r->dead) {
		uncount(r);
		r->delay = 0;
		run_setcut(r, 0);
		store_run_gone(run_msg(r)->slot);
	}
	r->dead = 1;
	if (r->where == RUN_READY || r->where == RUN_HELD) {
		d->dirty = 1;
		return;
	}
	d->nruns--;
	dest_todo(d);
	r->count = 0;
	r->where = RUN_OUT;
	msg_drop(r->msg);
	runs_give(&self.runs, n);
}

/* Those of its provider; NULL while that is not known. */
static const struct policy_limits *
limits_of(const struct run *r)
{
	return site_limits(run_dest(r)->site);
}

/* Of the message, or as its provider has it if that is earlier. */
uint32_t
run_expiry(const struct run *r)
{
	const struct policy_limits *l = limits_of(r);
	const struct msg *m = run_msg(r);
	uint32_t at_ = m->expiry;

	if (l && l->lifetime && at_ > m->arrival &&
	    at_ - m->arrival > l->lifetime)
		at_ = m->arrival + l->lifetime;
	return r->over && at_ > dest_now() ? dest_now() : at_;
}

/* Retry times are a function of the message's age, so that a deferral needs
 * no memory.  The next one is not taken if it comes almost at once: the
 * attempt that just failed may have been late. */
static uint32_t
next_attempt(const struct run *r, uint32_t now)
{
	const struct policy_retry *s = stream_retry(run_stream(r)), *p = s;
	const struct policy_limits *l = limits_of(r);
	uint32_t arrival = run_msg(r)->arrival, least;
	uint64_t age = now > arrival ? now - arrival : 0, t = 0, then;
	unsigned int i;

	if (l && l->retry.n)
		p = &l->retry;
	then = l && l->retry.then ? l->retry.then : s->then ? s->then : 1;
	least = p->n ? p->after[0] / 4 : 0;
	for (i = 0; i < p->n; i++) {
		t += p->after[i];
		if (t > age + least)
			return (uint32_t)(arrival + t);
	}
	t += ((age + least > t ? age + least - t : 0) / then + 1) * then;
	return (uint32_t)(arrival + t);
}

static int
is_due(const struct run *r, uint32_t when)
{
	return r->count && r->where == RUN_DEFERRED && r->next == when;
}

/* The second pair of a run that was taken out early and deferred again, to the
 * same time, is one too many. */
static int
applies(uint32_t when, uint32_t n)
{
	struct run *r = run_at(n);
	int good = is_due(r, when) && !r->seen;

	r->seen |= good & 1;
	return good;
}

static void
add_due(uint32_t when, uint32_t n)
{
	size_t i;

	heap_add(&self.due, when, n);
	if (!heap_tidy(&self.due, applies))
		return;
	for (i = 0; i < self.due.len; i++)
		run_at(self.due.e[i].n)->seen = 0;
}

static void
defer_until(uint32_t n, uint32_t when)
{
	struct run *r = run_at(n);

	r->deferred = 0;
	r->washeld = 0;
	run_setcut(r, 0);
	/* Expired, but its bundle cannot be opened now. */
	if (when <= dest_now())
		when = dest_now() + UNREADABLE;
	run_dest(r)->ndeferred += r->count;
	r->where = RUN_DEFERRED;
	r->next = when;
	add_due(when, n);
	timer_set();
}

void
run_defer(uint32_t n)
{
	struct run *r = run_at(n);

	r->wasdeferred = 1;
	defer_until(n, run_next(r));
	r->greylisted = 0;
	punch_consider(run_msg(r)->slot);
}

/* Its time has not come, or is over for today; it expires all the same. */
int
run_shut(const struct run *r)
{
	return plan_shut(r) && run_expiry(r) > dest_now();
}

/* Until its time comes.  Where some of it is out, the pass is over first. */
void
run_wait(uint32_t n)
{
	struct run *r = run_at(n);
	uint32_t when = plan_at(r, dest_now());

	if (run_flying(r)) {
		run_setcut(r, (uint16_t)r->count);
		r->deferred = 1;
	} else {
		defer_until(n, when < run_expiry(r) ? when : run_expiry(r));
	}
}

/* Called whenever something of the run has come back: if nothing is out any
 * more, its pass is over or has to be repeated. */
void
run_pass(uint32_t n)
{
	struct run *r = run_at(n);
	struct dest *d = run_dest(r);

	if (run_flying(r))
		return;
	if (r->doom) {
		(void)verdict_settle(n, r->doom, NULL);
	} else if (r->again) {
		r->again = r->deferred = 0;
		if (r->where != RUN_OUT) {
			queue_uncut_run(d, n);
			*dest_count(d, r) += run_cut(r);
		}
		run_setcut(r, 0);
		if (r->where == RUN_OUT)
			dest_append(n, 1);
	} else if (!run_uncut(r)) {
		if (r->deferred)
			run_defer(n);
		else
			run_drop(n);
	}
}

/* Its entry in the heap stays, and is nobody's until its time comes. */
void
run_undefer(uint32_t n)
{
	struct run *r = run_at(n);

	run_dest(r)->ndeferred -= r->count;
	r->where = RUN_OUT;
	r->next = 0;
}

/* Those whose time has come are ready again, some at a turn. */
void
run_due(uint32_t now)
{
	unsigned int some = DUE;
	struct run *r;
	uint32_t when, n;

	while (heap_first(&self.due, &when, &n) && when <= now && some--) {
		heap_drop(&self.due);
		r = run_at(n);
		if (!is_due(r, when))
			continue;
		run_undefer(n);
		if (r->doom)
			(void)verdict_settle(n, r->doom, NULL);
		else if (run_shut(r))
			run_wait(n);
		else
			way_append(n, 0);
	}
}

/* Whoever puts off those he does not know takes the second attempt if it comes
 * in time; after some of them it was something else. */
static uint32_t
not_late(const struct run *r, uint32_t when, uint32_t now)
{
	const struct policy_limits *l = limits_of(r);
	uint32_t most = l ? l->greylisted : 0;

	if (!r->greylisted || !most || when - now <= most ||
	    now - run_msg(r)->arrival > EARLY * most)
		return when;
	return now + most;
}

uint32_t
run_next(const struct run *r)
{
	uint32_t now = dest_now();
	uint32_t when = plan_at(r, not_late(r, next_attempt(r, now), now));

	return when < run_expiry(r) ? when : run_expiry(r);
}

/* When its time came last, as the schedule is now.  What was tried before that
 * by an operator's wish is ready since then, too. */
uint32_t
run_ready(const struct run *r)
{
	const struct policy_retry *p = stream_retry(run_stream(r));
	uint32_t now = dest_now(), arrival = run_msg(r)->arrival;
	uint64_t age = now > arrival ? now - arrival : 0, t = 0;
	uint64_t then = p->then ? p->then : 1;
	unsigned int i;

	for (i = 0; i < p->n; i++) {
		if (t + p->after[i] > age)
			return (uint32_t)(arrival + t);
		t += p->after[i];
	}
	return (uint32_t)(arrival + t + (age - t) / then * then);
}
