#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/chars.h"
#include "common/field.h"
#include "common/mem.h"
#include "common/mergework.h"
#include "common/recode.h"

static void
place(const struct mergework *w, const char *at, size_t *line, size_t *column)
{
	const char *p;

	*line = *column = 1;
	for (p = w->s; p < at; p++) {
		(*column)++;
		if (*p == '\n') {
			(*line)++;
			*column = 1;
		}
	}
}

/* Whether it is in the template, and not in a field of the caller's. */
static int
iswithin(const struct mergework *w, const char *at)
{
	return at && at >= w->s && at <= w->s + w->n;
}

int
mergework_wrong(struct mergework *w, const char *at, const char *why)
{
	struct mergecompile_error *e = &w->c->error;

	memset(e, 0, sizeof *e);
	if (iswithin(w, at) && !w->c->isbuilt)
		place(w, at, &e->line, &e->column);
	(void)snprintf(e->why, sizeof e->why, "%s", why);
	chars_mask(e->why);
	errno = EINVAL;
	return -1;
}

int
mergework_inside(struct mergework *w, const char *at, const char *part)
{
	struct mergecompile_error *e = &w->c->error;
	size_t line, column;

	if (errno != EINVAL)
		return -1;
	memset(e, 0, sizeof *e);
	(void)snprintf(e->why, sizeof e->why, "%s", w->x.why);
	e->line = w->x.line;
	e->column = w->x.column;
	if (w->x.in[0])
		(void)snprintf(e->part, sizeof e->part, "partial %s", w->x.in);
	else if (iswithin(w, at) && !w->c->isbuilt) {
		place(w, at, &line, &column);
		if (e->line == 1)
			e->column += column - 1;
		e->line += line - 1;
	} else
		(void)snprintf(e->part, sizeof e->part, "%s", part);
	chars_mask(e->part);
	errno = EINVAL;
	return -1;
}

void
mergework_flush(struct mergework *w)
{
	stralloc *items = mergecode_items(w->c->code);

	if (w->raw.len) {
		field_putu8(items, 'R');
		field_putstr(items, w->raw.s, w->raw.len);
	}
	w->raw.len = 0;
}

static int
put(void *arg, const char *s, size_t n)
{
	mem_check(stralloc_catb(arg, s, n));
	return 0;
}

int
mergework_keep(struct mergework *w, const struct header_field *f)
{
	struct recode_out o = { put, &w->raw };

	if (recode_header(&o, f->s, f->len) == -1)
		return mergework_wrong(
		    w, f->s, "this line is over 998 octets, without a space");
	if (w->raw.s[w->raw.len - 1] != '\n')
		mem_check(stralloc_catb(&w->raw, "\r\n", 2));
	return 0;
}

/* Up to the next semicolon outside of quotes and comments. */
static size_t
segment(const char *s, size_t n)
{
	size_t i, depth = 0;
	int isquoted = 0;

	for (i = 0; i < n; i++) {
		if (s[i] == '\\' && (isquoted || depth))
			i++;
		else if (!depth && s[i] == '"')
			isquoted = !isquoted;
		else if (!isquoted && s[i] == '(')
			depth++;
		else if (!isquoted && depth && s[i] == ')')
			depth--;
		else if (!isquoted && !depth && s[i] == ';')
			break;
	}
	return i < n ? i : n;
}

static int
isparam(const char *s, size_t n, const char *name)
{
	size_t len = strlen(name);

	return n > len && !strncasecmp(s, name, len) &&
	    (s[len] == '=' || s[len] == '*' || s[len] == ' ' || s[len] == '\t');
}

static void
trim(const char **s, size_t *n)
{
	while (*n && strchr(" \t\r\n", (*s)[*n - 1]))
		(*n)--;
	for (; *n && strchr(" \t\r\n", **s); (*s)++)
		(*n)--;
}

/* The type and its parameters, but for those that we know better. */
static void
params(struct mergework *w, const struct header_field *f)
{
	const char *p = f->value;
	const char *end = p + f->value_len;
	const char *s;
	size_t n;
	int any = 0;

	for (; p < end; p = s + n + 1, any = 1) {
		s = p;
		n = segment(p, (size_t)(end - p));
		{
			const char *t = s;
			size_t len = n;

			trim(&t, &len);
			if (!len || isparam(t, len, "charset") ||
			    isparam(t, len, "boundary"))
				continue;
			mem_check(stralloc_cats(
			    &w->raw, any ? ";\r\n\t" : "Content-Type: "));
			mem_check(stralloc_catb(&w->raw, t, len));
		}
	}
}

void
mergework_type(struct mergework *w, const char *head, size_t n,
    const char *charset, const char *boundary)
{
	const char *p = head;
	struct header_field f;
	size_t from = w->raw.len;

	while (header_next(&p, head + n, &f))
		if (header_is(&f, "Content-Type") && from == w->raw.len)
			params(w, &f);
	if (from == w->raw.len)
		mem_check(stralloc_cats(&w->raw, "Content-Type: text/plain"));
	if (charset) {
		mem_check(stralloc_cats(&w->raw, ";\r\n\tcharset="));
		mem_check(stralloc_cats(&w->raw, charset));
	}
	if (boundary) {
		mem_check(stralloc_cats(&w->raw, ";\r\n\tboundary=\""));
		mem_check(stralloc_cats(&w->raw, boundary));
		mem_check(stralloc_append(&w->raw, '"'));
	}
	mem_check(stralloc_catb(&w->raw, "\r\n", 2));
}
