#include <errno.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "common/evwant.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/sock.h"

#include "signlink.h"

#define PATH "sock/sign"
#define FRAMEMAX 1024 /* octets of an answer */
#define AGAIN 0.5 /* seconds until it is looked for again */
#define PLACES 0xffffu /* of a number: the rest tells uses of one apart */
#define TOLD 60.0 /* seconds until the same is said again */

TAILQ_HEAD(asks, sign_ask);

struct signlink {
	struct ev_loop *loop;
	struct frame f; /* f.fd -1: there is none */
	ev_io io;
	ev_timer again;
	ev_timer late;
	struct asks asks; /* the oldest first */
	size_t count;
	struct sign_ask **place; /* by number */
	uint32_t room, look;
	uint32_t use; /* in the upper half of the next number */
	int dirty;
	ev_tstamp told;
};

static void
settle(
    struct signlink *s, struct sign_ask *a, const unsigned char *sig, size_t n)
{
	signlink_forget(s, a);
	a->fn(a, sig, n);
}

static void
complain(struct signlink *s, const char *text)
{
	ev_tstamp now = ev_now(s->loop);

	if (s->told && now < s->told + TOLD && now >= s->told)
		return;
	s->told = now;
	strerr_warnw(text);
}

static void
lost(struct signlink *s)
{
	if (s->f.fd != -1) {
		ev_io_stop(s->loop, &s->io);
		frame_free(&s->f);
		s->f.fd = -1;
	}
	if (!TAILQ_EMPTY(&s->asks) && !ev_is_active(&s->again)) {
		ev_timer_set(&s->again, AGAIN, 0.);
		ev_timer_start(s->loop, &s->again);
	}
}

static struct sign_ask *
find(const struct signlink *s, uint32_t number)
{
	uint32_t i = number & PLACES;
	struct sign_ask *a = i < s->room ? s->place[i] : NULL;

	return a && a->number == number ? a : NULL;
}

/* An answer that nobody waits for any more is no mistake. */
static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct signlink *s = ctx;
	struct sign_ask *a;
	const char *sig;
	struct field r;
	size_t n;

	(void)fd; /* none is accepted */
	field_start(&r, data, len);
	a = find(s, field_getu32(&r));
	sig = field_getstr(&r, SIGN_SIGMAX, &n);
	if (type != 'S' || !field_end(&r))
		return -1;
	if (a)
		settle(s, a, (const unsigned char *)sig, n);
	return 0;
}

static void
ready(struct ev_loop *loop, ev_io *io, int events)
{
	struct signlink *s = io->data;

	(void)loop;
	if (events & EV_WRITE)
		s->dirty = 1;
	if (events & EV_READ && frame_pump(&s->f, take, s) == -1) {
		if (errno == EPROTO || errno == ECANCELED)
			complain(s, "malformed frame from dray-sign");
		lost(s);
	}
}

static void
put(struct signlink *s, const struct sign_ask *a)
{
	stralloc *out = &s->f.out;

	frame_begin(&s->f, 'S');
	field_putu32(out, a->number);
	field_putu8(out, a->alg);
	field_putstr(out, a->domain, a->domain_len);
	field_putstr(out, a->selector, a->selector_len);
	field_putstr(out, a->digest, a->digest_len);
	if (frame_end(&s->f) == -1)
		strerr_dief(101, "a frame is too large");
	s->dirty = 1;
}

/* Makes a connection if there is none, and asks all that waits. */
static void
reach(struct signlink *s)
{
	const struct sign_ask *a;
	int fd;

	if (s->f.fd != -1 || ev_is_active(&s->again))
		return;
	fd = sock_connect_nonblock(PATH);
	if (fd == -1) {
		complain(s, "cannot reach dray-sign: mail waits for it");
		lost(s);
		return;
	}
	s->told = 0;
	frame_init(&s->f, fd, FRAMEMAX, 0);
	TAILQ_FOREACH (a, &s->asks, in_order)
		put(s, a);
}

static void
on_again(struct ev_loop *loop, ev_timer *t, int events)
{
	(void)loop;
	(void)events;
	reach(t->data);
}

static void
set_late(struct signlink *s)
{
	const struct sign_ask *a = TAILQ_FIRST(&s->asks);
	ev_tstamp now = ev_now(s->loop);

	if (!a || ev_is_active(&s->late))
		return;
	ev_timer_set(&s->late, a->until > now ? a->until - now : 0., 0.);
	ev_timer_start(s->loop, &s->late);
}

/* One that leaves so much unanswered is stuck, or gone. */
static void
on_late(struct ev_loop *loop, ev_timer *t, int events)
{
	struct signlink *s = t->data;
	struct sign_ask *a;
	int any = 0;

	(void)events;
	while ((a = TAILQ_FIRST(&s->asks)) && a->until <= ev_now(loop)) {
		settle(s, a, NULL, 0);
		any = 1;
	}
	if (any && s->f.fd != -1) {
		complain(s, "dray-sign does not answer");
		lost(s);
	}
	set_late(s);
}

struct signlink *
signlink_new(struct ev_loop *loop)
{
	struct signlink *s = mem_alloc(sizeof *s);

	s->loop = loop;
	s->f.fd = -1;
	TAILQ_INIT(&s->asks);
	ev_init(&s->io, ready);
	ev_init(&s->again, on_again);
	ev_init(&s->late, on_late);
	s->io.data = s->again.data = s->late.data = s;
	return s;
}

/* A number that no other has, and that none had lately. */
static void
number(struct signlink *s, struct sign_ask *a)
{
	uint32_t i = s->room;

	if (s->count + 2 > s->room / 2 && s->room <= PLACES / 2 + 1) {
		s->room = i ? i * 2 : 256;
		s->place = mem_grow(s->place, s->room, sizeof *s->place);
		memset(s->place + i, 0, (s->room - i) * sizeof *s->place);
	}
	do
		s->look = s->look + 1 < s->room ? s->look + 1 : 1;
	while (s->place[s->look]);
	s->place[s->look] = a;
	s->use += PLACES + 1;
	a->number = s->use | s->look;
}

void
signlink_ask(struct signlink *s, struct sign_ask *a)
{
	number(s, a);
	a->until = ev_now(s->loop) + SIGNLINK_WAIT;
	TAILQ_INSERT_TAIL(&s->asks, a, in_order);
	s->count++;
	if (s->f.fd != -1)
		put(s, a);
	else
		reach(s);
	set_late(s);
}

void
signlink_forget(struct signlink *s, struct sign_ask *a)
{
	if (!a->number)
		return;
	s->place[a->number & PLACES] = NULL;
	a->number = 0;
	TAILQ_REMOVE(&s->asks, a, in_order);
	s->count--;
}

void
signlink_flush(struct signlink *s)
{
	int r;

	if (!s->dirty || s->f.fd == -1)
		return;
	s->dirty = 0;
	r = frame_flush(&s->f);
	if (r == -1)
		lost(s);
	else
		evwant(s->loop, &s->io, s->f.fd,
		    EV_READ | (r == 0 ? EV_WRITE : 0));
}

int
signlink_busy(const struct signlink *s)
{
	return s->count >= SIGNLINK_AHEAD;
}
