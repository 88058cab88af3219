#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/reading.h"
#include "common/chars.h"

static int
is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c >= 128;
}

static int
is_local(unsigned char c)
{
	return is_alnum(c) || (c && strchr(".!#$%&*+-/=?^_`{|}~'", c));
}

static int
is_domain(unsigned char c)
{
	return is_alnum(c) || c == '.' || c == '-' || c == '_' || c == '#';
}

/* A character of Chinese and the like, in UTF-8, or what they set between
 * sentences. */
static int
is_wide(const char *p)
{
	return (*p & 0xf0) == 0xe0;
}

/* Domains are ASCII or not, label by label; what is not, behind a dot and two
 * letters, belongs to the sentence. */
static const char *
domain_end(const char *begin, const char *end)
{
	const char *p, *dot = NULL;

	for (p = begin; p<end && * p> 0; p++)
		if (*p == '.')
			dot = p;
	return p < end && dot && p - dot > 2 ? p : end;
}

/* Where a local part begins that ends before at. */
static const char *
local_begin(const char *s, const char *at)
{
	const char *p = at;

	if (p > s && p[-1] == '"') {
		for (p--; p > s && p[-1] != '"' && p[-1] != '\n'; p--)
			;
		return p > s && p[-1] == '"' ? p - 1 : at;
	}
	while (
	    p > s && is_local((unsigned char)p[-1]) && at - p < REPORT_ADDRESS)
		p--;
	/* Not within brackets: what cannot begin a word is not its, nor are the
	 * words of a script that has no blanks. */
	if (p == s || p[-1] != '<') {
		while (p < at && strchr("'`./!&*|=?", *p) && *p)
			p++;
		while (at - p > 3 && is_wide(p) && !is_wide(at - 3))
			p += 3;
	}
	return p;
}

int
address_at(const char *s, const char *e, const char *at, struct span *r)
{
	const char *p = local_begin(s, at), *q = at + 1;

	if (p == at)
		return 0;
	if (q < e && *q == '[') {
		q = memchr(q, ']', (size_t)(e - q));
		if (!q || q - at > 64)
			return 0;
		q++;
	} else {
		while (q < e && is_domain((unsigned char)*q) &&
		    q - at < REPORT_ADDRESS)
			q++;
		q = domain_end(at + 1, q);
		while (q > at + 1 && !is_alnum((unsigned char)q[-1]))
			q--;
	}
	if (q == at + 1 || q - p > REPORT_ADDRESS)
		return 0;
	r->s = p;
	r->n = (size_t)(q - p);
	return 1;
}

int
address_same(const char *a, const char *b)
{
	return !strcasecmp(a, b);
}

/* The one that the report was sent to is no one that failed. */
int
address_is_ours(const struct reading *d, const char *a)
{
	return address_same(a, d->top.to);
}

struct found *
reading_found(struct reading *d, const char *address)
{
	struct found *f;
	size_t i;

	for (i = 0; *address && i < d->nfound; i++)
		if (address_same(d->found[i].address, address))
			return &d->found[i];
	if (d->nfound == REPORT_RCPTS) {
		d->r->cut = 1;
		return NULL;
	}
	f = &d->found[d->nfound++];
	memset(f, 0, sizeof *f);
	f->address = address;
	f->original = f->status = f->diagnostic = f->remote = "";
	return f;
}

/* lower is in lower case. */
int
span_has(struct span s, const char *lower)
{
	size_t n = strlen(lower), i, j;
	char up = (char)(*lower >= 'a' && *lower <= 'z' ? *lower - 32 : *lower);

	if (s.n < n)
		return 0;
	for (i = 0; i + n <= s.n; i++) {
		if (s.s[i] != *lower && s.s[i] != up)
			continue;
		for (j = 1; j < n && chars_lower(s.s[i + j]) == lower[j]; j++)
			;
		if (j == n)
			return 1;
	}
	return 0;
}
