#include <errno.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/notice.h"

static struct run *
run_at(uint32_t n)
{
	return pool_at(&self.runs, n);
}

/* "Temporary" is the default for anything unforeseen: a bounce needs a
 * reason.  552 to RCPT means too many recipients (RFC 5321 4.5.3.1.10). */
static enum fate
fate_of(const struct reply *r)
{
	if (r->code == 0)
		return r->status.len && r->status.s[0] == '5' ? FAILED
							      : DEFERRED;
	if (r->code / 100 == 2 && r->phase == 'd')
		return DELIVERED;
	if (r->code / 100 == 5 && !(r->code == 552 && r->phase == 'r'))
		return FAILED;
	return DEFERRED;
}

/* Done, but not before a notice that its sender is owed. */
static void
finish(const struct attempt *a, char kind, struct run *r, uint32_t runno,
    uint32_t rcpt)
{
	if (notice_owed(a, kind)) {
		r->flying++;
		notice_add(a, kind, runno, rcpt);
	} else {
		open_done((struct open *)a->open, r, rcpt);
	}
}

/* The fate of one recipient.  Events go out before the done bit is written
 * (dray-send.c, the order of a turn). */
static void
settle(struct attempt *a, struct run *r, uint32_t runno, uint16_t index)
{
	uint32_t rcpt = r->first + index;
	enum fate fate = fate_of(a->reply);
	const char *type = "Bounce";

	a->next = 0;
	r->flying--;
	switch (fate) {
	case DELIVERED:
		self.count.delivered++;
		event_attempt("Delivery", a);
		finish(a, NOTICE_RELAYED, r, runno, rcpt);
		return;
	case DEFERRED:
		r->deferred = 1;
		self.count.deferred++;
		a->next = run_next(r);
		event_attempt("TransientFailure", a);
		return;
	case FAILED:
		break;
	}
	if (r->expiry <= dest_now() && a->reply->code == 0) {
		type = "Expiration";
		self.count.expired++;
	} else {
		self.count.bounced++;
	}
	event_attempt(type, a);
	finish(a, NOTICE_FAILED, r, runno, rcpt);
}

static void
get_reply(struct field *f, struct reply *r)
{
	r->code = field_getu16(f);
	r->phase = field_getu8(f);
	r->status.s = field_getstr(f, 12, &r->status.len);
	r->text.s = field_getstr(f, REMOTE_TEXTMAX, &r->text.len);
}

static int
begin(struct attempt *a, const struct job *j, struct bundle_msg *m,
    struct bundle_str *domain, const struct dest *d)
{
	const struct run *r = run_at(j->run);

	memset(a, 0, sizeof *a);
	if (bundle_msg(&j->open->b, r->msg, m) == -1)
		return -1;
	domain->s = d->name;
	domain->len = d->len;
	a->open = j->open;
	a->msgno = m->number;
	a->m = m;
	a->domain = domain;
	a->job = j;
	return 0;
}

static void
detach(struct job *j)
{
	struct lane *l = j->lane;

	TAILQ_REMOVE(&l->jobs, j, link);
	l->njobs--;
	j->lane = NULL;
}

static void
end(struct job *j)
{
	uint32_t n = j->run;

	job_free(j);
	run_pass(n);
}

/* Settles the recipients of j, each with its reply out of f, or all of them
 * with the one in a->reply when f is NULL. */
static void
settle_all(struct job *j, struct attempt *a, struct field *f)
{
	struct bundle_rcpt p;
	struct reply reply;
	struct field block;
	uint16_t i;

	field_start(&block, j->rcpts.s, j->rcpts.len);
	if (f)
		a->reply = &reply;
	for (i = 0; i < j->n && bundle_rcpt(&block, &p) == 1; i++) {
		if (f)
			get_reply(f, &reply);
		/* A malformed frame ends the worker; until then "later". */
		if (f && f->bad)
			memset(&reply, 0, sizeof reply);
		a->rcpt = &p;
		settle(a, run_at(j->run), j->run, j->index[i]);
	}
	a->reply = NULL;
	a->rcpt = NULL;
}

