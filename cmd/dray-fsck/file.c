#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/mem.h"

void *
file_read(struct fsck *k, int fd, const struct stat *st, uint64_t max,
    const char *what, size_t *n_r)
{
	size_t n = 0, size = (size_t)st->st_size;
	ssize_t r = 1;
	char *s;

	if ((uint64_t)st->st_size > max) {
		say(k, "a file of this size is not one of %s", what);
		return NULL;
	}
	s = mem_alloc(size + 1);
	while (n < size && r) {
		r = read(fd, s + n, size - n);
		if (r == -1 && errno != EINTR) {
			say_unread(k);
			free(s);
			return NULL;
		}
		n += r == -1 ? 0 : (size_t)r;
	}
	*n_r = n;
	return s;
}
