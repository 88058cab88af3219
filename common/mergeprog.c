#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/field.h"
#include "common/mem.h"
#include "common/mergecode.h"
#include "common/mergeprog.h"
#include "common/utf8.h"
#include "common/wire.h"

#define FIELDNAMEMAX 76

static int
malformed(void)
{
	errno = EPROTO;
	return -1;
}

/*
 * Whether all lines end in CRLF, with no NUL and no other CR; the last one may
 * lack its end.  *long_r is the longest, but for the first and the last.
 */
static int
lines_ok(const char *s, size_t n, size_t *long_r)
{
	const char *p = s;
	const char *end = s + n;
	const char *nl;

	*long_r = 0;
	if (n && memchr(s, '\0', n))
		return 0;
	while (p < end && (nl = memchr(p, '\n', (size_t)(end - p)))) {
		if (nl == p || nl[-1] != '\r' ||
		    memchr(p, '\r', (size_t)(nl - 1 - p)))
			return 0;
		if (p > s && (size_t)(nl - 1 - p) > *long_r)
			*long_r = (size_t)(nl - 1 - p);
		p = nl + 1;
	}
	return p == end || !memchr(p, '\r', (size_t)(end - p));
}

static void
measure(struct mergeprog_lit *l, size_t longest)
{
	const char *cr = l->n ? memchr(l->s, '\r', l->n) : NULL;
	const char *nl = cr ? memrchr(l->s, '\n', l->n) : NULL;

	l->isone = !cr;
	l->first = cr ? (uint32_t)(cr - l->s) : l->n;
	l->last = nl ? (uint32_t)(l->s + l->n - (nl + 1)) : l->n;
	l->is8 = (uint8_t)utf8_high(l->s, l->n);
	l->unfit =
	    longest > WIRE_LINEMAX || (l->n && memmem(l->s, l->n, "\n--=_", 5));
}

static int
literal(struct merge *m, struct field *r, struct mergeprog_op *op)
{
	struct mergeprog_lit *l = &op->u.lit;
	size_t n, longest;

	l->s = field_getstr(r, MERGE_PROGRAMMAX, &n);
	if (r->bad || !lines_ok(l->s, n, &longest) || !utf8_ok(l->s, n))
		return malformed();
	l->n = (uint32_t)n;
	measure(l, longest);
	m->fixed += n;
	m->is8 |= l->is8;
	return 0;
}

const char *
mergeprog_qp(struct merge *m, struct mergeprog_lit *l)
{
	if (!l->qp) {
		l->qp = m->qp.len + 1;
		mergeqp_literal(&m->qp, l->s, l->n, &l->q);
	}
	return m->qp.len ? m->qp.s + l->qp - 1 : "";
}

static int
path(const struct merge *m, struct field *r, struct mergeprog_path *p)
{
	unsigned int i;
	size_t total = 0, n;

	p->name = field_getu16(r);
	p->more = field_getu8(r);
	p->members = (const char *)r->p;
	for (i = 0; i < p->more && !r->bad; i++) {
		n = field_getu8(r);
		total += n + 1;
		(void)field_getb(r, n);
	}
	if (r->bad || p->name >= m->nnames || total > MERGE_NAMEMAX)
		return malformed();
	return 0;
}

static struct mergeprog_op *
newop(struct merge *m)
{
	if (m->nops == m->ops_room) {
		m->ops_room = m->ops_room ? 2 * m->ops_room : 64;
		m->ops = mem_grow(m->ops, m->ops_room, sizeof *m->ops);
	}
	memset(&m->ops[m->nops], 0, sizeof *m->ops);
	return &m->ops[m->nops++];
}

static int ops(struct merge *m, struct field *r, unsigned int depth);

static int
section(struct merge *m, struct field *r, size_t at, unsigned int depth)
{
	struct field in;
	const char *s;
	size_t n;

	if (depth == MERGE_DEPTH || path(m, r, &m->ops[at].u.path) == -1)
		return malformed();
	n = field_getu32(r);
	s = field_getb(r, n);
	if (!s)
		return malformed();
	field_start(&in, s, n);
	if (ops(m, &in, depth + 1) == -1)
		return -1;
	m->ops[at].end = m->nops; /* ops may have moved it */
	return 0;
}

static int
one(struct merge *m, struct field *r, unsigned int depth)
{
	struct mergeprog_op *op;

	if (m->nops == MERGE_OPS)
		return malformed();
	op = newop(m);
	op->kind = (char)field_getu8(r);
	switch (op->kind) {
	case 'L':
		return literal(m, r, op);
	case 'V':
		op->raw = field_getu8(r);
		return path(m, r, &op->u.path);
	case 'J':
		op->raw = field_getu8(r);
		return op->raw <= MERGECODE_JOBMAX ? 0 : malformed();
	case 'P':
		op->text = field_getu16(r);
		return op->text < m->ntexts ? 0 : malformed();
	case 'S':
	case 'I':
		return section(m, r, m->nops - 1, depth);
	default:
		return malformed();
	}
}

static int
ops(struct merge *m, struct field *r, unsigned int depth)
{
	while (field_left(r))
		if (one(m, r, depth) == -1 || r->bad)
			return malformed();
	return 0;
}

