#include <stdlib.h>
#include <string.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/notice.h"

static void
look_line(struct fsck *k, const char *s, size_t n, unsigned int number)
{
	struct notice notice;

	if (notice_parse(&notice, s, n) == -1)
		say(k, "line %u: %s", number, notice.why);
	notice_free(&notice);
}

static void
look_lines(struct fsck *k, const char *s, size_t n)
{
	unsigned int number = 0;
	const char *nl;

	if (n == 0)
		say(k, "an empty file");
	while (n) {
		nl = memchr(s, '\n', n);
		if (!nl) {
			say(k, "the last line is cut short");
			return;
		}
		look_line(k, s, (size_t)(nl - s), ++number);
		n -= (size_t)(nl + 1 - s);
		s = nl + 1;
	}
	k->notices += number;
}

void
notice_look(struct fsck *k, int fd, const struct stat *st)
{
	size_t n;
	char *s = file_read(k, fd, st, NOTICE_FILEMAX, "notices", &n);

	if (s)
		look_lines(k, s, n);
	free(s);
}
