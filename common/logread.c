#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/logread.h"
#include "common/unpack.h"
#include "common/mem.h"

void
logread_init(struct logread *s, int dir)
{
	s->dir = dir;
	s->fd = -1;
	s->zstd = 0;
	s->plain = 0;
	s->id[0] = '\0';
	s->offset = 0;
	s->len = 0;
}

static void
close_file(struct logread *s)
{
	if (s->fd != -1)
		close(s->fd);
	if (s->zstd)
		unpack_stop(s->zstd);
	s->fd = -1;
	s->zstd = 0;
	s->len = 0;
}

/* The id that the first line of an open file tells; 0 if it tells none. */
static int
id_of(int fd, char *id_r)
{
	char b[128];
	ssize_t r = pread(fd, b, sizeof b, 0);

	return r > 0 && logname_first(b, (size_t)r, id_r);
}

static int
open_current(const struct logread *s, char *id_r)
{
	int fd = openat(s->dir, LOGNAME_CURRENT,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd != -1 && !id_of(fd, id_r)) {
		close(fd);
		errno = ENOENT;
		return -1;
	}
	return fd;
}

/* All ids, oldest first.  "current" is looked at before the others, so that a
 * file which is rotated meanwhile is seen under one of its names. */
static int
all_ids(const struct logread *s, struct logname **list_r, size_t *n_r)
{
	struct logname now;
	int fd = open_current(s, now.id);

	if (fd != -1)
		close(fd);
	else if (errno != ENOENT)
		return -1;
	if (logname_list(s->dir, list_r, n_r) == -1)
		return -1;
	if (fd != -1 && (!*n_r || strcmp((*list_r)[*n_r - 1].id, now.id) < 0)) {
		now.packed = 0;
		*list_r = mem_grow(*list_r, *n_r + 1, sizeof now);
		(*list_r)[(*n_r)++] = now;
	}
	return 0;
}

/* Opens the file of s->id, under whatever name it has.  1, 0 gone, -1. */
static int
open_id(struct logread *s)
{
	struct logname n = { .packed = 0 };
	char name[LOGNAME_MAX], id[LOGNAME_ID + 1];
	int i, flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC;

	close_file(s);
	s->fd = open_current(s, id);
	if (s->fd != -1 && !strcmp(id, s->id))
		return 1;
	close_file(s);
	memcpy(n.id, s->id, sizeof n.id);
	/* It may change its name once more while we look. */
	for (i = 0; i < 3 && s->fd == -1; i++) {
		n.packed = i & 1;
		logname_fmt(name, &n);
		s->fd = openat(s->dir, name, flags);
		if (s->fd == -1 && errno != ENOENT)
			return -1;
	}
	if (s->fd == -1)
		return 0;
	if (n.packed && s->plain) {
		close_file(s);
		errno = ENOEXEC;
		return -1;
	}
	return n.packed && unpack_start(&s->fd, &s->zstd) == -1 ? -1 : 1;
}

/* The next newer file, from its beginning.  1, 0 there is none, -1. */
static int
open_next(struct logread *s)
{
	struct logname *list;
	size_t i, n;
	int r = 0;

	if (all_ids(s, &list, &n) == -1)
		return -1;
	for (i = 0; r == 0 && i < n; i++) {
		if (strcmp(list[i].id, s->id) <= 0)
			continue;
		memcpy(s->id, list[i].id, sizeof s->id);
		s->offset = 0;
		r = open_id(s);
	}
	free(list);
	return r;
}

/* Of a plain file everything from the next line on is read anew: what was no
 * whole line may have been cut away meanwhile. */
static int
plain_lines(struct logread *s)
{
	ssize_t r;

	for (;;) {
		s->len = 0;
		r = pread(s->fd, s->buf, LOGREAD_BUF, (off_t)s->offset);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			return (int)r;
		s->len = (size_t)r;
		if (memrchr(s->buf, '\n', s->len))
			return 1;
		if (s->len < LOGREAD_BUF)
			return 0;
		s->offset += s->len;
	}
}

static int
end_unpack(struct logread *s)
{
	int r = unpack_end(s->zstd);

	s->zstd = 0;
	close_file(s);
	return r;
}

static int
packed_lines(struct logread *s)
{
	ssize_t r;

	while (!s->len || !memrchr(s->buf, '\n', s->len)) {
		if (s->len == LOGREAD_BUF)
			logread_done(s, s->len);
		r = read(s->fd, s->buf + s->len, LOGREAD_BUF - s->len);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			return r ? -1 : end_unpack(s);
		s->len += (size_t)r;
	}
	return 1;
}

