#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/mem.h"

#include "answer.h"
#include "dial.h"
#include "lane.h"
#include "order.h"
#include "report.h"
#include "transact.h"
#include "worker.h"

#define SOFT 60.0 /* seconds before its end in which nothing new is begun */

static struct lane_chain *
chain(struct worker *w, uint32_t id)
{
	return &w->chains[id % LANE_CHAINS];
}

struct lane *
lane_find(struct worker *w, uint32_t id)
{
	struct lane *l;

	LIST_FOREACH(l, chain(w, id), chain)
		if (l->id == id)
			return l;
	return NULL;
}

static void
unlist(struct lane *l)
{
	if (l->listed)
		TAILQ_REMOVE(
		    l->listed == 1 ? &l->w->dirty : &l->w->again, l, list);
	l->listed = 0;
}

void
lane_touch(struct lane *l)
{
	if (l->listed == 1)
		return;
	unlist(l);
	l->listed = 1;
	TAILQ_INSERT_TAIL(&l->w->dirty, l, list);
}

void
lane_later(struct lane *l)
{
	if (l->listed)
		return;
	l->listed = 2;
	TAILQ_INSERT_TAIL(&l->w->again, l, list);
}

void
lane_say(struct lane *l, const char *text)
{
	size_t n = strlen(text);

	if (n > sizeof l->last.text)
		n = sizeof l->last.text;
	l->last.code = 0;
	*l->last.status = '\0';
	memcpy(l->last.text, text, n);
	l->last.len = (uint16_t)n;
}

void
lane_say_reply(struct lane *l)
{
	const struct smtpreply *r = &l->reply;

	l->last.code = r->code;
	memcpy(l->last.status, r->status, sizeof r->status);
	memcpy(l->last.text, r->text, r->len);
	l->last.len = r->len;
}

void
lane_down(struct lane *l, char reason, char phase)
{
	if (l->dead)
		return;
	l->dead = 1;
	l->last.reason = reason;
	l->last.phase = phase;
	lane_touch(l);
}

void
lane_quit(struct lane *l, char reason)
{
	l->state = LANE_QUIT;
	l->quitreason = reason;
	l->since = ev_now(l->w->loop);
	smtpreply_init(&l->reply);
	output_add(l, "QUIT\r\n", 6);
}

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
on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct lane *l = io->data;
	struct worker *w = l->w;
	ssize_t n;

	(void)events;
	if (l->dead)
		return;
	if (w->choked) {
		ev_io_stop(loop, io);
		l->choked = 1;
		TAILQ_INSERT_TAIL(&w->waiting, l, choke);
		return;
	}
	n = recv(l->fd, w->read, sizeof w->read, 0);
	if (n > 0)
		feed(l, w->read, (size_t)n);
	else if (n == 0)
		lost(l, "connection closed");
	else if (errno != EAGAIN && errno != EINTR)
		lost(l, strerror(errno));
}

