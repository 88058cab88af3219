#include <string.h>

#include "cmd/dray-dns/client.h"
#include "cmd/dray-dns/txt.h"
#include "common/mem.h"

#define FRAME_IN 512 /* a question is shorter */

static void
begin(struct peer *p)
{
	LIST_INIT(&((struct client *)p)->waiters);
}

static void
gone(struct peer *p)
{
	question_forget((struct client *)p);
}

static int
take(struct peer *p, char type, struct field *r)
{
	uint32_t id = field_getu32(r);
	struct client *c = (struct client *)p;
	const char *name;
	size_t n;

	name = field_getstr(r, 255, &n);
	if (!field_end(r) || p->open >= CLIENT_OPEN)
		return -1;
	if (type == 'M')
		question_ask(c, id, name, n);
	else if (type == 'T' || type == 'A')
		txt_ask(c, type, id, name, n);
	else
		return -1;
	return 0;
}

void
question_reply(
    struct client *c, uint32_t id, const void *data, size_t n, uint32_t ttl)
{
	struct frame *f = &c->peer.frame;
	const char *p = data;

	if (c->peer.dead)
		return;
	frame_begin(f, 'M');
	field_putu32(&f->out, id);
	field_putu8(&f->out, (uint8_t)p[0]);
	field_putu32(&f->out, ttl);
	mem_check(stralloc_catb(&f->out, p + 5, n - 5));
	peers_send(&c->peer);
}

void
client_texts(struct client *c, char type, uint32_t id, int verdict,
    uint32_t ttl, const char *why, const char *texts, size_t n,
    unsigned int count)
{
	struct frame *f = &c->peer.frame;

	if (!c->peer.dead) {
		frame_begin(f, type);
		field_putu32(&f->out, id);
		field_putu8(&f->out, (uint8_t)verdict);
		field_putu32(&f->out, ttl);
		field_putstr(&f->out, why, strnlen(why, DNS_TEXTMAX));
		field_putu8(&f->out, (uint8_t)count);
		mem_check(stralloc_catb(&f->out, texts, n));
		peers_send(&c->peer);
	}
	peers_answered(&c->peer);
}

void
client_start(struct ev_loop *loop, int fd)
{
	static struct peers peers = {
		.size = sizeof(struct client),
		.max = CLIENTS_MAX,
		.framemax = FRAME_IN,
		.ahead = DNS_AHEAD,
		.high = CLIENT_HIGH,
		.most = CLIENT_MAX,
		.begin = begin,
		.take = take,
		.gone = gone,
	};

	peers_start(&peers, loop, fd);
}
