#include <string.h>

#include "body.h"
#include "crc.h"

/* After CRLF; after its dot; after the dot's CR; after any CR; elsewhere. */
enum { AT_LINE, AT_DOT, AT_DOTCR, AT_CR, AT_MID };

void
body_begin(struct body *b, int crc, FILE *file, uint64_t max)
{
	memset(b, 0, sizeof *b);
	b->wantcrc = crc != 0;
	b->file = file;
	b->max = max;
	b->at = AT_LINE;
	b->fresh = 1;
}

static int
has_eight(const char *s, size_t n)
{
	uint64_t word, all = 0;

	for (; n >= 8; s += 8, n -= 8) {
		memcpy(&word, s, 8);
		all |= word;
	}
	for (; n; s++, n--)
		all |= (unsigned char)*s;
	return (all & 0x8080808080808080u) != 0;
}

/* Counts CRs in n octets that stand inside a line, not before its LF. */
static void
count_cr(struct body *b, const char *s, size_t n)
{
	const char *p;

	while (n && (p = memchr(s, '\r', n))) {
		b->barecr++;
		n -= (size_t)(p - s) + 1;
		s = p + 1;
	}
}

static void
end_line(struct body *b, uint64_t len)
{
	if (len > BODY_LINE)
		b->longline++;
	b->linelen = 0;
}

/* One line's worth: k octets before the LF at s[k]. */
static void
look_line(struct body *b, const char *s, size_t k)
{
	int crlf = k ? s[k - 1] == '\r' : b->cr;

	if (k && b->cr)
		b->barecr++;
	b->linelen += k;
	if (crlf) {
		end_line(b, b->linelen - 1);
		if (k)
			k--;
	} else {
		b->barelf++;
		end_line(b, b->linelen);
	}
	count_cr(b, s, k);
	b->cr = 0;
}

static void
look(struct body *b, const char *s, size_t n)
{
	const char *p;

	while ((p = memchr(s, '\n', n))) {
		look_line(b, s, (size_t)(p - s));
		n -= (size_t)(p - s) + 1;
		s = p + 1;
		if (!n)
			return;
	}
	/* The start of a line; a CR at its end may yet become a CRLF. */
	if (b->cr)
		b->barecr++;
	b->linelen += n;
	b->cr = s[n - 1] == '\r';
	count_cr(b, s, n - b->cr);
}

static void
content(struct body *b, const char *s, size_t n)
{
	if (!n)
		return;
	b->size += n;
	if (b->size > b->max)
		b->toobig = 1;
	if (!b->eight)
		b->eight = has_eight(s, n) != 0;
	look(b, s, n);
	if (b->wantcrc)
		b->crc = crc_add(b->crc, s, n);
	if (b->file && !b->toobig && fwrite(s, 1, n, b->file) != n)
		b->failed = 1;
}

/* Goes on to the end of the line; returns how many octets that took. */
static size_t
skip_line(struct body *b, const char *s, size_t n)
{
	const char *p = memchr(s, '\n', n);
	size_t k;

	if (!p) {
		b->at = s[n - 1] == '\r' ? AT_CR : AT_MID;
		return n;
	}
	k = (size_t)(p - s);
	if (k ? s[k - 1] == '\r' : b->at == AT_CR)
		b->at = AT_LINE;
	else
		b->at = AT_MID;
	return k + 1;
}

size_t
body_data(struct body *b, const char *s, size_t n)
{
	size_t i = 0, from = 0; /* what is before `from` has been dealt with */

	b->fresh = 0;
	while (i < n) {
		if (b->at == AT_LINE && s[i] == '.') {
			content(b, s + from, i - from);
			from = ++i;
			b->at = AT_DOT;
		} else if (b->at == AT_DOT && s[i] == '\r') {
			from = ++i;
			b->at = AT_DOTCR;
		} else if (b->at == AT_DOTCR && s[i] == '\n') {
			b->done = 1;
			return i + 1;
		} else {
			/* It was not the end: the CR kept back is content. */
			if (b->at == AT_DOTCR) {
				content(b, "\r", 1);
				b->at = AT_CR;
			} else if (b->at != AT_CR) {
				b->at = AT_MID;
			}
			i += skip_line(b, s + i, n - i);
		}
	}
	content(b, s + from, n - from);
	return n;
}

void
body_bdat(struct body *b, const char *s, size_t n)
{
	content(b, s, n);
}
