#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/suppressline.h"
#include "common/suppresslog.h"

#define HEAD SUPPRESSLOG_HEAD
#define PIECE 65536
#define MODE 0660

static const char *const names[2] = { "journal.0", "journal.1" };

/* Who may read and append is what the group of the directory says. */
static int
open_one(struct suppresslog *j, int i)
{
	int how = j->flags & SUPPRESS_WRITE ? O_RDWR | O_APPEND : O_RDONLY;
	int fd;

	fd = openat(j->dir, names[i], how | O_CLOEXEC | O_NOFOLLOW);
	if (fd != -1 || errno != ENOENT)
		return fd;
	if (!(j->flags & SUPPRESS_MAKE)) {
		errno = 0;
		return -1;
	}
	fd = openat(j->dir, names[i],
	    how | O_CLOEXEC | O_NOFOLLOW | O_CREAT | O_EXCL, MODE);
	if (fd != -1 && fchmod(fd, MODE) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Those that were not there before. */
static int
open_missing(struct suppresslog *j)
{
	int i;

	for (i = 0; i < 2; i++) {
		if (j->fd[i] != -1)
			continue;
		j->fd[i] = open_one(j, i);
		if (j->fd[i] == -1 && errno)
			return -1;
	}
	return 0;
}

int
suppresslog_open(struct suppresslog *j, int dirfd, unsigned int flags)
{
	j->dir = dirfd;
	j->flags = flags;
	j->fd[0] = j->fd[1] = -1;
	if (open_missing(j) == 0)
		return 0;
	suppresslog_close(j);
	return -1;
}

void
suppresslog_close(struct suppresslog *j)
{
	int i, e = errno;

	for (i = 0; i < 2; i++)
		if (j->fd[i] != -1)
			close(j->fd[i]);
	j->fd[0] = j->fd[1] = -1;
	errno = e;
}

/* What has no whole head has no lines: the head is synced before the first. */
static int
number(int fd, uint32_t *n_r)
{
	char b[HEAD + 1];
	ssize_t r = fd == -1 ? 0 : pread(fd, b, HEAD, 0);
	int end = 0;

	*n_r = 0;
	if (r == -1)
		return -1;
	b[r] = '\0';
	if (r < HEAD ||
	    sscanf(b, "dray-suppress %10" SCNu32 "%n", n_r, &end) != 1 ||
	    end != HEAD - 1 || b[end] != '\n')
		*n_r = 0;
	return 0;
}

int
suppresslog_numbers(struct suppresslog *j, uint32_t n_r[2])
{
	if (open_missing(j) == -1)
		return -1;
	return number(j->fd[0], &n_r[0]) == -1 ||
		number(j->fd[1], &n_r[1]) == -1
	    ? -1
	    : 0;
}

static int
write_all(int fd, const char *s, size_t n)
{
	ssize_t r = write(fd, s, n);

	if (r == (ssize_t)n)
		return 0;
	if (r != -1)
		errno = ENOSPC;
	return -1;
}

/* Of one in which nothing stands that anybody needs.  Who is shut in cannot
 * shorten a file. */
static int
begin(int fd, uint32_t n)
{
	char b[HEAD + 1];
	struct stat st;

	snprintf(b, sizeof b, "dray-suppress %010" PRIu32 "\n", n);
	return fstat(fd, &st) == -1 || (st.st_size && ftruncate(fd, 0) == -1) ||
		write_all(fd, b, HEAD) == -1 || fdatasync(fd) == -1
	    ? -1
	    : 0;
}

/* The lock is that of the first file: shared by those who append, exclusive for
 * who changes over. */
static int
lock(const struct suppresslog *j, int how)
{
	int r;

	do
		r = flock(j->fd[0], how);
	while (r == -1 && errno == EINTR);
	return r;
}

static void
unlock(const struct suppresslog *j)
{
	int e = errno;

	(void)lock(j, LOCK_UN);
	errno = e;
}

/* Locked, with the number of the one in use; it gets one if none has. */
static int
lock_used(struct suppresslog *j)
{
	uint32_t n[2];
	int r;

	if (lock(j, LOCK_SH) == -1 || suppresslog_numbers(j, n) == -1)
		return -1;
	if (!n[0] && !n[1]) {
		/* This may let go of the lock first. */
		if (lock(j, LOCK_EX) == -1 || suppresslog_numbers(j, n) == -1)
			return -1;
		r = !n[0] && !n[1] ? begin(j->fd[0], 1) : 0;
		if (r == -1)
			return -1;
	}
	return n[1] > n[0];
}

/* 1: something was not written to its end, so that has to end first. */
static int
is_torn(int fd)
{
	struct stat st;
	char c = '\n';

	if (fstat(fd, &st) == -1 || st.st_size == 0)
		return 0;
	return pread(fd, &c, 1, st.st_size - 1) == 1 && c != '\n';
}

static int
append_one(int fd, const char *s, size_t n)
{
	if (is_torn(fd) && write_all(fd, "\n", 1) == -1)
		return -1;
	return write_all(fd, s, n);
}

int
suppresslog_append(struct suppresslog *j, const char *s, size_t n)
{
	int i, r;

	if (open_missing(j) == -1)
		return -1;
	if (j->fd[0] == -1 || j->fd[1] == -1) {
		errno = ENOENT;
		return -1;
	}
	i = lock_used(j);
	r = i == -1 ? -1 : append_one(j->fd[i], s, n);
	unlock(j);
	return r;
}

int
suppresslog_sync(struct suppresslog *j)
{
	int i;

	for (i = 0; i < 2; i++)
		if (j->fd[i] != -1 && fdatasync(j->fd[i]) == -1)
			return -1;
	return 0;
}

/* The whole lines of a piece; *used_r: octets of them. */
static int
read_piece(
    const char *s, size_t n, size_t *used_r, suppresslog_fn *fn, void *arg)
{
	struct suppress_entry e;
	const char *nl;
	size_t at = 0;
	char op;
	int r = 0;

	while (!r && (nl = memchr(s + at, '\n', n - at))) {
		if (suppressline_get(s + at, (size_t)(nl - s) - at, &op, &e))
			r = fn(arg, op, &e);
		at = (size_t)(nl - s) + 1;
	}
	*used_r = at;
	return r;
}

int
suppresslog_read(
    struct suppresslog *j, int i, off_t *at, suppresslog_fn *fn, void *arg)
{
	char b[PIECE];
	size_t used;
	ssize_t n;
	int r = 0;

	if (j->fd[i] == -1)
		return 0;
	if (*at < HEAD)
		*at = HEAD;
	while (!r && (n = pread(j->fd[i], b, sizeof b, *at)) != 0) {
		if (n == -1)
			return -1;
		r = read_piece(b, (size_t)n, &used, fn, arg);
		/* So long a line is none. */
		if (!used && n == PIECE)
			used = PIECE;
		*at += (off_t)used;
		if (!used)
			break;
	}
	return r;
}

static int
is_empty(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_size <= HEAD;
}

/* With the lock.  Where both are in use the older one was left by who was
 * killed. */
static int
turn(struct suppresslog *j)
{
	uint32_t n[2];
	int i;

	if (suppresslog_numbers(j, n) == -1)
		return -2;
	i = n[1] > n[0];
	if (n[!i] && !is_empty(j->fd[!i]))
		return !i;
	if (!n[i] || is_empty(j->fd[i]))
		return -1;
	return begin(j->fd[!i], n[i] + 1) == -1 ? -2 : i;
}

int
suppresslog_turn(struct suppresslog *j)
{
	int i;

	if (j->fd[0] == -1 || j->fd[1] == -1)
		return -1;
	i = lock(j, LOCK_EX) == -1 ? -2 : turn(j);
	unlock(j);
	return i;
}

int
suppresslog_clear(struct suppresslog *j, int i)
{
	return ftruncate(j->fd[i], 0) == -1 ? -1 : fdatasync(j->fd[i]);
}
