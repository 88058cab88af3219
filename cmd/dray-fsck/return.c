#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/wire.h"

#define CHUNK 65536
#define HEADMAX 524288 /* octets in front of the message */
#define LINEMAX 1024 /* and of a line there */
#define FIRST "dray-return 1"

/* A file, octet by octet: lines up to an empty one, and then the message. */
struct reader {
	char line[LINEMAX];
	size_t n;
	size_t taken;
	unsigned int lines;
	struct wire wire;
	stralloc stuffed; /* of no use here */
	int inbody;
	const char *wrong;
};

static const char *
line(const struct reader *r)
{
	static const char *const words[] = { "time ", "from <", "bounce <",
		"complaint <", "unsubscribe <" };
	size_t i, len;

	if (!r->lines)
		return r->n == strlen(FIRST) && !memcmp(r->line, FIRST, r->n)
		    ? NULL
		    : "it does not begin with " FIRST;
	for (i = 0; i < sizeof words / sizeof *words; i++) {
		len = strlen(words[i]);
		if (r->n > len && !memcmp(r->line, words[i], len) &&
		    (i == 0 || r->line[r->n - 1] == '>'))
			return NULL;
	}
	return "its head has an unknown line";
}

static void
head(struct reader *r, char c)
{
	if (++r->taken > HEADMAX || r->n == sizeof r->line) {
		r->wrong = "its head is too long";
	} else if (c != '\n') {
		r->line[r->n++] = c;
	} else if (r->lines && !r->n) {
		r->inbody = 1;
	} else {
		r->wrong = line(r);
		r->lines++;
		r->n = 0;
	}
}

static void
body(struct reader *r, const char *s, size_t n)
{
	r->stuffed.len = 0;
	if (n && wire_feed(&r->wire, s, n, &r->stuffed) == -1)
		r->wrong = errno == EILSEQ ? wire_strerror(r->wire.error)
					   : strerror(errno);
}

static void
feed(struct reader *r, const char *s, size_t n)
{
	for (; n && !r->inbody && !r->wrong; s++, n--)
		head(r, *s);
	if (!r->wrong)
		body(r, s, n);
}

void
return_look(struct fsck *k, int fd, const struct stat *st)
{
	static char chunk[CHUNK];
	static struct reader r;
	ssize_t got = 0;

	(void)st;
	r = (struct reader){ .stuffed = r.stuffed };
	wire_init(&r.wire);
	k->returns++;
	while (!r.wrong) {
		got = read(fd, chunk, sizeof chunk);
		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		feed(&r, chunk, (size_t)got);
	}
	if (got == -1)
		say_unread(k);
	else if (!r.wrong && !r.inbody)
		say(k,
		    r.lines || r.n ? "its head is cut short" : "an empty file");
	else if (r.wrong)
		say(k, r.inbody ? "the octets have a %s" : "%s", r.wrong);
}
