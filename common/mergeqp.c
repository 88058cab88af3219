#include <string.h>

#include "common/mem.h"
#include "common/mergeqp.h"

/* Room for one octet of input: a soft break, and three for the octet. */
#define UNIT 6

static const char hex[] = "0123456789ABCDEF";

static int
isplain(const char *s, size_t i, size_t n)
{
	unsigned char c = (unsigned char)s[i];

	if (c == ' ' || c == '\t')
		return i + 1 < n;
	return c > ' ' && c <= '~' && c != '=';
}

void
mergeqp_put(stralloc *out, size_t *col, const char *s, size_t n)
{
	size_t i, width;
	char *d;

	mem_check(stralloc_readyplus(out, n * UNIT));
	d = out->s + out->len;
	for (i = 0; i < n; i++) {
		width = isplain(s, i, n) ? 1 : 3;
		if (*col + width > MERGEQP_LINE - 1) {
			*d++ = '=';
			*d++ = '\r';
			*d++ = '\n';
			*col = 0;
		}
		*col += width;
		if (width == 1)
			*d++ = s[i];
		else {
			*d++ = '=';
			*d++ = hex[(unsigned char)s[i] >> 4];
			*d++ = hex[(unsigned char)s[i] & 15];
		}
	}
	out->len = (size_t)(d - out->s);
}

/* The length of the first line of what was appended from here on. */
static size_t
firstline(const stralloc *out, size_t from)
{
	const char *cr = memchr(out->s + from, '\r', out->len - from);

	return cr ? (size_t)(cr - out->s) - from : out->len - from;
}

void
mergeqp_literal(stralloc *out, const char *s, size_t n, struct mergeqp *q_r)
{
	const char *end = s + n;
	const char *cr;
	size_t from = out->len, col = 0;

	while ((cr = memchr(s, '\r', (size_t)(end - s)))) {
		mergeqp_put(out, &col, s, (size_t)(cr - s));
		mem_check(stralloc_catb(out, "\r\n", 2));
		col = 0;
		s = cr + 2;
	}
	mergeqp_put(out, &col, s, (size_t)(end - s));
	q_r->n = (uint32_t)(out->len - from);
	q_r->first = (uint32_t)(q_r->n ? firstline(out, from) : 0);
	q_r->last = (uint32_t)col;
}

void
mergeqp_join(stralloc *out, size_t *col, const char *s, const struct mergeqp *q)
{
	int isone = q->first == q->n; /* without a line end */

	mem_check(stralloc_readyplus(out, q->n + 3));
	if (*col + q->first > (isone ? MERGEQP_LINE - 1u : MERGEQP_LINE)) {
		memcpy(out->s + out->len, "=\r\n", 3);
		out->len += 3;
		*col = 0;
	}
	if (q->n)
		memcpy(out->s + out->len, s, q->n);
	out->len += q->n;
	*col = isone ? *col + q->n : q->last;
}
