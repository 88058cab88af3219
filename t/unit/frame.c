/* Frames over a socketpair.  Descriptors are counted in /proc/self/fd, so a
 * leak is seen wherever it happens. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/field.h"
#include "common/frame.h"
#include "common/sock.h"
#include "t/lib/tap.h"

/* What was handed out. */
static struct seen {
	int n;
	uint32_t next; /* each frame's first field counts up from 0 */
	int bad; /* out of order, or content not as put() made it */
	int fds;
	int stop; /* say stop at this frame */
	char type;
	size_t len;
} seen;

static struct frame a, b;

static int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void
pair(uint32_t max, unsigned int maxfds)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == -1 ||
	    sock_nonblock(fd[0]) == -1 || sock_nonblock(fd[1]) == -1)
		exit(111);
	memset(&seen, 0, sizeof seen);
	seen.stop = -1;
	frame_init(&a, fd[0], FRAME_MAX, FRAME_FDMAX);
	frame_init(&b, fd[1], max, maxfds);
}

static void
unpair(void)
{
	frame_free(&a);
	frame_free(&b);
}

/* A descriptor that knows its number: an unlinked file of so many octets. */
static int
numbered(uint32_t n)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd == -1 || ftruncate(fd, n) == -1)
		exit(111);
	return fd;
}

static int
fits(int fd, uint32_t n)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size == n;
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct seen *s = ctx;
	struct field r;
	uint32_t n;
	size_t i;

	field_start(&r, data, len);
	n = field_getu32(&r);
	s->bad += n != s->next++;
	for (i = 4; i < len; i++)
		s->bad += data[i] != (char)(n + i);
	s->type = type;
	s->len = len;
	if (fd != -1) {
		s->fds++;
		s->bad += !fits(fd, n);
		close(fd);
	}
	return s->n++ == s->stop ? -1 : 0;
}

/* One frame of len octets of content; 1 if it is queued. */
static int
put(struct frame *f, uint32_t n, size_t len, int with)
{
	size_t i;
	int fd;

	frame_begin(f, 'T');
	if (with) {
		fd = numbered(n);
		if (frame_attach(f, fd) == -1) {
			close(fd);
			f->out.len = f->start;
			return 0;
		}
	}
	field_putu32(&f->out, n);
	for (i = 4; i < len; i++)
		field_putu8(&f->out, (uint8_t)(n + i));
	return frame_end(f) == 0;
}

/* Raw octets from the other side, without descriptors. */
static void
raw(const char *s, size_t n)
{
	if (write(a.fd, s, n) != (ssize_t)n)
		exit(111);
}

/* 1: frame_pump ends with this errno. */
static int
ends(int want)
{
	int r;

	while ((r = frame_pump(&b, take, &seen)) == 1)
		;
	return want == EAGAIN ? r == 0 : r == -1 && errno == want;
}

static void
simple(void)
{
	pair(FRAME_MAX, 0);
	is_int(frame_pump(&b, take, &seen), 0, "nothing there yet");
	ok(put(&a, 0, 10, 0), "a frame");
	is_int(frame_pending(&a), 18, "waits");
	is_int(frame_flush(&a), 1, "and leaves");
	is_int(frame_pending(&a), 0, "whole");
	ok(ends(EAGAIN) && seen.n == 1 && !seen.bad && seen.len == 10 &&
		seen.type == 'T',
	    "and arrives");
	is_int(frame_flush(&a), 1, "nothing to send is no error");
	frame_free(&a);
	ok(ends(0), "the peer closed");
	unpair();
}

static void
many(void)
{
	uint32_t i;
	int good = 1;

	pair(FRAME_MAX, 0);
	for (i = 0; i < 5000; i++)
		good &= put(&a, i, 4 + i % 30, 0);
	while (frame_flush(&a) == 0)
		good &= frame_pump(&b, take, &seen) == 1;
	good &= ends(EAGAIN);
	ok(good && seen.n == 5000 && !seen.bad, "many frames at once");
	is_int(b.in.len, 0, "nothing left over");
	unpair();
}

/* The octets of some frames, as they travel. */
static void
record(stralloc *sa)
{
	uint32_t i;

	pair(FRAME_MAX, 0);
	for (i = 0; i < 40; i++)
		if (!put(&a, i, 4 + i * 7 % 300, 0))
			exit(111);
	if (!stralloc_copyb(sa, a.out.s, a.out.len))
		exit(111);
	unpair();
}

