#include <string.h>

#include "common/mem.h"
#include "common/mergeword.h"
#include "common/utf8.h"

#define WORDMAX 75 /* RFC 2047 2 */
#define AROUND 12 /* octets of "=?utf-8?Q?" and "?=" */
#define LEAST 24 /* for less than this a new line is begun */

static int
isend(char c)
{
	return c == '\r' || c == '\n';
}

/* A line end at s; how many octets it and what goes with it have. */
static size_t
fold(stralloc *d, const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && isend(s[i]))
		i++;
	if (i == n || (s[i] != ' ' && s[i] != '\t'))
		mem_check(stralloc_append(d, ' '));
	return i;
}

/* What some take for the end of a line: C1, U+2028 and U+2029. */
static int
isodd(const char *s, size_t len)
{
	return (len == 2 && s[0] == '\xc2' && (unsigned char)s[1] < 0xa0) ||
	    (len == 3 && !memcmp(s, "\xe2\x80", 2) &&
		(s[2] == '\xa8' || s[2] == '\xa9'));
}

void
mergeword_clean(stralloc *d, const char *s, size_t n)
{
	size_t i, len, from = d->len;
	unsigned char c;

	for (i = 0; i < n; i += len) {
		c = (unsigned char)s[i];
		len = utf8_char(s + i, n - i);
		if (isend(s[i]))
			len = fold(d, s + i, n - i);
		else if (c == '\t' || c == ' ')
			mem_check(stralloc_append(d, ' '));
		else if (c > ' ' && c != 127 && len && !isodd(s + i, len))
			mem_check(stralloc_catb(d, s + i, len));
		else
			mem_check(stralloc_catb(d, "\xef\xbf\xbd", 3));
		if (!len)
			len = 1;
	}
	while (d->len > from && d->s[d->len - 1] == ' ')
		d->len--;
	for (i = from; i < d->len && d->s[i] == ' '; i++)
		;
	if (i > from && d->len > from) {
		memmove(d->s + from, d->s + i, d->len - i);
		d->len -= i - from;
	}
}

/* What stands for itself in Q, in phrases, too (RFC 2047 5 (3)). */
static int
isq(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c && strchr("!*+-/", c));
}

static size_t
width(const char *s, size_t n)
{
	size_t i, w = 0;

	for (i = 0; i < n; i++)
		w += isq(s[i]) || s[i] == ' ' ? 1 : 3;
	return w;
}

static void
put_q(stralloc *out, const char *s, size_t n)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t i;
	char x[3] = "=";

	for (i = 0; i < n; i++) {
		x[1] = hex[(unsigned char)s[i] >> 4];
		x[2] = hex[(unsigned char)s[i] & 15];
		if (isq(s[i]))
			mem_check(stralloc_append(out, s[i]));
		else if (s[i] == ' ')
			mem_check(stralloc_append(out, '_'));
		else
			mem_check(stralloc_catb(out, x, 3));
	}
}

static void
put_b(stralloc *out, const char *s, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *u = (const unsigned char *)s;
	unsigned int v;
	size_t i, k;
	char x[4];

	for (i = 0; i < n; i += 3) {
		k = n - i < 3 ? n - i : 3;
		v = (unsigned int)u[i] << 16 |
		    (k > 1 ? (unsigned int)u[i + 1] << 8 : 0) |
		    (k > 2 ? u[i + 2] : 0);
		x[0] = digits[v >> 18];
		x[1] = digits[v >> 12 & 63];
		x[2] = k > 1 ? digits[v >> 6 & 63] : '=';
		x[3] = k > 2 ? digits[v & 63] : '=';
		mem_check(stralloc_catb(out, x, 4));
	}
}

/* How many octets, of whole characters, fit into room. */
static size_t
fit(const char *s, size_t n, size_t room, int isb)
{
	size_t i = 0, w = 0, len;

	while (i < n) {
		len = utf8_char(s + i, n - i);
		if (!len)
			len = 1;
		w = isb ? (i + len + 2) / 3 * 4 : w + width(s + i, len);
		if (w > room)
			break;
		i += len;
	}
	return i;
}

void
mergeword_put(stralloc *out, size_t *col, const char *s, size_t n)
{
	int isb = width(s, n) > (n + 2) / 3 * 4;
	size_t from, room, k;

	while (n) {
		if (*col + AROUND + LEAST > MERGEWORD_LINE) {
			/* The space in front goes to the next line. */
			out->s[out->len - 1] = '\r';
			mem_check(stralloc_catb(out, "\n ", 2));
			*col = 1;
		}
		room = MERGEWORD_LINE - *col;
		room = (room > WORDMAX ? WORDMAX : room) - AROUND;
		k = fit(s, n, room, isb);
		from = out->len;
		mem_check(
		    stralloc_cats(out, isb ? "=?utf-8?B?" : "=?utf-8?Q?"));
		if (isb)
			put_b(out, s, k);
		else
			put_q(out, s, k);
		mem_check(stralloc_cats(out, "?="));
		*col += out->len - from;
		s += k;
		n -= k;
		if (n) {
			mem_check(stralloc_append(out, ' '));
			*col = MERGEWORD_LINE;
		}
	}
}
