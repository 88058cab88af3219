#include <errno.h>
#include <string.h>

#include "common/addrlist.h"

/*
 * The words since the last separator, run together.  They may turn out to be
 * an address, or a display name (then '<' follows) or a group's name (':'),
 * so what would be wrong in an address is only noted.
 */
struct words {
	char s[ADDRLIST_MAX];
	size_t n;
	size_t at; /* where the at sign outside quotes is, plus 1 */
	int any; /* there were words, even if they were thrown away */
	int gap; /* two words without a dot or an at sign between */
	int overflow;
};

struct list {
	const char *p;
	const char *end;
	const char *domain;
	int (*each)(void *arg, const char *addr, size_t len);
	void *arg;
	struct words w;
};

static int
bad(int e)
{
	errno = e;
	return -1;
}

static void
clear(struct words *w)
{
	w->n = w->at = 0;
	w->any = w->gap = w->overflow = 0;
}

static int
isjoint(char c)
{
	return c == '.' || c == '@';
}

static void
append(struct words *w, const char *s, size_t n)
{
	size_t i;

	w->any = 1;
	if (w->n && n && !isjoint(w->s[w->n - 1]) && !isjoint(s[0]))
		w->gap = 1;
	for (i = 0; i < n; i++) {
		if (s[i] == '\r' || s[i] == '\n')
			continue;
		if (w->n == sizeof w->s) {
			w->overflow = 1;
			return;
		}
		w->s[w->n++] = s[i];
	}
}

/* Past the comment that begins at p; NULL when it has no end. */
static const char *
comment(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '(')
			depth++;
		else if (*p == ')' && !--depth)
			return p + 1;
		else if (*p == '\\')
			p++;
	}
	return NULL;
}

/* Past the quoted string or literal at p, which last ends; NULL: no end. */
static const char *
quoted(const char *p, const char *end, char last)
{
	for (p++; p < end; p++) {
		if (*p == last)
			return p + 1;
		if (*p == '\\')
			p++;
	}
	return NULL;
}

static int
isspecial(char c)
{
	return c && strchr(" \t\r\n()<>[]:;@\\,\"", c) != NULL;
}

/*
 * Takes words up to a special that means something: its character, 0 at the
 * end, or -1 EINVAL.  l->p is left behind it.
 */
static int
words(struct list *l)
{
	const char *s;

	while (l->p < l->end) {
		s = l->p;
		switch (*s) {
		case ' ':
		case '\t':
		case '\r':
		case '\n':
			l->p++;
			continue;
		case '(':
			l->p = comment(s, l->end);
			break;
		case '"':
			l->p = quoted(s, l->end, '"');
			break;
		case '[':
			l->p = quoted(s, l->end, ']');
			break;
		case '@':
			l->p++;
			if (!l->w.at)
				l->w.at = l->w.n + 1;
			break;
		default:
			if (isspecial(*s))
				return (unsigned char)*l->p++;
			while (l->p < l->end && !isspecial(*l->p))
				l->p++;
		}
		if (!l->p)
			return bad(EINVAL);
		if (*s != '(')
			append(&l->w, s, (size_t)(l->p - s));
	}
	return 0;
}

static int
emit(struct list *l)
{
	struct words *w = &l->w;

	if (w->overflow)
		return bad(ENAMETOOLONG);
	if (w->gap || !w->n)
		return bad(EINVAL);
	if (!w->at) {
		append(w, "@", 1);
		append(w, l->domain, strlen(l->domain));
		if (w->overflow)
			return bad(ENAMETOOLONG);
	}
	return l->each(l->arg, w->s, w->n);
}

/* From behind '<' to behind '>': the words are a display name until here. */
static int
angle(struct list *l)
{
	int c;

	clear(&l->w);
	c = words(l);
	/* A source route ends in a colon: <@a.example,@b.example:user@c> */
	while (c == ',' && l->w.n && l->w.s[0] == '@')
		c = words(l);
	if (c == ':' && l->w.n && l->w.s[0] == '@') {
		clear(&l->w);
		c = words(l);
	}
	if (c != '>')
		return bad(EINVAL);
	if (emit(l) == -1)
		return -1;
	clear(&l->w);
	/* Comments may follow, words may not. */
	c = words(l);
	return l->w.any ? bad(EINVAL) : c;
}

int
addrlist_parse(const char *s, size_t n, const char *domain,
    int (*each)(void *arg, const char *addr, size_t len), void *arg)
{
	struct list l;
	int c, group = 0;

	l.p = s;
	l.end = s + n;
	l.domain = domain;
	l.each = each;
	l.arg = arg;
	do {
		clear(&l.w);
		c = words(&l);
		if (c == '<')
			c = angle(&l);
		if (c == ':' && !group && l.w.any) {
			group = 1;
			continue;
		}
		if (c == ';')
			group = 0;
		else if (c != ',' && c != 0)
			return c == -1 ? -1 : bad(EINVAL);
		if (l.w.any && emit(&l) == -1)
			return -1;
	} while (c);
	return 0;
}
