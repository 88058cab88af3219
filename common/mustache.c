#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/chars.h"
#include "common/field.h"
#include "common/mem.h"
#include "common/merge.h"
#include "common/mustache.h"
#include "common/mustachetag.h"
#include "common/utf8.h"

#define RECURSION 8 /* how often a partial indents itself within itself */

/* A partial with the white space that stands in front of its lines. */
struct mustache_variant {
	char *name;
	size_t len;
	char *indent;
	size_t indent_len;
	int text;
	int isopen; /* it is being compiled */
};

/* A section that is not closed. */
struct level {
	struct mustachetag tag;
	size_t at; /* of the length of its operations, in the text */
};

struct parse {
	struct mustache *x;
	const char *s;
	size_t n;
	size_t pos;
	struct mustachetag_pair pair;
	int text;
	size_t variant; /* what it is of, + 1 */
	stralloc lit;
	unsigned int depth;
	struct level levels[MERGE_DEPTH];
};

static int parse(
    struct mustache *x, const char *s, size_t n, int text, size_t variant);

void
mustache_init(struct mustache *x, struct mergecode *code)
{
	memset(x, 0, sizeof *x);
	x->code = code;
}

void
mustache_free(struct mustache *x)
{
	size_t i;

	for (i = 0; i < x->nvariants; i++) {
		free(x->variants[i].name);
		free(x->variants[i].indent);
	}
	free(x->variants);
}

void
mustache_lines(stralloc *d, const char *s, size_t n)
{
	size_t i, k;

	mem_check(stralloc_readyplus(d, n + n / 16));
	for (i = 0; i < n; i = k + 1) {
		for (k = i; k < n && s[k] != '\r' && s[k] != '\n'; k++)
			;
		mem_check(stralloc_catb(d, s + i, k - i));
		if (k == n)
			break;
		mem_check(stralloc_catb(d, "\r\n", 2));
		if (s[k] == '\r' && k + 1 < n && s[k + 1] == '\n')
			k++;
	}
}

int
mustache_has(const char *s, size_t n)
{
	return n && memmem(s, n, "{{", 2) != NULL;
}

static int __attribute__((format(printf, 3, 4)))
wrong(struct parse *p, size_t at, const char *fmt, ...)
{
	struct mustache *x = p->x;
	va_list args;
	size_t i;

	x->line = x->column = 1;
	for (i = 0; i < at && i < p->n; i++) {
		x->column++;
		if (p->s[i] == '\n') {
			x->line++;
			x->column = 1;
		}
	}
	va_start(args, fmt);
	(void)vsnprintf(x->why, sizeof x->why, fmt, args);
	va_end(args);
	chars_mask(x->why);
	x->in[0] = '\0';
	if (p->variant)
		(void)snprintf(x->in, sizeof x->in, "%s",
		    x->variants[p->variant - 1].name);
	chars_mask(x->in);
	errno = EINVAL;
	return -1;
}

/* For "%.*s": not more of a name than a message can do with. */
static int
shown(const struct mustachetag *t)
{
	return t->len > 60 ? 60 : (int)t->len;
}

static stralloc *
ops(struct parse *p)
{
	return mergecode_ops(p->x->code, p->text);
}

static void
flush(struct parse *p)
{
	if (p->lit.len) {
		field_putu8(ops(p), 'L');
		field_putstr(ops(p), p->lit.s, p->lit.len);
	}
	p->lit.len = 0;
}

/* Whether a name is "." or words with a dot between each. */
static int
name_ok(const struct mustachetag *t)
{
	size_t i;

	if (!t->len || t->len > MERGE_NAMEMAX || !chars_clean(t->s, t->len))
		return 0;
	if (t->len == 1 && t->s[0] == '.')
		return 1;
	for (i = 0; i < t->len; i++)
		if (t->s[i] == '.' &&
		    (!i || i + 1 == t->len || t->s[i - 1] == '.'))
			return 0;
	return 1;
}

static int
path(struct parse *p, const struct mustachetag *t, unsigned int use)
{
	const char *end = t->s + t->len;
	const char *s = t->s;
	const char *dot = t->len > 1 ? memchr(s, '.', t->len) : NULL;
	size_t more = 0, n = dot ? (size_t)(dot - s) : t->len;
	int name = mergecode_name(p->x->code, s, n, use);
	const char *q;

	if (name == -1)
		return wrong(p, t->at, "over %d names", MERGE_NAMES);
	for (q = dot; q; q = memchr(q + 1, '.', (size_t)(end - q - 1)))
		more++;
	field_putu16(ops(p), (uint16_t)name);
	field_putu8(ops(p), (uint8_t)more);
	for (s += n; s < end; s += n) {
		s++;
		dot = memchr(s, '.', (size_t)(end - s));
		n = (size_t)((dot ? dot : end) - s);
		field_putu8(ops(p), (uint8_t)n);
		mem_check(stralloc_catb(ops(p), s, n));
	}
	return 0;
}