static void
dribble(size_t step)
{
	stralloc sa = STRALLOC_ZERO;
	char name[60];
	size_t i, k;
	int good = 1;

	record(&sa);
	pair(FRAME_MAX, 0);
	for (i = 0; i < sa.len; i += k) {
		k = sa.len - i < step ? sa.len - i : step;
		raw(sa.s + i, k);
		good &= frame_pump(&b, take, &seen) == 1;
	}
	snprintf(name, sizeof name, "%zu octets at a time", step);
	ok(good && seen.n == 40 && !seen.bad, name);
	unpair();
	stralloc_free(&sa);
}

static void
largest(void)
{
	pair(FRAME_MAX, 0);
	ok(put(&a, 0, FRAME_MAX - 2, 0), "the largest frame");
	ok(!put(&a, 1, FRAME_MAX - 1, 0) && errno == EMSGSIZE,
	    "a larger one is refused");
	ok(put(&a, 1, 4, 0), "and leaves no trace");
	while (frame_flush(&a) == 0)
		(void)!frame_pump(&b, take, &seen);
	ok(ends(EAGAIN) && seen.n == 2 && !seen.bad, "both arrive");
	unpair();
}

/* Each of these ends the connection, after what came before it. */
static void
malformed(void)
{
	static const struct {
		const char *name, *octets;
		size_t n;
	} t[] = {
		{ "one octet more than allowed", "\0\0\0\x65\0\0\x01T", 8 },
		{ "the largest length", "\xff\xff\xff\xff\0\0\x01T", 8 },
		{ "length 0", "\0\0\0\0\0\0", 6 },
		{ "length 1", "\0\0\0\1\0\0\x01", 7 },
		{ "an older version", "\0\0\0\6\0\0\0T\0\0\0\1", 12 },
		{ "a newer version", "\0\0\0\6\0\0\2T\0\0\0\1", 12 },
		{ "two descriptors", "\0\0\0\6\0\2\1T\0\0\0\1", 12 },
		{ "many descriptors", "\0\0\0\6\xff\xff\1T\0\0\0\1", 12 },
		{ "a descriptor that did not come", "\0\0\0\6\0\1\1T\0\0\0\1",
		    12 },
	};
	size_t i;

	for (i = 0; i < sizeof t / sizeof *t; i++) {
		pair(100, 4);
		raw("\0\0\0\6\0\0\1T\0\0\0", 12);
		raw(t[i].octets, t[i].n);
		ok(ends(EPROTO) && seen.n == 1 && !seen.bad, t[i].name);
		unpair();
	}
	pair(100, 4);
	raw("\0\0\0\6\0\0\1T\0\0\0", 12);
	raw("\0\0\0\6\0\0\1T\0\0", 10);
	(void)!frame_pump(&b, take, &seen);
	frame_free(&a);
	ok(ends(EPROTO) && seen.n == 1, "an end within a frame");
	unpair();
	pair(100, 0);
	seen.stop = 1;
	raw("\0\0\0\6\0\0\1T\0\0\0\0\0\0\0\6\0\0\1T\0\0\0\1", 24);
	raw("\0\0\0\6\0\0\1T\0\0\0\2", 12);
	ok(ends(ECANCELED) && seen.n == 2, "the handler says stop");
	unpair();
}

static void
descriptors(void)
{
	uint32_t i;
	int good = 1, fd;

	pair(FRAME_MAX, FRAME_FDMAX);
	for (i = 0; i < 200; i++) {
		good &= put(&a, i, 20, i % 3 == 0);
		if (i % 50 == 49)
			good &= frame_flush(&a) == 1;
	}
	good &= ends(EAGAIN);
	ok(good && seen.n == 200 && seen.fds == 67 && !seen.bad,
	    "each frame gets its own descriptor");
	unpair();

	pair(FRAME_MAX, FRAME_FDMAX);
	for (i = 0, good = 1; i < 500; i++)
		good &= put(&a, i, 20, 1);
	ok(good, "many wait");
	while (good && frame_flush(&a) == 0)
		good = frame_pump(&b, take, &seen) != -1;
	ok(good && ends(EAGAIN) && !seen.bad && seen.fds == 500, "all arrive");
	frame_begin(&a, 'T');
	good = frame_attach(&a, numbered(1)) == 0;
	fd = numbered(1);
	ok(good && frame_attach(&a, fd) == -1, "one a frame");
	close(fd);
	unpair();
}

