#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/addr.h"
#include "common/chars.h"
#include "common/mem.h"

#define INDEX_AT 16 /* of the fields in the header, bundle.h */

/* The done bits, all of them up to the end of the bundle; NULL if they cannot
 * be read. */
static unsigned char *
read_bits(struct fsck *k, const struct bundle *b)
{
	size_t want = (size_t)(b->length - b->done_off), have = 0;
	unsigned char *bits;
	ssize_t r;

	if (want != bundle_pageup((b->nrcpt + 7ull) / 8)) {
		say(k, "the done bits have %zu octets", want);
		return NULL;
	}
	bits = mem_alloc(want + 1);
	while (have < want) {
		r = pread(b->fd, bits + have, want - have,
		    (off_t)(b->done_off + have));
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0) {
			if (r == 0)
				errno = EIO;
			say_unread(k);
			free(bits);
			return NULL;
		}
		have += (size_t)r;
	}
	return bits;
}

static int
is_set(const unsigned char *bits, uint32_t n)
{
	return bits[n / 8] >> n % 8 & 1;
}

static void
look_bits(struct fsck *k, const struct bundle *b, const unsigned char *bits)
{
	uint64_t i, n = b->length - b->done_off;

	for (i = b->nrcpt; i % 8; i++) {
		if (is_set(bits, (uint32_t)i)) {
			say(k, "a done bit is set past the last recipient");
			return;
		}
	}
	for (i /= 8; i < n; i++) {
		if (bits[i]) {
			say(k, "a done bit is set past the last recipient");
			return;
		}
	}
}

/* How many recipients of the message are not done. */
static uint32_t
count_left(const unsigned char *bits, uint32_t first, uint32_t n)
{
	uint32_t left = 0;

	for (; n; n--)
		left += !is_set(bits, first++);
	return left;
}

static int
name_ok(const struct bundle_str *s)
{
	return chars_name(s->s, s->len);
}

static void
look_fields(struct fsck *k, const struct bundle_msg *m)
{
	struct addr a;

	if (m->sender.len &&
	    (addr_split(m->sender.s, m->sender.len, &a) == -1 || a.idn))
		say(k, "the sender is not a mail address");
	if (m->flags & ~BUNDLE_FLAGS)
		say(k, "unknown flags");
	if (m->ret != 0 && m->ret != 'F' && m->ret != 'H')
		say(k, "RET is neither FULL nor HDRS");
	if (!chars_ascii(m->envid.s, m->envid.len))
		say(k, "the envelope id is not printable");
	if (!name_ok(&m->stream) || !name_ok(&m->route) ||
	    !name_ok(&m->tenant) || !name_ok(&m->campaign))
		say(k, "stream, route, tenant or campaign is not a name");
}

/* The octets of a message whose recipients are all done may be gone: their
 * place was given back to the file system. */
static void
look_msgs(struct fsck *k, const struct bundle *b, const unsigned char *bits,
    struct regions *l)
{
	uint32_t i, left, next = 0, number = 0;
	struct bundle_msg m;

	for (i = 0; i < b->nmsg; i++) {
		k->msg = i;
		if (bundle_msg(b, i, &m) == -1) {
			say(k, "its entry in the index is malformed");
			return;
		}
		if (i && m.number <= number)
			say(k, "its number is %u, after %u", m.number, number);
		number = m.number;
		look_fields(k, &m);
		rcpts_look(k, b, &m, i, next, l);
		next += m.nrcpt;
		region_add(l, "octets", i, m.offset, m.stored);
		left = count_left(bits, m.first, m.nrcpt);
		if (left)
			octets_look(k, b, &m);
		k->messages += left > 0;
		k->waiting += left;
	}
	k->msg = -1;
	if (next != b->nrcpt)
		say(k, "%u recipients, not %u", next, b->nrcpt);
	k->recipients += b->nrcpt;
}

/* bundle_open has checked that the header holds what it says. */
static void
add_index(struct fsck *k, const struct bundle *b, struct regions *l)
{
	char h[BUNDLE_HEADER];
	struct field r;
	uint32_t len;

	if (pread(b->fd, h, sizeof h, 0) != (ssize_t)sizeof h) {
		say_unread(k);
		return;
	}
	field_start(&r, h + INDEX_AT, sizeof h - INDEX_AT);
	len = field_getu32(&r);
	(void)field_getu32(&r);
	region_add(l, "header", 0, 0, BUNDLE_HEADER);
	region_add(l, "index entries", 0, field_getu64(&r), len);
	region_add(l, "done bits", 0, b->done_off, b->length - b->done_off);
}

static void
look(struct fsck *k, const struct bundle *b)
{
	struct regions l = { NULL, 0, 0 };
	unsigned char *bits = read_bits(k, b);

	if (strcmp(b->id, k->name) != 0)
		say(k, "its id is %s", b->id);
	if (!bits)
		return;
	look_bits(k, b, bits);
	add_index(k, b, &l);
	look_msgs(k, b, bits, &l);
	k->msg = -1;
	region_look(k, &l, b->length);
	free(bits);
	free(l.r);
}

void
bundle_look(struct fsck *k, int fd, const struct stat *st)
{
	struct bundle b;

	k->bundles++;
	if (st->st_nlink != 1)
		say(k, "it has %lu names", (unsigned long)st->st_nlink);
	if (bundle_open(&b, fd) == 0) {
		look(k, &b);
		bundle_close(&b);
	} else if (errno == EBADMSG) {
		say(k, "%s", b.why);
	} else {
		say_unread(k);
	}
}
