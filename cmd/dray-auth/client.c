#include <string.h>

#include <sodium.h>

#include "cmd/dray-auth/check.h"
#include "cmd/dray-auth/client.h"
#include "cmd/dray-auth/count.h"
#include "common/authproto.h"
#include "common/peers.h"

struct client {
	struct peer peer;
	struct check_waiters waiters;
};

static void
begin(struct peer *p)
{
	LIST_INIT(&((struct client *)p)->waiters);
}

static void
gone(struct peer *p)
{
	check_forget((struct client *)p);
	p->open = 0;
	if (p->frame.in.len)
		sodium_memzero(p->frame.in.s, p->frame.in.len);
}

struct check_waiters *
check_list(struct client *c)
{
	return &c->waiters;
}

void
check_answer(
    struct client *c, uint32_t id, char verdict, const struct account *a)
{
	struct frame *f = &c->peer.frame;

	frame_begin(f, 'V');
	field_putu32(&f->out, id);
	field_putu8(&f->out, (uint8_t)verdict);
	if (a)
		account_put(&f->out, a);
	peers_send(&c->peer);
	peers_answered(&c->peer);
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
	if (!field_end(r) || c->peer.open >= AUTH_AHEAD)
		return -1;
	c->peer.open++;
	check_ask(c, id, &net, user, ulen, password, plen);
	/* What the frames share keeps it until others come. */
	sodium_memzero((void *)(uintptr_t)password, plen);
	return 0;
}

static int
on_take(struct peer *p, struct field *r)
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
	frame_begin(&p->frame, 'T');
	field_putu32(&p->frame.out, id);
	field_putu8(&p->frame.out, (uint8_t)v);
	field_putu32(&p->frame.out, day);
	field_putu64(&p->frame.out, n);
	peers_send(p);
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
take(struct peer *p, char type, struct field *r)
{
	switch (type) {
	case 'C':
		return on_check((struct client *)p, r);
	case 'T':
		return on_take(p, r);
	case 'G':
		return on_give(r);
	}
	return -1;
}

void
client_start(struct ev_loop *loop, int fd)
{
	static struct peers peers = {
		.size = sizeof(struct client),
		.max = CLIENT_MAX,
		.framemax = AUTH_FRAMEMAX,
		.high = CLIENT_HIGH,
		.ours = 1,
		.begin = begin,
		.take = take,
		.gone = gone,
	};

	peers_start(&peers, loop, fd);
}
