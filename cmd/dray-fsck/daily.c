#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/daycount.h"
#include "common/mem.h"

static void
pass_by(void *arg, const struct daycount *r)
{
	(void)arg;
	(void)r;
}

void
daily_look(struct fsck *k, int fd, const struct stat *st)
{
	size_t n = 0;
	ssize_t r = 1;
	unsigned char *s;

	if ((uint64_t)st->st_size > DAYCOUNT_FILEMAX) {
		say(k, "a file of this size is not one of counts");
		return;
	}
	s = mem_alloc((size_t)st->st_size + 1);
	while (r && n < (size_t)st->st_size) {
		r = read(fd, s + n, (size_t)st->st_size - n);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1)
			break;
		n += (size_t)r;
	}
	if (r == -1)
		say_unread(k);
	else if (!daycount_each(s, n, pass_by, NULL))
		say(k, "it is damaged: the counts of the day");
	free(s);
}
