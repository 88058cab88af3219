/*
 * A connection's output is a queue of replies and, behind it, a buffer of what
 * may be written now.  The usual case takes no queue: when nothing waits and
 * nothing is to be delayed, a reply goes straight into the buffer.
 */
#include <errno.h>
#include <skalibs/strerr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "reply.h"
#include "script.h"
#include "tls.h"

struct reply {
	struct reply *next;
	double due;
	double gap; /* between pieces */
	size_t piece; /* 0: whole */
	const char *bytes; /* own[], or a rule's */
	size_t len, pos;
	uint64_t repeat; /* how many times bytes are still to be given */
	int end; /* it answers an end of data */
	enum act then; /* drop, reset, stall, freeze: after it */
	int close;
	int bare; /* past TLS */
	int renegotiate; /* before it */
	char own[];
};

static struct reply *
reply_new(struct conn *c, const char *own, size_t n)
{
	struct reply *r = calloc(1, sizeof *r + n);

	if (!r)
		strerr_diefusys(111, "remember a reply");
	if (n)
		memcpy(r->own, own, n);
	r->bytes = r->own;
	r->len = n;
	r->repeat = 1;
	if (c->first)
		c->lastreply->next = r;
	else
		c->first = r;
	c->lastreply = r;
	c->queued++;
	return r;
}

static void
reply_pop(struct conn *c)
{
	struct reply *r = c->first;

	c->first = r->next;
	c->queued--;
	free(r);
}

void
reply_drop(struct conn *c)
{
	while (c->first)
		reply_pop(c);
}

int
reply_idle(const struct conn *c)
{
	return !c->first && !c->out.len && !c->plain.len;
}

/* Under TLS what is said goes through it, unless it is to go past it. */
static void
out_add(struct conn *c, const char *s, size_t n, int bare)
{
	if (!tls_secure(c)) {
		buf_add(&c->out, s, n);
	} else if (bare) {
		tls_push(c);
		buf_add(&c->out, s, n);
	} else {
		buf_add(&c->plain, s, n);
	}
}

static void
count_end(struct conn *c)
{
	c->inflight++;
	if (c->inflight > c->sink->counts.inflightmax)
		c->sink->counts.inflightmax = c->inflight;
}

/* When a reply is due: the wire's delay, then the pace of ends of data. */
static double
due_time(struct sink *s, double more, int end)
{
	double t = ev_now(s->loop) + s->conf.delay + more;

	if (!end || s->conf.rate <= 0)
		return t;
	if (s->slot < t)
		s->slot = t;
	else
		t = s->slot;
	s->slot += 1 / s->conf.rate;
	return t;
}

static int
at_once(const struct conn *c, int end)
{
	const struct sink *s = c->sink;

	return !c->first && s->conf.delay <= 0 && s->held == HOLD_NOTHING &&
	    !(end && s->conf.rate > 0);
}

static void
give_usual(struct conn *c, const char *s, size_t n, int end)
{
	struct reply *r;

	if (at_once(c, end)) {
		out_add(c, s, n, 0);
		c->ends += end != 0;
		if (end)
			c->sink->counts.last = ev_now(c->sink->loop);
		return;
	}
	r = reply_new(c, s, n);
	r->end = end;
	r->due = due_time(c->sink, 0, end);
}

static struct reply *
give_rule(
    struct conn *c, const struct rule *rule, const char *s, size_t n, int end)
{
	struct reply *r;

	if (rule->act == ACT_DEFAULT) {
		r = reply_new(c, s, n);
	} else {
		r = reply_new(c, NULL, 0);
		r->bytes = rule->bytes;
		r->len = rule->len;
		r->repeat = rule->repeat;
	}
	r->end = end;
	r->piece = rule->piece;
	r->gap = rule->gap;
	r->then = rule->act;
	r->close = rule->close;
	r->bare = rule->bare;
	r->renegotiate = rule->renegotiate;
	r->due = due_time(c->sink, rule->delay, end);
	return r;
}

void
reply_give(struct conn *c, const struct rule *rule, int code, const char *s,
    size_t n, int end)
{
	if (rule && rule->act != ACT_DEFAULT) {
		code = rule->code;
		n = rule->len;
	}
	if (code > 0 && code < COUNTS_CODES && n)
		c->sink->counts.codes[code]++;
	end = end && n;
	if (end)
		count_end(c);
	if (rule)
		give_rule(c, rule, s, n, end);
	else
		give_usual(c, s, n, end);
}

void
reply_flight(struct conn *c, const struct rule *rule, const char *s, size_t n)
{
	struct reply *r;

	if (!n)
		return;
	if (rule) {
		r = give_rule(c, rule, s, n, 0);
	} else if (at_once(c, 0)) {
		buf_add(&c->out, s, n);
		return;
	} else {
		r = reply_new(c, s, n);
		r->due = due_time(c->sink, 0, 0);
	}
	r->bare = 1;
}

