#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/dray-send/owner.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/way.h"
#include "common/mem.h"

#define REASON_MAX 100
#define DUE 5000 /* entries of the heap at a turn */
#define CHECK 32 /* destinations until the clock is looked at */
#define REFUSE_SOME 256 /* runs of a destination that fail at a turn */

uint32_t
dest_now(void)
{
	return (uint32_t)ev_now(self.loop);
}

void
dest_init(void)
{
	keyhash_start();
	relief_init();
	self.dests.of = &self.dest;
	self.sites.of = &self.site;
	TAILQ_INIT(&self.grouptodo);
	owner_init();
}

static size_t
make_key(char *key, uint16_t path, const char *name, size_t len)
{
	if (len > DEST_NAMEMAX)
		len = DEST_NAMEMAX;
	memcpy(key, &path, DEST_PATHLEN);
	memcpy(key + DEST_PATHLEN, name, len);
	return DEST_PATHLEN + len;
}

struct dest *
dest_find(uint16_t path, const char *name, size_t len)
{
	char key[DEST_PATHLEN + DEST_NAMEMAX];
	size_t n = make_key(key, path, name, len);
	struct dest *d = book_look(&self.dests, keyhash_of(key, n));

	while (
	    d && !(d->len == n - DEST_PATHLEN && memcmp(d->key, key, n) == 0))
		d = book_more(&self.dests, d);
	return d;
}

struct dest *
dest_get(uint16_t path, const char *name, size_t len)
{
	struct dest *d = dest_find(path, name, len);
	char *key;

	if (d)
		return d;
	/* No more than it needs: there may be hundreds of thousands. */
	d = mem_alloc(offsetof(struct dest, name) + len + 1);
	key = (char *)d + offsetof(struct dest, key);
	d->len = (uint16_t)(make_key(key, path, name, len) - DEST_PATHLEN);
	d->path = path;
	d->number = numbers_take(&self.dest, d);
	d->min_expiry = UINT32_MAX;
	d->generation = UINT64_MAX;
	TAILQ_INIT(&d->queues);
	way_new(d);
	restream_new(d);
	book_add(
	    &self.dests, d->number, keyhash_of(key, DEST_PATHLEN + d->len));
	return d;
}

static void
forget(struct dest *d)
{
	site_leave(d);
	lane_unwant(d);
	queue_tidy(d);
	book_del(&self.dests, d->number);
	numbers_give(&self.dest, d->number);
	mx_free(d->mx);
	free(d->aside);
	words_drop(d->reason);
	free(d);
}

void
dest_todo(struct dest *d)
{
	if (!d->istodo)
		row_last(&self.todo, d->number);
	d->istodo = 1;
}

/* What must not wait does not stand behind thousands of others either. */
void
dest_todo_first(struct dest *d)
{
	row_first(&self.todo, d->number);
	d->istodo = 1;
}

void
dest_append(uint32_t n, int front)
{
	struct run *r = run_at(n);
	struct dest *d = run_dest(r);

	restream_set(r);
	queue_add(d, n, front);
	r->where = RUN_READY;
	d->nready += run_uncut(r);
	if (run_expiry(r) < d->min_expiry)
		d->min_expiry = run_expiry(r);
	expiry_watch(d);
	if (stream_keeps(run_stream(r)))
		dest_todo_first(d);
	else
		dest_todo(d);
}

/* Of which of the lists it is: how many recipients are in it. */
uint32_t *
dest_count(struct dest *d, const struct run *r)
{
	return r->where == RUN_HELD ? &d->aside->recipients : &d->nready;
}

/* Recipients that an override holds back. */
uint32_t
dest_held(const struct dest *d)
{
	return d->aside ? d->aside->recipients : 0;
}

/* The run whose turn it is leaves the queue. */
void
dest_unlist(struct queue *q)
{
	struct run *r = run_at(queue_first(q));

	q->dest->nready -= run_uncut(r);
	queue_shift(q);
	r->where = RUN_OUT;
}

/* There is nobody to take mail for this domain, for certain: what is ready
 * fails, some of it at a turn.  What recipients of a run a lane still has are
 * decided there, and the run comes back. */
static void
refuse_queue(struct queue *q, unsigned int *some)
{
	struct run *r;
	uint32_t n;
	int held;

	while ((n = queue_first(q)) && *some && !loglink_busy()) {
		--*some;
		if (cut_pass_over(q) || (held = hold_first(q, 1)) == 1)
			continue;
		if (held == -1)
			return;
		r = run_at(n);
		dest_unlist(q);
		if (run_flying(r)) {
			r->again = 1;
			run_setcut(r, (uint16_t)r->count);
			continue;
		}
		verdict_refuse(n, q->dest->mx);
	}
}

