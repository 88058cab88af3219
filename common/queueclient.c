#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/queueclient.h"
#include "common/sock.h"

#define PIECE 32768 /* octets of DATA a frame */

/* Verdicts come in the order of the messages. */
struct queueclient {
	struct frame f;
	uint64_t octets;
	int inrcpts; /* a frame of recipients is being made */
	int inmessage; /* started and not finished */
	int error; /* nothing more will come */
	unsigned int finished; /* messages whose verdict was not taken */
	unsigned int first, n; /* verdicts that have come */
	struct queueclient_verdict v[QUEUECLIENT_AHEAD];
	struct queueclient_campaign *asked; /* its answer has not come */
};

struct queueclient *
queueclient_open(const char *path)
{
	struct queueclient *q;
	int fd = sock_connect(path);

	if (fd == -1)
		return NULL;
	q = mem_alloc(sizeof *q);
	frame_init(&q->f, fd, QUEUE_FRAMEMAX, 0);
	return q;
}

void
queueclient_close(struct queueclient *q)
{
	frame_free(&q->f);
	free(q);
}

static void
copy(char *d, size_t room, struct field *r)
{
	size_t len;
	const char *s = field_getstr(r, room - 1, &len);

	memcpy(d, s, len);
	d[len] = '\0';
}

int
queueclient_take(
    struct queueclient_verdict *v_r, char type, const char *data, size_t len)
{
	struct field r;

	memset(v_r, 0, sizeof *v_r);
	field_start(&r, data, len);
	if (type == 'A' || type == 'S')
		v_r->code = type;
	else if (type == 'N')
		v_r->code = field_getu8(&r) == '5' ? 'P' : 'T';
	else
		return -1;
	if (type == 'A') {
		copy(v_r->id, sizeof v_r->id, &r);
		if (field_left(&r))
			v_r->suppressed = field_getu32(&r);
	} else {
		copy(v_r->status, sizeof v_r->status, &r);
		copy(v_r->text, sizeof v_r->text, &r);
	}
	if (type == 'S')
		v_r->part = field_getu8(&r);
	return field_end(&r) ? 0 : -1;
}

static int
take_campaign(struct queueclient_campaign *c, const char *data, size_t len)
{
	struct field r;
	const char *digest, *bits;
	size_t ndigest, nbits;

	memset(c, 0, sizeof *c);
	field_start(&r, data, len);
	c->known = field_getu8(&r);
	c->began = field_getu64(&r);
	c->chunks = field_getu32(&r);
	c->accepted = field_getu32(&r);
	c->recipients = field_getu64(&r);
	digest = field_getstr(&r, sizeof c->digest, &ndigest);
	bits = field_getstr(&r, sizeof c->bits, &nbits);
	if (!field_end(&r) || c->chunks > LEDGER_CHUNKS || c->known > 3 ||
	    (c->known == 1 &&
		(ndigest != LEDGER_DIGEST || nbits != (c->chunks + 7u) / 8)))
		return -1;
	memcpy(c->digest, digest, ndigest);
	memcpy(c->bits, bits, nbits);
	return 0;
}

/* The message being sent has been refused already. */
static int
is_refused(const struct queueclient *q)
{
	return q->n > q->finished;
}

static int
verdict(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct queueclient *q = ctx;
	struct queueclient_verdict *v;

	(void)fd;
	if (type == 'C' && q->asked) {
		if (take_campaign(q->asked, data, len) == -1)
			return -1;
		q->asked = NULL;
		return 0;
	}
	if (type == 'S' || q->n == q->finished + (unsigned int)q->inmessage)
		return -1;
	v = &q->v[(q->first + q->n) % QUEUECLIENT_AHEAD];
	if (queueclient_take(v, type, data, len) == -1)
		return -1;
	q->n++;
	return 0;
}

static int
receive(struct queueclient *q)
{
	if (!q->error && frame_pump(&q->f, verdict, q) == -1)
		q->error = errno && errno != ECANCELED ? errno : EPROTO;
	errno = q->error;
	return q->error ? -1 : 0;
}

/* An early refusal is seen here, so that a large message is not sent in vain.
 * When the send fails because dray-queued hung up, its last word may still be
 * there to read. */
static int
flush(struct queueclient *q)
{
	char c;
	int r = frame_flush(&q->f) == -1 ? errno : 0;

	if (recv(q->f.fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) > 0 &&
	    receive(q) == -1)
		r = errno;
	if (is_refused(q))
		r = EPIPE;
	errno = r;
	return r ? -1 : 0;
}

static int
end_frame(struct queueclient *q)
{
	q->inrcpts = 0;
	return frame_end(&q->f);
}

