#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include "common/input.h"

#define PIECE 65536

/* Looks for a line of a dot alone, in pieces. */
struct dot {
	enum { BOL, DOT, DOTCR, OTHER } state;
	size_t length; /* octets of the line so far, while it may be one */
};

/* 1 when the line is there; what is behind it in s does not matter. */
static int
dot_find(struct dot *d, const char *s, size_t n, size_t *used_r)
{
	const char *end = s + n;
	const char *p = s;

	while (p < end) {
		if (d->state == OTHER) {
			p = memchr(p, '\n', (size_t)(end - p));
			if (!p)
				break;
			d->state = BOL;
			d->length = 0;
			p++;
			continue;
		}
		d->length++;
		if (*p == '\n' && d->state != BOL) {
			*used_r = (size_t)(p + 1 - s);
			return 1;
		}
		if (*p == '\n')
			d->length = 0;
		else if (*p == '.' && d->state == BOL)
			d->state = DOT;
		else if (*p == '\r' && d->state == DOT)
			d->state = DOTCR;
		else
			d->state = OTHER;
		p++;
	}
	return 0;
}

static int
tempfile(void)
{
	const char *dir = getenv("TMPDIR");
	char path[4096];
	int fd;

	if (!dir || !dir[0])
		dir = "/tmp";
	fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd != -1)
		return fd;
	if ((size_t)snprintf(path, sizeof path, "%s/dray-inject.XXXXXX", dir) >=
	    sizeof path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(path, O_CLOEXEC);
	if (fd != -1)
		unlink(path);
	return fd;
}

static int
fail(struct input *in, enum input_kind kind, const char *what, int e)
{
	in->kind = kind;
	in->failed = what;
	errno = e;
	return -1;
}

struct reader {
	struct input *in;
	int fd;
	int dot;
	uint64_t max;
	uint64_t total;
	struct dot d;
};

/* Octets read into s, 0 at the end of the message. */
static ssize_t
more(struct reader *r, char *s, size_t n)
{
	size_t used;
	ssize_t got;

	do
		got = read(r->fd, s, n);
	while (got == -1 && errno == EINTR);
	if (got == -1)
		return fail(
		    r->in, INPUT_READ, "cannot read standard input", errno);
	if (memchr(s, '\0', (size_t)got))
		return fail(
		    r->in, INPUT_BAD, "the message has a NUL octet", EILSEQ);
	r->total += (uint64_t)got;
	if (r->total > r->max)
		return fail(
		    r->in, INPUT_BAD, "the message is too large", EFBIG);
	if (r->dot && dot_find(&r->d, s, (size_t)got, &used)) {
		/* The rest, and the line itself, do not belong to it. */
		r->total -= (uint64_t)got - used + r->d.length;
		r->fd = -1;
	} else if (!got) {
		/* The last line may lack its end. */
		if (r->dot && r->d.state == DOT)
			r->total -= r->d.length;
		r->fd = -1;
	}
	return got;
}

static int
spill(struct reader *r, char *s, size_t n)
{
	struct input *in = r->in;
	ssize_t got;
	int fd;

	fd = tempfile();
	if (fd == -1 || allwrite(fd, s, n) < n)
		return fail(
		    in, INPUT_WRITE, "cannot write a temporary file", errno);
	while (r->fd != -1) {
		got = more(r, s, PIECE);
		if (got == -1)
			return -1;
		if (allwrite(fd, s, (size_t)got) < (size_t)got)
			return fail(in, INPUT_WRITE,
			    "cannot write a temporary file", errno);
	}
	in->n = (size_t)r->total;
	in->s = mmap(NULL, in->n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (in->s == MAP_FAILED)
		return fail(
		    in, INPUT_WRITE, "cannot map a temporary file", errno);
	close(fd);
	return 0;
}

int
input_read(struct input *in, int fd, int dot, uint64_t max)
{
	struct reader r = { .in = in, .fd = fd, .dot = dot, .max = max };
	size_t n = 0;
	ssize_t got;
	char *s;

	s = malloc(INPUT_INCORE);
	if (!s)
		return fail(in, INPUT_NOMEM, "out of memory", ENOMEM);
	while (r.fd != -1) {
		if (INPUT_INCORE - n < PIECE)
			return spill(&r, s, n);
		got = more(&r, s + n, PIECE);
		if (got == -1)
			return -1;
		n += (size_t)got;
	}
	in->s = s;
	in->n = (size_t)r.total;
	return 0;
}
