#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-queued/queued.h"
#include "common/mem.h"
#include "common/queueproto.h"

#define OUT_MAX 65536 /* octets of verdicts that a client does not read */

static void
forget_message(struct client *c, struct message *g)
{
	TAILQ_REMOVE(&c->waiting, g, in_client);
	c->nwaiting--;
}

/* Messages that ended are still committed, and left to the thread: the client
 * may have gone for good after END. */
void
client_free(struct client *c)
{
	struct queued *q = c->q;
	struct message *g;

	ev_io_stop(q->loop, &c->io);
	while ((g = TAILQ_FIRST(&c->waiting))) {
		forget_message(c, g);
		g->client = NULL;
		if (g->state != COMMITTING && g != c->taking)
			message_free(q, g);
	}
	if (c->taking)
		message_free(q, c->taking);
	TAILQ_REMOVE(&q->clients, c, in_order);
	q->nclients--;
	frame_free(&c->f);
	free(c);
}

static void
put_verdict(struct client *c, const struct message *g)
{
	stralloc *out = &c->f.out;

	frame_begin(&c->f, g->state == ACCEPTED ? 'A' : 'N');
	if (g->state == ACCEPTED) {
		field_putstr(out, g->id, strlen(g->id));
	} else {
		field_putu8(out, (uint8_t)g->class);
		field_putstr(out, g->status, strlen(g->status));
		field_putstr(out, g->text, strlen(g->text));
	}
	if (frame_end(&c->f) == -1)
		strerr_dief(101, "a verdict does not fit into a frame");
}

/* What to wait for: a client that is far ahead, or that does not read its
 * verdicts, is not read from. */
static void
watch(struct client *c, int full)
{
	int events = full ? EV_WRITE : 0;

	if (c->nwaiting < CLIENT_AHEAD && frame_pending(&c->f) < OUT_MAX)
		events |= EV_READ;
	if (events == (c->io.events & (EV_READ | EV_WRITE)) &&
	    ev_is_active(&c->io))
		return;
	ev_io_stop(c->q->loop, &c->io);
	ev_io_set(&c->io, c->f.fd, events);
	if (events)
		ev_io_start(c->q->loop, &c->io);
}

/* Sends the verdicts that are known, in the order of the messages.  The
 * message being taken may have been refused already: its verdict goes out,
 * the message itself stays until its END. */
void
client_verdicts(struct client *c)
{
	struct message *g;
	int r;

	while ((g = TAILQ_FIRST(&c->waiting)) &&
	    (g->state == ACCEPTED || g->state == REFUSED)) {
		put_verdict(c, g);
		forget_message(c, g);
		g->told = 1;
		if (g != c->taking)
			message_free(c->q, g);
	}
	r = frame_flush(&c->f);
	if (r == -1)
		client_free(c);
	else
		watch(c, r == 0);
}

static void
start_slow(struct queued *q)
{
	struct client *c;
	ev_tstamp now = ev_now(q->loop), at = 0;

	if (ev_is_active(&q->slow))
		return;
	TAILQ_FOREACH (c, &q->clients, in_order) {
		if (c->taking) {
			at = c->last + q->limit.client_timeout - now;
			ev_timer_set(&q->slow, at > 0 ? at : 0, 0);
			ev_timer_start(q->loop, &q->slow);
			return;
		}
	}
}

/* A client that stopped inside a message is dropped, so that it cannot hold
 * memory for ever.  One between messages may stay. */
void
client_slow(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct queued *q = w->data;
	struct client *c, *next;

	(void)loop;
	(void)revents;
	for (c = TAILQ_FIRST(&q->clients); c; c = next) {
		next = TAILQ_NEXT(c, in_order);
		if (c->last + q->limit.client_timeout > ev_now(q->loop))
			break;
		if (c->taking)
			client_free(c);
	}
	start_slow(q);
}

static int
begin(struct client *c, const char *data, size_t len)
{
	struct message *g;

	room_look(c->q);
	g = message_new(c, data, len);
	if (!g)
		return -1;
	c->taking = g;
	TAILQ_INSERT_TAIL(&c->waiting, g, in_client);
	c->nwaiting++;
	start_slow(c->q);
	return 0;
}

static int
end(struct client *c, const char *data, size_t len)
{
	struct message *g = c->taking;

	if (message_end(g, data, len) == -1)
		return -1;
	c->taking = NULL;
	if (g->state == COMMITTING)
		TAILQ_INSERT_TAIL(&c->q->pending, g, in_batch);
	else if (g->told)
		message_free(c->q, g);
	return 0;
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct client *c = ctx;

	(void)fd; /* none is accepted */
	if (type == 'M' && !c->taking)
		return begin(c, data, len);
	if (!c->taking)
		return -1;
	switch (type) {
	case 'R':
		return message_rcpts(c->taking, data, len);
	case 'D':
		message_data(c->taking, data, len);
		return 0;
	case 'E':
		return end(c, data, len);
	default:
		return -1;
	}
}

/* Gone in the middle of a message, or between two: both are fine.  A client
 * that breaks the protocol is reported once, without what it sent. */
static void
lost(struct client *c)
{
	if (errno == EPROTO || errno == ECANCELED)
		strerr_warnw("a client sent a malformed frame, hung up");
	client_free(c);
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct client *c = w->data;
	struct queued *q = c->q;

	c->last = ev_now(loop);
	TAILQ_REMOVE(&q->clients, c, in_order);
	TAILQ_INSERT_TAIL(&q->clients, c, in_order);
	if (revents & EV_READ && frame_pump(&c->f, take, c) == -1)
		lost(c);
	else
		client_verdicts(c);
	commit_some(q);
}

/* Makes room by hanging up on the client that has been silent longest and
 * has nothing under way. */
static void
evict(struct queued *q)
{
	struct client *c;

	TAILQ_FOREACH (c, &q->clients, in_order) {
		if (!c->taking && TAILQ_EMPTY(&c->waiting)) {
			client_free(c);
			return;
		}
	}
}

void
client_new(struct queued *q, int fd)
{
	struct client *c;

	if (q->nclients >= q->limit.clients)
		evict(q);
	if (q->nclients >= q->limit.clients) {
		close(fd); /* the client takes it for a temporary error */
		return;
	}
	c = mem_alloc(sizeof *c);
	c->q = q;
	c->last = ev_now(q->loop);
	frame_init(&c->f, fd, QUEUE_FRAMEMAX, 0);
	TAILQ_INIT(&c->waiting);
	TAILQ_INSERT_TAIL(&q->clients, c, in_order);
	q->nclients++;
	ev_io_init(&c->io, ready, fd, EV_READ);
	c->io.data = c;
	ev_io_start(q->loop, &c->io);
}
