#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-bounce/returns.h"
#include "common/complain.h"
#include "common/evwant.h"
#include "common/field.h"
#include "common/mem.h"

#define AHEAD 256 /* messages without a verdict */

/* What has ended is still committed; who takes its verdict is gone. */
static void
conn_free(struct conn *c)
{
	struct mail *g;

	ev_io_stop(c->r->loop, &c->io);
	while ((g = TAILQ_FIRST(&c->waiting))) {
		TAILQ_REMOVE(&c->waiting, g, in_conn);
		g->conn = NULL;
		if (!g->inbatch && g != c->taking)
			mail_free(g);
	}
	if (c->taking)
		mail_free(c->taking);
	TAILQ_REMOVE(&c->r->conns, c, in_all);
	c->r->nconn--;
	frame_free(&c->f);
	free(c);
}

static void
end_frame(struct conn *c)
{
	if (frame_end(&c->f) == -1)
		strerr_dief(101, "a verdict does not fit into a frame");
}

static void
put_text(struct conn *c, const char *s)
{
	field_putstr(&c->f.out, s, strlen(s));
}

static void
put_verdict(struct conn *c, const struct mail *g)
{
	frame_begin(&c->f, g->state == ACCEPTED ? 'A' : 'N');
	if (g->state == ACCEPTED) {
		put_text(c, g->name);
	} else {
		field_putu8(&c->f.out, (uint8_t)g->class);
		put_text(c, g->status);
		put_text(c, g->text);
	}
	end_frame(c);
}

static void
put_state(struct conn *c)
{
	const char *full = c->r->full;

	if (!c->asked || (c->asked > 1 && c->heard == full))
		return;
	c->asked = 2;
	c->heard = full;
	frame_begin(&c->f, 'S');
	put_text(c, full ? "4.3.1" : "");
	put_text(c, full ? full : "");
	field_putu8(&c->f.out, 0);
	end_frame(c);
}

static void
watch(struct conn *c, int full)
{
	int events = full ? EV_WRITE : 0;

	if (!full && !c->r->ending && c->nwaiting < AHEAD)
		events |= EV_READ;
	evwant(c->r->loop, &c->io, c->f.fd, events);
}

/* Those that are known, in order; and the state.  c may be gone then. */
void
conn_verdicts(struct conn *c)
{
	struct mail *g;
	int r;

	c->settled = 0;
	while ((g = TAILQ_FIRST(&c->waiting)) && !g->inbatch &&
	    (g->state == ACCEPTED || g->state == REFUSED)) {
		put_verdict(c, g);
		TAILQ_REMOVE(&c->waiting, g, in_conn);
		c->nwaiting--;
		g->told = 1;
		if (g != c->taking)
			mail_free(g);
	}
	put_state(c);
	r = frame_flush(&c->f);
	if (r == -1)
		conn_free(c);
	else
		watch(c, r == 0);
}

static int
begin(struct conn *c, const char *data, size_t len)
{
	struct mail *g;

	returns_look(c->r);
	g = mail_new(c, data, len);
	if (!g)
		return -1;
	c->taking = g;
	TAILQ_INSERT_TAIL(&c->waiting, g, in_conn);
	c->nwaiting++;
	return 0;
}

static int
end(struct conn *c, const char *data, size_t len)
{
	struct mail *g = c->taking;

	if (mail_end(g, data, len) == -1)
		return -1;
	c->taking = NULL;
	if (g->told)
		mail_free(g);
	return 0;
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct conn *c = ctx;

	(void)fd; /* none is accepted */
	c->last = ev_now(c->r->loop);
	if (type == 'M' && !c->taking)
		return begin(c, data, len);
	if (type == 'R' && c->taking && !c->taking->taken)
		return mail_rcpts(c->taking, data, len);
	if (type == 'E' && c->taking)
		return end(c, data, len);
	if (type == 'D' && c->taking) {
		mail_data(c->taking, data, len);
	} else if (type == 'L' && !len) {
		returns_look(c->r);
		c->asked = 1;
	} else {
		return -1;
	}
	return 0;
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct conn *c = w->data;

	(void)loop;
	if (revents & EV_READ && frame_pump(&c->f, take, c) == -1) {
		if (errno == EPROTO || errno == ECANCELED)
			complain_client("broke the protocol of returns");
		conn_free(c);
	} else {
		conn_verdicts(c);
	}
}

void
conn_new(struct returns *r, int fd)
{
	struct conn *c;

	if (r->nconn >= RETURNS_CONNS) {
		close(fd); /* the client takes it for a temporary error */
		return;
	}
	c = mem_alloc(sizeof *c);
	c->r = r;
	c->last = ev_now(r->loop);
	frame_init(&c->f, fd, QUEUE_FRAMEMAX, 0);
	TAILQ_INIT(&c->waiting);
	TAILQ_INSERT_TAIL(&r->conns, c, in_all);
	r->nconn++;
	ev_io_init(&c->io, ready, fd, EV_READ);
	c->io.data = c;
	ev_io_start(r->loop, &c->io);
}

/* Who stopped within a message may not hold its memory for ever; the others
 * hear when there is room, or none. */
void
conn_clock(struct returns *r)
{
	struct conn *c, *next;

	for (c = TAILQ_FIRST(&r->conns); c; c = next) {
		next = TAILQ_NEXT(c, in_all);
		if (c->taking &&
		    c->last + r->queue.client_timeout < ev_now(r->loop))
			conn_free(c);
		else if (c->asked && c->heard != r->full)
			conn_verdicts(c);
	}
}