/* Sends n descriptors with a frame that owns one. */
static void
send_fds(int n)
{
	union {
		struct cmsghdr align;
		char buf[CMSG_SPACE(253 * sizeof(int))];
	} u;
	char octets[] = "\0\0\0\6\0\1\1T\0\0\0";
	int fd = numbered(0), i;
	struct iovec v = { octets, 12 };
	struct msghdr m = { .msg_iov = &v, .msg_iovlen = 1 };
	struct cmsghdr *c;

	memset(&u, 0, sizeof u);
	m.msg_control = u.buf;
	m.msg_controllen = CMSG_SPACE((size_t)n * sizeof fd);
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN((size_t)n * sizeof fd);
	for (i = 0; i < n; i++)
		memcpy(CMSG_DATA(c) + (size_t)i * sizeof fd, &fd, sizeof fd);
	if (sendmsg(a.fd, &m, 0) != 12)
		exit(111);
	close(fd);
}

static void
too_many(void)
{
	pair(100, 0);
	send_fds(1);
	ok(ends(EPROTO) && seen.n == 0, "a descriptor where none is accepted");
	unpair();
	pair(100, 2);
	send_fds(5);
	ok(ends(EPROTO) && seen.n == 0, "one more than is accepted");
	unpair();
	pair(100, FRAME_FDMAX);
	send_fds(253);
	ok(ends(EPROTO) && seen.n == 0, "as many as the system sends");
	unpair();
	pair(100, 4);
	send_fds(3);
	ok(ends(EAGAIN) && seen.fds == 1 && !seen.bad,
	    "some that no frame asked for wait");
	unpair();
}

/* Large frames, each with a descriptor, and a reader that is slower than the
 * writer: what was sent ahead must never be more than the reader takes. */
static void
ahead(size_t len, int flush_every)
{
	uint32_t i = 0;
	int good = 1;
	char name[80];

	pair(FRAME_MAX, FRAME_FDMAX);
	while (i < 1000 && good) {
		if (put(&a, i, len, 1)) {
			i++;
			if (i % (uint32_t)flush_every == 0)
				good = frame_flush(&a) != -1;
		} else {
			good = frame_flush(&a) != -1 &&
			    frame_pump(&b, take, &seen) != -1;
		}
	}
	while (good && frame_flush(&a) == 0)
		good = frame_pump(&b, take, &seen) != -1;
	good = good && ends(EAGAIN);
	snprintf(name, sizeof name,
	    "descriptors with %zu octets each, %d at a time", len, flush_every);
	ok(good && seen.n == 1000 && seen.fds == 1000 && !seen.bad, name);
	unpair();
}

/* A reader that never quite catches up: what was sent is not kept. */
static void
bounded(void)
{
	uint32_t i;
	int good = 1;

	pair(FRAME_MAX, 0);
	for (i = 0; i < 20000 && good; i++) {
		good = put(&a, i, 1000, 0) && frame_flush(&a) != -1;
		if (frame_pending(&a) > 500000)
			good = good && frame_pump(&b, take, &seen) == 1;
	}
	ok(good && i == 20000, "a reader that lags behind");
	ok(a.out.a < 4000000, "takes no more memory than what waits");
	while (good && frame_flush(&a) == 0)
		good = frame_pump(&b, take, &seen) != -1;
	ok(good && ends(EAGAIN) && seen.n == 20000 && !seen.bad, "in order");
	unpair();
}

/* So much at a time, and all of it in the end. */
static void
some(void)
{
	int i, r, pumps = 0, much = 0;

	pair(FRAME_MAX, 0);
	b.most = 5000;
	for (i = 0; i < 50; i++)
		(void)put(&a, (uint32_t)i, 1000, 0);
	(void)put(&a, (uint32_t)i, 20000, 0);
	is_int(frame_flush(&a), 1, "fifty-one frames");
	while (seen.n < 51 && pumps++ < 1000) {
		i = seen.n;
		r = frame_pump(&b, take, &seen);
		much += seen.n - i > 5 || r != 1;
	}
	ok(seen.n == 51 && !seen.bad, "all of what came");
	is_int(much, 0, "never more than was asked for at a time");
	unpair();
}

static void
gone(void)
{
	pair(FRAME_MAX, 0);
	frame_free(&b);
	ok(put(&a, 0, 10, 1) && frame_flush(&a) == -1 && errno == EPIPE,
	    "nobody reads any more");
	unpair();
}

int
main(void)
{
	int before = count_fds();

	simple();
	many();
	dribble(1);
	dribble(2);
	dribble(11);
	dribble(1000);
	largest();
	malformed();
	descriptors();
	too_many();
	ahead(20, 1);
	ahead(20, 64);
	ahead(3000, 7);
	ahead(3000, 64);
	ahead(9000, 1);
	ahead(9000, 64);
	ahead(100000, 64);
	bounded();
	some();
	gone();
	is_int(count_fds(), before, "no descriptor is left open");
	return done_testing();
}
