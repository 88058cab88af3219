/* Octets of a peer that may be anybody, over a socketpair.  The first three
 * octets say how large a frame may be, in which pieces the rest comes, and
 * which pieces bring a descriptor. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/frame.h"
#include "common/sock.h"
#include "t/fuzz/fuzz.h"

struct peer {
	size_t max;
	size_t octets; /* handed out */
	unsigned int fds;
	unsigned int stop; /* frames until the handler has enough */
};

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct peer *p = ctx;
	static volatile unsigned char sum;
	size_t i;

	must(len + 2 <= p->max);
	sum = (unsigned char)type;
	for (i = 0; i < len; i++)
		sum = (unsigned char)(sum + (unsigned char)data[i]);
	p->octets += len + 8;
	if (fd != -1) {
		must(close(fd) == 0);
		p->fds--;
	}
	return --p->stop == 0 ? -1 : 0;
}

static void
send_piece(int to, const uint8_t *data, size_t n, int fd)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(sizeof fd)];
	} u;
	struct iovec v = { (void *)data, n };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *c;

	if (fd != -1) {
		memset(&u, 0, sizeof u);
		m.msg_control = u.buf;
		m.msg_controllen = sizeof u.buf;
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	must(sendmsg(to, &m, 0) == (ssize_t)n);
}

/* The lowest descriptor that is free: the same before and after. */
static int
lowest(void)
{
	int fd = dup(0);

	must(fd != -1 && close(fd) == 0);
	return fd;
}

static void
feed(struct frame *f, int to, struct peer *p, const uint8_t *data, size_t n)
{
	size_t i, k, piece = data[1] % 3 ? data[1] : data[1] * 256u + 1;
	unsigned int nth = 0;
	int fd;

	for (i = 3; i < n; i += k, nth++) {
		k = n - i < piece ? n - i : piece;
		fd = data[2] && nth % data[2] == 0 && p->fds < 60 ? 0 : -1;
		p->fds += fd == 0;
		send_piece(to, data + i, k, fd);
		if (frame_pump(f, take, p) == -1)
			return;
		must(f->in.len < p->max + 6);
	}
	/* Nothing is lost, and nothing comes from nowhere. */
	must(p->octets + f->in.len == n - 3);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct peer p = { 0, 0, 0, 100000 };
	struct frame f;
	int fd[2], before;

	if (n < 4)
		return 0;
	before = lowest();
	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0 &&
	    sock_nonblock(fd[0]) == 0);
	p.max = 2 + data[0] * 16u;
	if (data[0] % 5 == 4)
		p.stop = 1 + data[0] % 7;
	frame_init(&f, fd[0], (uint32_t)p.max, data[2] ? FRAME_FDMAX : 0);
	feed(&f, fd[1], &p, data, n);
	close(fd[1]);
	frame_free(&f);
	must(lowest() == before);
	return 0;
}
