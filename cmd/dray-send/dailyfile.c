#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/send.h"
#include "common/daycount.h"
#include "common/mem.h"

/* The file is appended to, or made anew and put into the place of the old one.
 * Whatever goes wrong, it is made anew next time. */
static int fd = -1;

static int
fail(int other)
{
	int e = errno;

	close(other);
	errno = e;
	return -1;
}

/* 1; 0 there is none; -1 errno.  What is too long is no such file. */
int
dailyfile_read(unsigned char **s_r, size_t *n_r)
{
	int in = openat(self.spool.dir, DAYCOUNT_FILE,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	size_t n = 0;

	if (in == -1)
		return errno == ENOENT ? 0 : -1;
	if (fstat(in, &st) == -1)
		return fail(in);
	if (S_ISREG(st.st_mode) && (uint64_t)st.st_size <= DAYCOUNT_FILEMAX)
		n = (size_t)st.st_size;
	*s_r = mem_alloc(n + 1);
	errno = 0;
	*n_r = allread(in, (char *)*s_r, n);
	if (*n_r < n && errno && errno != EPIPE) {
		free(*s_r);
		return fail(in);
	}
	close(in);
	return 1;
}

static int
make(const void *s, size_t n)
{
	int new = openat(self.spool.dir, DAYCOUNT_NEW,
	    O_WRONLY | O_APPEND | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
	    0600);

	if (new == -1)
		return -1;
	if (allwrite(new, s, n) < n || fdatasync(new) == -1 ||
	    renameat(self.spool.dir, DAYCOUNT_NEW, self.spool.dir,
		DAYCOUNT_FILE) == -1 ||
	    fsync(self.spool.dir) == -1)
		return fail(new);
	if (fd != -1)
		close(fd);
	fd = new;
	return 0;
}

int
dailyfile_write(const void *s, size_t n, int anew)
{
	if (anew)
		return make(s, n);
	if (fd == -1)
		fd = openat(self.spool.dir, DAYCOUNT_FILE,
		    O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	return allwrite(fd, s, n) < n || fdatasync(fd) == -1 ? -1 : 0;
}