static int
names(struct merge *m, struct field *r)
{
	struct merge_name *name;
	size_t i;
	int has;

	m->nnames = field_getu16(r);
	if (m->nnames > MERGE_NAMES)
		return malformed();
	m->names = mem_array(m->nnames, sizeof *m->names);
	m->top = mem_array(m->nnames, sizeof *m->top);
	for (i = 0; i < m->nnames; i++) {
		name = &m->names[i];
		name->uses = field_getu8(r);
		name->s = field_getstr(r, MERGE_NAMEMAX, &name->len);
		has = field_getu8(r);
		name->dflt = field_getstr(r, MERGE_ROWMAX, &name->dflt_len);
		if (r->bad || !name->len)
			return malformed();
		if (!has)
			name->dflt = NULL;
	}
	return 0;
}

static int
texts(struct merge *m, struct field *r)
{
	struct field in;
	const char *s;
	size_t i, n, total = 0;

	m->ntexts = field_getu16(r);
	if (m->ntexts > MERGE_TEXTS)
		return malformed();
	m->texts = mem_array(m->ntexts, sizeof *m->texts);
	for (i = 0; i < m->ntexts; i++) {
		s = field_getstr(r, MERGE_TEXTMAX, &n);
		total += n;
		if (r->bad || total > MERGE_TEXTMAX)
			return malformed();
		field_start(&in, s, n);
		m->texts[i].from = m->nops;
		if (ops(m, &in, 0) == -1)
			return -1;
		m->texts[i].to = m->nops;
	}
	return 0;
}

static int
fieldname_ok(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (s[i] <= ' ' || s[i] > '~' || s[i] == ':')
			return 0;
	return n > 0 && n <= FIELDNAMEMAX;
}

static int
text_ok(const struct merge *m, unsigned int text)
{
	return text < m->ntexts;
}

static int
mailboxes(const struct merge *m, struct field *r, struct mergeprog_item *it)
{
	unsigned int i, phrase;

	if (!it->text || it->text > MERGECODE_MAILBOXES)
		return malformed();
	it->boxes = r->p;
	for (i = 0; i < it->text; i++) {
		phrase = field_getu16(r);
		if ((phrase != MERGECODE_NONE && !text_ok(m, phrase)) ||
		    !text_ok(m, field_getu16(r)))
			return malformed();
	}
	return r->bad ? malformed() : 0;
}

static int
field(const struct merge *m, struct field *r, struct mergeprog_item *it)
{
	it->n = field_getu8(r);
	it->s = field_getb(r, it->n);
	it->text = field_getu16(r);
	if (r->bad || !fieldname_ok(it->s, it->n))
		return malformed();
	if (it->kind == 'A')
		return mailboxes(m, r, it);
	return text_ok(m, it->text) ? 0 : malformed();
}

/* Whole lines, none of them too long. */
static int
lines(struct field *r, struct mergeprog_item *it)
{
	const char *nl;
	size_t longest;

	it->s = field_getstr(r, MERGE_PROGRAMMAX, &it->n);
	if (r->bad || !it->n || it->s[it->n - 1] != '\n' ||
	    !lines_ok(it->s, it->n, &longest))
		return malformed();
	nl = memchr(it->s, '\n', it->n);
	if (longest > WIRE_LINEMAX || nl - 1 - it->s > WIRE_LINEMAX)
		return malformed();
	return 0;
}

static int
item(const struct merge *m, struct field *r, struct mergeprog_item *it)
{
	it->kind = (char)field_getu8(r);
	switch (it->kind) {
	case 'R':
		return lines(r, it);
	case 'M':
		return 0;
	case 'T':
		it->flags = field_getu8(r);
		it->text = field_getu16(r);
		return text_ok(m, it->text) ? 0 : malformed();
	case 'H':
	case 'U':
	case 'A':
		return field(m, r, it);
	default:
		return malformed();
	}
}

static int
items(struct merge *m, struct field *r)
{
	size_t i, room = 0;

	while (field_left(r)) {
		if (m->nitems == MERGE_ITEMS)
			return malformed();
		if (m->nitems == room) {
			room = room ? 2 * room : 16;
			m->items = mem_grow(m->items, room, sizeof *m->items);
		}
		memset(&m->items[m->nitems], 0, sizeof *m->items);
		if (item(m, r, &m->items[m->nitems]) == -1 || r->bad)
			return malformed();
		m->nitems++;
	}
	for (i = 0; i < m->nitems; i++)
		if (m->items[i].kind == 'R')
			m->fixed += m->items[i].n;
	return m->nitems ? 0 : malformed();
}

int
mergeprog_read(struct merge *m, const char *s, size_t n)
{
	struct field r;

	if (n > MERGE_PROGRAMMAX)
		return malformed();
	field_start(&r, s, n);
	if (field_getu8(&r) != MERGE_VERSION || names(m, &r) == -1 ||
	    texts(m, &r) == -1 || items(m, &r) == -1)
		return malformed();
	return 0;
}

void
mergeprog_free(struct merge *m)
{
	size_t i;

	free(m->names);
	free(m->texts);
	free(m->ops);
	free(m->items);
	free(m->top);
	stralloc_free(&m->qp);
	for (i = 0; i < sizeof m->work / sizeof m->work[0]; i++)
		stralloc_free(&m->work[i]);
}
