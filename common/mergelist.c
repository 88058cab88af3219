#include <errno.h>
#include <string.h>

#include "common/mem.h"
#include "common/mergedecode.h"
#include "common/mergelist.h"

/* The mailbox under way. */
struct list {
	mergelist_fn *each;
	void *arg;
	stralloc plain; /* outside brackets, as it stands */
	stralloc name; /* the same without quotes */
	stralloc addr; /* inside brackets */
	stralloc decoded;
	int angle; /* 1 inside brackets, 2 behind them */
};

static int
wrong(void)
{
	errno = EINVAL;
	return -1;
}

static void
trim(const stralloc *sa, const char **s_r, size_t *n_r)
{
	const char *s = sa->len ? sa->s : "";
	size_t n = sa->len;

	while (n && strchr(" \t\r\n", s[n - 1]))
		n--;
	for (; n && strchr(" \t\r\n", *s); s++)
		n--;
	*s_r = s;
	*n_r = n;
}

static int
done(struct list *l)
{
	const char *name = "", *addr;
	size_t n = 0, len;
	int rc = 0;

	trim(l->angle ? &l->addr : &l->plain, &addr, &len);
	if (l->angle) {
		trim(&l->name, &name, &n);
		l->decoded.len = 0;
		mergedecode_words(&l->decoded, name, n);
		trim(&l->decoded, &name, &n);
	}
	if (l->angle == 1)
		return wrong();
	if (l->angle || len)
		rc = l->each(l->arg, name, n, addr, len);
	l->plain.len = l->name.len = l->addr.len = 0;
	l->angle = 0;
	return rc;
}

static void
add(struct list *l, const char *s, size_t n, int isquoted)
{
	if (l->angle == 2)
		return;
	if (l->angle) {
		mem_check(stralloc_catb(&l->addr, s, n));
		return;
	}
	mem_check(stralloc_catb(&l->plain, s, n));
	if (!isquoted)
		mem_check(stralloc_catb(&l->name, s, n));
}

/* The octets of a tag at s, 0 if there is none. */
static size_t
tag(const char *s, size_t n)
{
	const char *close;
	const char *end = s + n;

	if (n < 4 || memcmp(s, "{{", 2))
		return 0;
	close = memmem(s, n, "}}", 2);
	if (!close)
		return n;
	close += 2;
	return (size_t)(close - s) +
	    (s[2] == '{' && close < end && *close == '}');
}

/* What a quoted string is without its quotes; its octets, 0 it has no end. */
static size_t
quoted(struct list *l, const char *s, size_t n)
{
	size_t i, len;

	for (i = 1; i < n && s[i] != '"'; i += len) {
		len = tag(s + i, n - i);
		if (!len)
			len = 1;
		if (s[i] == '\\' && ++i == n)
			return 0;
		if (!l->angle)
			mem_check(stralloc_catb(&l->name, s + i, len));
	}
	if (i >= n)
		return 0;
	add(l, s, i + 1, 1);
	return i + 1;
}

static size_t
comment(const char *s, size_t n)
{
	size_t i, depth = 0;

	for (i = 0; i < n; i++) {
		if (s[i] == '\\')
			i++;
		else if (s[i] == '(')
			depth++;
		else if (s[i] == ')' && !--depth)
			return i + 1;
	}
	return 0;
}

/* One character outside tags, quotes and comments. */
static int
one(struct list *l, const char *s)
{
	switch (*s) {
	case '<':
		if (l->angle)
			return wrong();
		l->angle = 1;
		return 0;
	case '>':
		if (l->angle != 1)
			return wrong();
		l->angle = 2;
		return 0;
	case ',':
		if (l->angle != 1)
			return done(l);
		return wrong();
	case ':':
	case ';':
		if (l->angle != 1)
			return wrong();
		/* fallthrough */
	default:
		add(l, s, 1, 0);
		return 0;
	}
}

static int
parse(struct list *l, const char *s, size_t n)
{
	size_t i, len;

	for (i = 0; i < n; i += len) {
		len = tag(s + i, n - i);
		if (len)
			add(l, s + i, len, 0);
		else if (s[i] == '"') {
			len = quoted(l, s + i, n - i);
			if (!len)
				return wrong();
		} else if (s[i] == '(') {
			len = comment(s + i, n - i);
			if (!len)
				return wrong();
		} else {
			len = 1;
			if (one(l, s + i) == -1)
				return -1;
		}
	}
	return done(l);
}

int
mergelist_parse(const char *s, size_t n, mergelist_fn *each, void *arg)
{
	struct list l;
	int rc;

	memset(&l, 0, sizeof l);
	l.each = each;
	l.arg = arg;
	rc = parse(&l, s, n);
	stralloc_free(&l.plain);
	stralloc_free(&l.name);
	stralloc_free(&l.addr);
	stralloc_free(&l.decoded);
	return rc;
}
