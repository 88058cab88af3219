#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/signer.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/suppressed.h"
#include "common/mem.h"
#include "common/utf8.h"

/* Jobs are cut off the first run of a flow, whose bundle stays open for it. */

/* The run that is being cut is let go; it is begun anew where it was. */
void
cut_end(struct flow *f)
{
	struct cut *c = f->cut;

	if (!c)
		return;
	open_release(c->open);
	stralloc_free(&c->block);
	free(c);
	f->cut = NULL;
}

/* Moves the reader to the recipient with which the next job begins. */
static int
advance(struct cut *c, uint16_t to)
{
	struct bundle_rcpt p;

	for (; c->at < to; c->at++)
		if (bundle_rcpt(&c->rest, &p) != 1)
			return -1;
	return 0;
}

static int
load(struct cut *c, const struct run *r)
{
	struct bundle_run b;

	if (bundle_msg(&c->open->b, run_msg(r)->number, &c->m) == -1)
		return -1;
	if (open_run(c->open, r, &b, &c->block) == -1)
		return -1;
	c->first = b.first;
	field_start(&c->rest, c->block.s, c->block.len);
	return advance(c, run_cut(r));
}

/* The first run of the flow, opened.  -1 errno. */
static int
begin_cut(struct flow *f)
{
	struct run *r = run_at(f->first);
	uint32_t slot = run_msg(r)->slot;
	struct open *o = open_for(slot, stream_keeps(run_stream(r)));
	struct cut *c;

	if (!o)
		return -1;
	c = mem_alloc(sizeof *c);
	open_hold(o);
	c->open = o;
	c->run = f->first;
	f->cut = c;
	if (load(c, r) == 0)
		return 0;
	if (errno == EBADMSG)
		store_damaged(slot, "recipients fail their checksum");
	cut_end(f);
	return -1;
}

/* A run that cannot be read: damaged for good, or trouble that may pass. */
static void
unreadable(struct queue *q)
{
	uint32_t n = queue_first(q);
	struct run *r = run_at(n);
	int gone = errno == EBADMSG || errno == ENOENT;

	dest_unlist(q);
	run_setcut(r, (uint16_t)r->count);
	if (!gone) {
		strerr_warnwusys("read a bundle");
		r->deferred = 1;
	}
	run_pass(n);
}

/* Recipients that need SMTPUTF8 go apart from those that do not, so that these
 * do not fail where it is not offered. */
static int
fits(struct job *j, const struct cut *c)
{
	struct field f = c->rest;
	struct bundle_rcpt p;
	int utf8;

	if (bundle_rcpt(&f, &p) != 1)
		return 1; /* the caller finds out */
	utf8 = utf8_high(p.local.s, p.local.len);
	if (j->n == 0)
		j->utf8 = (uint8_t)utf8;
	return utf8 == j->utf8;
}

/* 1: he is on the suppression list, and done. */
static int
is_suppressed(struct cut *c, const struct dest *d, const struct bundle_rcpt *p,
    uint16_t i)
{
	const struct bundle_str domain = { d->name, d->len };
	struct suppress_entry e;

	if (!suppressed_rcpt(c->open, &c->m, &p->local, &domain, &e))
		return 0;
	suppressed_settle(c, p, i, &e);
	return 1;
}

/* Cuts up to max recipients off the run; NULL if all the rest is done, or so many
 * of it were suppressed that it is enough for this turn. */
static struct job *
cut_job(struct dest *d, struct cut *c, unsigned int max, int *enough_r)
{
	struct run *r = run_at(c->run);
	struct job *j = mem_alloc(sizeof *j + max * sizeof *j->index);
	struct bundle_rcpt p;
	uint16_t cut = run_cut(r);
	unsigned int most = SUPPRESSED_MOST;
	int room = 1;

	while (room && most && j->n < max && cut < r->count && fits(j, c) &&
	    bundle_rcpt(&c->rest, &p) == 1) {
		if (open_isdone(c->open, c->first + cut))
			;
		else if (is_suppressed(c, d, &p, cut))
			most--;
		else
			room = job_append(j, &p, cut);
		cut++;
		c->at++;
		d->nready--;
	}
	run_setcut(r, cut);
	*enough_r = !most;
	if (j->n == 0) {
		stralloc_free(&j->rcpts);
		free(j);
		return NULL;
	}
	j->run = c->run;
	j->first = c->first;
	j->open = c->open;
	open_hold(j->open);
	run_fly(r, j->n);
	job_number(j);
	return j;
}

/* The first run leaves the list, with nothing of it to be cut: it is dead, all
 * of it is out, an operator has decided about it, or it may not leave now.  0: it
 * is none of these. */
int
cut_pass_over(struct queue *q)
{
	uint32_t n = queue_first(q);
	struct run *r = run_at(n);

	if (run_uncut(r) && !r->doom && !run_shut(r))
		return 0;
	dest_unlist(q);
	if (r->dead)
		run_drop(n);
	else if (run_uncut(r) && r->doom)
		(void)verdict_settle(n, r->doom, NULL);
	else if (run_uncut(r))
		run_wait(n);
	return 1;
}

/* The run is out as a whole, and j, if there is one, is the last of it. */
static void
cut_off(struct queue *q, const struct job *j)
{
	uint32_t n = queue_first(q);

	dest_unlist(q);
	run_setcut(run_at(n), (uint16_t)run_at(n)->count);
	if (!j)
		run_pass(n);
}

/* The next job of the run whose turn it is.  NULL with *held_r: 1 look at the
 * next run, -1 enough for this turn. */
struct job *
cut_next(struct queue *q, unsigned int max, int *held_r)
{
	struct flow *f = queue_flow(q);
	uint32_t n = f->first;
	struct job *j;
	int enough;

	if (!f->cut && begin_cut(f) == -1) {
		*held_r = errno == EBUSY ? -1 : 1;
		if (errno == EBUSY)
			lane_want(q->dest, q->stream, WANT_BUNDLE);
		else
			unreadable(q);
		return NULL;
	}
	*held_r = hold_cut(q);
	if (*held_r)
		return NULL;
	if (max > 1 && signer_alone(f->cut->open, &f->cut->m))
		max = 1;
	j = cut_job(q->dest, f->cut, max, &enough);
	if (enough)
		dest_todo(q->dest);
	if (run_uncut(run_at(n))) {
		*held_r = enough && !j ? -1 : 1;
		if (j || enough)
			return j;
		store_damaged(
		    run_msg(run_at(n))->slot, "recipients are missing");
	}
	cut_off(q, j);
	*held_r = enough && !j ? -1 : 1;
	return j;
}
