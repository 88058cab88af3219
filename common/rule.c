#include <errno.h>
#include <string.h>

#include "common/rule.h"

static void
put_str(stralloc *sa, const struct rule_str *s)
{
	field_putstr(sa, s->s, s->len);
}

static void
put_range(stralloc *sa, const struct rule_range *r)
{
	field_putu16(sa, r->from);
	field_putu16(sa, r->to);
}

void
rule_pack(stralloc *sa, const struct rule *r)
{
	unsigned int i;

	put_str(sa, &r->id);
	put_str(sa, &r->providers);
	field_putu8(sa, r->phases);
	field_putu8(sa, r->ncode);
	for (i = 0; i < r->ncode; i++)
		put_range(sa, &r->code[i]);
	field_putu8(sa, r->nstatus);
	for (i = 0; i < r->nstatus; i++) {
		field_putu8(sa, r->status[i].class);
		put_range(sa, &r->status[i].subject);
		put_range(sa, &r->status[i].detail);
	}
	field_putu8(sa, r->npattern);
	for (i = 0; i < r->npattern; i++) {
		field_putu8(sa, (uint8_t)r->pattern[i].kind);
		put_str(sa, &r->pattern[i].text);
	}
	field_putu8(sa, r->class);
	field_putu8(sa, r->blame);
	field_putu8(sa, r->disposition);
	field_putu8(sa, r->action);
	field_putu32(sa, r->number);
	field_putu32(sa, r->duration);
	put_str(sa, &r->route);
}

/* Printable ASCII, since ids and names go into logs and on the screen. */
static void
get_name(struct field *f, struct rule_str *s, size_t max)
{
	size_t i;

	s->s = field_getstr(f, max, &s->len);
	for (i = 0; i < s->len; i++)
		if (s->s[i] < ' ' || s->s[i] > '~')
			f->bad = 1;
}

static uint8_t
get_word(struct field *f, int n)
{
	uint8_t v = field_getu8(f);

	if (v >= n)
		f->bad = 1;
	return f->bad ? 0 : v;
}

/* A count of what follows. */
static uint8_t
get_count(struct field *f, uint8_t max)
{
	return get_word(f, max + 1);
}

static void
get_range(struct field *f, struct rule_range *r)
{
	r->from = field_getu16(f);
	r->to = field_getu16(f);
	if (r->from > r->to || r->to > 999)
		f->bad = 1;
}

static void
get_patterns(struct field *f, struct rule *r)
{
	struct rule_pattern *p;
	unsigned int i;

	r->npattern = get_count(f, RULE_PATTERNS);
	for (i = 0; i < r->npattern; i++) {
		p = &r->pattern[i];
		p->kind = (char)field_getu8(f);
		p->text.s = field_getstr(f, RULE_PATTERNMAX, &p->text.len);
		if ((p->kind != 't' && p->kind != 'r') || !p->text.len)
			f->bad = 1;
	}
}

static void
get_conditions(struct field *f, struct rule *r)
{
	unsigned int i;

	r->phases = get_word(f, 1 << RULE_PHASES);
	r->ncode = get_count(f, RULE_CODES);
	for (i = 0; i < r->ncode; i++)
		get_range(f, &r->code[i]);
	r->nstatus = get_count(f, RULE_STATUSES);
	for (i = 0; i < r->nstatus; i++) {
		r->status[i].class = get_word(f, 6);
		get_range(f, &r->status[i].subject);
		get_range(f, &r->status[i].detail);
	}
	get_patterns(f, r);
}

int
rule_unpack(struct field *f, struct rule *r_r)
{
	if (!f->bad && !field_left(f))
		return 0;
	get_name(f, &r_r->id, RULE_IDMAX);
	get_name(f, &r_r->providers, RULE_PROVIDERSMAX);
	get_conditions(f, r_r);
	r_r->class = get_word(f, RULE_CLASSES);
	r_r->blame = get_word(f, RULE_BLAMES);
	r_r->disposition = get_word(f, RULE_DISPOSITIONS);
	r_r->action = get_word(f, RULE_ACTIONS);
	r_r->number = field_getu32(f);
	r_r->duration = field_getu32(f);
	get_name(f, &r_r->route, RULE_NAMEMAX);
	if (!f->bad && r_r->id.len && r_r->duration <= RULE_DURATIONMAX)
		return 1;
	f->bad = 1;
	errno = EPROTO;
	return -1;
}
