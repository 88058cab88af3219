#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/mem.h"
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
	size_t n = 0;
	ssize_t r = 1;
	char *s;

	if ((uint64_t)st->st_size > NOTICE_FILEMAX) {
		say(k, "a file of this size is not one of notices");
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
	else
		look_lines(k, s, n);
	free(s);
}
