#include <errno.h>
#include <stdlib.h>
#include <sys/queue.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <skalibs/strerr.h>

#include "cmd/dray-tlskey/client.h"
#include "cmd/dray-tlskey/secret.h"
#include "cmd/dray-tlskey/sign.h"
#include "cmd/dray-tlskey/store.h"
#include "common/complain.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/sock.h"
#include "common/tlskeyproto.h"

#define FRAME_IN (TLSKEY_TEXTMAX + 64)
#define PAUSE 0.2 /* seconds, when the system refuses a client */

struct client {
	LIST_ENTRY(client) in_all;
	struct frame f;
	ev_io io;
};

static struct {
	struct ev_loop *loop;
	ev_io accept;
	ev_timer pause;
	LIST_HEAD(, client) all;
	unsigned int n;
} self;

static void
end(struct client *c)
{
	ev_io_stop(self.loop, &c->io);
	LIST_REMOVE(c, in_all);
	/* Secrets may wait there. */
	if (c->f.out.s)
		OPENSSL_cleanse(c->f.out.s, c->f.out.a);
	frame_free(&c->f);
	free(c);
	self.n--;
	ev_io_start(self.loop, &self.accept);
}

/* All frames are made of bounded parts, so none is too large. */
static void
end_frame(struct client *c)
{
	if (frame_end(&c->f) == -1)
		strerr_dief(101, "a frame is too large");
}

/* c may be gone afterwards. */
static void
flush(struct client *c)
{
	int r = frame_flush(&c->f), events;

	if (r == -1 || frame_pending(&c->f) > CLIENT_MAX) {
		if (r != -1)
			complain_client("does not read what it is told");
		end(c);
		return;
	}
	events = frame_pending(&c->f) < CLIENT_HIGH ? EV_READ : 0;
	events |= r == 0 ? EV_WRITE : 0;
	ev_io_stop(self.loop, &c->io);
	ev_io_set(&c->io, c->f.fd, events);
	ev_io_start(self.loop, &c->io);
}

static void
put_list(struct client *c)
{
	unsigned int i, n = store_count();

	frame_begin(&c->f, 'L');
	field_putu32(&c->f.out, n);
	end_frame(c);
	for (i = 0; i < n; i++) {
		frame_begin(&c->f, 'C');
		store_put(i, &c->f.out);
		end_frame(c);
	}
}

static void
put_tickets(struct client *c)
{
	frame_begin(&c->f, 'T');
	secret_put(&c->f.out);
	end_frame(c);
}

static void
tell_all(void (*put)(struct client *c))
{
	struct client *c, *next;

	for (c = LIST_FIRST(&self.all); c; c = next) {
		next = LIST_NEXT(c, in_all);
		put(c);
		flush(c);
	}
}

void
client_tell(void)
{
	tell_all(put_list);
}

void
client_tickets(void)
{
	tell_all(put_tickets);
}

static int
on_frame(void *ctx, char type, const char *data, size_t len, int fd)
{
	unsigned char sig[TLSKEY_SIGMAX];
	struct client *c = ctx;
	EVP_PKEY *key;
	struct field r;
	uint32_t number, id;
	uint8_t hash, padding;
	const char *text;
	size_t n;

	(void)fd; /* none is accepted */
	field_start(&r, data, len);
	number = field_getu32(&r);
	id = field_getu32(&r);
	hash = field_getu8(&r);
	padding = field_getu8(&r);
	text = field_getstr(&r, TLSKEY_TEXTMAX, &n);
	if (type != 'S' || !field_end(&r))
		return -1;
	key = store_key(id);
	n = key ? sign(key, hash, padding, text, n, sig) : 0;
	frame_begin(&c->f, 'S');
	field_putu32(&c->f.out, number);
	field_putstr(&c->f.out, sig, n);
	end_frame(c);
	return 0;
}

static void
on_io(struct ev_loop *loop, ev_io *io, int revents)
{
	struct client *c = io->data;

	(void)loop;
	if (revents & EV_READ && frame_pump(&c->f, on_frame, c) == -1) {
		if (errno == EPROTO || errno == ECANCELED)
			complain_client("sent a malformed frame");
		end(c);
		return;
	}
	flush(c);
}

static void
add(int fd)
{
	struct client *c;

	if (!sock_ours(fd)) {
		complain_client("is of another user and group");
		close(fd);
		return;
	}
	c = mem_alloc(sizeof *c);
	frame_init(&c->f, fd, FRAME_IN, 0);
	ev_io_init(&c->io, on_io, fd, EV_READ);
	c->io.data = c;
	LIST_INSERT_HEAD(&self.all, c, in_all);
	self.n++;
	put_tickets(c);
	put_list(c);
	flush(c);
}

static void
on_pause(struct ev_loop *loop, ev_timer *t, int revents)
{
	(void)t;
	(void)revents;
	ev_io_start(loop, &self.accept);
}

static void
on_accept(struct ev_loop *loop, ev_io *io, int revents)
{
	int fd;

	(void)revents;
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
	LIST_INIT(&self.all);
	ev_io_init(&self.accept, on_accept, fd, EV_READ);
	ev_init(&self.pause, on_pause);
	ev_io_start(loop, &self.accept);
}
