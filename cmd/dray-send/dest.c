#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/dray-send/steer.h"
#include "common/mem.h"

#define FIRST_LANES 5 /* to a destination that has not answered yet */
#define REASON_MAX 100
#define EXPIRE_SOME 256 /* runs of a destination that expire at a turn */

uint32_t
dest_now(void)
{
	return (uint32_t)ev_now(self.loop);
}

void
dest_init(void)
{
	keyhash_start();
	TAILQ_INIT(&self.todo);
	TAILQ_INIT(&self.wanting);
	/* 0 is nobody's number, whoever asks for it. */
	self.roomdest = 256;
	self.dest = mem_array(self.roomdest, sizeof(struct dest *));
	self.ndest = 1;
}

/* Numbers of destinations that are gone are used again. */
static uint32_t
free_number(void)
{
	static uint32_t look = 1;
	uint32_t i;

	for (i = 0; i < 64 && self.ndest > 1; i++, look++) {
		if (look >= self.ndest)
			look = 1;
		if (!self.dest[look])
			return look;
	}
	if (self.ndest >= self.roomdest) {
		self.roomdest *= 2;
		self.dest =
		    mem_grow(self.dest, self.roomdest, sizeof(struct dest *));
	}
	return self.ndest++;
}

void
dest_limits(struct dest *d)
{
	struct policy_where w = { .domain = d->name, .len = d->len };

	if (d->islimited && d->generation == self.policy.generation)
		return;
	policy_limits(&self.policy, &w, &d->limits);
	if (d->limits.recipients > REMOTE_RCPTMAX)
		d->limits.recipients = REMOTE_RCPTMAX;
	d->rcptmax = 0;
	d->generation = self.policy.generation;
	d->islimited = 1;
	if (d->allowed == 0)
		d->allowed = FIRST_LANES;
	if (d->allowed > d->limits.connections)
		d->allowed = d->limits.connections;
}

struct dest *
dest_get(const char *name, size_t len)
{
	struct dest *d;

	HASH_FIND(hh, self.dests, name, len, d);
	if (d)
		return d;
	d = mem_alloc(sizeof *d + len + 1);
	memcpy(d->name, name, len);
	d->len = len;
	d->number = free_number();
	self.dest[d->number] = d;
	d->min_expiry = UINT32_MAX;
	TAILQ_INIT(&d->again);
	TAILQ_INIT(&d->lanes);
	HASH_ADD_KEYPTR(hh, self.dests, d->name, d->len, d);
	return d;
}

static void
forget(struct dest *d)
{
	if (d->iswanting)
		TAILQ_REMOVE(&self.wanting, d, wanting);
	HASH_DEL(self.dests, d);
	self.dest[d->number] = NULL;
	mx_free(d->mx);
	free(d->reason);
	free(d);
}

void
dest_todo(struct dest *d)
{
	if (!d->istodo)
		TAILQ_INSERT_TAIL(&self.todo, d, todo);
	d->istodo = 1;
}

/* Destinations come and go, and their expiry is days away. */
static int
applies(uint32_t when, uint32_t n)
{
	const struct dest *d = n < self.ndest ? self.dest[n] : NULL;

	return d && ((d->until && d->wake_at == when) || d->expire_at == when);
}

/* Mail expires on time even where nothing else happens. */
static void
watch_expiry(struct dest *d)
{
	uint32_t now = dest_now();
	uint32_t at = d->min_expiry > now ? d->min_expiry : now + 1;

	if (d->min_expiry == UINT32_MAX || (d->expire_at && d->expire_at <= at))
		return;
	d->expire_at = at;
	heap_add(&self.wake, at, d->number);
	heap_tidy(&self.wake, applies);
	dest_timer();
}

void
dest_append(uint32_t n, int front)
{
	struct run *r = pool_at(&self.runs, n);
	struct dest *d = self.dest[r->dest];

	if (front)
		job_uncut(d);
	r->next = front ? d->first : 0;
	if (!d->first)
		d->first = d->last = n;
	else if (front)
		d->first = n;
	else
		((struct run *)pool_at(&self.runs, d->last))->next = n;
	if (!front)
		d->last = n;
	r->where = RUN_READY;
	d->nready += (uint64_t)r->count - r->cut;
	if (r->expiry < d->min_expiry)
		d->min_expiry = r->expiry;
	watch_expiry(d);
	dest_todo(d);
}

