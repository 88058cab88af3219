#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/mem.h"
#include "common/spool.h"

#define NOTICE_FILEMAX (256 << 20)

/* ID-NUMBER, as in the events. */
static int
id_ok(const char *s)
{
	char name[SPOOL_MSGIDMAX + 1];
	struct spool_id id;
	char *dash;

	if (strlen(s) >= sizeof name)
		return 0;
	memcpy(name, s, strlen(s) + 1);
	dash = strrchr(name, '-');
	if (!dash || dash[1] == '\0' ||
	    dash[1 + strspn(dash + 1, "0123456789")] != '\0')
		return 0;
	*dash = '\0';
	return spool_idparse(name, &id);
}

static int
has_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s && *s;
}

static void
look_line(struct fsck *k, const char *s, size_t n, unsigned int number)
{
	json_t *o = json_loadb(s, n, JSON_REJECT_DUPLICATES, NULL);

	if (!json_is_object(o))
		say(k, "line %u is not a whole object of JSON", number);
	else if (!has_text(o, "id") ||
	    !id_ok(json_string_value(json_object_get(o, "id"))))
		say(k, "line %u has no id of a message", number);
	else if (!has_text(o, "sender"))
		say(k, "line %u has no sender", number);
	else if (!has_text(o, "recipient"))
		say(k, "line %u has no recipient", number);
	json_decref(o);
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

	if (st->st_size > NOTICE_FILEMAX) {
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
