#include <string.h>
#include <strings.h>

#include "common/chars.h"
#include "common/header.h"

const char *
header_nextline(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl + 1 : end;
}

static int
isempty(const char *p, const char *end)
{
	while (p < end && *p == '\r')
		p++;
	return p == end || *p == '\n';
}

/* Length of the field name that p begins with, 0 if it begins with none. */
static size_t
name(const char *p, const char *end, const char **value_r)
{
	const char *q = p;
	size_t n;

	while (q<end && * q> ' ' && *q < 127 && *q != ':')
		q++;
	n = (size_t)(q - p);
	while (q < end && (*q == ' ' || *q == '\t')) /* obsolete, but seen */
		q++;
	if (q == end || *q != ':')
		return 0;
	*value_r = q + 1;
	return n;
}

int
header_next(const char **p, const char *end, struct header_field *f_r)
{
	const char *s = *p;
	const char *q;

	if (s == end)
		return 0;
	if (isempty(s, end)) {
		*p = header_nextline(s, end);
		return 0;
	}
	f_r->name_len = name(s, end, &f_r->value);
	if (!f_r->name_len)
		return 0;
	q = header_nextline(s, end);
	while (q < end && (*q == ' ' || *q == '\t'))
		q = header_nextline(q, end);
	f_r->s = s;
	f_r->len = (size_t)(q - s);
	*p = q;
	if (q > f_r->value && q[-1] == '\n')
		q--;
	while (q > f_r->value && q[-1] == '\r')
		q--;
	f_r->value_len = (size_t)(q - f_r->value);
	return 1;
}

int
header_is(const struct header_field *f, const char *want)
{
	return f->name_len == strlen(want) &&
	    !strncasecmp(f->s, want, f->name_len);
}

int
header_starts(const struct header_field *f, const char *prefix)
{
	size_t n = strlen(prefix);

	return f->name_len >= n && !strncasecmp(f->s, prefix, n);
}

static int
isblank_(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Past white space and comments. */
static const char *
cfws(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '(')
			depth++;
		else if (depth && *p == ')')
			depth--;
		else if (depth && *p == '\\' && p + 1 < end)
			p++;
		else if (!depth && !isblank_(*p))
			break;
	}
	return p;
}

static int
istoken(char c)
{
	return !isblank_(c) && !strchr("()<>@,;:\\\"[]?=", c);
}

/* Copies a token or a quoted string; *n_r is its length even if cut. */
static const char *
word(const char *p, const char *end, char *buf, size_t max, size_t *n_r)
{
	int isquoted = p < end && *p == '"';
	size_t n = 0;

	for (p += isquoted; p < end; p++) {
		if (isquoted && *p == '"') {
			p++;
			break;
		}
		if (!isquoted && !istoken(*p))
			break;
		if (*p == '\r' || *p == '\n')
			continue;
		if (isquoted && *p == '\\' && p + 1 < end)
			p++;
		if (n + 1 < max)
			buf[n] = *p;
		n++;
	}
	buf[n < max ? n : max - 1] = '\0';
	*n_r = n;
	return p;
}

static void
lower(char *s)
{
	for (; *s; s++)
		*s = (char)chars_lower(*s);
}

void
header_token(const struct header_field *f, char *buf, size_t max)
{
	const char *end = f->value + f->value_len;
	size_t n;

	word(cfws(f->value, end), end, buf, max, &n);
	lower(buf);
}

int
header_param(
    const struct header_field *f, const char *want, char *buf, size_t max)
{
	const char *end = f->value + f->value_len;
	const char *p = f->value;
	char attr[64];
	size_t n;

	for (;;) {
		/* To the next semicolon outside quotes and comments. */
		while ((p = cfws(p, end)) < end && *p != ';') {
			if (*p == '"')
				p = word(p, end, buf, max, &n);
			else
				p++;
		}
		if (p == end)
			return 0;
		p = word(cfws(p + 1, end), end, attr, sizeof attr, &n);
		p = cfws(p, end);
		if (p == end || *p != '=')
			continue;
		p = word(cfws(p + 1, end), end, buf, max, &n);
		if (n < max && !strcasecmp(attr, want))
			return 1;
	}
}