/* Lines of the file that is open: 1, 0 no more now, -1. */
static int
lines(struct logread *s, const char **data_r, size_t *len_r)
{
	const char *nl;
	int r = 0;

	*data_r = s->buf;
	*len_r = 0;
	if (s->fd != -1)
		r = s->zstd ? packed_lines(s) : plain_lines(s);
	if (r == 1) {
		nl = memrchr(s->buf, '\n', s->len);
		*len_r = nl ? (size_t)(nl - s->buf) + 1 : 0;
	}
	return r;
}

void
logread_done(struct logread *s, size_t len)
{
	s->offset += len;
	s->len -= len;
	memmove(s->buf, s->buf + len, s->len);
}

/* 1 if dray-log still appends to the file that is open. */
static int
is_current(const struct logread *s)
{
	struct stat a, b;

	return s->fd != -1 && !s->zstd &&
	    fstatat(s->dir, LOGNAME_CURRENT, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstat(s->fd, &b) == 0 && a.st_ino == b.st_ino &&
	    a.st_dev == b.st_dev;
}

int
logread_read(struct logread *s, const char **data_r, size_t *len_r)
{
	int r;

	for (;;) {
		r = lines(s, data_r, len_r);
		if (r || is_current(s))
			return r;
		/* It may have grown before it was rotated. */
		r = lines(s, data_r, len_r);
		if (r)
			return r;
		r = open_next(s);
		if (r <= 0)
			return r;
	}
}

/* Reads past all that lies before offset.  1, 0 if no line begins there, -1. */
static int
skip_octets(struct logread *s, uint64_t offset)
{
	const char *p;
	size_t n;
	int r;

	while (s->offset < offset) {
		r = lines(s, &p, &n);
		if (r <= 0)
			return r;
		if (n > offset - s->offset) {
			n = (size_t)(offset - s->offset);
			if (p[n - 1] != '\n')
				return 0;
		}
		logread_done(s, n);
	}
	return 1;
}

static int
skip_lines(struct logread *s, uint64_t count)
{
	const char *p, *q;
	size_t n;
	int r;

	while (count) {
		r = lines(s, &p, &n);
		if (r <= 0)
			return r;
		for (q = p; count && q < p + n; count--)
			q = (const char *)memchr(q, '\n', (size_t)(p + n - q)) +
			    1;
		logread_done(s, (size_t)(q - p));
	}
	return 0;
}

static int
count_lines(struct logread *s, uint64_t *count_r)
{
	const char *p, *q;
	size_t n;
	int r;

	*count_r = 0;
	while ((r = lines(s, &p, &n)) == 1) {
		for (q = p; q < p + n; (*count_r)++)
			q = (const char *)memchr(q, '\n', (size_t)(p + n - q)) +
			    1;
		logread_done(s, n);
	}
	return r;
}

int
logread_seek(struct logread *s, const char *id, uint64_t offset)
{
	int r;

	memcpy(s->id, id, sizeof s->id);
	s->offset = 0;
	r = open_id(s);
	if (r <= 0 || offset == 0)
		return r;
	r = skip_octets(s, offset);
	if (r == 0) {
		/* Rather twice than never. */
		s->offset = 0;
		return open_id(s) == -1 ? -1 : 0;
	}
	return r;
}

/* To the last n lines of the file s->id; n_r what is missing. */
static int
last_of_file(struct logread *s, uint64_t *n)
{
	uint64_t count;
	int r;

	s->offset = 0;
	r = open_id(s);
	if (r <= 0)
		return r;
	if (count_lines(s, &count) == -1)
		return -1;
	s->offset = 0;
	r = open_id(s);
	if (r <= 0)
		return r;
	if (count < *n) {
		*n -= count;
		return 0;
	}
	r = skip_lines(s, count - *n);
	*n = 0;
	return r;
}

int
logread_last(struct logread *s, uint64_t n)
{
	struct logname *list;
	size_t i;
	int r = 0;

	if (all_ids(s, &list, &i) == -1)
		return -1;
	do {
		if (i-- == 0)
			break;
		memcpy(s->id, list[i].id, sizeof s->id);
		r = last_of_file(s, &n);
	} while (r == 0 && n);
	free(list);
	return r;
}
