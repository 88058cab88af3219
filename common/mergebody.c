#include <errno.h>
#include <string.h>

#include "common/mem.h"
#include "common/mergebody.h"
#include "common/mergecode.h"
#include "common/utf8.h"
#include "common/wire.h"

#define HTML 1
#define CONTROL 2
#define HIGH 4

#define HEAD 4 /* octets of "--=_" */

struct body {
	struct merge *m;
	stralloc *out;
	size_t max;
	size_t col;
	int mask; /* classes of octets that are not copied as they are */
	int is8; /* octets over 127 may stand there */
	int unfit; /* it cannot go without quoted-printable */
	int (*put)(struct body *b, const char *s, size_t n);
};

static int
isspecial(unsigned char c, int mask)
{
	if (c >= 128)
		return mask & HIGH;
	if (c < ' ' || c == 127)
		return c == '\t' ? 0 : mask & CONTROL;
	if (c == '&' || c == '<' || c == '>' || c == '"' || c == '\'')
		return mask & HTML;
	return 0;
}

static int
large(void)
{
	errno = EMSGSIZE;
	return -1;
}

/* Ends the run: mergebody_put begins again. */
static int
unfit(struct body *b)
{
	b->unfit = 1;
	errno = EAGAIN;
	return -1;
}

/* Looks at the beginning of the line once, when there is enough of it; the
 * line now has n octets more than b->col, which is what it had before. */
static int
head(struct body *b, size_t n)
{
	const char *line = b->out->s + b->out->len - n - b->col;

	if (b->col < HEAD && b->col + n >= HEAD && !memcmp(line, "--=_", HEAD))
		return unfit(b);
	b->col += n;
	return 0;
}

static int
plain_put(struct body *b, const char *s, size_t n)
{
	if (b->col + n > WIRE_LINEMAX)
		return unfit(b);
	mem_check(stralloc_catb(b->out, s, n));
	return head(b, n);
}

static int
qp_put(struct body *b, const char *s, size_t n)
{
	mergeqp_put(b->out, &b->col, s, n);
	return 0;
}

static int
plain_literal(void *arg, struct mergeprog_lit *l)
{
	struct body *b = arg;

	if (l->n > b->max - b->out->len)
		return large();
	if (l->unfit || (l->is8 && !b->is8))
		return unfit(b);
	if (plain_put(b, l->s, l->first) == -1)
		return -1;
	if (l->isone)
		return 0;
	mem_check(stralloc_catb(b->out, l->s + l->first, l->n - l->first));
	b->col = l->last;
	return b->col > WIRE_LINEMAX ? unfit(b) : 0;
}

static int
qp_literal(void *arg, struct mergeprog_lit *l)
{
	struct body *b = arg;
	const char *s = mergeprog_qp(b->m, l);

	if (l->q.n > b->max - b->out->len)
		return large();
	mergeqp_join(b->out, &b->col, s, &l->q);
	return 0;
}

static int
newline(struct body *b)
{
	mem_check(stralloc_catb(b->out, "\r\n", 2));
	b->col = 0;
	return 0;
}

static int
entity(struct body *b, char c)
{
	switch (c) {
	case '&':
		return b->put(b, "&amp;", 5);
	case '<':
		return b->put(b, "&lt;", 4);
	case '>':
		return b->put(b, "&gt;", 4);
	case '"':
		return b->put(b, "&quot;", 6);
	default:
		return b->put(b, "&#39;", 5);
	}
}

/* One special character, of n octets at s; how many it took. */
static int
special(struct body *b, const char *s, size_t n, size_t *len_r)
{
	const char *instead = "\xef\xbf\xbd";
	unsigned char c = (unsigned char)*s;
	size_t len = 1;

	*len_r = 1;
	if (c == '\n')
		return newline(b);
	if (c == '\r') {
		*len_r = n > 1 && s[1] == '\n' ? 2 : 1;
		return newline(b);
	}
	if (c > ' ' && c < 127)
		return entity(b, (char)c);
	if (!b->is8)
		return unfit(b);
	if (c > 127 && (len = utf8_char(s, n)) > 0) {
		*len_r = len;
		return b->put(b, s, len);
	}
	return b->put(b, instead, 3);
}

static int
value(void *arg, enum mergerun_how how, const char *s, size_t n)
{
	struct body *b = arg;
	int mask = how == MERGERUN_ESCAPE ? b->mask : b->mask & ~HTML;
	const char *end = s + n;
	const char *p;
	size_t len;

	while (s < end) {
		for (p = s; p < end && !isspecial((unsigned char)*p, mask); p++)
			;
		if (p > s && b->put(b, s, (size_t)(p - s)) == -1)
			return -1;
		s = p;
		if (s == end)
			break;
		if (special(b, s, (size_t)(end - s), &len) == -1)
			return -1;
		s += len;
	}
	return b->out->len > b->max ? large() : 0;
}

static int
attempt(struct mergerun *r, const struct mergeprog_item *it, struct body *b,
    int isqp)
{
	static const struct mergerun_sink plain = { plain_literal, value };
	static const struct mergerun_sink qp = { qp_literal, value };
	static const char field[] = "Content-Transfer-Encoding: ";
	const char *name = isqp ? "quoted-printable\r\n\r\n"
	    : b->is8		? "8bit\r\n\r\n"
				: "7bit\r\n\r\n";

	b->put = isqp ? qp_put : plain_put;
	if (isqp)
		b->is8 = 1;
	b->col = 0;
	mem_check(stralloc_catb(b->out, field, sizeof field - 1));
	mem_check(stralloc_catb(b->out, name, strlen(name)));
	if (mergerun_text(r, it->text, isqp ? &qp : &plain, b) == -1)
		return -1;
	if (b->col || (it->flags & MERGECODE_INNER))
		return newline(b);
	return 0;
}

int
mergebody_put(struct mergerun *r, const struct mergeprog_item *it,
    unsigned int flags, stralloc *out, size_t max)
{
	unsigned int steps = r->steps;
	size_t from = out->len;
	struct body b;
	int level, rc = -1;

	memset(&b, 0, sizeof b);
	b.m = r->m;
	b.out = out;
	b.max = max;
	b.mask = CONTROL | HIGH | (it->flags & MERGECODE_HTML ? HTML : 0);
	/* As ASCII, as UTF-8 if the server takes it, as quoted-printable. */
	for (level = 0; level < 3; level++) {
		if (level == 1 && !(flags & MERGE_8BIT))
			continue;
		out->len = from;
		r->steps = steps;
		r->nest = r->depth = 0;
		b.unfit = 0;
		b.is8 = level == 1;
		rc = attempt(r, it, &b, level == 2);
		if (!b.unfit)
			break;
	}
	r->is8 |= level == 1;
	return rc;
}
