#include <errno.h>
#include <string.h>

#include "cmd/dray-send/send.h"
#include "common/notice.h"

#define SOME 64 /* runs at a turn */

/*
 * Senders who want to hear that a message is still being tried (RFC 3461 4.1,
 * DELAY) are told when it has a certain age, wherever it is by then: at a
 * destination that sleeps there are no attempts that could tell.  A heap has
 * the times.
 *
 * That somebody was told is not on disk.  Instead the gauge has the time up to
 * which all notices of delays are durable; who was due before it has been told.
 */

static uint32_t
due(const struct run *r)
{
	uint64_t t = (uint64_t)run_msg(r)->arrival + self.notices.delay_after;

	return t < UINT32_MAX ? (uint32_t)t : UINT32_MAX;
}

/* Most messages are gone long before that. */
static int
applies(uint32_t when, uint32_t n)
{
	const struct run *r = run_at(n);

	return r->delay && due(r) <= when;
}

/* A run was loaded. */
void
delay_watch(uint32_t n, const struct bundle_msg *m)
{
	struct run *r = run_at(n);
	uint32_t when = due(r);

	if (m->sender.len == 0 || when >= run_msg(r)->expiry ||
	    when <= self.told ||
	    !(m->flags & BUNDLE_DELAYS || self.notices.delay))
		return;
	r->delay = 1;
	heap_add(&self.delays, when, n);
	heap_tidy(&self.delays, applies);
	timer_set();
}

static void
tell_each(struct attempt *a, const struct run *r, struct field *block,
    struct bundle_rcpt *p)
{
	uint16_t i;

	a->rcpt = p;
	for (i = 0; i < r->count && bundle_rcpt(block, p) == 1; i++)
		if (!open_isdone(a->open, a->first + i) &&
		    notice_owed(a, NOTICE_DELAYED))
			notice_tell(a, NOTICE_DELAYED);
}

/* What it fails with, itself or with its site; NULL it does not. */
static const char *
failing(const struct dest *d)
{
	if (d->fails && d->reason)
		return d->reason;
	return d->site && d->site->fails ? d->site->reason : NULL;
}

static void
tell(const struct run *r, struct open *o)
{
	const struct dest *d = run_dest(r);
	const char *why = failing(d);
	const char *text = why ? why : "not delivered yet";
	const char *status = why ? "4.4.1" : "4.0.0";
	const struct reply reply = { .phase = '-',
		.status = { status, strlen(status) },
		.text = { text, strlen(text) } };
	const struct bundle_str domain = { d->name, d->len };
	struct bundle_msg m;
	struct bundle_run br;
	struct bundle_rcpt p;
	struct attempt a = {
		.reply = &reply, .m = &m, .domain = &domain, .open = o
	};
	stralloc block = STRALLOC_ZERO;
	struct field f;

	if (bundle_msg(&o->b, run_msg(r)->number, &m) == 0 &&
	    open_run(o, r, &br, &block) == 0) {
		a.first = br.first;
		field_start(&f, block.s, block.len);
		tell_each(&a, r, &f, &p);
	}
	stralloc_free(&block);
}

/* The number may be another run's by now, or the policy another one. */
static void
come(uint32_t n, uint32_t now)
{
	struct run *r = run_at(n);
	struct open *o;

	if (!r->delay)
		return;
	if (due(r) > now) {
		heap_add(&self.delays, due(r), n);
		return;
	}
	o = open_get(run_msg(r)->slot);
	if (!o && errno != EBADMSG && errno != ENOENT) {
		heap_add(&self.delays, now + RESCAN, n);
		return;
	}
	r->delay = 0;
	if (!o)
		return;
	open_hold(o);
	tell(r, o);
	open_release(o);
}

/* Once a turn; 1 there is more to do.  all: nothing of the spool waits to be
 * loaded, so that the gauge may be moved on. */
int
delay_turn(int all)
{
	uint32_t when = 0, n, now = dest_now();
	unsigned int i = 0;
	int more;

	while ((more = heap_first(&self.delays, &when, &n) && when <= now) &&
	    i++ < SOME && !notice_busy()) {
		heap_drop(&self.delays);
		come(n, now);
	}
	if (all && !more && !notice_pending())
		gauge_told(now);
	return more && !notice_busy();
}
