#include <errno.h>
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

static void
close_all(int *fds, unsigned int *n)
{
	while (*n)
		close(fds[--*n]);
}

void
frame_free(struct frame *f)
{
	close_all(f->outfd, &f->nout);
	close_all(f->infd, &f->nin);
	if (f->fd != -1)
		close(f->fd);
	stralloc_free(&f->out);
	stralloc_free(&f->in);
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
	if (f->making || f->nout == FRAME_FDMAX) {
		errno = EMFILE;
		return -1;
	}
	f->outfd[f->nout++] = fd;
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
			close(f->outfd[--f->nout]);
		errno = EMSGSIZE;
		return -1;
	}
	field_pack32(
	    (unsigned char *)f->out.s + f->start, (uint32_t)(len - HEAD));
	f->out.s[f->start + 5] = (char)f->making;
	return 0;
}

size_t
frame_pending(const struct frame *f)
{
	return f->out.len - f->head;
}

/* One sendmsg, with every descriptor that waits: they may arrive before the
 * frames that own them, never after. */
static ssize_t
send_some(struct frame *f)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof f->outfd)];
	} u;
	struct iovec v = { f->out.s + f->head, f->out.len - f->head };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (f->nout) {
		memset(&u, 0, sizeof u);
		m.msg_control = u.buf;
		m.msg_controllen = CMSG_SPACE(f->nout * sizeof(int));
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(f->nout * sizeof(int));
		memcpy(CMSG_DATA(c), f->outfd, f->nout * sizeof(int));
	}
	return sendmsg(f->fd, &m, MSG_NOSIGNAL);
}

int
frame_flush(struct frame *f)
{
	ssize_t n;

	while (f->head < f->out.len) {
		n = send_some(f);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno == EAGAIN ? 0 : -1;
		close_all(f->outfd, &f->nout);
		f->head += (size_t)n;
	}
	f->head = f->out.len = 0;
	return 1;
}

/* Descriptors beyond what is accepted make the stream malformed, but each of
 * them has to be closed all the same. */
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
			if (f->nin < f->maxfds) {
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
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof f->infd)];
	} u;
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
	size_t have = f->in.len, used = 0;
	ssize_t r;

	if (have)
		memcpy(buf, f->in.s, have);
	r = receive(f, buf + have, sizeof buf - have);
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
