#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "common/field.h"
#include "common/logclient.h"
#include "common/logline.h"
#include "common/logproto.h"
#include "common/mem.h"
#include "common/sock.h"

#define LINESMAX (LOG_FRAMEMAX - 10) /* less version, type, number */
#define ANSWERMAX 64
#define AGAIN 20 /* milliseconds until a full queue is tried again */
#define WINDOW (4 * LOG_FRAMEMAX) /* octets copied for sending at a time */

struct logclient_frame {
	struct logclient_frame *next;
	uint64_t last; /* number of its last line */
	size_t len;
	char lines[];
};

void
logclient_init(struct logclient *l, const char *path)
{
	memset(l, 0, sizeof *l);
	l->fd = -1;
	l->path = path;
	frame_init(&l->f, -1, ANSWERMAX, 0);
}

/* What was sent and not acknowledged will be sent again. */
static int
lost(struct logclient *l)
{
	int saved = errno;

	frame_free(&l->f);
	l->fd = -1;
	l->next = l->head;
	errno = saved;
	return -1;
}

int
logclient_connect(struct logclient *l)
{
	if (l->fd != -1)
		return 1;
	l->fd = sock_connect_nonblock(l->path);
	if (l->fd == -1)
		return 0;
	frame_init(&l->f, l->fd, ANSWERMAX, 0);
	l->sent = l->acked = 0;
	l->next = l->head;
	return 1;
}

/* Makes a frame of the lines that were collected. */
static void
seal(struct logclient *l)
{
	struct logclient_frame *p;

	if (l->open.len == 0)
		return;
	p = mem_alloc(sizeof *p + l->open.len);
	p->last = l->seq;
	p->len = l->open.len;
	memcpy(p->lines, l->open.s, p->len);
	l->open.len = 0;
	if (l->tail)
		l->tail->next = p;
	else
		l->head = p;
	l->tail = p;
	if (!l->next)
		l->next = p;
}

uint64_t
logclient_add(struct logclient *l, const char *line, size_t len)
{
	if (!logline_ok(line, len)) {
		errno = EINVAL;
		return 0;
	}
	if (l->open.len + len > LINESMAX)
		seal(l);
	mem_check(stralloc_catb(&l->open, line, len));
	l->backlog += len;
	return ++l->seq;
}

static int
queue_next(struct logclient *l)
{
	frame_begin(&l->f, 'E');
	field_putu64(&l->f.out, l->sent + 1);
	mem_check(stralloc_catb(&l->f.out, l->next->lines, l->next->len));
	if (frame_end(&l->f) == -1)
		return -1;
	l->sent++;
	l->next = l->next->next;
	return 0;
}

int
logclient_flush(struct logclient *l)
{
	int r;

	if (l->fd == -1)
		return 1;
	seal(l);
	do {
		while (l->next && frame_pending(&l->f) < WINDOW)
			if (queue_next(l) == -1)
				return lost(l);
		r = frame_flush(&l->f);
		if (r == -1)
			return lost(l);
	} while (r == 1 && l->next);
	return r;
}

static void
drop_head(struct logclient *l)
{
	struct logclient_frame *p = l->head;

	l->durable = p->last;
	l->backlog -= p->len;
	l->head = p->next;
	if (!l->head)
		l->tail = NULL;
	free(p);
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct logclient *l = ctx;
	struct field r;
	uint64_t n;

	(void)fd; /* descriptors are refused */
	field_start(&r, data, len);
	n = field_getu64(&r);
	if (type != 'A' || !field_end(&r) || n <= l->acked || n > l->sent)
		return -1;
	for (; l->acked < n; l->acked++)
		drop_head(l);
	return 0;
}

int
logclient_read(struct logclient *l)
{
	uint64_t before = l->durable;

	if (l->fd == -1)
		return 0;
	if (frame_pump(&l->f, take, l) == -1) {
		if (errno == ECANCELED)
			errno = EPROTO;
		return lost(l);
	}
	return l->durable != before;
}

uint64_t
logclient_durable(const struct logclient *l)
{
	return l->durable;
}

size_t
logclient_backlog(const struct logclient *l)
{
	return l->backlog;
}

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Sends and receives what is possible within so many milliseconds. */
static int
turn(struct logclient *l, int ms)
{
	struct pollfd p = { .events = POLLIN };
	int r;

	if (logclient_connect(l) == 0) {
		if (errno != EAGAIN)
			return -1;
		(void)poll(NULL, 0, ms < AGAIN ? ms : AGAIN);
		return 0;
	}
	r = logclient_flush(l);
	if (r != -1) {
		p.fd = l->fd;
		p.events = (short)(POLLIN | (r == 0 ? POLLOUT : 0));
		if (poll(&p, 1, ms) > 0 && p.revents & ~POLLOUT)
			r = logclient_read(l);
	}
	if (r == -1 && errno == 0)
		errno = ECONNRESET;
	return r == -1 ? -1 : 0;
}

int
logclient_wait(struct logclient *l, int ms)
{
	int64_t left, end = clock_ms() + ms;

	while (l->backlog) {
		left = end - clock_ms();
		if (left <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (turn(l, (int)left) == -1)
			return -1;
	}
	return 0;
}

void
logclient_free(struct logclient *l)
{
	while (l->head)
		drop_head(l);
	stralloc_free(&l->open);
	frame_free(&l->f);
	l->fd = -1;
}