/* Of which of the two lists it is: how many recipients are in it. */
uint64_t *
dest_count(struct dest *d, const struct run *r)
{
	return r->where == RUN_HELD ? &d->nheld : &d->nready;
}

/* The first one that is ready leaves the list. */
void
dest_unlist(struct dest *d)
{
	struct run *r = pool_at(&self.runs, d->first);

	d->nready -= (uint64_t)r->count - r->cut;
	d->first = r->next;
	if (!d->first)
		d->last = 0;
	r->next = 0;
	r->where = RUN_OUT;
}

struct sweep {
	uint32_t now;
	uint32_t least; /* expiry of those that stay */
	unsigned int some; /* that may expire */
};

/* 1 if the run leaves its list: it has expired, or all of it is decided. */
static int
swept(struct dest *d, struct sweep *s, uint32_t n)
{
	struct run *r = pool_at(&self.runs, n);

	if (r->cut == r->count) {
		r->where = RUN_OUT;
		if (r->dead)
			run_drop(n);
		return 1;
	}
	/* Recipients of it that are out are still decided there.  Not more at
	 * a turn than the log and the notices take. */
	if (r->expiry > s->now || r->flying || loglink_busy()) {
		if (r->expiry < s->least)
			s->least = r->expiry;
		return 0;
	}
	s->some--;
	*dest_count(d, r) -= (uint64_t)r->count - r->cut;
	r->where = RUN_OUT;
	(void)verdict_settle(n, DOOM_EXPIRE, NULL);
	return 1;
}

static void
sweep_list(struct dest *d, struct sweep *s, uint32_t *first, uint32_t *last)
{
	uint32_t n = *first, next, kept = 0;
	struct run *r;

	for (*first = 0; n; n = next) {
		r = pool_at(&self.runs, n);
		next = r->next;
		r->next = 0;
		if (s->some && swept(d, s, n))
			continue;
		if (kept)
			((struct run *)pool_at(&self.runs, kept))->next = n;
		else
			*first = n;
		kept = n;
		/* Enough for now: the rest stays as it is. */
		if (!s->some && next) {
			r->next = next;
			return;
		}
	}
	*last = kept;
}

/* Takes what has expired out of the lists.  Only when something has: they may
 * be long. */
static void
expire(struct dest *d)
{
	struct sweep s = { dest_now(), UINT32_MAX, EXPIRE_SOME };

	if (d->min_expiry > s.now)
		return;
	job_uncut(d);
	sweep_list(d, &s, &d->first, &d->last);
	sweep_list(d, &s, &d->hfirst, &d->hlast);
	d->min_expiry = s.least > s.now ? s.least : s.now + 1;
	if (!s.some) {
		/* There may be more; what stops us is that the log is busy. */
		d->min_expiry = 0;
		if (!loglink_busy())
			dest_todo(d);
	}
	watch_expiry(d);
}

/* There is nobody to take mail for this domain, for certain: what is ready
 * fails, some of it at a turn.  What recipients of a run a lane still has are
 * decided there, and the run comes back. */
static void
refuse(struct dest *d)
{
	unsigned int some = EXPIRE_SOME;
	struct run *r;
	uint32_t n;
	int held;

	job_uncut(d);
	job_dissolve(d);
	while ((n = d->first) && some-- && !loglink_busy()) {
		if (job_pass_over(d) || (held = hold_first(d, 1)) == 1)
			continue;
		if (held == -1)
			return;
		r = pool_at(&self.runs, n);
		dest_unlist(d);
		if (r->flying) {
			r->again = 1;
			r->cut = r->count;
			continue;
		}
		verdict_refuse(n, d->mx);
	}
	d->isrefused = d->first != 0;
	if (d->isrefused && !loglink_busy())
		dest_todo(d);
}

