#include <errno.h>
#include <string.h>

#include "common/addr.h"
#include "common/mem.h"
#include "common/mergehead.h"
#include "common/mergeword.h"
#include "common/utf8.h"
#include "common/wire.h"

#define LINE 78 /* RFC 5322 2.1.1 */
#define WORDMAX 900 /* octets of a word that may stand on a line as it is */
#define GAP 8 /* spaces in a row that may stand on a line as they are */
#define QUOTEDMAX 66 /* octets of a display name in quotes */

/* A word, and the spaces in front of it. */
struct token {
	size_t at;
	size_t gap;
	size_t n;
};

void
mergehead_start(
    struct mergehead *h, stralloc *out, const char *name, size_t len)
{
	h->out = out;
	h->col = len + 1;
	h->any = 0;
	mem_check(stralloc_catb(out, name, len));
	mem_check(stralloc_append(out, ':'));
}

void
mergehead_end(struct mergehead *h)
{
	mem_check(stralloc_catb(h->out, "\r\n", 2));
}

/* The spaces in front of what has n octets, on a new line if it is better. */
static void
gap(struct mergehead *h, size_t spaces, size_t n)
{
	if (!spaces)
		spaces = 1;
	if (h->col + spaces + n > (h->any ? LINE : WIRE_LINEMAX)) {
		mem_check(stralloc_catb(h->out, "\r\n", 2));
		h->col = 0;
	}
	h->col += spaces;
	h->any = 1;
	while (spaces--)
		mem_check(stralloc_append(h->out, ' '));
}

static void
word(struct mergehead *h, size_t spaces, const char *s, size_t n)
{
	gap(h, spaces, n);
	mem_check(stralloc_catb(h->out, s, n));
	h->col += n;
}

static void
encoded(struct mergehead *h, size_t spaces, const char *s, size_t n)
{
	gap(h, spaces, 0);
	mergeword_put(h->out, &h->col, s, n);
}

/* The word at *p, which moves past it: 1, or 0 at the end. */
static int
next(const char *s, size_t n, size_t *p, struct token *t)
{
	size_t i = *p;

	while (i < n && s[i] == ' ')
		i++;
	t->gap = i - *p;
	t->at = i;
	while (i < n && s[i] != ' ')
		i++;
	t->n = i - t->at;
	*p = i;
	return t->n > 0;
}

static int
isencodable(const char *s, const struct token *t)
{
	return t->gap > GAP || t->n > WORDMAX || utf8_high(s + t->at, t->n) ||
	    memmem(s + t->at, t->n, "=?", 2);
}

/* From where to where encoded words are needed; nowhere if *to_r is 0. */
static void
range(const char *s, size_t n, size_t *from_r, size_t *to_r)
{
	struct token t;
	size_t p = 0;
	int wide = 0;

	*from_r = *to_r = 0;
	while (next(s, n, &p, &t)) {
		wide |= t.gap > GAP;
		if (!isencodable(s, &t))
			continue;
		if (!*to_r)
			*from_r = t.at;
		*to_r = t.at + t.n;
	}
	if (wide) {
		*from_r = 0;
		*to_r = n;
	}
}

static void
words(struct mergehead *h, const char *s, size_t n)
{
	struct token t;
	size_t p = 0;

	while (next(s, n, &p, &t))
		word(h, t.gap, s + t.at, t.n);
}

static void
text(struct mergehead *h, const char *s, size_t n)
{
	size_t from, to, before;

	range(s, n, &from, &to);
	if (!to) {
		words(h, s, n);
		return;
	}
	for (before = from; before && s[before - 1] == ' '; before--)
		;
	words(h, s, before);
	encoded(h, from - before, s + from, to - from);
	/* No line with an encoded word is over 76 (RFC 2047 2). */
	if (to < n && h->col + 2 < LINE)
		h->col += LINE - MERGEWORD_LINE;
	words(h, s + to, n - to);
}