void
lane_unchoke(struct worker *w)
{
	struct lane *l;

	while ((l = TAILQ_FIRST(&w->waiting))) {
		TAILQ_REMOVE(&w->waiting, l, choke);
		l->choked = 0;
		l->since = ev_now(w->loop);
		ev_io_start(w->loop, &l->rd);
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
	else
		lane_touch(l);
}

/* How long the present state may last without any progress. */
static double
patience(const struct lane *l)
{
	static const enum timeout dialing[] = { TIMEOUT_CONNECT,
		TIMEOUT_GREETING, TIMEOUT_EHLO, TIMEOUT_EHLO };
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

	return d < l->hard_end ? d : l->hard_end;
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
			l->at = (uint8_t)(l->ntargets - 1);
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
	if (now >= due(l))
		overdue(l);
	if (!l->dead)
		set_timer(l, due(l));
}

/* Everything that can be written now, and started. */
static void
work(struct lane *l)
{
	int sent;

	do {
		transact_fill(l);
		if (l->dead)
			return;
		sent = output_flush(l);
	} while (sent && !l->dead && transact_more(l));
	if (l->inflight || l->dead || l->ending || l->deaf)
		return;
	if (l->closing || l->w->stopping || transact_full(l)) {
		lane_quit(l, REMOTE_DOWN_QUIT);
		(void)output_flush(l);
	}
}

static void
note_sent(struct lane *l)
{
	struct job *j;

	TAILQ_FOREACH(j, &l->jobs, entry)
	{
		if (j == l->next)
			break;
		if (!j->sent && j->end && l->written >= j->end)
			j->sent = ev_now(l->w->loop);
	}
}

static void
watch(struct lane *l)
{
	if (l->state != LANE_CONNECT) {
		if ((output_pending(l) || l->body) && !l->deaf)
			ev_io_start(l->w->loop, &l->wr);
		else
			ev_io_stop(l->w->loop, &l->wr);
	}
	if (!ev_is_active(&l->timer) || due(l) < l->timer_at)
		set_timer(l, due(l));
}

static void
free_lane(struct lane *l)
{
	struct worker *w = l->w;
	struct job *j;

	while ((j = TAILQ_FIRST(&l->jobs))) {
		TAILQ_REMOVE(&l->jobs, j, entry);
		job_free(w, j);
	}
	ev_timer_stop(w->loop, &l->timer);
	ev_io_stop(w->loop, &l->rd);
	ev_io_stop(w->loop, &l->wr);
	if (l->fd != -1)
		close(l->fd);
	output_reset(l);
	if (l->choked)
		TAILQ_REMOVE(&w->waiting, l, choke);
	unlist(l);
	LIST_REMOVE(l, chain);
	free(l->helo);
	free(l->targets);
	free(l);
	worker_gone(w);
}

/* Reports what is known, and that the lane is gone. */
static void
reap(struct lane *l)
{
	struct job *j, *after;

	for (j = TAILQ_FIRST(&l->jobs); j && j != l->next; j = after) {
		after = TAILQ_NEXT(j, entry);
		if (!job_settled(j))
			continue;
		report_result(l, j);
		l->done++;
		transact_take(l, j);
		job_free(l->w, j);
	}
	report_down(l);
	free_lane(l);
}

void
lane_run(struct lane *l)
{
	if (!l->dead && l->state == LANE_READY)
		work(l);
	else if (!l->dead && l->state != LANE_CONNECT)
		(void)output_flush(l);
	if (l->dead) {
		reap(l);
		return;
	}
	if (l->inflight)
		note_sent(l);
	watch(l);
}

static struct lane *
new_lane(struct worker *w, const struct order *o)
{
	struct lane *l = mem_alloc(sizeof *l);
	size_t i;

	l->w = w;
	l->id = o->lane;
	l->flags = o->flags;
	l->depth = o->depth > LANE_DEPTHMAX ? LANE_DEPTHMAX : o->depth;
	l->limit = o->messages;
	for (i = 0; i < TIMEOUTS; i++)
		l->timeout[i] = o->timeout[i];
	l->helo = mem_dup(o->helo, o->helo_len);
	l->source = o->source;
	l->ntargets = o->n;
	l->targets = mem_array(o->n, sizeof *l->targets);
	memcpy(l->targets, o->target, o->n * sizeof *l->targets);
	l->fd = -1;
	TAILQ_INIT(&l->jobs);
	return l;
}

void
lane_open(struct worker *w, const struct order *o)
{
	struct lane *l = new_lane(w, o);
	double now = ev_now(w->loop), all = l->timeout[TIMEOUT_SESSION];

	l->hard_end = now + all;
	l->soft_end = l->hard_end - (all / 8 < SOFT ? all / 8 : SOFT);
	ev_init(&l->rd, on_readable);
	ev_init(&l->wr, on_writable);
	ev_init(&l->timer, on_timer);
	l->rd.data = l->wr.data = l->timer.data = l;
	LIST_INSERT_HEAD(chain(w, l->id), l, chain);
	worker_came(w);
	if (w->stopping) {
		lane_say(l, "this worker is stopping");
		lane_down(l, REMOTE_DOWN_QUIT, '-');
	} else {
		dial_start(l);
	}
}

void
lane_job(struct lane *l, struct job *j)
{
	TAILQ_INSERT_TAIL(&l->jobs, j, entry);
	if (!l->next)
		l->next = j;
	l->njobs++;
	lane_touch(l);
}

void
lane_close(struct lane *l)
{
	l->closing = 1;
	if (l->state < LANE_READY)
		lane_down(l, REMOTE_DOWN_QUIT, '-');
	lane_touch(l);
}
