/* free/: finished files, to be written over. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/dir.h"
#include "common/mem.h"
#include "common/spool.h"

#define FREE_SIZE (8 << 20) /* octets; larger files are not kept */
#define FREE_ATONCE 64 /* files made ready for use at a time */

/* Calls fn for every name in free/ until it returns 0. */
static void
each_free(struct spool *s, int (*fn)(struct spool *, const char *))
{
	DIR *d = dir_read(s->used);
	struct dirent *e;
	struct spool_id id;

	if (!d)
		return;
	while ((e = readdir(d)))
		if (spool_idparse(e->d_name, &id) && !fn(s, e->d_name))
			break;
	closedir(d);
}

static int
note_name(struct spool *s, const char *name)
{
	memcpy(s->free[s->nfree++].s, name, strlen(name) + 1);
	return s->nfree < FREE_ATONCE;
}

/* The syncs make sure that none of these names can turn up in cur/ again.
 * They are shared by many files. */
static void
find_free(struct spool *s)
{
	if (!s->free)
		s->free = mem_array(FREE_ATONCE, sizeof *s->free);
	each_free(s, note_name);
	if (s->nfree && (fsync(s->cur) == -1 || fsync(s->used) == -1))
		s->nfree = 0;
}

int
spool_reuse(struct spool *s, char *old_r)
{
	const char *old;
	int fd;

	if (s->nfree == 0)
		find_free(s);
	while (s->nfree) {
		old = s->free[--s->nfree].s;
		fd = openat(s->used, old, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
		if (fd == -1)
			continue;
		memcpy(old_r, old, strlen(old) + 1);
		return fd;
	}
	return -1;
}

int
spool_put_over(const struct spool *s, int fd, const char *old, const char *name)
{
	return fdatasync(fd) == -1 ? -1
				   : renameat(s->used, old, s->fresh, name);
}

void
spool_undo_over(const struct spool *s, const char *old, const char *name)
{
	int saved = errno;

	unlinkat(s->used, old, 0);
	unlinkat(s->fresh, name, 0);
	errno = saved;
}

static int
count_name(struct spool *s, const char *name)
{
	(void)name;
	s->nfree++;
	return 1;
}

/* Its done bits are on their way to the disk then, and the next sync of any
 * file makes them durable.  So a crash that takes back the renaming does not
 * have all of it delivered again. */
static void
begin_writing(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);

	if (fd == -1)
		return;
	(void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	close(fd);
}

/* The count is our own guess, put right when it says "full": another process
 * takes files out. */
int
spool_give(struct spool *s, const char *name, unsigned int max)
{
	struct stat st;

	if (s->nfree >= max) {
		s->nfree = 0;
		each_free(s, count_name);
	}
	if (s->nfree >= max ||
	    fstatat(s->cur, name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_size > FREE_SIZE)
		return unlinkat(s->cur, name, 0);
	begin_writing(s->cur, name);
	/* Where a directory cannot grow a name can still be removed. */
	if (spool_move(s->cur, s->used, name) == -1)
		return unlinkat(s->cur, name, 0);
	s->nfree++;
	return 0;
}

/* Written, not only allocated: blocks that never were are new ones again to
 * the file system. */
static int
write_zeros(int fd, size_t size)
{
	static const char zeros[4096];
	struct iovec v[IOV_MAX];
	size_t n, i;

	for (; size; size -= n * sizeof zeros) {
		n = size / sizeof zeros;
		if (n > IOV_MAX)
			n = IOV_MAX;
		for (i = 0; i < n; i++) {
			v[i].iov_base = (void *)(uintptr_t)zeros;
			v[i].iov_len = sizeof zeros;
		}
		if (writev(fd, v, (int)n) != (ssize_t)(n * sizeof zeros))
			return -1;
	}
	return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

static int
make_ready(struct spool *s, size_t size)
{
	char name[SPOOL_IDMAX + 1];
	struct spool_id id;
	int fd, r;

	spool_idnew(s, &id);
	spool_idfmt(name, &id);
	fd = spool_create(s->used, name);
	if (fd == -1)
		return -1;
	r = write_zeros(fd, size);
	if (r == -1)
		(void)unlinkat(s->used, name, 0);
	close(fd);
	return r;
}

void
spool_ready(struct spool *s, unsigned int n, size_t size)
{
	unsigned int have;

	s->nfree = 0;
	each_free(s, count_name);
	have = s->nfree;
	s->nfree = 0;
	while (have < n && make_ready(s, size) == 0)
		have++;
}

static int
remove_name(struct spool *s, const char *name)
{
	(void)unlinkat(s->used, name, 0);
	return 1;
}

void
spool_empty(struct spool *s)
{
	s->nfree = 0;
	each_free(s, remove_name);
}