static void
put(struct queueclient *q, const char *s)
{
	field_putstr(&q->f.out, s ? s : "", s ? strlen(s) : 0);
}

int
queueclient_start(struct queueclient *q, const struct queueclient_msg *m)
{
	if (q->finished == QUEUECLIENT_AHEAD) {
		errno = EBUSY;
		return -1;
	}
	q->octets = 0;
	q->inmessage = 1;
	frame_begin(&q->f, 'M');
	field_putu32(&q->f.out, m->flags);
	field_putu8(&q->f.out, m->ret);
	field_putu32(&q->f.out, m->lifetime);
	put(q, m->sender);
	put(q, m->envid);
	put(q, m->stream);
	put(q, m->route);
	put(q, m->tenant);
	put(q, m->campaign);
	if (m->flags & QUEUE_TIMES) {
		field_putu64(&q->f.out, m->start);
		field_putstr(&q->f.out, m->windows, m->nwindows);
	}
	if (m->flags & QUEUE_CHUNK) {
		field_putu32(&q->f.out, m->chunk);
		field_putu32(&q->f.out, m->chunks);
		field_putstr(&q->f.out, m->digest, LEDGER_DIGEST);
		field_putstr(&q->f.out, m->all, LEDGER_DIGEST);
		field_putu64(&q->f.out, m->began);
	}
	return end_frame(q);
}

/* A row is not cut, so that a frame ends in front of one it has no room for. */
static int
put_rcpt(struct queueclient *q, const char *addr, size_t len, uint8_t notify,
    const char *orcpt, size_t row)
{
	if (q->inrcpts &&
	    q->f.out.len - q->f.start + len + row > QUEUE_FRAMEMAX - 1024 &&
	    (end_frame(q) == -1 || flush(q) == -1))
		return -1;
	if (!q->inrcpts)
		frame_begin(&q->f, 'R');
	q->inrcpts = 1;
	field_putstr(&q->f.out, addr, len);
	field_putu8(&q->f.out, notify);
	put(q, orcpt);
	return 0;
}

static int
end_rcpt(struct queueclient *q)
{
	if (q->f.out.len - q->f.start < PIECE)
		return 0;
	return end_frame(q) == -1 ? -1 : flush(q);
}

int
queueclient_rcpt(struct queueclient *q, const char *addr, size_t len,
    uint8_t notify, const char *orcpt)
{
	if (put_rcpt(q, addr, len, notify, orcpt, 0) == -1)
		return -1;
	return end_rcpt(q);
}

int
queueclient_row(struct queueclient *q, const char *addr, size_t len,
    const char *row, size_t n)
{
	if (put_rcpt(q, addr, len, 0, NULL, n) == -1)
		return -1;
	field_putstr(&q->f.out, row, n);
	return end_rcpt(q);
}

int
queueclient_data(struct queueclient *q, const void *b, size_t n)
{
	const char *s = b;
	size_t some;

	if (q->inrcpts && end_frame(q) == -1)
		return -1;
	for (; n; n -= some, s += some) {
		some = n > PIECE ? PIECE : n;
		frame_begin(&q->f, 'D');
		mem_check(stralloc_catb(&q->f.out, s, some));
		q->octets += some;
		if (end_frame(q) == -1)
			return -1;
		if (frame_pending(&q->f) >= PIECE && flush(q) == -1)
			return -1;
	}
	return 0;
}

/* One that was refused early, too: dray-queued waits for its end. */
int
queueclient_finish(struct queueclient *q)
{
	if (q->inrcpts && end_frame(q) == -1)
		return -1;
	q->inmessage = 0;
	q->finished++;
	frame_begin(&q->f, 'E');
	field_putu64(&q->f.out, q->octets);
	return end_frame(q) == -1 ? -1 : flush(q);
}

int
queueclient_verdict(struct queueclient *q, struct queueclient_verdict *v_r)
{
	while (q->n == 0)
		if (receive(q) == -1)
			return -1;
	*v_r = q->v[q->first];
	q->first = (q->first + 1) % QUEUECLIENT_AHEAD;
	q->n--;
	q->finished--;
	return 0;
}

/* When dray-queued hung up, the verdict may have come all the same. */
int
queueclient_end(struct queueclient *q, struct queueclient_verdict *v_r)
{
	if (queueclient_finish(q) == -1 && q->n == 0)
		return -1;
	return queueclient_verdict(q, v_r);
}

int
queueclient_ask(struct queueclient *q, const char *campaign,
    struct queueclient_campaign *c_r)
{
	q->asked = c_r;
	frame_begin(&q->f, 'Q');
	put(q, campaign);
	if (frame_end(&q->f) == -1 || flush(q) == -1)
		return -1;
	while (q->asked)
		if (receive(q) == -1)
			return -1;
	return 0;
}
