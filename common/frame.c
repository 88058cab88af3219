#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"

#define HEAD 6 /* length and number of descriptors */
#define READSIZE 262144 /* a leftover of FRAME_MAX fits with room to read */

void
frame_init(struct frame *f, int fd, uint32_t max, unsigned int maxfds)
{
	memset(f, 0, sizeof *f);
	f->fd = fd;
	f->max = max > FRAME_MAX ? FRAME_MAX : max;
	f->maxfds = maxfds > FRAME_FDMAX ? FRAME_FDMAX : maxfds;
}

void
frame_free(struct frame *f)
{
	unsigned int i;

	for (i = f->nahead; i < f->nout; i++)
		close(f->outfd[i].fd);
	while (f->nin)
		close(f->infd[--f->nin]);
	if (f->fd != -1)
		close(f->fd);
	free(f->outfd);
	stralloc_free(&f->out);
	stralloc_free(&f->in);
	memset(f, 0, sizeof *f);
	f->fd = -1;
}

void
frame_begin(struct frame *f, char type)
{
	f->start = f->out.len;
	f->making = 0;
	field_putu32(&f->out, 0);
	field_putu16(&f->out, 0);
	field_putu8(&f->out, FRAME_VERSION);
	field_putu8(&f->out, (uint8_t)type);
}

int
frame_attach(struct frame *f, int fd)
{
	if (f->making || f->nout - f->nahead == FRAME_WAITMAX) {
		errno = EMFILE;
		return -1;
	}
	if (f->nout == f->room) {
		f->room = f->room ? f->room * 2 : 4;
		f->outfd = mem_grow(f->outfd, f->room, sizeof *f->outfd);
	}
	f->outfd[f->nout++].fd = fd;
	f->making = 1;
	return 0;
}

int
frame_end(struct frame *f)
{
	size_t len = f->out.len - f->start;

	if (len - HEAD > FRAME_MAX) {
		f->out.len = f->start;
		if (f->making)
			close(f->outfd[--f->nout].fd);
		errno = EMSGSIZE;
		return -1;
	}
	field_pack32(
	    (unsigned char *)f->out.s + f->start, (uint32_t)(len - HEAD));
	f->out.s[f->start + 5] = (char)f->making;
	if (f->making)
		f->outfd[f->nout - 1].end = f->out.len;
	return 0;
}

size_t
frame_pending(const struct frame *f)
{
	return f->out.len - f->head;
}

union fds {
	struct cmsghdr align;
	char buf[CMSG_SPACE(FRAME_FDMAX * sizeof(int))];
};

static void
put_fds(
    struct msghdr *m, union fds *u, const struct frame_fd *list, unsigned int n)
{
	struct cmsghdr *c;
	unsigned int i;

	memset(u, 0, sizeof *u);
	m->msg_control = u->buf;
	m->msg_controllen = CMSG_SPACE(n * sizeof(int));
	c = CMSG_FIRSTHDR(m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(n * sizeof(int));
	for (i = 0; i < n; i++)
		memcpy(
		    CMSG_DATA(c) + i * sizeof(int), &list[i].fd, sizeof(int));
}

/* One sendmsg.  Descriptors go before the frames that own them, never after,
 * but never more than FRAME_FDMAX ahead: a receiver takes no more.  What lies
 * behind the last frame whose descriptor goes has to wait for its own. */
static ssize_t
send_some(struct frame *f)
{
	union fds u;
	struct iovec v = { f->out.s + f->head, f->out.len - f->head };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	unsigned int n = f->nout < FRAME_FDMAX ? f->nout : FRAME_FDMAX;
	ssize_t r;

	if (n < f->nout)
		v.iov_len = f->outfd[n - 1].end - f->head;
	if (n > f->nahead)
		put_fds(&m, &u, f->outfd + f->nahead, n - f->nahead);
	r = sendmsg(f->fd, &m, MSG_NOSIGNAL);
	for (; r > 0 && f->nahead < n; f->nahead++) {
		close(f->outfd[f->nahead].fd);
		f->outfd[f->nahead].fd = -1;
	}
	return r;
}

/* Octets have been sent: whole frames take their descriptors off the list. */
static void
sent(struct frame *f, size_t n)
{
	unsigned int whole = 0;

	f->head += n;
	while (whole < f->nahead && f->outfd[whole].end <= f->head)
		whole++;
	if (whole == 0)
		return;
	f->nout -= whole;
	f->nahead -= whole;
	memmove(f->outfd, f->outfd + whole, f->nout * sizeof *f->outfd);
}

/* Moves what waits to the front, once that is the smaller part: a peer that
 * always lags behind would make the buffer grow for ever. */
static void
compact(struct frame *f)
{
	unsigned int i;

	if (f->head < READSIZE || f->head < f->out.len / 2)
		return;
	f->out.len -= f->head;
	memmove(f->out.s, f->out.s + f->head, f->out.len);
	for (i = 0; i < f->nout; i++)
		f->outfd[i].end -= f->head;
	f->head = 0;
}

int
frame_flush(struct frame *f)
{
	ssize_t n;

	while (f->head < f->out.len) {
		n = send_some(f);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1 && errno == EAGAIN) {
			compact(f);
			return 0;
		}
		if (n == -1)
			return -1;
		sent(f, (size_t)n);
	}
	f->head = f->out.len = 0;
	return 1;
}