static int
isdray(const struct mustachetag *t)
{
	return t->len >= 4 && !memcmp(t->s, "dray", 4) &&
	    (t->len == 4 || t->s[4] == '.');
}

static int
ofjob(struct parse *p, const struct mustachetag *t)
{
	static const char *const names[] = { "dray.token", "dray.recipient",
		"dray.date" };
	unsigned int i;

	for (i = 0; i <= MERGECODE_JOBMAX; i++)
		if (t->len == strlen(names[i]) &&
		    !memcmp(t->s, names[i], t->len)) {
			field_putu8(ops(p), 'J');
			field_putu8(ops(p), (uint8_t)i);
			return 0;
		}
	return wrong(p, t->at, "there is no value %.*s", shown(t), t->s);
}

static int
value(struct parse *p, const struct mustachetag *t)
{
	if (isdray(t))
		return ofjob(p, t);
	field_putu8(ops(p), 'V');
	field_putu8(ops(p), t->kind != 'v');
	return path(p, t, p->depth ? MERGE_INNER : MERGE_VALUE);
}

static int
opensection(struct parse *p, const struct mustachetag *t)
{
	struct level *l = &p->levels[p->depth];

	if (p->depth == MERGE_DEPTH - 1)
		return wrong(p, t->at, "over %d sections in each other",
		    MERGE_DEPTH - 1);
	if (isdray(t))
		return wrong(
		    p, t->at, "%.*s cannot be a section", shown(t), t->s);
	field_putu8(ops(p), t->kind == '#' ? 'S' : 'I');
	if (path(p, t, MERGE_TEST) == -1)
		return -1;
	l->tag = *t;
	l->at = ops(p)->len;
	field_putu32(ops(p), 0);
	p->depth++;
	return 0;
}

static int
closesection(struct parse *p, const struct mustachetag *t)
{
	struct level *l;

	if (!p->depth)
		return wrong(
		    p, t->at, "no section %.*s is open", shown(t), t->s);
	l = &p->levels[--p->depth];
	if (l->tag.len != t->len || memcmp(l->tag.s, t->s, t->len))
		return wrong(p, t->at, "%.*s closes, but %.*s is open",
		    shown(t), t->s, shown(&l->tag), l->tag.s);
	field_pack32((unsigned char *)ops(p)->s + l->at,
	    (uint32_t)(ops(p)->len - l->at - 4));
	return 0;
}

/* Puts indent in front of each line that has something. */
static void
indented(stralloc *d, const stralloc *s, const char *indent, size_t n)
{
	size_t i;

	for (i = 0; i < s->len; i++) {
		if ((!i || s->s[i - 1] == '\n') && s->s[i] != '\r')
			mem_check(stralloc_catb(d, indent, n));
		mem_check(stralloc_append(d, s->s[i]));
	}
}

/* The variant there is, + 1; 0 none.  One that goes on indenting itself is
 * taken as it is some time. */
static size_t
known(const struct mustache *x, const struct mustachetag *t, const char *indent,
    size_t n)
{
	const struct mustache_variant *v;
	unsigned int open = 0;
	size_t i, last = 0;

	for (i = 0; i < x->nvariants; i++) {
		v = &x->variants[i];
		if (v->len != t->len || memcmp(v->name, t->s, t->len))
			continue;
		if (v->indent_len == n && !memcmp(v->indent, indent, n))
			return i + 1;
		if (v->isopen) {
			open++;
			last = i + 1;
		}
	}
	return open >= RECURSION ? last : 0;
}

static size_t
newvariant(struct mustache *x, const struct mustachetag *t, const char *indent,
    size_t n, int text)
{
	struct mustache_variant *v;

	x->variants =
	    mem_grow(x->variants, x->nvariants + 1, sizeof *x->variants);
	v = &x->variants[x->nvariants];
	v->name = mem_dup(t->s, t->len);
	v->len = t->len;
	v->indent = mem_dup(indent, n);
	v->indent_len = n;
	v->text = text;
	v->isopen = 1;
	return ++x->nvariants;
}

static int
fetch(struct parse *p, const struct mustachetag *t, stralloc *raw)
{
	struct mustache *x = p->x;
	int rc = x->partial ? x->partial(x->arg, t->s, t->len, raw) : 0;

	if (rc == -1)
		return -1;
	if (!rc)
		return wrong(
		    p, t->at, "there is no partial %.*s", shown(t), t->s);
	x->total += raw->len;
	if (x->total > MERGE_PROGRAMMAX)
		return wrong(p, t->at, "all partials are too long");
	if (raw->len && memchr(raw->s, '\0', raw->len))
		return wrong(p, t->at, "the partial %.*s has a NUL octet",
		    shown(t), t->s);
	if (!utf8_ok(raw->s, raw->len))
		return wrong(
		    p, t->at, "the partial %.*s is not UTF-8", shown(t), t->s);
	return 0;
}