static void
refuse(struct dest *d)
{
	unsigned int some = REFUSE_SOME;
	struct queue *q;

	queue_uncut(d);
	job_dissolve(d);
	queue_fill(d);
	TAILQ_FOREACH (q, &d->queues, link)
		refuse_queue(q, &some);
	queue_tidy(d);
	d->isrefused = queue_busy(d) & 1;
	if (d->isrefused && !some && !loglink_busy())
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
		/* They may be other servers. */
		d->generation = UINT64_MAX;
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

/* What is known of the servers of a lone destination is kept while there are
 * connections to them. */
static int
is_alone(const struct dest *d)
{
	return d->site && d->site->ndests == 1 && d->site->nlanes;
}

static int
is_idle(const struct dest *d)
{
	return !is_alone(d) && !d->nruns && !d->until && !d->isasking &&
	    !queue_busy(d);
}

/* Nothing of it leaves now. */
static void
stop(struct dest *d)
{
	queue_uncut(d);
	job_dissolve(d);
	queue_rest(d);
}

static void
offer(struct dest *d)
{
	if (!site_admits(d)) {
		queue_rest(d);
		return;
	}
	queue_fill(d);
	if (hold_sift(d)) {
		site_offer(d);
		way_sift(d);
	}
}

static void
serve(struct dest *d)
{
	expiry_turn(d);
	way_sift(d);
	restream_sift(d);
	if (d->until || hold_dest(d))
		stop(d);
	else if (!d->isrefused && queue_busy(d) && !loglink_busy())
		offer(d);
	if (d->isrefused && !hold_dest(d))
		refuse(d);
	queue_tidy(d);
	if (!d->istodo && is_idle(d))
		forget(d);
}

/* Everything that changed at a destination is answered here; 1 if there was
 * more than could be until then. */
int
dest_turn(ev_tstamp until)
{
	unsigned int i = 0;
	struct dest *d;
	uint32_t n;

	while ((n = row_next(&self.todo))) {
		if (++i % CHECK == 0 && ev_time() >= until)
			return 1;
		row_take(&self.todo);
		d = numbers_at(&self.dest, n);
		if (d && d->istodo) {
			d->istodo = 0;
			serve(d);
		}
	}
	return 0;
}

/* So long something that fails as a whole is left alone. */
uint32_t
dest_pause(const struct policy_limits *p, unsigned int fails)
{
	uint64_t pause = (uint64_t)p->backoff_min << (fails < 16 ? fails : 16);

	if (pause > p->backoff_max)
		pause = p->backoff_max;
	return (uint32_t)(pause ? pause : 1);
}

/* Where its mail goes cannot be found out, or is nowhere that we may connect
 * to.  One timer, however much waits for it. */
void
dest_sleep(struct dest *d, const char *why, size_t len)
{
	const struct policy_where w = { .domain = d->name,
		.len = d->len,
		.route = path_at(d->path)->route };
	struct policy_limits p;

	if (d->until)
		return;
	policy_limits(&self.policy, &w, &p);
	d->until = dest_now() + dest_pause(&p, d->fails);
	d->fails++;
	d->fresh = 0;
	words_drop(d->reason);
	d->reason = words_take(why, len > REASON_MAX ? REASON_MAX : len);
	/* It comes to rest at the next turn: its queue may be in use here. */
	queue_uncut(d);
	job_dissolve(d);
	site_withdraw(d);
	dest_todo(d);
	mx_free(d->mx);
	d->mx = NULL;
	d->generation = UINT64_MAX;
	d->isrefused = 0;
	held_begin(&d->stopped, HELD_SLEEP, 0);
	heap_add(&self.wake, d->until, d->number);
	timer_set();
	event_sleep(d);
}

/* Until when it sleeps, by itself or with its site; 0 it is awake. */
uint32_t
dest_until(const struct dest *d, const char **why_r)
{
	const struct site *s = d->site;

	if (s && s->until > d->until) {
		*why_r = s->reason;
		return s->until;
	}
	*why_r = d->reason;
	return d->until;
}

void
dest_wake(struct dest *d)
{
	d->until = 0;
	if (d->site && d->site->until)
		site_wake(d->site);
	dest_todo(d);
}

void
dest_wake_due(uint32_t now)
{
	unsigned int some = DUE;
	uint32_t when, n;
	struct dest *d;

	while (heap_first(&self.wake, &when, &n) && when <= now && some--) {
		heap_drop(&self.wake);
		d = numbers_at(&self.dest, n);
		if (d && d->until == when) {
			d->until = 0;
			dest_todo(d);
		}
		if (d && d->expire_at == when) {
			d->expire_at = 0;
			dest_todo(d);
		}
	}
}

/* A new policy may have a route for what sleeps, and other priorities. */
void
dest_refresh(struct dest *d)
{
	queue_order(d);
	d->until = 0;
	dest_todo(d);
}