/* Descriptors beyond what is accepted make the stream malformed, but each of
 * them has to be closed all the same.  Frames received together with new
 * descriptors have not been handed out yet: theirs may still be here, too. */
static int
take_fds(struct frame *f, struct msghdr *m)
{
	struct cmsghdr *c;
	size_t i, n;
	int bad = 0, fd;

	for (c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < n; i++) {
			memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
			if (f->nin < 2 * f->maxfds) {
				f->infd[f->nin++] = fd;
			} else {
				close(fd);
				bad = 1;
			}
		}
	}
	return bad || (m->msg_flags & MSG_CTRUNC) ? -1 : 0;
}

static ssize_t
receive(struct frame *f, char *b, size_t n)
{
	union fds u;
	struct iovec v = { b, n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	ssize_t r;

	m.msg_control = u.buf;
	m.msg_controllen = sizeof u.buf;
	do
		r = recvmsg(f->fd, &m, MSG_CMSG_CLOEXEC);
	while (r == -1 && errno == EINTR);
	if (r >= 0 && take_fds(f, &m) == -1) {
		errno = EPROTO;
		return -1;
	}
	return r;
}

/* Hands out one frame if it is whole: its size, 0 if not, -1 EPROTO. */
static ssize_t
one(struct frame *f, const char *b, size_t n, frame_fn *fn, void *ctx)
{
	struct field r;
	uint32_t len;
	unsigned int nfds;
	int fd = -1;

	if (n < HEAD)
		return 0;
	field_start(&r, b, n);
	len = field_getu32(&r);
	nfds = field_getu16(&r);
	if (len < 2 || len > f->max || nfds > 1) {
		errno = EPROTO;
		return -1;
	}
	if (n - HEAD < len)
		return 0;
	if (b[HEAD] != FRAME_VERSION || nfds > f->nin) {
		errno = EPROTO;
		return -1;
	}
	if (nfds) {
		fd = f->infd[0];
		f->nin--;
		memmove(f->infd, f->infd + 1, f->nin * sizeof fd);
	}
	if (fn(ctx, b[HEAD + 1], b + HEAD + 2, len - 2, fd) == -1) {
		errno = ECANCELED;
		return -1;
	}
	return (ssize_t)(HEAD + len);
}

int
frame_pump(struct frame *f, frame_fn *fn, void *ctx)
{
	/* Shared by all connections: only what is left over is kept in each,
	 * so that a thousand idle clients cost little. */
	static _Thread_local char buf[READSIZE];
	size_t have = f->in.len, used = 0, room = sizeof buf - have;
	ssize_t r;

	if (have)
		memcpy(buf, f->in.s, have);
	if (f->most && f->most < room)
		room = f->most;
	r = receive(f, buf + have, room);
	if (r == -1)
		return errno == EAGAIN ? 0 : -1;
	if (r == 0) {
		errno = have ? EPROTO : 0;
		return -1;
	}
	have += (size_t)r;
	while ((r = one(f, buf + used, have - used, fn, ctx)) > 0)
		used += (size_t)r;
	if (r == -1)
		return -1;
	mem_check(stralloc_copyb(&f->in, buf + used, have - used));
	if (f->in.len == 0)
		stralloc_free(&f->in);
	return 1;
}
