#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "common/bundle.h"
#include "common/crc32c.h"
#include "common/dir.h"
#include "common/regain.h"

#define CHUNK 65536

/* 1 if the checksum of these octets of the file holds, 0 if not, -1 errno. */
static int
sum_holds(int fd, uint64_t at, uint64_t n, uint32_t want)
{
	char chunk[CHUNK];
	uint32_t crc = 0;
	ssize_t r;

	while (n) {
		r = pread(fd, chunk, n < CHUNK ? (size_t)n : CHUNK, (off_t)at);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			return (int)r;
		crc = crc32c(crc, chunk, (size_t)r);
		at += (uint64_t)r;
		n -= (uint64_t)r;
	}
	return crc == want;
}

static int
message_whole(const struct bundle *b, uint32_t n)
{
	struct bundle_msg m;
	struct bundle_run run;
	int r, more;

	if (bundle_msg(b, n, &m) == -1)
		return 0;
	r = sum_holds(b->fd, m.offset, m.stored, m.crc);
	while (r == 1 && (more = bundle_run(b, &m.runs, &run)) != 0)
		r = more == -1
		    ? 0
		    : sum_holds(b->fd, run.offset, run.length, run.crc);
	return r;
}

/* 1 if a recipient is not done, 0 if all are, -1 errno. */
static int
wanting(const struct bundle *b)
{
	unsigned char bits[CHUNK];
	uint64_t at = b->done_off;
	uint32_t left = b->nrcpt, i, n;
	ssize_t r;

	while (left) {
		r = pread(b->fd, bits, sizeof bits, (off_t)at);
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0)
			return (int)r;
		n = left < (uint64_t)r * 8 ? left : (uint32_t)r * 8;
		for (i = 0; i < n; i++)
			if (!(bits[i / 8] >> i % 8 & 1))
				return 1;
		at += (uint64_t)r;
		left -= n;
	}
	return 0;
}

static int
whole(const struct bundle *b)
{
	uint32_t i;
	int r = wanting(b);

	for (i = 0; i < b->nmsg && r == 1; i++)
		r = message_whole(b, i);
	return r;
}

int
regain_is(int fd, const char *name, char *id_r)
{
	struct bundle b;
	int r;

	if (bundle_open(&b, fd) == -1)
		return errno == EBADMSG ? 0 : -1;
	r = strcmp(b.id, name) == 0 ? 0 : whole(&b);
	memcpy(id_r, b.id, strlen(b.id) + 1);
	bundle_close(&b);
	return r;
}

/* Gives it its name if it is one of them.  0, or -1 errno. */
static int
look(const struct spool *s, const char *name)
{
	char id[SPOOL_IDMAX + 1];
	int r,
	    fd = openat(
		s->used, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return errno == ENOENT || errno == ELOOP ? 0 : -1;
	r = regain_is(fd, name, id);
	close(fd);
	if (r == 0)
		return 0;
	if (r == 1)
		r = spool_rename(s->used, name, s->fresh, id);
	if (r == -1)
		r = spool_aside(s->used, s->bad, name);
	return r;
}

static int
all(const struct spool *s)
{
	DIR *d = dir_read(s->used);
	struct spool_id id;
	struct dirent *e;
	int r = 0;

	if (!d)
		return -1;
	while (r != -1 && (errno = 0, e = readdir(d)))
		r = spool_idparse(e->d_name, &id) ? look(s, e->d_name) : 0;
	if (errno && !e)
		r = -1;
	closedir(d);
	return r;
}

/* The lock on free/ is only held here: who finds that on tmp/ taken knows that
 * whoever has it is through. */
int
regain_start(const struct spool *s, int keep)
{
	int r;

	if (flock(s->used, LOCK_EX) == -1)
		return -1;
	r = flock(s->tmp, LOCK_EX | LOCK_NB) == 0 ? 1
	    : errno == EWOULDBLOCK		  ? 0
						  : -1;
	if (r == 1 && all(s) == -1)
		r = -1;
	if (r == 1 && !keep)
		(void)flock(s->tmp, LOCK_UN);
	(void)flock(s->used, LOCK_UN);
	return r;
}
