#include <errno.h>
#include <string.h>

#include "common/mem.h"

#include "handle.h"
#include "lane.h"
#include "output.h"
#include "transact.h"
#include "transport.h"
#include "worker.h"

#define BUFFER 16384 /* octets of a new buffer */

char *
output_room(struct lane *l, size_t n)
{
	struct buf *b = &l->out;

	if (!b->s)
		worker_spare(l->w, b);
	if (b->s && b->room - b->len >= n)
		return b->s + b->len;
	if (b->s && b->pos) {
		memmove(b->s, b->s + b->pos, b->len - b->pos);
		b->len -= b->pos;
		b->pos = 0;
	}
	if (!b->s || b->room - b->len < n) {
		b->room = (b->len + n) + (b->len + n) / 2 + BUFFER;
		b->s = mem_grow(b->s, b->room, 1);
	}
	return b->s + b->len;
}

void
output_took(struct lane *l, size_t n)
{
	l->out.len += n;
}

void
output_add(struct lane *l, const void *s, size_t n)
{
	memcpy(output_room(l, n), s, n);
	output_took(l, n);
}

void
output_cut(struct lane *l, size_t n)
{
	l->out.len -= n;
}

size_t
output_pending(const struct lane *l)
{
	return l->out.len - l->out.pos;
}

uint64_t
output_place(const struct lane *l)
{
	return l->written + output_pending(l);
}

void
output_body(struct lane *l, struct job *j, int plain)
{
	l->body = j;
	l->body_off = j->offset;
	l->body_left = j->stored;
	/* Without a stuffed dot both forms are the same. */
	l->body_plain = plain && j->plain != j->stored;
	wire_unstuff_init(&l->unstuff);
}

void
output_reset(struct lane *l)
{
	l->body = NULL;
	if (l->out.s)
		worker_give(l->w, &l->out);
}

static void
deaf(struct lane *l)
{
	l->deaf = 1;
	l->since = ev_now(l->w->loop);
	output_reset(l);
}

/* After a write: 1 go on, 0 the socket is full or of no use. */
static int
wrote(struct lane *l, ssize_t n)
{
	if (n > 0) {
		l->written += (uint64_t)n;
		l->since = ev_now(l->w->loop);
		return 1;
	}
	if (n == -1 && errno == EINTR)
		return 1;
	if (n == -1 && errno != EAGAIN)
		deaf(l);
	return 0;
}

static int
send_buffer(struct lane *l)
{
	struct buf *b = &l->out;
	ssize_t n;

	while (b->pos < b->len) {
		n = transport_write(
		    l, b->s + b->pos, b->len - b->pos, l->body != NULL);
		if (n > 0)
			b->pos += (size_t)n;
		if (!wrote(l, n))
			return 0;
	}
	if (b->s)
		worker_give(l->w, b);
	return 1;
}

/* The next piece of a message that has to pass through memory, because its dots
 * are to be unstuffed or because it is to be encrypted. */
static int
body_read(struct lane *l)
{
	size_t n =
	    l->body_left < OUTPUT_CHUNK ? (size_t)l->body_left : OUTPUT_CHUNK;
	char *p = output_room(l, n);

	if (handle_read(l->body->handle, l->body_off, n, p) == -1)
		return -1;
	l->body_off += n;
	l->body_left -= n;
	output_took(l, l->body_plain ? wire_unstuff(&l->unstuff, p, n, p) : n);
	return 0;
}

/* Sends up to max octets from the file: 1 go on, 0 full, -1 cannot be read. */
static int
body_sendfile(struct lane *l, size_t max)
{
	off_t off = (off_t)l->body_off;
	size_t n = l->body_left < max ? (size_t)l->body_left : max;
	ssize_t r;

	r = transport_sendfile(l, l->body->handle->fd, &off, n);
	if (r == 0)
		errno = EPIPE;
	if (r == 0 || (r == -1 && (errno == EIO || errno == EINVAL)))
		return -1;
	if (r > 0) {
		l->body_off += (uint64_t)r;
		l->body_left -= (uint64_t)r;
	}
	return wrote(l, r);
}

/* One piece of the body: as body_sendfile. */
static int
send_body(struct lane *l, uint64_t *slice)
{
	uint64_t before = l->body_left;
	int r;

	if (l->body_plain || !transport_has_sendfile(l))
		r = body_read(l) == -1 ? -1 : send_buffer(l);
	else
		r = body_sendfile(l, *slice);
	if (!l->body)
		return 0;
	*slice -=
	    before - l->body_left < *slice ? before - l->body_left : *slice;
	return r;
}

int
output_flush(struct lane *l)
{
	uint64_t slice = OUTPUT_SLICE;
	int r;

	for (;;) {
		if (!send_buffer(l))
			return 0;
		if (!l->body)
			return 1;
		if (!l->body_left) {
			l->body = NULL;
			transact_sent(l);
			continue;
		}
		if (!slice)
			return 0;
		r = send_body(l, &slice);
		if (r == -1)
			transact_unreadable(l, l->body);
		if (r != 1)
			return 0;
	}
}
