#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/judge.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/trial.h"
#include "common/notice.h"

#define WORDS 640 /* octets of what we say ourselves */

static int
is_success(const struct reply *r)
{
	return r->code / 100 == 2 && r->phase == 'd';
}

/* "Temporary" is the default for anything unforeseen: a bounce needs a
 * reason.  552 to RCPT means too many recipients (RFC 5321 4.5.3.1.10). */
static enum fate
fate_by_code(const struct reply *r)
{
	if (r->code == 0)
		return r->status.len && r->status.s[0] == '5' ? FAILED
							      : DEFERRED;
	if (r->code / 100 == 5 && !(r->code == 552 && r->phase == 'r'))
		return FAILED;
	return DEFERRED;
}

/* Of what is no success.  A rule that knows better than the code decides, but
 * not about what we say ourselves. */
static enum fate
fate_of(const struct reply *r, const struct rules_verdict *v)
{
	if (r->code / 100 != 4 && r->code / 100 != 5)
		return fate_by_code(r);
	if (v->disposition == RULE_RETRY)
		return DEFERRED;
	return v->disposition == RULE_FAIL ? FAILED : fate_by_code(r);
}

/* Done, but not before a notice that its sender is owed. */
static void
finish(const struct attempt *a, char kind, struct run *r, uint32_t runno,
    uint32_t rcpt)
{
	if (notice_owed(a, kind)) {
		run_fly(r, 1);
		notice_add(a, kind, runno, rcpt);
	} else {
		open_done((struct open *)a->open, r, rcpt);
	}
}

/* Events go out before the done bit is written (dray-send.c, the order of a
 * turn). */
static void
settle_as(struct attempt *a, struct run *r, uint32_t runno, uint16_t index,
    enum fate fate)
{
	uint32_t rcpt = a->first + index;
	const char *type = "Bounce";

	a->next = 0;
	run_fly(r, -1);
	switch (fate) {
	case DELIVERED:
		self.count.delivered++;
		event_attempt("Delivery", a);
		finish(a, NOTICE_RELAYED, r, runno, rcpt);
		return;
	case DEFERRED:
		r->deferred = 1;
		r->greylisted |=
		    a->verdict && a->verdict->class == RULE_GREYLIST;
		self.count.deferred++;
		a->next = run_next(r);
		event_attempt("TransientFailure", a);
		return;
	case FAILED:
		break;
	}
	if (run_expiry(r) <= dest_now() && a->reply->code == 0) {
		type = "Expiration";
		self.count.expired++;
	} else {
		self.count.bounced++;
	}
	event_attempt(type, a);
	finish(a, NOTICE_FAILED, r, runno, rcpt);
}

/* The fate of one recipient. */
static void
settle(struct attempt *a, struct run *r, uint32_t runno, uint16_t index)
{
	struct rules_verdict v;

	if (is_success(a->reply)) {
		settle_as(a, r, runno, index, DELIVERED);
		return;
	}
	judge_reply(a->reply, a->lane, &v);
	a->verdict = &v;
	settle_as(a, r, runno, index, fate_of(a->reply, &v));
	a->verdict = NULL;
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
    struct bundle_str *domain)
{
	const struct run *r = run_at(j->run);
	const struct dest *d = run_dest(r);

	memset(a, 0, sizeof *a);
	if (bundle_msg(&j->open->b, run_msg(r)->number, m) == -1)
		return -1;
	domain->s = d->name;
	domain->len = d->len;
	a->open = j->open;
	a->first = j->first;
	a->msgno = m->number;
	a->m = m;
	a->domain = domain;
	a->dest = d;
	a->job = j;
	return 0;
}

static void
end(struct job *j)
{
	uint32_t n = j->run;

	trial_settled(run_msg(run_at(n))->owner, j->n);
	job_free(j);
	run_pass(n);
}

/* The server means their number, not this recipient (RFC 5321 4.5.3.1.10,
 * RFC 3463 3.6). */
static int
is_too_many(const struct reply *r)
{
	return r->phase == 'r' && (r->code == 452 || r->code == 552) &&
	    (r->status.len < 3 || r->status.s[2] == '5');
}

/* Marks those of j that were too many for one transaction; they are no failures
 * if others were delivered in it, because then it is known that there is an end
 * to this. */
static void
find_rest(
    const struct lane *l, const struct job *j, struct field f, uint8_t *rest)
{
	unsigned int many = 0, delivered = 0;
	struct reply reply;
	uint16_t i;

	for (i = 0; i < j->n && i < REMOTE_RCPTMAX; i++) {
		get_reply(&f, &reply);
		rest[i] = !f.bad && is_too_many(&reply);
		many += rest[i];
		delivered += !f.bad && is_success(&reply);
	}
	if (!many || !delivered) {
		memset(rest, 0, REMOTE_RCPTMAX);
		return;
	}
	if (!l->rcptmax)
		l->site->rcptmax = delivered;
	job_rest(j, rest, delivered);
}

/* Settles the recipients of j, each with its reply out of f, or all of them
 * with the one in a->reply when f is NULL. */
