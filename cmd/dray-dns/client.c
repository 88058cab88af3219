#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-dns/client.h"
#include "common/complain.h"
#include "common/dnsproto.h"
#include "common/field.h"
#include "common/mem.h"
#include "common/sock.h"

#define FRAME_IN 512 /* a question is shorter */
#define PAUSE 1.0 /* seconds, when the system refuses a client */

static struct {
	struct ev_loop *loop;
	ev_io accept;
	ev_timer pause;
	TAILQ_HEAD(, client) dirty;
	unsigned int n;
} self;

static void
list(struct client *c)
{
	if (c->listed)
		return;
	c->listed = 1;
	TAILQ_INSERT_TAIL(&self.dirty, c, dirty);
}

/* It is closed before the loop sleeps, not while somebody uses it. */
static void
bury(struct client *c)
{
	c->dead = 1;
	ev_io_stop(self.loop, &c->rd);
	ev_io_stop(self.loop, &c->wr);
	list(c);
}

static void
end(struct client *c)
{
	question_forget(c);
	frame_free(&c->f);
	free(c);
	self.n--;
	ev_io_start(self.loop, &self.accept);
}

static int
on_frame(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct client *c = ctx;
	struct field r;
	const char *name;
	uint32_t id;
	size_t n;

	(void)fd; /* descriptors are refused */
	field_start(&r, data, len);
	id = field_getu32(&r);
	name = field_getstr(&r, 255, &n);
	if (type != 'M' || !field_end(&r) || c->open >= CLIENT_OPEN)
		return -1;
	question_ask(c, id, name, n);
	return 0;
}

static void
on_readable(struct ev_loop *loop, ev_io *io, int events)
{
	struct client *c = io->data;

	(void)loop;
	(void)events;
	if (frame_pump(&c->f, on_frame, c) == -1) {
		if (errno == EPROTO || errno == ECANCELED)
			complain_client("sent a malformed frame");
		bury(c);
		return;
	}
	list(c);
}

static void
on_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	list(io->data);
}

void
question_reply(
    struct client *c, uint32_t id, const void *data, size_t n, uint32_t ttl)
{
	const char *p = data;

	if (c->dead)
		return;
	frame_begin(&c->f, 'M');
	field_putu32(&c->f.out, id);
	field_putu8(&c->f.out, (uint8_t)p[0]);
	field_putu32(&c->f.out, ttl);
	mem_check(stralloc_catb(&c->f.out, p + 5, n - 5));
	mem_check(frame_end(&c->f) == 0);
	list(c);
}

/* Sends what is there, and decides whether more questions are read. */
static void
flush(struct client *c)
{
	int r = frame_flush(&c->f);
	size_t waiting = frame_pending(&c->f);

	if (r == -1 || waiting > CLIENT_MAX) {
		if (r != -1)
			complain_client("does not read its answers");
		bury(c);
		return;
	}
	if (r == 0)
		ev_io_start(self.loop, &c->wr);
	else
		ev_io_stop(self.loop, &c->wr);
	if (c->open < DNS_AHEAD && waiting < CLIENT_HIGH)
		ev_io_start(self.loop, &c->rd);
	else
		ev_io_stop(self.loop, &c->rd);
}

void
client_flush(void)
{
	struct client *c;

	while ((c = TAILQ_FIRST(&self.dirty))) {
		TAILQ_REMOVE(&self.dirty, c, dirty);
		c->listed = 0;
		if (!c->dead)
			flush(c);
		else
			end(c);
	}
}

static void
add(int fd)
{
	struct client *c = mem_alloc(sizeof *c);

	frame_init(&c->f, fd, FRAME_IN, 0);
	LIST_INIT(&c->waiters);
	ev_io_init(&c->rd, on_readable, fd, EV_READ);
	ev_io_init(&c->wr, on_writable, fd, EV_WRITE);
	c->rd.data = c->wr.data = c;
	ev_io_start(self.loop, &c->rd);
	self.n++;
}

static void
on_pause(struct ev_loop *loop, ev_timer *t, int events)
{
	(void)t;
	(void)events;
	ev_io_start(loop, &self.accept);
}

static void
on_accept(struct ev_loop *loop, ev_io *io, int events)
{
	int fd;

	(void)events;
	while (self.n < CLIENTS_MAX) {
		fd = sock_accept(io->fd);
		if (fd == -1 && errno == EAGAIN)
			return;
		if (fd == -1) {
			ev_timer_set(&self.pause, PAUSE, 0.);
			ev_timer_start(loop, &self.pause);
			break;
		}
		add(fd);
	}
	ev_io_stop(loop, io);
}

void
client_start(struct ev_loop *loop, int fd)
{
	self.loop = loop;
	TAILQ_INIT(&self.dirty);
	ev_io_init(&self.accept, on_accept, fd, EV_READ);
	ev_init(&self.pause, on_pause);
	ev_io_start(loop, &self.accept);
}
