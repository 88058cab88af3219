#include "cmd/dray-send/send.h"

#define SOME 256 /* runs of a destination that expire at a turn */

/* Destinations come and go, and their expiry is days away. */
static int
applies(uint32_t when, uint32_t n)
{
	const struct dest *d = numbers_at(&self.dest, n);

	return d && (d->until == when || d->expire_at == when);
}

/* Mail expires on time even where nothing else happens. */
void
expiry_watch(struct dest *d)
{
	uint32_t now = dest_now();
	uint32_t at = d->min_expiry > now ? d->min_expiry : now + 1;

	if (d->min_expiry == UINT32_MAX || (d->expire_at && d->expire_at <= at))
		return;
	d->expire_at = at;
	heap_add(&self.wake, at, d->number);
	heap_tidy(&self.wake, applies);
	timer_set();
}

struct sweep {
	struct dest *dest;
	uint32_t now;
	uint32_t least; /* expiry of those that stay */
	unsigned int some; /* that may expire */
};

/* 1 if the run leaves its list: it has expired, or all of it is decided.  2:
 * enough for now. */
static int
swept(void *arg, uint32_t n)
{
	struct run *r = run_at(n);
	struct sweep *s = arg;
	uint32_t expiry;

	if (!s->some)
		return 2;
	if (!run_uncut(r)) {
		r->where = RUN_OUT;
		if (r->dead)
			run_drop(n);
		return 1;
	}
	/* Recipients of it that are out are still decided there.  Not more at
	 * a turn than the log and the notices take. */
	expiry = run_expiry(r);
	if (expiry > s->now || run_flying(r) || loglink_busy()) {
		if (expiry < s->least)
			s->least = expiry;
		return 0;
	}
	s->some--;
	*dest_count(s->dest, r) -= run_uncut(r);
	r->where = RUN_OUT;
	(void)verdict_settle(n, DOOM_EXPIRE, NULL);
	return 1;
}

/* Takes what has expired out of the lists.  Only when something has: they may
 * be long. */
void
expiry_turn(struct dest *d)
{
	struct sweep s = { d, dest_now(), UINT32_MAX, SOME };

	if (d->min_expiry > s.now)
		return;
	queue_sweep(d, swept, &s);
	if (d->aside)
		(void)queue_sweep_list(
		    &d->aside->first, &d->aside->last, swept, &s);
	d->min_expiry = s.least > s.now ? s.least : s.now + 1;
	if (!s.some) {
		/* There may be more; what stops us is that the log is busy. */
		d->min_expiry = 0;
		if (!loglink_busy())
			dest_todo(d);
	}
	expiry_watch(d);
}
