#include <errno.h>
#include <string.h>

#include "answer.h"
#include "compose.h"
#include "dial.h"
#include "event.h"
#include "expire.h"
#include "lane.h"
#include "transport.h"
#include "worker.h"

#define READS 4 /* of one connection at a time */

/* The connection is over, by the server's will or by an error. */
static void
lost(struct lane *l, const char *why)
{
	if (l->state < LANE_READY) {
		dial_failed(l, why);
	} else if (l->state == LANE_QUIT) {
		lane_down(l, l->quitreason, 'q');
	} else if (l->ending) {
		l->refused = 1;
		lane_down(l, REMOTE_DOWN_REPLY, l->last.phase);
	} else {
		answer_lost(l);
		lane_say(l, why);
		lane_down(l, REMOTE_DOWN_CLOSED, answer_phase(l));
	}
}

static void
malformed(struct lane *l)
{
	if (l->state < LANE_READY) {
		dial_failed(l, l->reply.why);
	} else if (l->state == LANE_QUIT) {
		lane_down(l, l->quitreason, 'q');
	} else {
		answer_lost(l);
		lane_say(l, l->reply.why);
		lane_down(l, REMOTE_DOWN_PROTOCOL, answer_phase(l));
	}
}

/* A line of the reply to EHLO that is not the last one. */
static void
line(struct lane *l)
{
	struct smtpreply *r = &l->reply;

	if (l->state != LANE_EHLO || r->code / 100 != 2)
		return;
	caps_line(&l->caps, r->text + r->line, (size_t)(r->len - r->line));
	smtpreply_forget(r);
}

static void
answer(struct lane *l)
{
	l->since = ev_now(l->w->loop);
	if (l->state < LANE_READY)
		dial_answer(l);
	else if (l->state == LANE_QUIT)
		lane_down(l, l->quitreason, 'q');
	else
		answer_take(l);
	smtpreply_init(&l->reply);
}

static void
feed(struct lane *l, const char *s, size_t n)
{
	unsigned int serial = l->serial;

	lane_touch(l);
	while (!l->dead && l->serial == serial) {
		switch (smtpreply_next(&l->reply, &s, &n)) {
		case SMTPREPLY_MORE:
			return;
		case SMTPREPLY_LINE:
			line(l);
			break;
		case SMTPREPLY_DONE:
			answer(l);
			break;
		case SMTPREPLY_BAD:
			malformed(l);
			return;
		}
	}
}

static void
choke(struct lane *l)
{
	ev_io_stop(l->w->loop, &l->rd);
	l->choked = 1;
	TAILQ_INSERT_TAIL(&l->w->waiting, l, choke);
}

void
event_read(struct lane *l)
{
	struct worker *w = l->w;
	unsigned int serial = l->serial, i;
	ssize_t n;

	if (w->choked) {
		choke(l);
		return;
	}
	for (i = 0; i < READS && !l->dead && l->serial == serial; i++) {
		n = transport_read(l, w->read, sizeof w->read);
		if (n > 0)
			feed(l, w->read, (size_t)n);
		else if (n == 0)
			lost(l, "connection closed");
		else if (errno != EAGAIN && errno != EINTR)
			lost(l, transport_why(l));
		if (!l->tls.unread)
			break;
	}
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct lane *l = io->data;

	(void)loop;
	(void)events;
	if (l->dead)
		return;
	if (l->tls.want_read) {
		l->tls.want_read = 0;
		lane_touch(l);
	}
	if (l->state == LANE_HANDSHAKE)
		dial_handshake(l);
	else
		event_read(l);
}

void
event_unchoke(struct worker *w)
{
	struct lane *l;

	while ((l = TAILQ_FIRST(&w->waiting))) {
		TAILQ_REMOVE(&w->waiting, l, choke);
		l->choked = 0;
		l->since = ev_now(w->loop);
		ev_io_start(w->loop, &l->rd);
		if (l->tls.unread)
			lane_later(l);
	}
}

