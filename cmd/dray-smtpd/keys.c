#include <errno.h>
#include <poll.h>
#include <string.h>
#include <time.h>

#include <openssl/crypto.h>

#include <skalibs/strerr.h>

#include "cmd/dray-smtpd/chains.h"
#include "cmd/dray-smtpd/keys.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/sock.h"

#define AGAIN 0.3 /* seconds until the next attempt to connect */

static struct {
	struct ev_loop *loop;
	const char *path;
	unsigned int want;
	struct frame f;
	ev_io io;
	ev_timer again;
	int open; /* there is a connection */
	int told; /* that there is none */
	struct chains *now, *next; /* next: not all of them are there */
	uint32_t expect; /* how many more */
	struct keys_ticket ticket[TLSKEY_TICKETS];
	unsigned int ntickets;
	uint32_t serial; /* of the question under way */
	unsigned char *sig; /* for its answer; NULL: it is there */
	size_t room, got;
} self;

static void
forget(void)
{
	chains_free(self.now);
	chains_free(self.next);
	self.now = self.next = NULL;
	OPENSSL_cleanse(self.ticket, sizeof self.ticket);
	self.ntickets = 0;
	self.sig = NULL;
}

static void
lost(const char *why)
{
	if (!self.told)
		strerr_warnw("no TLS for the time being: dray-tlskey ", why);
	self.told = 1;
	if (self.open) {
		ev_io_stop(self.loop, &self.io);
		frame_free(&self.f);
	}
	self.open = 0;
	forget();
	ev_timer_stop(self.loop, &self.again);
	if (!self.want)
		return;
	ev_timer_set(&self.again, AGAIN, 0);
	ev_timer_start(self.loop, &self.again);
}

static int
take_list(struct field *r)
{
	self.expect = field_getu32(r);
	if (!field_end(r) || self.expect > TLSKEY_CHAINS)
		return -1;
	chains_free(self.next);
	self.next = chains_new();
	return 0;
}

static void
settle(void)
{
	if (!self.next || self.expect)
		return;
	chains_free(self.now);
	self.now = self.next;
	self.next = NULL;
	if (self.told && keys_ready()) {
		strerr_warni("there is TLS again");
		self.told = 0;
	}
}

static int
take_chain(const char *data, size_t n)
{
	if (!self.next || !self.expect || chains_add(self.next, data, n) == -1)
		return -1;
	self.expect--;
	return 0;
}

static int
take_tickets(struct field *r)
{
	struct keys_ticket t[TLSKEY_TICKETS];
	unsigned int i, n = field_getu8(r);
	const char *p;

	if (!n || n > TLSKEY_TICKETS)
		return -1;
	for (i = 0; i < n; i++) {
		p = field_getb(r, sizeof t[i]);
		if (p)
			memcpy(&t[i], p, sizeof t[i]);
	}
	if (!field_end(r))
		return -1;
	memcpy(self.ticket, t, n * sizeof *t);
	self.ntickets = n;
	OPENSSL_cleanse(t, sizeof t);
	return 0;
}

static int
take_signature(struct field *r)
{
	uint32_t serial = field_getu32(r);
	size_t len;
	const char *s = field_getstr(r, TLSKEY_SIGMAX, &len);

	if (!field_end(r) || serial != self.serial || !self.sig)
		return -1;
	if (len <= self.room)
		memcpy(self.sig, s, len);
	self.got = len <= self.room ? len : 0;
	self.sig = NULL;
	return 0;
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	int good = -1;

	(void)ctx;
	(void)fd; /* none is accepted */
	field_start(&r, data, len);
	if (type == 'L')
		good = take_list(&r);
	else if (type == 'C')
		good = take_chain(data, len);
	else if (type == 'T')
		good = take_tickets(&r);
	else if (type == 'S')
		good = take_signature(&r);
	settle();
	return good;
}

/* 0, or -1: there is no connection any more. */
static int
pump(void)
{
	if (frame_pump(&self.f, take, NULL) != -1)
		return 0;
	lost(errno ? "makes no sense, or is in trouble" : "went away");
	return -1;
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	(void)pump();
}

static void
connect_now(struct ev_loop *loop, ev_timer *w, int revents)
{
	int fd;

	(void)w;
	(void)revents;
	if (self.open)
		return;
	fd = sock_connect_nonblock(self.path);
	if (fd == -1) {
		lost("cannot be reached");
		return;
	}
	frame_init(&self.f, fd, FRAME_MAX, 0);
	self.open = 1;
	ev_io_set(&self.io, fd, EV_READ);
	ev_io_start(loop, &self.io);
}

void
keys_start(struct ev_loop *loop, const char *path)
{
	self.loop = loop;
	self.path = path;
	ev_init(&self.io, ready);
	ev_init(&self.again, connect_now);
}

void
keys_want(unsigned int n)
{
	unsigned int before = self.want;

	self.want = n;
	if (n && !before)
		connect_now(self.loop, &self.again, 0);
	if (n || !before)
		return;
	self.told = 1; /* it is as it should be */
	lost("");
	self.told = 0;
}

int
keys_wanted(void)
{
	return self.want > 0;
}

int
keys_ready(void)
{
	return self.now && chains_count(self.now) && self.ntickets;
}

int
keys_choose(struct ssl_st *ssl, const char *host)
{
	return keys_ready() ? chains_use(self.now, ssl, host) : -1;
}

const struct keys_ticket *
keys_ticket(const unsigned char *name)
{
	unsigned int i;

	for (i = 0; i < self.ntickets; i++)
		if (!name || !memcmp(name, self.ticket[i].name, TLSKEY_NAME))
			return &self.ticket[i];
	return NULL;
}

static int
ask(uint32_t id, uint8_t hash, uint8_t padding, const void *text, size_t len)
{
	stralloc *out = &self.f.out;

	frame_begin(&self.f, 'S');
	field_putu32(out, ++self.serial);
	field_putu32(out, id);
	field_putu8(out, hash);
	field_putu8(out, padding);
	field_putstr(out, text, len);
	return frame_end(&self.f);
}

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Until the answer is there, or the connection is not. */
static void
wait_for_it(void)
{
	struct pollfd p = { self.f.fd, POLLIN, 0 };
	int64_t end = clock_ms() + KEYS_WAIT, left;
	int r;

	while (self.open && self.sig) {
		r = frame_flush(&self.f);
		if (r == -1) {
			lost("went away");
			return;
		}
		p.events = r ? POLLIN : POLLIN | POLLOUT;
		left = end - clock_ms();
		if (left <= 0 || poll(&p, 1, (int)left) == 0) {
			lost("gives no answer");
			return;
		}
		(void)pump();
	}
}

size_t
keys_sign(uint32_t id, uint8_t hash, uint8_t padding, const void *text,
    size_t len, unsigned char *sig, size_t room)
{
	if (!self.open || len > TLSKEY_TEXTMAX)
		return 0;
	self.sig = sig;
	self.room = room;
	self.got = 0;
	if (ask(id, hash, padding, text, len) == 0)
		wait_for_it();
	self.sig = NULL;
	return self.got;
}
