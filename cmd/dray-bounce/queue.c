#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-bounce/queue.h"
#include "common/bundle.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/sock.h"

#define PIECE 32768 /* octets of DATA a frame */
#define STREAM "notices"

/* Verdicts come several at a time. */
struct queue {
	struct frame f;
	struct queueclient_verdict v[2 * QUEUE_AHEAD];
	size_t first, n;
};

struct queue *
queue_open(const char *path)
{
	struct queue *q;
	int fd = sock_connect(path);

	if (fd == -1)
		return NULL;
	q = mem_alloc(sizeof *q);
	frame_init(&q->f, fd, QUEUE_FRAMEMAX, 0);
	return q;
}

void
queue_close(struct queue *q)
{
	frame_free(&q->f);
	free(q);
}

static void
put(struct queue *q, const char *s)
{
	field_putstr(&q->f.out, s, strlen(s));
}

/* The envelope id is that of the message which the notice is about, so that
 * the events of one lead to the other.  RET: should it fail, the postmaster
 * sees all of it. */
static int
put_envelope(struct queue *q, const struct dsn *d)
{
	const struct notice *n = d->n;

	frame_begin(&q->f, 'M');
	field_putu32(&q->f.out, QUEUE_NOTICE | (n->isnotice ? QUEUE_LAST : 0));
	field_putu8(&q->f.out, 'F');
	field_putu32(&q->f.out, 0);
	put(q, "");
	put(q, strlen(n->id) > BUNDLE_ENVIDMAX ? "" : n->id);
	put(q, STREAM);
	put(q, "");
	put(q, n->tenant);
	put(q, n->campaign);
	if (frame_end(&q->f) == -1)
		return -1;
	frame_begin(&q->f, 'R');
	put(q, dsn_to(d));
	field_putu8(&q->f.out, 0);
	put(q, "");
	return frame_end(&q->f);
}

int
queue_send(struct queue *q, const struct dsn *d, const stralloc *octets)
{
	size_t at, some;

	if (put_envelope(q, d) == -1)
		return -1;
	for (at = 0; at < octets->len; at += some) {
		some = octets->len - at > PIECE ? PIECE : octets->len - at;
		frame_begin(&q->f, 'D');
		mem_check(stralloc_catb(&q->f.out, octets->s + at, some));
		if (frame_end(&q->f) == -1)
			return -1;
	}
	frame_begin(&q->f, 'E');
	field_putu64(&q->f.out, octets->len);
	if (frame_end(&q->f) == -1)
		return -1;
	return frame_flush(&q->f) == -1 ? -1 : 0;
}

static void
copy(char *d, size_t room, struct field *r)
{
	size_t len;
	const char *s = field_getstr(r, room - 1, &len);

	memcpy(d, s, len);
	d[len] = '\0';
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct queue *q = ctx;
	struct queueclient_verdict *v;
	struct field r;

	(void)fd;
	if (q->n == sizeof q->v / sizeof *q->v)
		return -1;
	v = &q->v[(q->first + q->n) % (sizeof q->v / sizeof *q->v)];
	memset(v, 0, sizeof *v);
	field_start(&r, data, len);
	if (type == 'A') {
		v->code = 'A';
		copy(v->id, sizeof v->id, &r);
	} else if (type == 'N') {
		v->code = field_getu8(&r) == '5' ? 'P' : 'T';
		copy(v->status, sizeof v->status, &r);
		copy(v->text, sizeof v->text, &r);
	}
	if (!v->code || !field_end(&r))
		return -1;
	q->n++;
	return 0;
}

int
queue_verdict(struct queue *q, struct queueclient_verdict *v_r)
{
	while (q->n == 0) {
		if (frame_pump(&q->f, take, q) != -1)
			continue;
		if (errno == 0 || errno == ECANCELED)
			errno = EPROTO;
		return -1;
	}
	*v_r = q->v[q->first];
	q->first = (q->first + 1) % (sizeof q->v / sizeof *q->v);
	q->n--;
	return 0;
}
