#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <skalibs/strerr.h>
#include <sodium.h>

#include "cmd/dray-smtpd/authclient.h"
#include "common/authproto.h"
#include "common/evwant.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/keyhash.h"
#include "common/mem.h"
#include "common/sock.h"

#define FULL 1048576 /* octets that may wait to be sent */

struct auth_ask {
	UT_hash_handle hh;
	TAILQ_ENTRY(auth_ask) in_order;
	struct authclient *c;
	uint32_t id;
	ev_tstamp until;
	auth_fn *fn; /* NULL: the owner is gone */
	void *owner;
	char user[ACCOUNT_NAMEMAX + 1]; /* of a message that is taken, or "" */
};

struct authclient {
	struct ev_loop *loop;
	const char *path;
	struct frame f; /* f.fd -1: there is none */
	ev_io io;
	ev_prepare flush;
	ev_timer late;
	struct auth_ask *asks; /* by id */
	TAILQ_HEAD(, auth_ask) order;
	uint32_t id;
	int dirty; /* has frames to flush */
	int told; /* that nobody is there */
};

/* Its answer is here, or will never come. */
static void
settle(struct auth_ask *a, const struct auth_answer *answer)
{
	struct authclient *c = a->c;
	auth_fn *fn = a->fn;
	void *owner = a->owner;

	HASH_DEL(c->asks, a);
	TAILQ_REMOVE(&c->order, a, in_order);
	if (!fn && a->user[0] && answer->verdict == AUTH_GOOD)
		authclient_give(c, a->user, answer->day);
	free(a);
	if (fn)
		fn(owner, answer);
}

/* Those that are asked meanwhile go over another connection. */
static void
lost(struct authclient *c)
{
	const struct auth_answer none = { .verdict = 0 };
	uint32_t last = c->id;
	struct auth_ask *a;

	ev_io_stop(c->loop, &c->io);
	frame_free(&c->f);
	c->dirty = 0;
	while ((a = TAILQ_FIRST(&c->order)) && last - a->id < UINT32_MAX / 2)
		settle(a, &none);
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct auth_answer answer = { .verdict = 0 };
	struct authclient *c = ctx;
	struct auth_ask *a;
	struct field r;
	uint32_t id;

	(void)fd; /* none is accepted */
	field_start(&r, data, len);
	id = field_getu32(&r);
	answer.verdict = (char)field_getu8(&r);
	if (type == 'T') {
		answer.day = field_getu32(&r);
		answer.number = field_getu64(&r);
	} else if (answer.verdict == AUTH_GOOD) {
		account_get(&r, &answer.a);
	}
	HASH_FIND(hh, c->asks, &id, sizeof id, a);
	if ((type != 'T' && type != 'V') || !field_end(&r) || !a ||
	    (type == 'T') != (a->user[0] != '\0'))
		return -1;
	settle(a, &answer);
	return 0;
}

static void
watch(struct authclient *c)
{
	evwant(c->loop, &c->io, c->f.fd,
	    EV_READ | (frame_pending(&c->f) ? EV_WRITE : 0));
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct authclient *c = w->data;

	(void)loop;
	if (revents & EV_READ && frame_pump(&c->f, take, c) == -1)
		lost(c);
	else if (revents & EV_WRITE)
		c->dirty = 1;
}

/* Nothing of a password stays where it has left. */
static void
flush(struct authclient *c)
{
	int r = frame_flush(&c->f);

	c->dirty = 0;
	if (r == -1) {
		lost(c);
		return;
	}
	if (r == 1 && c->f.out.a)
		sodium_memzero(c->f.out.s, c->f.out.a);
	watch(c);
}

static void
set_late(struct authclient *c)
{
	const struct auth_ask *a = TAILQ_FIRST(&c->order);

	if (!a || ev_is_active(&c->late))
		return;
	ev_timer_set(&c->late, a->until - ev_now(c->loop), 0);
	ev_timer_start(c->loop, &c->late);
}