size_t
reply_format(const struct conn *c, char *d, int code, const char *status,
    const char *text)
{
	int n;

	if (!(c->sink->conf.ext & EXT_STATUSCODES))
		status = "";
	n = snprintf(d, REPLY_LINE, "%03d %s%s%s\r\n", code, status,
	    *status ? " " : "", text);
	return n < REPLY_LINE ? (size_t)n : REPLY_LINE - 1;
}

void
reply_say(struct conn *c, int code, const char *status, const char *text)
{
	char d[REPLY_LINE];

	reply_give(c, NULL, code, d, reply_format(c, d, code, status, text), 0);
}

void
reply_close(struct conn *c)
{
	struct reply *r = reply_new(c, NULL, 0);

	r->close = 1;
	r->due = due_time(c->sink, 0, 0);
}

static size_t
unsent(const struct conn *c)
{
	return c->out.len + c->plain.len;
}

/* Moves some of the first reply to the buffer; 1 when it has been given. */
static int
fill_one(struct conn *c, struct reply *r)
{
	size_t n = r->len - r->pos, room = SINK_OUTHIGH;

	if (r->renegotiate && c->tls) {
		tls_push(c);
		tls_renegotiate(c);
		r->renegotiate = 0;
	}
	room -= unsent(c) < room ? unsent(c) : room;
	if (r->piece && n > r->piece)
		n = r->piece;
	if (n > room)
		n = room;
	if (n) /* there are no bytes of an empty one */
		out_add(c, r->bytes + r->pos, n, r->bare);
	r->pos += n;
	if (r->pos < r->len)
		return 0;
	r->pos = 0;
	if (r->repeat)
		r->repeat--;
	return !r->repeat || !r->len;
}

/* What comes after a reply that has been given in full. */
static void
finish(struct conn *c, const struct reply *r)
{
	if (r->end) {
		c->ends++;
		c->sink->counts.last = ev_now(c->sink->loop);
	}
	if (r->then == ACT_DROP || r->then == ACT_RESET)
		c->closing = r->then == ACT_DROP ? 2 : 3;
	else if (r->close)
		c->closing = 1;
}

static int
is_held(const struct conn *c, const struct reply *r)
{
	enum hold held = c->sink->held;

	return held == HOLD_ALL || (held == HOLD_DOT && r->end);
}

/* Moves what is due to the buffer; 1 when the next is due already. */
static int
fill(struct conn *c)
{
	struct reply *r;

	while ((r = c->first) && !c->closing) {
		if (is_held(c, r) || r->due > ev_now(c->sink->loop))
			return 0;
		if (r->then == ACT_STALL || r->then == ACT_FREEZE)
			return 0; /* for ever */
		if (unsent(c) >= SINK_OUTHIGH)
			return 1;
		if (fill_one(c, r)) {
			finish(c, r);
			reply_pop(c);
		} else if (r->piece) {
			r->due = ev_now(c->sink->loop) + r->gap;
			return r->gap <= 0;
		}
	}
	return 0;
}

/* 1 all is written, 0 some is left, -1 the peer is gone. */
static int
drain(struct conn *c)
{
	ssize_t w;

	for (;;) {
		if (c->tls)
			tls_push(c);
		if (c->tls && c->closing == 1)
			tls_bye(c);
		if (!c->out.len)
			break;
		w = send(
		    c->fd, c->out.s + c->out.pos, c->out.len, MSG_NOSIGNAL);
		if (w == -1 && errno == EINTR)
			continue;
		if (w == -1)
			return errno == EAGAIN ? 0 : -1;
		buf_take(&c->out, (size_t)w);
		c->gave = 1;
	}
	if (c->plain.len)
		return 0; /* until the peer has ended its handshake */
	c->inflight -= c->ends;
	c->ends = 0;
	if (!c->first)
		c->sync = 0;
	return 1;
}

static void
arm(struct conn *c, int blocked)
{
	struct sink *s = c->sink;
	struct reply *r = c->first;
	double wait;

	if (blocked)
		ev_io_start(s->loop, &c->wr);
	else
		ev_io_stop(s->loop, &c->wr);
	ev_timer_stop(s->loop, &c->due);
	if (blocked || c->plain.len || !r || is_held(c, r) ||
	    r->then == ACT_STALL || r->then == ACT_FREEZE)
		return;
	wait = r->due - ev_now(s->loop);
	ev_timer_set(&c->due, wait > 0 ? wait : 0, 0);
	ev_timer_start(s->loop, &c->due);
}

int
reply_flush(struct conn *c)
{
	int more, done = 1, turns = 64;

	/* Bounded, so that endless talk to one peer leaves time for others. */
	do {
		more = fill(c);
		done = drain(c);
		if (done == -1)
			return -1;
	} while (more && done && --turns);
	if (!done || c->first || c->wr.active || c->due.active)
		arm(c, c->out.len > 0);
	return 0;
}