static void
settle_all(struct job *j, struct attempt *a, struct field *f)
{
	uint8_t rest[REMOTE_RCPTMAX] = { 0 };
	struct bundle_rcpt p;
	struct reply reply;
	struct field block;
	uint16_t i;

	field_start(&block, j->rcpts.s, j->rcpts.len);
	if (f)
		find_rest(a->lane, j, *f, rest);
	if (f)
		a->reply = &reply;
	for (i = 0; i < j->n && bundle_rcpt(&block, &p) == 1; i++) {
		if (f)
			get_reply(f, &reply);
		/* A malformed frame ends the worker; until then "later". */
		if (f && f->bad)
			memset(&reply, 0, sizeof reply);
		a->rcpt = &p;
		if (!rest[i])
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

	if (!j || begin(&a, j, &m, &domain) == -1) {
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
	/* Before it is up it can only say that the time is over. */
	if (l->state != CONNECTING) {
		l->done++;
		pace_add(&l->site->pace, dest_now(),
		    a.final_us ? a.final_us : a.first_us);
		run_dest(run_at(j->run))->fails = 0;
		site_awake(l->site);
	}
	lane_gives(l, j);
	end(j);
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

	if (begin(&a, j, &m, &domain) == -1)
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
	store_damaged(run_msg(r)->slot, why);
	run_fly(r, -(int)j->n);
	lane_gives(l, j);
	end(j);
}

/* The words for what an operator or the clock decides. */
static void
own_words(int doom, const char *why, char text[WORDS])
{
	static const char *const words[] = { "", "removed by the operator",
		"given up by the operator" };

	if (!why && doom == DOOM_EXPIRE)
		snprintf(text, WORDS, "could not be delivered in time");
	else if (!why || !*why)
		snprintf(text, WORDS, "%s", words[doom]);
	else
		snprintf(text, WORDS, "%s: %s", words[doom], why);
}

static void
settle_now(struct attempt *a, struct run *r, uint32_t n, uint16_t i, int doom)
{
	if (doom == DOOM_REMOVE) {
		self.count.removed++;
		event_attempt("AdminBounce", a);
		open_done((struct open *)a->open, r, a->first + i);
	} else {
		run_fly(r, 1);
		settle(a, r, n, i);
	}
}

/* The recipients of the run from number `from` on that are not done. */
static uint32_t
settle_rest(uint32_t n, struct open *o, uint16_t from, int doom,
    const struct reply *reply)
{
	struct run *r = run_at(n);
	struct dest *d = run_dest(r);
	struct bundle_str domain = { d->name, d->len };
	struct bundle_rcpt p;
	struct bundle_msg m;
	struct bundle_run br = { .count = 0 };
	struct attempt a = { .reply = reply,
		.m = &m,
		.domain = &domain,
		.dest = d,
		.rcpt = &p,
		.open = o };
	stralloc block = STRALLOC_ZERO;
	struct field f;
	uint32_t settled = 0;
	uint16_t i;

	if (bundle_msg(&o->b, run_msg(r)->number, &m) == -1)
		return 0;
	a.msgno = m.number;
	if (open_run(o, r, &br, &block) == -1) {
		store_damaged(run_msg(r)->slot, "recipients cannot be read");
		br.count = 0;
	}
	a.first = br.first;
	field_start(&f, block.s, block.len);
	for (i = 0; i < br.count && bundle_rcpt(&f, &p) == 1; i++) {
		if (i < from || open_isdone(o, br.first + i))
			continue;
		settle_now(&a, r, n, i, doom);
		settled++;
	}
	stralloc_free(&block);
	return settled;
}

/* It is not cut any more, and will not be. */
static void
stop_run(uint32_t n)
{
	struct run *r = run_at(n);
	struct dest *d = run_dest(r);

	queue_uncut_run(d, n);
	if (r->where == RUN_DEFERRED)
		run_undefer(n);
	else if (r->where != RUN_OUT)
		*dest_count(d, r) -= run_uncut(r);
	run_setcut(r, (uint16_t)r->count);
	r->again = r->deferred = 0;
}

/* All of the run that is not out fails for a reason of our own.  What is out
 * is doomed: that is done when it comes back without a verdict.  Returns how
 * many recipients were settled. */
static uint32_t
fail(uint32_t n, int doom, const char *status, const char *text)
{
	const struct reply reply = { .phase = '-',
		.status = { status, strlen(status) },
		.text = { text, strlen(text) } };
	struct run *r = run_at(n);
	struct open *o = open_get(run_msg(r)->slot);
	uint16_t from = run_flying(r) ? run_cut(r) : 0;
	int flies = run_flying(r) != 0;
	uint32_t settled = 0;

	if (!o && errno != EBADMSG && errno != ENOENT) {
		r->doom = doom & 3;
		if (r->where == RUN_OUT && !flies)
			run_defer(n);
		return 0;
	}
	stop_run(n);
	r->doom = flies ? doom & 3 : DOOM_NONE;
	if (o) {
		open_hold(o);
		settled = settle_rest(n, o, from, doom, &reply);
		open_release(o);
	}
	run_pass(n);
	return settled;
}

/* Decided without another attempt.  why is NULL where nobody but the clock
 * says so. */
uint32_t
verdict_settle(uint32_t n, int doom, const char *why)
{
	struct run *r = run_at(n);
	char text[WORDS];

	if (doom == DOOM_EXPIRE)
		r->over = 1;
	own_words(doom, why, text);
	return fail(n, doom, doom == DOOM_REMOVE ? "5.3.0" : "5.4.7", text);
}

/* Mail for this domain goes nowhere: RFC 7505 4.1, RFC 3463 3.2. */
void
verdict_refuse(uint32_t n, const struct mx *m)
{
	(void)fail(n, DOOM_NONE, m->verdict == DNS_NULLMX ? "5.1.10" : "5.1.2",
	    m->text);
}