static void
before_sleep(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct authclient *c = w->data;

	(void)loop;
	(void)revents;
	if (c->dirty)
		flush(c);
	set_late(c);
}

/* One that does not answer one question is not asked any more: it is stuck. */
static void
on_late(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct authclient *c = w->data;
	const struct auth_ask *a = TAILQ_FIRST(&c->order);

	(void)revents;
	if (!a || a->until > ev_now(loop))
		return;
	strerr_warnw("dray-auth does not answer");
	lost(c);
}

struct authclient *
authclient_new(struct ev_loop *loop, const char *path)
{
	struct authclient *c = mem_alloc(sizeof *c);

	c->loop = loop;
	c->path = path;
	c->f.fd = -1;
	TAILQ_INIT(&c->order);
	ev_init(&c->io, ready);
	c->io.data = c;
	ev_init(&c->late, on_late);
	c->late.data = c;
	ev_prepare_init(&c->flush, before_sleep);
	c->flush.data = c;
	ev_prepare_start(loop, &c->flush);
	return c;
}

static int
reach(struct authclient *c)
{
	int fd;

	if (c->f.fd != -1)
		return 0;
	fd = sock_connect_nonblock(c->path);
	if (fd == -1) {
		if (!c->told)
			strerr_warnwusys("reach dray-auth");
		c->told = 1;
		return -1;
	}
	c->told = 0;
	frame_init(&c->f, fd, AUTH_FRAMEMAX, 0);
	/* A buffer that grew would leave its octets behind. */
	mem_check(stralloc_ready(&c->f.out, 16384));
	watch(c);
	return 0;
}

static struct auth_ask *
begin(struct authclient *c, char type, auth_fn *fn, void *owner)
{
	struct auth_ask *a;

	if (reach(c) == -1 || frame_pending(&c->f) > FULL ||
	    HASH_COUNT(c->asks) >= AUTH_AHEAD)
		return NULL;
	a = mem_alloc(sizeof *a);
	a->c = c;
	a->id = ++c->id;
	a->fn = fn;
	a->owner = owner;
	a->until = ev_now(c->loop) + AUTHCLIENT_WAIT;
	HASH_ADD(hh, c->asks, id, sizeof a->id, a);
	TAILQ_INSERT_TAIL(&c->order, a, in_order);
	frame_begin(&c->f, type);
	field_putu32(&c->f.out, a->id);
	return a;
}

static void
end(struct authclient *c)
{
	if (frame_end(&c->f) == -1)
		strerr_dief(101, "a frame is too large");
	c->dirty = 1;
}

struct auth_ask *
authclient_check(struct authclient *c, const struct net_addr *addr,
    const struct sasl *s, auth_fn *fn, void *owner)
{
	struct auth_ask *a = begin(c, 'C', fn, owner);

	if (!a)
		return NULL;
	field_putu8(&c->f.out, addr->family);
	mem_check(stralloc_catb(&c->f.out, (const char *)addr->ip, 16));
	field_putstr(&c->f.out, s->user, s->ulen);
	field_putstr(&c->f.out, s->password, s->plen);
	end(c);
	return a;
}

struct auth_ask *
authclient_take(
    struct authclient *c, const char *user, auth_fn *fn, void *owner)
{
	struct auth_ask *a = begin(c, 'T', fn, owner);

	if (!a)
		return NULL;
	memcpy(a->user, user, strlen(user) + 1);
	field_putstr(&c->f.out, user, strlen(user));
	end(c);
	return a;
}

/* What nobody hears stays counted. */
void
authclient_give(struct authclient *c, const char *user, uint32_t day)
{
	if (reach(c) == -1 || frame_pending(&c->f) > FULL)
		return;
	frame_begin(&c->f, 'G');
	field_putu32(&c->f.out, day);
	field_putstr(&c->f.out, user, strlen(user));
	end(c);
}

void
authclient_forget(struct auth_ask *a)
{
	a->fn = NULL;
}
