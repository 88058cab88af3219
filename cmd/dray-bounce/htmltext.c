#include <string.h>
#include <strings.h>

#include "cmd/dray-bounce/mime.h"

#define TAG 4096 /* octets of one, at most */

static const struct {
	const char *name;
	char c;
} entities[] = {
	{ "lt;", '<' },
	{ "gt;", '>' },
	{ "amp;", '&' },
	{ "quot;", '"' },
	{ "apos;", '\'' },
	{ "nbsp;", ' ' },
	{ "#39;", '\'' },
	{ "#64;", '@' },
	{ "#160;", ' ' },
	{ "#60;", '<' },
	{ "#62;", '>' },
};

/* Elements that end a line, where they begin or where they end. */
static const char *const blocks[] = { "br", "p", "div", "tr", "table", "li",
	"ul", "ol", "h1", "h2", "h3", "h4", "hr", "pre", "td", "blockquote" };

static const char *const hidden[] = { "style", "script", "title" };

static int
is_name(const char *s, const char *e, const char *name)
{
	size_t n = strlen(name);

	return (size_t)(e - s) > n && !strncasecmp(s, name, n) &&
	    strchr(" \t\r\n/>", s[n]) && s[n];
}

static int
is_one(const char *s, const char *e, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (is_name(s, e, names[i]))
			return 1;
	return 0;
}

/* Past the end of the element whose tag begins at s, which is hidden. */
static const char *
past(const char *s, const char *e)
{
	const char *p = s;

	while ((p = memchr(p, '<', (size_t)(e - p))) != NULL) {
		if (p + 1 < e && p[1] == '/' &&
		    is_one(p + 2, e, hidden, sizeof hidden / sizeof *hidden))
			return p;
		p++;
	}
	return e;
}

/* At a '<': past what it begins, and in c_r what stands for it, or 0. */
static const char *
tag(const char *s, const char *e, char *c_r)
{
	const char *name = s + 1, *end;

	*c_r = 0;
	/* Not everybody who writes HTML says "&lt;" before an address. */
	if (name == e ||
	    !((*name >= 'a' && *name <= 'z') ||
		(*name >= 'A' && *name <= 'Z') || *name == '/' ||
		*name == '!' || *name == '?')) {
		*c_r = '<';
		return name;
	}
	end = memchr(name, '>', (size_t)(e - name < TAG ? e - name : TAG));
	if (!end) {
		*c_r = '<';
		return name;
	}
	if (memchr(name, '@', (size_t)(end - name)) &&
	    !memchr(name, ' ', (size_t)(end - name))) {
		*c_r = '<';
		return name;
	}
	if (is_one(name, e, hidden, sizeof hidden / sizeof *hidden))
		return past(end, e);
	if (*name == '/')
		name++;
	if (is_one(name, e, blocks, sizeof blocks / sizeof *blocks))
		*c_r = '\n';
	return end + 1;
}

static const char *
entity(const char *s, const char *e, char *c_r)
{
	size_t i, n;

	for (i = 0; i < sizeof entities / sizeof *entities; i++) {
		n = strlen(entities[i].name);
		if ((size_t)(e - s) > n &&
		    !strncasecmp(s + 1, entities[i].name, n)) {
			*c_r = entities[i].c;
			return s + 1 + n;
		}
	}
	*c_r = '&';
	return s + 1;
}

/* A blank at the beginning of a line, or behind another; a third line end. */
static int
is_more(const char *d, const char *p, char c)
{
	if (c == ' ')
		return p == d || p[-1] == ' ' || p[-1] == '\n';
	return c == '\n' && p - d >= 2 && p[-1] == '\n' && p[-2] == '\n';
}

const char *
html_text(struct arena *a, const char *s, size_t n, size_t *n_r)
{
	const char *e = s + n;
	char *d = arena_take(a, n + 1), *p = d, c;

	while (s < e) {
		if (*s == '<') {
			s = tag(s, e, &c);
		} else if (*s == '&') {
			s = entity(s, e, &c);
		} else {
			/* A line end is kept, though it is a blank in HTML:
			 * programs that write HTML end lines where they mean
			 * it, and what reads them does not mind. */
			c = *s++;
			if (c == '\t')
				c = ' ';
		}
		if (c && !is_more(d, p, c))
			*p++ = c;
	}
	*p = '\0';
	*n_r = (size_t)(p - d);
	return d;
}
