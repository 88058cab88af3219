#include <errno.h>
#include <string.h>

#include "cmd/dray-log/clients.h"
#include "cmd/dray-log/door.h"
#include "common/complain.h"
#include "common/field.h"
#include "common/logline.h"
#include "common/logproto.h"
#include "common/mem.h"
#include "common/sock.h"

struct reading {
	struct client *c;
	stralloc *buf;
};

void
clients_init(struct clients *cs)
{
	unsigned int i;

	memset(cs, 0, sizeof *cs);
	for (i = 0; i < CLIENTS_MAX; i++)
		cs->slot[i].f.fd = -1;
}

static void
add(struct clients *cs, int fd, int door)
{
	unsigned int i = 0;

	while (cs->slot[i].f.fd != -1)
		i++;
	frame_init(&cs->slot[i].f, fd, LOG_FRAMEMAX, 0);
	cs->slot[i].got = cs->slot[i].durable = cs->slot[i].told = 0;
	cs->slot[i].deaf = 0;
	cs->slot[i].door = door;
	cs->n++;
	cs->ndoor += door != 0;
}

/* Those who come by the door leave room for the others. */
int
clients_room(const struct clients *cs, int door)
{
	return door ? cs->ndoor < CLIENTS_DOOR
		    : cs->n - cs->ndoor < CLIENTS_MAX - CLIENTS_DOOR;
}

int
clients_accept(struct clients *cs, int fd, int door)
{
	int s;

	while (clients_room(cs, door)) {
		s = sock_accept(fd);
		if (s == -1)
			return errno == EAGAIN ? 0 : -1;
		add(cs, s, door);
	}
	return 0;
}

static void
end(struct clients *cs, unsigned int i)
{
	frame_free(&cs->slot[i].f);
	cs->n--;
	cs->ndoor -= cs->slot[i].door != 0;
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct reading *r = ctx;
	struct field f;
	uint64_t n;

	(void)fd; /* descriptors are refused */
	field_start(&f, data, len);
	n = field_getu64(&f);
	if (type != 'E' || f.bad || n != r->c->got + 1 ||
	    !logline_allok(data + 8, len - 8, &n) ||
	    (r->c->door && !door_ok(data + 8, len - 8)))
		return -1;
	r->c->got++;
	mem_check(stralloc_catb(r->buf, data + 8, len - 8));
	return 0;
}

void
clients_read(struct clients *cs, unsigned int i, stralloc *buf)
{
	struct reading r = { &cs->slot[i], buf };

	if (frame_pump(&r.c->f, take, &r) != -1)
		return;
	if (errno == EPROTO || errno == ECANCELED)
		complain_client("sent a malformed frame");
	end(cs, i);
}

/* What a client is owed, in one frame.  One that does not read is told again
 * when it has read what it was told before, so that only one frame waits. */
static void
tell(struct client *c)
{
	if (c->told == c->durable || frame_pending(&c->f) || c->deaf)
		return;
	frame_begin(&c->f, 'A');
	field_putu64(&c->f.out, c->durable);
	mem_check(frame_end(&c->f) == 0);
	c->told = c->durable;
}

void
clients_write(struct clients *cs, unsigned int i)
{
	struct client *c = &cs->slot[i];
	int r;

	do {
		tell(c);
		r = frame_flush(&c->f);
	} while (r == 1 && c->told != c->durable && !c->deaf);
	if (r == -1 && errno == EPIPE) {
		/* It is gone, but what it said before is still to be read. */
		c->deaf = 1;
		c->f.out.len = c->f.head = 0;
	} else if (r == -1) {
		end(cs, i);
	}
}

void
clients_acknowledge(struct clients *cs)
{
	unsigned int i;

	for (i = 0; i < CLIENTS_MAX; i++) {
		if (cs->slot[i].f.fd == -1)
			continue;
		cs->slot[i].durable = cs->slot[i].got;
		if (cs->slot[i].told != cs->slot[i].durable)
			clients_write(cs, i);
	}
}

void
clients_drop(struct clients *cs)
{
	unsigned int i;

	for (i = 0; i < CLIENTS_MAX; i++)
		if (cs->slot[i].f.fd != -1)
			end(cs, i);
}