/* Compiles a partial that is not known yet; its variant + 1, or 0. */
static size_t
include(struct parse *p, const struct mustachetag *t, size_t indent)
{
	stralloc raw = STRALLOC_ZERO, lines = STRALLOC_ZERO;
	stralloc text = STRALLOC_ZERO;
	const char *blank = p->s + t->at - indent;
	struct mustache *x = p->x;
	size_t v = 0;
	int i;

	if (x->nest == MERGE_DEPTH - 1) {
		(void)wrong(p, t->at, "partials are too deep in each other");
		return 0;
	}
	if (fetch(p, t, &raw) == 0) {
		mustache_lines(&lines, raw.s, raw.len);
		indented(&text, &lines, blank, indent);
		i = mergecode_text(x->code);
		if (i == -1)
			(void)wrong(p, t->at, "too many partials");
		else
			v = newvariant(x, t, blank, indent, i);
	}
	x->nest++;
	if (v && parse(x, text.s, text.len, x->variants[v - 1].text, v) == -1)
		v = 0;
	x->nest--;
	if (v)
		x->variants[v - 1].isopen = 0;
	stralloc_free(&raw);
	stralloc_free(&lines);
	stralloc_free(&text);
	return v;
}

static int
partial(struct parse *p, const struct mustachetag *t, size_t indent)
{
	size_t v = known(p->x, t, p->s + t->at - indent, indent);

	if (!v)
		v = include(p, t, indent);
	if (!v)
		return -1;
	field_putu8(ops(p), 'P');
	field_putu16(ops(p), (uint16_t)p->x->variants[v - 1].text);
	return 0;
}

static int
act(struct parse *p, const struct mustachetag *t, size_t indent)
{
	if (t->kind == '!' || t->kind == '=')
		return 0;
	if (!name_ok(t))
		return wrong(p, t->at,
		    t->len ? "%.*s is not a name" : "a tag without a name",
		    shown(t), t->s);
	if (p->x->isbare && (t->kind != 'v' || !isdray(t)))
		return wrong(p, t->at,
		    "only {{dray.token}} and its like may be in this field");
	flush(p);
	switch (t->kind) {
	case '#':
	case '^':
		return opensection(p, t);
	case '/':
		return closesection(p, t);
	case '>':
		return partial(p, t, indent);
	default:
		return value(p, t);
	}
}

/*
 * What stands in front of the tag goes in as it is, and the tag after it.  If
 * the tag has its lines for itself these are not rendered (the specification's
 * standalone tags).
 */
static int
step(struct parse *p, const struct mustachetag *t)
{
	size_t before = t->at, after = t->end, indent = 0;

	if (!p->x->isinline &&
	    mustachetag_alone(t, p->s, p->n, &before, &after))
		indent = t->kind == '>' ? t->at - before : 0;
	mem_check(stralloc_catb(&p->lit, p->s + p->pos, before - p->pos));
	p->pos = after;
	return act(p, t, indent);
}

static int
parse(struct mustache *x, const char *s, size_t n, int text, size_t variant)
{
	struct parse *p = mem_alloc(sizeof *p);
	struct mustachetag t;
	int rc = 0;

	p->x = x;
	p->s = n ? s : "";
	p->n = n;
	p->text = text;
	p->variant = variant;
	mustachetag_pair(&p->pair);
	while (!rc && (rc = mustachetag_next(&p->pair, p->s, n, p->pos, &t)))
		rc = rc == -1 ? wrong(p, t.at, "%s", p->pair.why) : step(p, &t);
	if (!rc) {
		mem_check(stralloc_catb(&p->lit, p->s + p->pos, n - p->pos));
		flush(p);
	}
	if (!rc && p->depth)
		rc = wrong(p, p->levels[p->depth - 1].tag.at,
		    "the section %.*s is not closed",
		    shown(&p->levels[p->depth - 1].tag),
		    p->levels[p->depth - 1].tag.s);
	stralloc_free(&p->lit);
	free(p);
	return rc;
}

int
mustache_text(struct mustache *x, const char *s, size_t n)
{
	int text = mergecode_text(x->code);

	if (text == -1) {
		(void)snprintf(x->why, sizeof x->why, "over %d texts with tags",
		    MERGE_TEXTS);
		x->line = x->column = 0;
		x->in[0] = '\0';
		errno = EINVAL;
		return -1;
	}
	return parse(x, s, n, text, 0) == -1 ? -1 : text;
}
