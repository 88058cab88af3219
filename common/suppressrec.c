#include <errno.h>
#include <string.h>

#include "common/field.h"
#include "common/mem.h"
#include "common/suppressrec.h"

#define END 255u
#define NOTED 32u

static int
malformed(void)
{
	errno = EPROTO;
	return -1;
}

/* A short string, after its length in one octet. */
static void
get_short(struct field *f, char *d, size_t max)
{
	size_t n = field_getu8(f);
	const char *s = n <= max ? field_getb(f, n) : NULL;

	if (s)
		memcpy(d, s, n);
	else
		f->bad = 1;
	d[s ? n : 0] = '\0';
}

/* 1 an entry, 0 the end, -1 malformed. */
static int
get_entry(struct field *f, struct suppress_entry *e)
{
	uint8_t head = field_getu8(f);
	const char *list;

	if (head == END || f->bad)
		return f->bad ? -1 : 0;
	e->scope = head >> 6;
	e->reason = head & (NOTED - 1);
	e->time = field_getu32(f);
	e->name[0] = e->note[0] = '\0';
	if (e->scope == SUPPRESS_LIST) {
		list = field_getb(f, TOKEN_CAMPAIGN);
		if (list)
			memcpy(e->list, list, TOKEN_CAMPAIGN);
	}
	if (e->scope != SUPPRESS_EVERYWHERE)
		get_short(f, e->name, SUPPRESS_NAMEMAX);
	if (head & NOTED)
		get_short(f, e->note, SUPPRESS_NOTEMAX);
	return f->bad ? -1 : 1;
}

/* The address stands behind all entries. */
static int
get_text(struct field f, struct suppress_entry *e)
{
	struct suppress_entry skipped;
	const char *s;
	size_t n;
	int r;

	while ((r = get_entry(&f, &skipped)) == 1)
		;
	n = field_left(&f);
	if (r == -1 || n > ADDR_MAX)
		return -1;
	s = n ? field_getb(&f, n) : "";
	memcpy(e->text, s, n);
	e->text[n] = '\0';
	return 0;
}

size_t
suppressrec_bare(const char *s, size_t n)
{
	struct suppress_entry e;
	struct field f;

	field_start(&f, s, n);
	while (get_entry(&f, &e) == 1)
		;
	return n - field_left(&f);
}

int
suppressrec_get(const char *s, size_t n, suppress_fn *fn, void *arg)
{
	struct suppress_entry e;
	struct field f;
	int more, r = 0;

	if (!n)
		return 0;
	memset(e.address, 0, sizeof e.address);
	memset(e.list, 0, sizeof e.list);
	field_start(&f, s, n);
	if (get_text(f, &e) == -1)
		return malformed();
	while (!r && (more = get_entry(&f, &e)) != 0) {
		if (more == -1)
			return malformed();
		r = fn(arg, &e);
	}
	return r;
}

static void
put_short(stralloc *sa, const char *s)
{
	size_t n = strlen(s);

	field_putu8(sa, (uint8_t)n);
	mem_check(stralloc_catb(sa, s, n));
}

static void
put_entry(stralloc *sa, const struct suppress_entry *e)
{
	int noted = e->note[0] != '\0';

	field_putu8(sa,
	    (uint8_t)(e->scope << 6 | (noted ? NOTED : 0) |
		(e->reason & (NOTED - 1))));
	field_putu32(sa, e->time);
	if (e->scope == SUPPRESS_LIST)
		mem_check(
		    stralloc_catb(sa, (const char *)e->list, TOKEN_CAMPAIGN));
	if (e->scope != SUPPRESS_EVERYWHERE)
		put_short(sa, e->name);
	if (noted)
		put_short(sa, e->note);
}

int
suppressrec_like(const struct suppress_entry *a, const struct suppress_entry *b)
{
	if (b->reason != SUPPRESS_ANY && a->reason != b->reason)
		return 0;
	if (b->scope == SUPPRESS_ANY)
		return 1;
	if (a->scope != b->scope)
		return 0;
	if (a->scope == SUPPRESS_LIST)
		return memcmp(a->list, b->list, TOKEN_CAMPAIGN) == 0;
	return a->scope == SUPPRESS_EVERYWHERE || strcmp(a->name, b->name) == 0;
}

/* Copies the entries that stay. */
struct copy {
	const struct suppress_entry *op;
	stralloc to;
	char text[ADDR_MAX + 1];
	int gone;
};

static int
copy(void *arg, const struct suppress_entry *e)
{
	struct copy *c = arg;

	memcpy(c->text, e->text, sizeof c->text);
	if (suppressrec_like(e, c->op))
		c->gone++;
	else
		put_entry(&c->to, e);
	return 0;
}

/* What is left once the oldest entry has gone, which stands first. */
static void
shorten(stralloc *sa)
{
	struct suppress_entry e;
	struct field f;
	size_t n;

	while (sa->len > SUPPRESSREC_MAX) {
		field_start(&f, sa->s, sa->len);
		if (get_entry(&f, &e) != 1)
			return;
		n = field_left(&f);
		memmove(sa->s, sa->s + (sa->len - n), n);
		sa->len = n;
	}
}

int
suppressrec_apply(stralloc *sa, char op, const struct suppress_entry *e)
{
	struct copy c = { .op = e, .to = STRALLOC_ZERO };
	const char *text;

	if (suppressrec_get(sa->s, sa->len, copy, &c) == -1) {
		stralloc_free(&c.to);
		return -1;
	}
	if (op == '+')
		put_entry(&c.to, e);
	field_putu8(&c.to, END);
	text = op == '+' && e->text[0] ? e->text : c.text;
	mem_check(stralloc_cats(&c.to, text));
	shorten(&c.to);
	stralloc_free(sa);
	*sa = c.to;
	return op == '+' || c.gone;
}

int
suppressrec_some(const stralloc *sa)
{
	return sa->len > 0 && (unsigned char)sa->s[0] != END;
}