void
verdict_result(struct lane *l, struct field *f)
{
	struct job *j = job_find(l, field_getu32(f));
	struct bundle_str domain;
	struct bundle_msg m;
	struct attempt a;

	if (!j || begin(&a, j, &m, &domain, l->dest) == -1) {
		f->bad = 1;
		return;
	}
	a.lane = l;
	(void)field_getu8(f);
	a.how = field_getu8(f);
	a.index = field_getu32(f);
	a.first_us = field_getu32(f);
	a.data_us = field_getu32(f);
	a.final_us = field_getu32(f);
	if (field_getu32(f) != j->n)
		f->bad = 1;
	settle_all(j, &a, f);
	l->done++;
	detach(j);
	end(j);
	dest_awake(l->dest);
	dest_todo(l->dest);
}

/* Without a reply: the connection was lost too often under this job. */
void
verdict_defer(struct job *j, const struct lane *l)
{
	static const char text[] = "connection lost, no reply";
	struct reply reply = { .phase = '-',
		.text = { text, sizeof text - 1 } };
	struct bundle_str domain;
	struct bundle_msg m;
	struct attempt a;

	if (begin(&a, j, &m, &domain, l->dest) == -1)
		strerr_dief(101, "a job's message is gone");
	a.reply = &reply;
	a.lane = l;
	settle_all(j, &a, NULL);
	end(j);
}

/* What is on disk is not what was accepted: nothing of it is delivered, the
 * recipients stay undone and the bundle goes to bad/ in the end. */
void
verdict_damaged(struct lane *l, struct field *f)
{
	struct job *j = job_find(l, field_getu32(f));
	char why[300];
	const char *s;
	struct run *r;
	size_t len, i;
	uint32_t n;

	s = field_getstr(f, 256, &len);
	if (!j) {
		f->bad = 1;
		return;
	}
	for (i = 0; i < len; i++)
		why[i] = (char)(s[i] > 31 && s[i] < 127 ? s[i] : '?');
	why[i] = '\0';
	n = j->run;
	r = run_at(n);
	store_damaged(r->slot, why);
	r->flying = (uint16_t)(r->flying - j->n);
	detach(j);
	end(j);
	dest_todo(l->dest);
}

/* All that is left of a run fails, for a reason of our own. */
static void
fail(uint32_t n, const char *status, const char *text)
{
	struct reply reply = { .phase = '-',
		.status = { status, strlen(status) },
		.text = { text, strlen(text) } };
	struct run *r = run_at(n);
	struct dest *d = self.dest[r->dest];
	struct open *o = open_get(r->slot);
	struct bundle_rcpt p;
	struct bundle_msg m;
	struct bundle_run br;
	struct bundle_str domain = { d->name, d->len };
	struct attempt a = { .reply = &reply,
		.m = &m,
		.domain = &domain,
		.rcpt = &p,
		.open = o };
	stralloc block = STRALLOC_ZERO;
	struct field f;
	uint16_t i;

	r->cut = r->count;
	if (!o || bundle_msg(&o->b, r->msg, &m) == -1) {
		r->deferred = !o && errno != EBADMSG && errno != ENOENT;
		run_pass(n);
		return;
	}
	open_hold(o);
	a.msgno = m.number;
	field_start(&f, o->b.index.s + r->at, o->b.index.len - r->at);
	if (bundle_run(&o->b, &f, &br) != 1 ||
	    bundle_block(&o->b, &br, &block) == -1) {
		store_damaged(r->slot, "recipients cannot be read");
		br.count = 0;
	}
	field_start(&f, block.s, block.len);
	for (i = 0; i < br.count && bundle_rcpt(&f, &p) == 1; i++) {
		if (open_isdone(o, r->first + i))
			continue;
		r->flying++;
		settle(&a, r, n, i);
	}
	stralloc_free(&block);
	open_release(o);
	run_pass(n);
}

/* A run that came too late. */
void
verdict_expire(uint32_t n)
{
	fail(n, "5.4.7", "could not be delivered in time");
}

/* Mail for this domain goes nowhere: RFC 7505 4.1, RFC 3463 3.2. */
void
verdict_refuse(uint32_t n, const struct mx *m)
{
	fail(n, m->verdict == DNS_NULLMX ? "5.1.10" : "5.1.2", m->text);
}
