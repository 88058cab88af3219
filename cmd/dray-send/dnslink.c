#include <errno.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/base.h"
#include "common/evwant.h"
#include "common/sock.h"

/*
 * The connection to dray-dns.  Every destination that has something to send
 * and no static route is asked for at once, long before it has a lane, so that
 * lanes do not wait for answers.  A question stays until it is answered: when
 * dray-dns is away its destinations wait.
 */
#define PAUSE 1 /* seconds between attempts to connect */
#define PATIENCE 60 /* seconds without an answer: it hangs */

static struct {
	struct frame f;
	ev_io io;
	ev_timer timer; /* connecting, or waiting for answers */
	int up;
	int said;
	unsigned int nsent;
	struct row queued, sent; /* who is answered leaves sent later */
} dns;

/* The first of the row that asks, in this state; NULL there is none. */
static struct dest *
first(struct row *r, uint8_t state)
{
	struct dest *d;
	uint32_t n;

	while ((n = row_next(r))) {
		d = numbers_at(&self.dest, n);
		if (d && d->isasking == state)
			return d;
		row_take(r);
	}
	return NULL;
}

static void
lost(const char *why)
{
	struct dest *d;

	strerr_warnw("dray-dns ", why, ", trying again");
	ev_io_stop(self.loop, &dns.io);
	frame_free(&dns.f);
	dns.up = 0;
	while ((d = first(&dns.sent, 2))) {
		row_take(&dns.sent);
		row_first(&dns.queued, d->number);
		d->isasking = 1;
	}
	dns.nsent = 0;
	ev_timer_stop(self.loop, &dns.timer);
	ev_timer_set(&dns.timer, PAUSE, PAUSE);
	ev_timer_start(self.loop, &dns.timer);
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	struct dest *d;
	struct mx *m;
	uint32_t id;

	(void)ctx;
	(void)fd; /* none is accepted */
	field_start(&r, data, len);
	id = field_getu32(&r);
	d = numbers_at(&self.dest, id);
	if (type != 'M' || !d || d->isasking != 2)
		return -1;
	m = mx_read(&r, dest_now());
	if (!m)
		return -1;
	if (!field_end(&r)) {
		mx_free(m);
		return -1;
	}
	d->isasking = 0;
	dns.nsent--;
	(void)first(&dns.sent, 2);
	dest_found(d, m);
	return 0;
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)w;
	if (!(revents & EV_READ))
		return;
	ev_timer_again(self.loop, &dns.timer);
	if (frame_pump(&dns.f, take, NULL) != -1)
		return;
	lost(errno == EPROTO || errno == ECANCELED ? "sent a malformed frame"
						   : "is gone");
}

static void
connect_(void)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, self.base, "sock/dns");
	fd = sock_connect_nonblock(path);
	if (fd == -1) {
		if (!dns.said)
			strerr_warnwusys("connect to dray-dns, trying again");
		dns.said = 1;
		ev_timer_stop(self.loop, &dns.timer);
		ev_timer_set(&dns.timer, PAUSE, PAUSE);
		ev_timer_start(self.loop, &dns.timer);
		return;
	}
	dns.said = 0;
	dns.up = 1;
	frame_init(&dns.f, fd, DNS_FRAME_MAX, 0);
	evwant(self.loop, &dns.io, dns.f.fd, EV_READ);
	ev_timer_stop(self.loop, &dns.timer);
	ev_timer_set(&dns.timer, PATIENCE, PATIENCE);
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	if (dns.up && dns.nsent)
		lost("does not answer");
	else if (dns.up)
		ev_timer_stop(loop, w);
	else if (!first(&dns.queued, 1))
		ev_timer_stop(loop, w);
	else
		connect_();
}

static void
ask(struct dest *d)
{
	frame_begin(&dns.f, 'M');
	field_putu32(&dns.f.out, d->number);
	field_putstr(&dns.f.out, d->name, d->len);
	if (frame_end(&dns.f) == -1)
		strerr_dief(101, "a question does not fit into a frame");
	row_take(&dns.queued);
	row_last(&dns.sent, d->number);
	d->isasking = 2;
	if (dns.nsent++ == 0)
		ev_timer_again(self.loop, &dns.timer);
}

void
dnslink_ask(struct dest *d)
{
	if (d->isasking)
		return;
	d->isasking = 1;
	if (!d->mx)
		held_begin(&d->stopped, HELD_DNS, 0);
	row_last(&dns.queued, d->number);
}

/* Once a turn: all questions leave together. */
void
dnslink_turn(void)
{
	struct dest *d;
	int r;

	if (!dns.up && first(&dns.queued, 1) && !ev_is_active(&dns.timer))
		connect_();
	if (!dns.up)
		return;
	while (dns.nsent < DNS_AHEAD && (d = first(&dns.queued, 1)))
		ask(d);
	r = frame_flush(&dns.f);
	if (r == -1)
		lost("is gone");
	else
		evwant(self.loop, &dns.io, dns.f.fd,
		    EV_READ | (r == 0 ? EV_WRITE : 0));
}

void
dnslink_init(void)
{
	ev_init(&dns.io, ready);
	ev_init(&dns.timer, on_timer);
}
