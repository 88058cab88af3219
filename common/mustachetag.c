#include <string.h>

#include "common/mustachetag.h"

void
mustachetag_pair(struct mustachetag_pair *d)
{
	memcpy(d->open, "{{", 2);
	memcpy(d->close, "}}", 2);
	d->open_len = d->close_len = 2;
	d->why = NULL;
}

static int
isblank_(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void
trim(struct mustachetag *t)
{
	while (t->len && isblank_(t->s[t->len - 1]))
		t->len--;
	for (; t->len && isblank_(*t->s); t->s++)
		t->len--;
}

/* The word at *p, which moves past it and the white space behind it. */
static size_t
word(const char **p, const char *end)
{
	const char *s = *p;
	size_t n;

	while (*p < end && !isblank_(**p) && **p != '=')
		(*p)++;
	n = (size_t)(*p - s);
	while (*p < end && isblank_(**p))
		(*p)++;
	return n;
}

static int
set(struct mustachetag_pair *d, const struct mustachetag *t)
{
	const char *end = t->s + t->len;
	const char *p = t->s;
	const char *open = p;
	size_t open_len = word(&p, end);
	const char *close = p;
	size_t close_len = word(&p, end);

	d->why = "two delimiters belong between = and =, of up to 16 octets "
		 "without = and white space";
	if (p != end || !open_len || !close_len || open_len > MUSTACHETAG_MAX ||
	    close_len > MUSTACHETAG_MAX)
		return -1;
	memcpy(d->open, open, open_len);
	memcpy(d->close, close, close_len);
	d->open_len = open_len;
	d->close_len = close_len;
	return 1;
}

/* The end of the tag: close, with a character in front of it perhaps. */
static const char *
closing(const struct mustachetag_pair *d, char extra, const char *s,
    const char *end)
{
	char want[MUSTACHETAG_MAX + 1];
	size_t n = 0;

	if (extra)
		want[n++] = extra;
	memcpy(want + n, d->close, d->close_len);
	return memmem(s, (size_t)(end - s), want, n + d->close_len);
}

int
mustachetag_next(struct mustachetag_pair *d, const char *s, size_t n,
    size_t pos, struct mustachetag *t_r)
{
	const char *end = s + n;
	const char *p = memmem(s + pos, n - pos, d->open, d->open_len);
	const char *close;
	char extra;

	if (!p)
		return 0;
	t_r->at = (size_t)(p - s);
	p += d->open_len;
	while (p < end && isblank_(*p))
		p++;
	t_r->kind = p < end && strchr("#^/>!=&{", *p) && *p ? *p : 'v';
	p += t_r->kind != 'v';
	extra = t_r->kind == '=' ? '=' : t_r->kind == '{' ? '}' : '\0';
	close = closing(d, extra, p, end);
	if (!close) {
		d->why = "the tag is not closed";
		return -1;
	}
	t_r->s = p;
	t_r->len = (size_t)(close - p);
	t_r->end = (size_t)(close - s) + d->close_len + (extra != 0);
	trim(t_r);
	return t_r->kind == '=' ? set(d, t_r) : 1;
}

int
mustachetag_alone(const struct mustachetag *t, const char *s, size_t n,
    size_t *from_r, size_t *to_r)
{
	size_t from = t->at, to = t->end;

	if (!strchr("#^/>!=", t->kind))
		return 0;
	while (from && (s[from - 1] == ' ' || s[from - 1] == '\t'))
		from--;
	if (from && s[from - 1] != '\n')
		return 0;
	while (to < n && (s[to] == ' ' || s[to] == '\t'))
		to++;
	if (to < n) {
		if (s[to] == '\r' && to + 1 < n)
			to++;
		if (s[to] != '\n')
			return 0;
		to++;
	}
	*from_r = from;
	*to_r = to;
	return 1;
}
