#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "cmd/dray-auth/check.h"
#include "cmd/dray-auth/client.h"
#include "cmd/dray-auth/count.h"
#include "common/authproto.h"
#include "common/complain.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/sock.h"

#define PAUSE 1.0 /* seconds, when the system refuses a client */

struct client {
	struct frame f;
	ev_io rd, wr;
	TAILQ_ENTRY(client) dirty;
	struct check_waiters waiters;
	unsigned int open; /* questions without an answer */
	int listed, dead;
};

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
	check_forget(c);
	list(c);
}

static void
end(struct client *c)
{
	if (c->f.in.len)
		sodium_memzero(c->f.in.s, c->f.in.len);
	frame_free(&c->f);
	free(c);
	self.n--;
	ev_io_start(self.loop, &self.accept);
}

struct check_waiters *
check_list(struct client *c)
{
	return &c->waiters;
}

static void
end_frame(struct client *c)
{
	mem_check(frame_end(&c->f) == 0);
	list(c);
}

void
check_answer(
    struct client *c, uint32_t id, char verdict, const struct account *a)
{
	c->open--;
	frame_begin(&c->f, 'V');
	field_putu32(&c->f.out, id);
	field_putu8(&c->f.out, (uint8_t)verdict);
	if (a)
		account_put(&c->f.out, a);
	end_frame(c);
}

/* An IPv6 address counts as its /64. */
static void
get_net(struct field *r, struct auth_net *net)
{
	uint8_t family = field_getu8(r);
	const char *ip = field_getb(r, 16);

	memset(net, 0, sizeof *net);
	if (!ip || (family != 4 && family != 6)) {
		r->bad = 1;
		return;
	}
	net->octet[0] = family;
	memcpy(net->octet + 1, ip, family == 6 ? 8 : 4);
}

static int
on_check(struct client *c, struct field *r)
{
	uint32_t id = field_getu32(r);
	const char *user, *password;
	struct auth_net net;
	size_t ulen, plen;

	get_net(r, &net);
	user = field_getstr(r, AUTH_FRAMEMAX, &ulen);
	password = field_getstr(r, AUTH_FRAMEMAX, &plen);
	if (!field_end(r) || c->open >= AUTH_AHEAD)
		return -1;
	c->open++;
	check_ask(c, id, &net, user, ulen, password, plen);
	/* What the frames share keeps it until others come. */
	sodium_memzero((void *)(uintptr_t)password, plen);
	return 0;
}

static int
on_take(struct client *c, struct field *r)
{
	uint32_t id = field_getu32(r), day;
	uint64_t n = 0;
	const char *user;
	size_t len;
	char v;

	user = field_getstr(r, AUTH_FRAMEMAX, &len);
	if (!field_end(r))
		return -1;
	v = count_take(user, len, &day, &n);
	frame_begin(&c->f, 'T');
	field_putu32(&c->f.out, id);
	field_putu8(&c->f.out, (uint8_t)v);
	field_putu32(&c->f.out, day);
	field_putu64(&c->f.out, n);
	end_frame(c);
	return 0;
}

static int
on_give(struct field *r)
{
	uint32_t day = field_getu32(r);
	const char *user;
	size_t len;

	user = field_getstr(r, AUTH_FRAMEMAX, &len);
	if (!field_end(r))
		return -1;
	count_give(user, len, day);
	return 0;
}

static int
on_frame(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct client *c = ctx;
	struct field r;

	(void)fd; /* descriptors are refused */
	field_start(&r, data, len);
	switch (type) {
	case 'C':
		return on_check(c, &r);
	case 'T':
		return on_take(c, &r);
	case 'G':
		return on_give(&r);
	}
	return -1;
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

/* Sends what is there, and decides whether more is read. */
static void
flush(struct client *c)
{
	int r = frame_flush(&c->f);

	if (r == -1) {
		bury(c);
		return;
	}
	if (r == 0)
		ev_io_start(self.loop, &c->wr);
	else
		ev_io_stop(self.loop, &c->wr);
	if (frame_pending(&c->f) < CLIENT_HIGH)
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
	struct client *c;

	if (!sock_ours(fd)) {
		complain_client("is none of ours");
		close(fd);
		return;
	}
	c = mem_alloc(sizeof *c);
	frame_init(&c->f, fd, AUTH_FRAMEMAX, 0);
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
	while (self.n < CLIENT_MAX) {
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
