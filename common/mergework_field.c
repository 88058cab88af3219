#include <errno.h>
#include <string.h>

#include "common/field.h"
#include "common/mem.h"
#include "common/merge.h"
#include "common/mergecode.h"
#include "common/mergedecode.h"
#include "common/mergekind.h"
#include "common/mergelist.h"
#include "common/mergework.h"
#include "common/utf8.h"

/* A field at work. */
struct one {
	struct mergework *w;
	const struct header_field *f;
	char name[77];
	const char *at; /* where the text is in the template; NULL decoded */
	stralloc boxes;
	unsigned int nboxes;
};

static int
hasword(const struct header_field *f)
{
	return memmem(f->value, f->value_len, "=?", 2) != NULL;
}

static int
hastags(const struct header_field *f)
{
	stralloc d = STRALLOC_ZERO;
	int has = mustache_has(f->value, f->value_len);

	if (!has && hasword(f)) {
		mergedecode_words(&d, f->value, f->value_len);
		has = mustache_has(d.s, d.len);
	}
	stralloc_free(&d);
	return has;
}

static int
compile(struct one *o, const char *s, size_t n)
{
	struct mergework *w = o->w;
	const char *at = s;
	int i;

	/* What was decoded or unquoted is no longer where it was. */
	if (s < o->f->value || s > o->f->value + o->f->value_len)
		at = NULL;
	w->x.isinline = 1;
	i = mustache_text(&w->x, s, n);
	w->x.isinline = 0;
	if (i != -1)
		return i;
	(void)mergework_inside(w, at, o->name);
	return -1;
}

static void
item(struct one *o, char kind, unsigned int number)
{
	stralloc *items = mergecode_items(o->w->c->code);

	mergework_flush(o->w);
	field_putu8(items, (uint8_t)kind);
	field_putu8(items, (uint8_t)o->f->name_len);
	mem_check(stralloc_catb(items, o->f->s, o->f->name_len));
	field_putu16(items, (uint16_t)number);
}

static int
text(struct one *o, char kind, int isbare)
{
	const struct header_field *f = o->f;
	stralloc d = STRALLOC_ZERO;
	const char *s = f->value;
	size_t n = f->value_len;
	int i;

	if (kind == 'U' && utf8_high(s, n))
		return mergework_wrong(o->w, f->value,
		    "a field with tags in ids or URIs is ASCII");
	if (kind == 'H' && hasword(f)) {
		mergedecode_words(&d, s, n);
		s = d.s;
		n = d.len;
	}
	o->w->x.isbare = isbare;
	i = compile(o, s, n);
	o->w->x.isbare = 0;
	stralloc_free(&d);
	if (i == -1)
		return -1;
	item(o, kind, (unsigned int)i);
	return 0;
}

static int
mailbox(void *arg, const char *name, size_t n, const char *addr, size_t len)
{
	struct one *o = arg;
	int phrase = MERGECODE_NONE, i;

	if (o->nboxes == MERGECODE_MAILBOXES)
		return mergework_wrong(
		    o->w, o->f->s, "this field has over 100 addresses");
	if (n)
		phrase = compile(o, name, n);
	if (phrase == -1)
		return -1;
	i = compile(o, addr, len);
	if (i == -1)
		return -1;
	field_putu16(&o->boxes, (uint16_t)phrase);
	field_putu16(&o->boxes, (uint16_t)i);
	o->nboxes++;
	return 0;
}

static int
mailboxes(struct one *o)
{
	const struct header_field *f = o->f;
	int rc;

	o->w->c->error.why[0] = '\0';
	rc = mergelist_parse(f->value, f->value_len, mailbox, o);
	if (rc == -1 && !o->w->c->error.why[0])
		rc = mergework_wrong(o->w, f->value,
		    "this list of addresses cannot be understood, or has a "
		    "group, in which no tags can be");
	else if (!rc && !o->nboxes)
		rc = mergework_wrong(
		    o->w, f->value, "there is no address in this field");
	if (!rc) {
		item(o, 'A', o->nboxes);
		mem_check(stralloc_catb(
		    mergecode_items(o->w->c->code), o->boxes.s, o->boxes.len));
	}
	stralloc_free(&o->boxes);
	return rc;
}

static int
varying(struct mergework *w, const struct header_field *f, enum mergekind kind)
{
	struct one o;

	memset(&o, 0, sizeof o);
	o.w = w;
	o.f = f;
	if (f->name_len >= sizeof o.name)
		return mergework_wrong(
		    w, f->s, "the name of the field is long");
	memcpy(o.name, f->s, f->name_len);
	if (!utf8_ok(f->value, f->value_len))
		return mergework_wrong(w, f->value, "this field is not UTF-8");
	switch (kind) {
	case MERGEKIND_MAILBOXES:
		return mailboxes(&o);
	case MERGEKIND_URIS:
		return text(&o, 'U', 0);
	case MERGEKIND_OURS:
		return text(&o, 'U', 1);
	default:
		return text(&o, 'H', 0);
	}
}

int
mergework_field(struct mergework *w, const struct header_field *f, int istop)
{
	enum mergekind kind = istop ? mergekind_of(f) : MERGEKIND_FIXED;
	int tags = hastags(f);

	if (kind == MERGEKIND_DROPPED)
		return 0;
	if (mustache_has(f->s, f->name_len))
		return mergework_wrong(
		    w, f->s, "the name of a field cannot have tags");
	if (tags && kind == MERGEKIND_FIXED)
		return mergework_wrong(w, f->s,
		    istop ? "this field cannot have tags"
			  : "the fields of a part cannot have tags");
	/* Raw UTF-8 becomes encoded words where that can be. */
	if (tags ||
	    ((kind == MERGEKIND_TEXT || kind == MERGEKIND_MAILBOXES) &&
		utf8_high(f->value, f->value_len)))
		return varying(w, f, kind);
	return mergework_keep(w, f);
}