void
mergehead_text(
    stralloc *out, const char *name, size_t len, const char *s, size_t n)
{
	stralloc clean = STRALLOC_ZERO;
	struct mergehead h;

	mergeword_clean(&clean, s, n);
	mergehead_start(&h, out, name, len);
	text(&h, clean.s, clean.len);
	mergehead_end(&h);
	stralloc_free(&clean);
}

int
mergehead_words(
    stralloc *out, const char *name, size_t len, const char *s, size_t n)
{
	stralloc clean = STRALLOC_ZERO;
	size_t p = 0, from = out->len;
	struct mergehead h;
	struct token t;
	int rc = 0;

	mergeword_clean(&clean, s, n);
	mergehead_start(&h, out, name, len);
	while (!rc && next(clean.s, clean.len, &p, &t)) {
		if (t.n > WIRE_LINEMAX - 1)
			rc = -1;
		else /* one space will do: the words are what counts */
			word(&h, 1, clean.s + t.at, t.n);
	}
	mergehead_end(&h);
	stralloc_free(&clean);
	if (rc == -1) {
		out->len = from;
		errno = EMSGSIZE;
	}
	return rc;
}

static int
isatext(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c && strchr("!#$%&'*+-/=?^_`{|}~", c));
}

/* Words of atoms with one space between each. */
static int
isatoms(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!isatext(s[i]) && (s[i] != ' ' || s[i + 1] == ' '))
			return 0;
	return 1;
}

static void
quoted(struct mergehead *h, const char *s, size_t n)
{
	stralloc q = STRALLOC_ZERO;
	size_t i;

	mem_check(stralloc_append(&q, '"'));
	for (i = 0; i < n; i++) {
		if (s[i] == '"' || s[i] == '\\')
			mem_check(stralloc_append(&q, '\\'));
		mem_check(stralloc_append(&q, s[i]));
	}
	mem_check(stralloc_append(&q, '"'));
	word(h, 1, q.s, q.len);
	stralloc_free(&q);
}

static void
name(struct mergehead *h, const char *s, size_t n)
{
	if (utf8_high(s, n) || memmem(s, n, "=?", 2) || n > QUOTEDMAX)
		encoded(h, 1, s, n);
	else if (isatoms(s, n))
		words(h, s, n);
	else
		quoted(h, s, n);
}

/* Local parts with dots where RFC 5322 has none want quotes. */
static int
isdotty(const struct addr *a)
{
	const char *s = a->local;
	size_t i, n = a->local_len;

	if (s[0] == '"')
		return 0;
	if (s[0] == '.' || s[n - 1] == '.')
		return 1;
	for (i = 1; i < n; i++)
		if (s[i] == '.' && s[i - 1] == '.')
			return 1;
	return 0;
}

static void
address(struct mergehead *h, const struct addr *a, int isangle)
{
	int q = isdotty(a);
	stralloc d = STRALLOC_ZERO;

	mem_check(stralloc_cats(&d, isangle ? "<" : ""));
	mem_check(stralloc_cats(&d, q ? "\"" : ""));
	mem_check(stralloc_catb(&d, a->local, a->local_len));
	mem_check(stralloc_cats(&d, q ? "\"@" : "@"));
	mem_check(stralloc_catb(&d, a->domain, a->domain_len));
	mem_check(stralloc_cats(&d, isangle ? ">" : ""));
	word(h, 1, d.s, d.len);
	stralloc_free(&d);
}

int
mergehead_mailbox(struct mergehead *h, const char *phrase, size_t n,
    const char *addr, size_t len)
{
	stralloc clean = STRALLOC_ZERO;
	struct addr a;

	while (len && (addr[len - 1] == ' ' || addr[len - 1] == '\t'))
		len--;
	for (; len && (*addr == ' ' || *addr == '\t'); addr++)
		len--;
	if (!len || addr_split(addr, len, &a) == -1) {
		errno = EINVAL;
		return -1;
	}
	if (h->any) {
		mem_check(stralloc_append(h->out, ','));
		h->col++;
	}
	mergeword_clean(&clean, phrase, n);
	if (clean.len)
		name(h, clean.s, clean.len);
	address(h, &a, clean.len > 0);
	stralloc_free(&clean);
	return 0;
}