static void
on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	struct lane *l = io->data;

	(void)loop;
	(void)events;
	if (l->dead)
		return;
	if (l->state == LANE_CONNECT)
		dial_connected(l);
	else if (l->state == LANE_HANDSHAKE)
		dial_handshake(l);
	else if (l->tls.want_write && !l->choked)
		event_read(l);
	lane_touch(l);
}

/* How long the present state may last without any progress. */
static double
patience(const struct lane *l)
{
	static const enum timeout dialing[] = { TIMEOUT_CONNECT,
		TIMEOUT_GREETING, TIMEOUT_EHLO, TIMEOUT_EHLO, TIMEOUT_STARTTLS,
		TIMEOUT_STARTTLS };
	static const enum timeout awaiting[] = { TIMEOUT_MAIL, TIMEOUT_MAIL,
		TIMEOUT_RCPT, TIMEOUT_DATA, TIMEOUT_DOT };
	enum timeout t;

	if (l->state < LANE_READY && !l->deaf)
		t = dialing[l->state];
	else if (l->state == LANE_QUIT || l->ending || l->deaf)
		t = TIMEOUT_QUIT;
	else if (output_pending(l) || l->body)
		t = TIMEOUT_BLOCK;
	else if (l->inflight)
		t = awaiting[TAILQ_FIRST(&l->jobs)->expect];
	else
		t = TIMEOUT_IDLE;
	return l->timeout[t];
}

static double
due(const struct lane *l)
{
	double d = l->since + patience(l);

	/* It is we who make it wait, and not for long (signlink.h). */
	if (l->state == LANE_READY && !l->inflight && !output_pending(l) &&
	    !l->ending && !l->deaf && compose_waits(l))
		return l->hard_end;
	return d < l->hard_end ? d : l->hard_end;
}

/* When something has to be done if nothing comes. */
static double
next(const struct lane *l)
{
	double d = due(l), e = expire_due(l);

	return e < d ? e : d;
}

static void
set_timer(struct lane *l, double at)
{
	double now = ev_now(l->w->loop);

	ev_timer_stop(l->w->loop, &l->timer);
	ev_timer_set(&l->timer, at > now ? at - now : 0., 0.);
	ev_timer_start(l->w->loop, &l->timer);
	l->timer_at = at;
}

static void
overdue(struct lane *l)
{
	if (l->state < LANE_READY) {
		/* At the end of the session's time there is no next one. */
		if (ev_now(l->w->loop) >= l->hard_end)
			l->ntargets = (uint8_t)(l->at + 1);
		dial_failed(l, "timeout");
	} else if (l->state == LANE_QUIT) {
		lane_down(l, l->quitreason, 'q');
	} else if (l->ending) {
		lane_down(l, REMOTE_DOWN_REPLY, l->last.phase);
	} else if (l->deaf) {
		lost(l, "connection broken");
	} else if (!l->inflight && ev_now(l->w->loop) < l->hard_end) {
		lane_quit(l, REMOTE_DOWN_IDLE);
		lane_touch(l);
	} else {
		answer_lost(l);
		lane_say(l, "timeout");
		lane_down(l, REMOTE_DOWN_TIMEOUT, answer_phase(l));
	}
}

static void
on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct lane *l = timer->data;
	double now = ev_now(loop);

	(void)events;
	if (l->dead)
		return;
	if (l->choked)
		l->since = now;
	if (now >= expire_due(l))
		expire_some(l);
	if (!l->dead && now >= due(l))
		overdue(l);
	if (!l->dead)
		set_timer(l, next(l));
}

void
event_timer(struct lane *l)
{
	if (!ev_is_active(&l->timer) || next(l) < l->timer_at)
		set_timer(l, next(l));
}

void
event_init(struct lane *l)
{
	ev_init(&l->rd, on_readable);
	ev_init(&l->wr, on_writable);
	ev_init(&l->timer, on_timer);
	l->rd.data = l->wr.data = l->timer.data = l;
}
