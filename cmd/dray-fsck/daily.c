#include <stdlib.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/daycount.h"

static void
pass_by(void *arg, const struct daycount *r)
{
	(void)arg;
	(void)r;
}

void
daily_look(struct fsck *k, int fd, const struct stat *st)
{
	size_t n;
	unsigned char *s = file_read(k, fd, st, DAYCOUNT_FILEMAX, "counts", &n);

	if (s && !daycount_each(s, n, pass_by, NULL))
		say(k, "it is damaged: the counts of the day");
	free(s);
}