/* What dray-dns answered.  No answer is no reason to forget a good one. */
void
dest_found(struct dest *d, struct mx *m)
{
	struct mx *old = d->mx;

	if (old && m->verdict == DNS_TEMP && old->until > dest_now()) {
		old->refresh = m->until < old->until ? m->until : old->until;
		mx_free(m);
	} else {
		mx_free(old);
		d->mx = m;
		d->isrefused = 0;
	}
	dest_todo(d);
}

/* Dead runs leave the lists at the next turn. */
void
dest_sweep(struct dest *d)
{
	d->min_expiry = 0;
	dest_todo(d);
}

static int
is_idle(const struct dest *d)
{
	return !d->nruns && !d->nlanes && !d->nagain && !d->until && !d->cut &&
	    !d->isasking;
}

/* Once a turn: everything that changed at a destination is answered here. */
void
dest_turn(void)
{
	struct dest *d;

	while ((d = TAILQ_FIRST(&self.todo))) {
		TAILQ_REMOVE(&self.todo, d, todo);
		d->istodo = 0;
		expire(d);
		if (hold_dest(d)) {
			job_uncut(d);
			job_dissolve(d);
		} else if (!d->until && !d->isrefused && hold_sift(d)) {
			lane_fill(d);
		}
		if (d->isrefused && !hold_dest(d))
			refuse(d);
		if (!d->istodo && is_idle(d))
			forget(d);
	}
}

/* The destination as a whole is left alone for a while: one timer, however
 * much waits for it. */
void
dest_sleep(struct dest *d, const char *why, size_t len)
{
	uint64_t pause;
	uint32_t now = dest_now();

	if (d->until)
		return;
	dest_limits(d);
	pause = (uint64_t)d->limits.backoff_min
	    << (d->fails < 16 ? d->fails : 16);
	if (pause > d->limits.backoff_max)
		pause = d->limits.backoff_max;
	d->fails++;
	d->fresh = 0;
	d->allowed = 1;
	d->until = now + (uint32_t)(pause ? pause : 1);
	free(d->reason);
	d->reason = mem_dup(why, len > REASON_MAX ? REASON_MAX : len);
	job_uncut(d);
	job_dissolve(d);
	mx_free(d->mx);
	d->mx = NULL;
	d->isrefused = 0;
	d->wake_at = d->until;
	heap_add(&self.wake, d->until, d->number);
	dest_timer();
	event_sleep(d);
}

void
dest_wake(struct dest *d)
{
	d->until = d->wake_at = 0;
	dest_todo(d);
}

/* It answered: what was learnt from its failures is forgotten. */
void
dest_awake(struct dest *d)
{
	d->fails = 0;
	if (d->allowed < d->limits.connections)
		d->allowed++;
	if (d->until)
		dest_wake(d);
}

void
dest_wake_due(uint32_t now)
{
	uint32_t when, n;
	struct dest *d;

	while (heap_first(&self.wake, &when, &n) && when <= now) {
		heap_drop(&self.wake);
		d = n < self.ndest ? self.dest[n] : NULL;
		if (d && d->until && d->wake_at == when)
			dest_wake(d);
		if (d && d->expire_at == when) {
			d->expire_at = 0;
			dest_todo(d);
		}
	}
}

/* A new policy may have a route for what sleeps. */
void
dest_refresh(void)
{
	struct dest *d, *next;

	HASH_ITER (hh, self.dests, d, next) {
		if (d->until)
			dest_wake(d);
		else
			dest_todo(d);
	}
}

/* The one timer: for the earliest of what is due. */
void
dest_timer(void)
{
	uint32_t at = UINT32_MAX, when, n;

	if (heap_first(&self.due, &when, &n) && when < at)
		at = when;
	if (heap_first(&self.wake, &when, &n) && when < at)
		at = when;
	if (!notice_busy() && heap_first(&self.delays, &when, &n) && when < at)
		at = when;
	if (self.rescan && self.rescan < at)
		at = self.rescan;
	if (at == self.timer_at && ev_is_active(&self.timer))
		return;
	ev_timer_stop(self.loop, &self.timer);
	self.timer_at = at;
	if (at == UINT32_MAX)
		return;
	ev_timer_set(&self.timer,
	    at > ev_now(self.loop) ? at - ev_now(self.loop) : 0, 0);
	ev_timer_start(self.loop, &self.timer);
}
