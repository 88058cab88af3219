#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/complain.h"
#include "common/evwant.h"
#include "common/mem.h"
#include "common/peers.h"
#include "common/sock.h"

#define PAUSE 0.5 /* seconds, when the system refuses a client */

static void
list(struct peer *p)
{
	if (p->isdirty)
		return;
	p->isdirty = 1;
	TAILQ_INSERT_TAIL(&p->of->dirty, p, in_dirty);
}

/* It is freed before the loop sleeps, not while somebody uses it. */
static void
bury(struct peer *p)
{
	if (p->dead)
		return;
	p->dead = 1;
	ev_io_stop(p->of->loop, &p->io);
	if (p->of->gone)
		p->of->gone(p);
	frame_free(&p->frame);
	p->of->n--;
	LIST_REMOVE(p, in_all);
	ev_io_start(p->of->loop, &p->of->accept);
	list(p);
}

void
peers_send(struct peer *p)
{
	/* All frames are made of bounded parts, so none is too large. */
	mem_check(frame_end(&p->frame) == 0);
	list(p);
}

void
peers_answered(struct peer *p)
{
	p->open--;
	list(p);
}

void
peers_each(struct peers *s, void (*fn)(struct peer *p))
{
	struct peer *p, *next;

	for (p = LIST_FIRST(&s->all); p; p = next) {
		next = LIST_NEXT(p, in_all);
		fn(p);
	}
}

static int
on_frame(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct peer *p = ctx;
	struct field r;

	(void)fd; /* descriptors are refused */
	field_start(&r, data, len);
	return p->of->take(p, type, &r);
}

static void
on_io(struct ev_loop *loop, ev_io *io, int revents)
{
	struct peer *p = io->data;

	(void)loop;
	if (revents & EV_READ && frame_pump(&p->frame, on_frame, p) == -1) {
		if (errno == EPROTO || errno == ECANCELED)
			complain_client("sent a malformed frame");
		bury(p);
		return;
	}
	list(p);
}

/* Sends what is there, and decides whether more is read. */
static void
flush(struct peer *p)
{
	const struct peers *s = p->of;
	int events, r = frame_flush(&p->frame);
	size_t waiting = frame_pending(&p->frame);

	if (r == -1) {
		bury(p);
		return;
	}
	if (s->most && waiting > s->most) {
		complain_client("does not read what it is told");
		bury(p);
		return;
	}
	events = r == 0 ? EV_WRITE : 0;
	if ((!s->ahead || p->open < s->ahead) && waiting < s->high)
		events |= EV_READ;
	evwant(s->loop, &p->io, p->frame.fd, events);
}

static void
on_flush(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct peers *s = w->data;
	struct peer *p;

	(void)loop;
	(void)revents;
	while ((p = TAILQ_FIRST(&s->dirty))) {
		TAILQ_REMOVE(&s->dirty, p, in_dirty);
		p->isdirty = 0;
		if (!p->dead) {
			flush(p);
		} else if (!p->open) {
			frame_free(&p->frame); /* what came for nobody */
			free(p);
		}
	}
}

static void
add(struct peers *s, int fd)
{
	struct peer *p;

	if (s->ours && !sock_ours(fd)) {
		complain_client("is of another user and group");
		close(fd);
		return;
	}
	p = mem_alloc(s->size);
	p->of = s;
	frame_init(&p->frame, fd, s->framemax, 0);
	ev_io_init(&p->io, on_io, fd, EV_READ);
	p->io.data = p;
	LIST_INSERT_HEAD(&s->all, p, in_all);
	s->n++;
	if (s->begin)
		s->begin(p);
	list(p);
}

static void
on_pause(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct peers *s = t->data;

	(void)revents;
	ev_io_start(loop, &s->accept);
}

static void
on_accept(struct ev_loop *loop, ev_io *io, int revents)
{
	struct peers *s = io->data;
	int fd;

	(void)revents;
	while (s->n < s->max) {
		fd = sock_accept(io->fd);
		if (fd == -1 && errno == EAGAIN)
			return;
		if (fd == -1) {
			ev_timer_set(&s->pause, PAUSE, 0.);
			ev_timer_start(loop, &s->pause);
			break;
		}
		add(s, fd);
	}
	ev_io_stop(loop, io);
}

void
peers_start(struct peers *s, struct ev_loop *loop, int fd)
{
	s->loop = loop;
	LIST_INIT(&s->all);
	TAILQ_INIT(&s->dirty);
	ev_io_init(&s->accept, on_accept, fd, EV_READ);
	ev_init(&s->pause, on_pause);
	ev_prepare_init(&s->flush, on_flush);
	/* After whatever else is done before the loop sleeps. */
	ev_set_priority(&s->flush, EV_MINPRI);
	s->accept.data = s->pause.data = s->flush.data = s;
	ev_io_start(loop, &s->accept);
	ev_prepare_start(loop, &s->flush);
}
