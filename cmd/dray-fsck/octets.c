#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/crc32c.h"
#include "common/wire.h"

#define CHUNK 65536

/* The stored form, octet by octet: wire.h makes it, this checks it. */
struct text {
	uint32_t crc;
	uint64_t stuffed;
	unsigned int column; /* octets of this line, without an added dot */
	unsigned char cr; /* the last octet was a CR */
	unsigned char dot; /* the last octet was a dot that began a line */
	unsigned char high;
	const char *wrong;
};

static const char *
octet(struct text *t, unsigned char c)
{
	if (t->cr && c != '\n')
		return "a CR without LF";
	if (c == '\n') {
		if (!t->cr)
			return "a LF without CR";
		t->cr = 0;
		t->column = 0;
		return NULL;
	}
	if (t->dot && c != '.')
		return "a dot at the start of a line that is not stuffed";
	if (c == '\r') {
		t->cr = 1;
		return NULL;
	}
	if (c == '\0')
		return "a NUL octet";
	t->high |= c & 0x80;
	if (c == '.' && t->column == 0 && !t->dot) {
		t->dot = 1;
		return NULL;
	}
	t->stuffed += t->dot;
	t->dot = 0;
	return ++t->column > WIRE_LINEMAX ? "a line over 998 octets" : NULL;
}

static void
feed(struct text *t, const char *s, size_t n)
{
	size_t i;

	t->crc = crc32c(t->crc, s, n);
	for (i = 0; i < n && !t->wrong; i++)
		t->wrong = octet(t, (unsigned char)s[i]);
}

static void
judge(struct fsck *k, struct text *t, const struct bundle_msg *m)
{
	if (t->crc != m->crc) {
		say(k, "the octets fail their checksum");
		return;
	}
	if (m->flags & BUNDLE_MERGE)
		return; /* a program */
	if (!t->wrong && (t->cr || t->dot || t->column))
		t->wrong = "no CRLF at the end";
	if (t->wrong) {
		say(k, "the octets have %s", t->wrong);
		return;
	}
	if (m->plain != m->stored - t->stuffed)
		say(k, "%llu octets before stuffing, not %llu",
		    (unsigned long long)(m->stored - t->stuffed),
		    (unsigned long long)m->plain);
	if (!(m->flags & BUNDLE_STUFFED) != !t->stuffed)
		say(k, "the flag for stuffed dots is wrong");
	if (!(m->flags & BUNDLE_8BIT) != !t->high)
		say(k, "the flag for 8-bit octets is wrong");
}

void
octets_look(struct fsck *k, const struct bundle *b, const struct bundle_msg *m)
{
	static char chunk[CHUNK];
	uint64_t at = m->offset, end = at + m->stored;
	struct text t;
	ssize_t r;
	size_t n;

	memset(&t, 0, sizeof t);
	while (at < end) {
		n = end - at < sizeof chunk ? (size_t)(end - at) : sizeof chunk;
		r = pread(b->fd, chunk, n, (off_t)at);
		if (r == -1 && errno == EINTR)
			continue;
		if (r == -1) {
			say_unread(k);
			return;
		}
		if (r == 0) {
			say(k, "the octets are cut short");
			return;
		}
		feed(&t, chunk, (size_t)r);
		at += (uint64_t)r;
	}
	judge(k, &t, m);
}
