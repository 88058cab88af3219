#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/field.h"
#include "common/glob.h"
#include "common/mem.h"
#include "common/streamrule.h"

void
streamrule_put(stralloc *sa, const struct streamrule *r)
{
	unsigned int i;

	for (i = 0; i < STREAMRULE_TEXTS; i++) {
		field_putstr(sa, r->text[i].s, r->text[i].len);
		if (i == STREAMRULE_STREAM)
			field_putu32(sa, r->recipients);
	}
	field_putu8(sa, (uint8_t)r->nheader);
	for (i = 0; i < r->nheader; i++) {
		field_putstr(sa, r->header[i].s, r->header[i].len);
		field_putstr(sa, r->pattern[i].s, r->pattern[i].len);
	}
}

/* They go into logs and onto terminals. */
static void
get_text(struct field *f, size_t max, struct streamrule_text *t)
{
	size_t i;

	t->s = field_getstr(f, max, &t->len);
	for (i = 0; i < t->len; i++)
		if (t->s[i] < ' ' || t->s[i] > '~')
			f->bad = 1;
}

static void
get_name(struct field *f, struct streamrule_text *t)
{
	size_t i;

	get_text(f, STREAMRULE_NAMEMAX, t);
	for (i = 0; i < t->len; i++)
		if (t->s[i] == ' ' || t->s[i] == ':' ||
		    (t->s[i] >= 'A' && t->s[i] <= 'Z'))
			f->bad = 1;
	if (!t->len)
		f->bad = 1;
}

static void
get_rule(struct field *f, struct streamrule *r)
{
	unsigned int i;

	for (i = 0; i < STREAMRULE_TEXTS; i++) {
		get_text(f, STREAMRULE_TEXTMAX, &r->text[i]);
		if (i == STREAMRULE_STREAM)
			r->recipients = field_getu32(f);
	}
	r->nheader = field_getu8(f);
	if (r->nheader > STREAMRULE_HEADERS)
		f->bad = 1;
	for (i = 0; i < r->nheader && !f->bad; i++) {
		get_name(f, &r->header[i]);
		get_text(f, STREAMRULE_TEXTMAX, &r->pattern[i]);
	}
	if (!r->text[STREAMRULE_STREAM].len)
		f->bad = 1;
}

unsigned int
streamrule_bucket(const char *name, size_t len)
{
	return (unsigned int)(len * 7 + (unsigned char)name[0] * 3 +
		   (unsigned char)name[len - 1]) %
	    STREAMRULE_BUCKETS;
}

static void
add_test(struct streamrule_set *set, const struct streamrule_text *name,
    const struct streamrule_text *pattern, unsigned int bit)
{
	int *first = &set->bucket[streamrule_bucket(name->s, name->len)];
	struct streamrule_test *t;

	/* Grows by doubling: at each power of two. */
	if (!(set->ntest & (set->ntest - 1)))
		set->test = mem_grow(set->test, set->ntest ? set->ntest * 2 : 1,
		    sizeof *set->test);
	t = &set->test[set->ntest];
	t->name = *name;
	t->pattern = pattern;
	t->bit = bit;
	t->next = *first;
	*first = (int)set->ntest++;
}

/* The names of fields of which one has to be there share a bit. */
static void
add_present(struct streamrule_set *set, const struct streamrule_text *list,
    unsigned int bit)
{
	const char *p = list->s, *end = list->s + list->len;
	struct streamrule_text name;

	while (p < end) {
		name.s = p;
		while (p < end && *p != ' ')
			p++;
		name.len = (size_t)(p - name.s);
		if (name.len && name.len <= STREAMRULE_NAMEMAX)
			add_test(set, &name, NULL, bit);
		p++;
	}
}

static void
add_tests(struct streamrule_set *set, struct streamrule *r, unsigned int *bit)
{
	unsigned int i;

	r->bit = *bit;
	for (i = 0; i < r->nheader; i++)
		add_test(set, &r->header[i], &r->pattern[i], (*bit)++);
	if (r->text[STREAMRULE_PRESENT].len)
		add_present(set, &r->text[STREAMRULE_PRESENT], (*bit)++);
}

static int
fill(struct streamrule_set *set, size_t len)
{
	struct field f;
	unsigned int i, bit = 0;

	field_start(&f, set->record, len);
	set->n = field_getu32(&f);
	if (f.bad || set->n > STREAMRULE_MAX)
		return -1;
	set->rule = mem_array(set->n + 1, sizeof *set->rule);
	for (i = 0; i < set->n && !f.bad; i++)
		get_rule(&f, &set->rule[i]);
	if (!field_end(&f))
		return -1;
	for (i = 0; i < set->n; i++)
		add_tests(set, &set->rule[i], &bit);
	return 0;
}

struct streamrule_set *
streamrule_new(const void *data, size_t len)
{
	struct streamrule_set *set = mem_alloc(sizeof *set);
	unsigned int i;

	set->refs = 1;
	set->record = mem_dup(data, len);
	for (i = 0; i < STREAMRULE_BUCKETS; i++)
		set->bucket[i] = -1;
	if (fill(set, len) == 0)
		return set;
	streamrule_unref(set);
	errno = EPROTO;
	return NULL;
}

struct streamrule_set *
streamrule_ref(struct streamrule_set *set)
{
	set->refs++;
	return set;
}

void
streamrule_unref(struct streamrule_set *set)
{
	if (!set || --set->refs)
		return;
	free(set->test);
	free(set->rule);
	free(set->record);
	free(set);
}

static int
listed(const struct streamrule *r, enum streamrule_field which,
    const struct streamrule_text *v)
{
	const struct streamrule_text *list = &r->text[which];

	return !list->len || glob_list(list->s, list->len, ' ', v->s, v->len);
}

/* All bits from its first to that of the rule behind it. */
static int
header_agrees(const struct streamrule *r, const unsigned char *hit)
{
	unsigned int n = r->nheader + (r->text[STREAMRULE_PRESENT].len != 0);
	unsigned int i;

	for (i = r->bit; i < r->bit + n; i++)
		if (!(hit[i / 8] & 1u << i % 8))
			return 0;
	return 1;
}

static int
agrees(const struct streamrule *r, const struct streamrule_facts *f)
{
	char uid[16];
	struct streamrule_text u = { uid, 0 };

	u.len = (size_t)snprintf(uid, sizeof uid, "%lu", (unsigned long)f->uid);
	if (!r->text[STREAMRULE_CHOSEN].len && f->chosen.len)
		return 0;
	return f->recipients >= r->recipients &&
	    listed(r, STREAMRULE_CHOSEN, &f->chosen) &&
	    listed(r, STREAMRULE_SENDER, &f->sender) &&
	    listed(r, STREAMRULE_TENANT, &f->tenant) &&
	    listed(r, STREAMRULE_CAMPAIGN, &f->campaign) &&
	    listed(r, STREAMRULE_UID, &u);
}

const struct streamrule *
streamrule_decide(const struct streamrule_set *set, const unsigned char *hit,
    const struct streamrule_facts *f)
{
	unsigned int i;

	for (i = 0; i < set->n; i++)
		if (header_agrees(&set->rule[i], hit) &&
		    agrees(&set->rule[i], f))
			return &set->rule[i];
	return NULL;
}
