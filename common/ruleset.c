#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/chars.h"
#include "common/mem.h"
#include "common/rulelit.h"
#include "common/rules.h"
#include "common/ruleset.h"

#define OPTIONS                                                              \
	(PCRE2_CASELESS | PCRE2_DOTALL | PCRE2_NEVER_UTF | PCRE2_NEVER_UCP | \
	    PCRE2_NEVER_BACKSLASH_C | PCRE2_NO_AUTO_CAPTURE)

static pcre2_code *
compile(const struct rule_pattern *p, int *e_r, size_t *at_r)
{
	return pcre2_compile(
	    (PCRE2_SPTR)p->text.s, p->text.len, OPTIONS, e_r, at_r, NULL);
}

/* The octets that follow say what kind of UTF-8 it was before it was folded,
 * which an expression cannot know. */
static int
check_regex(const struct rule_pattern *p, char *why, size_t size)
{
	PCRE2_UCHAR text[128];
	struct rulelit l;
	pcre2_code *re;
	size_t at;
	int e;

	if (!chars_ascii(p->text.s, p->text.len)) {
		snprintf(why, size, "is not plain ASCII");
		return -1;
	}
	re = compile(p, &e, &at);
	if (!re) {
		(void)pcre2_get_error_message(e, text, sizeof text);
		snprintf(why, size, "is no regular expression: %s at octet %zu",
		    (char *)text, at + 1);
		return -1;
	}
	pcre2_code_free(re);
	if (rulelit_find(p->text.s, p->text.len, &l) == 0)
		return 0;
	snprintf(why, size, "%s", l.why);
	return -1;
}

int
ruleset_check(const struct rule_pattern *p, char *why, size_t size)
{
	char text[RULETEXT_MAX];

	if (p->kind == 'r')
		return check_regex(p, why, size);
	if (ruletext_fold(text, p->text.s, p->text.len, "") >= RULELIT_MIN)
		return 0;
	snprintf(why, size, "is shorter than three octets");
	return -1;
}

uint32_t
ruleset_provider(const struct rules *r, const char *s, size_t len)
{
	uint32_t i;

	for (i = 0; i < r->nprovider; i++)
		if (strlen(r->provider[i]) == len &&
		    !memcmp(r->provider[i], s, len))
			return i + 1;
	return 0;
}

static uint32_t
add_provider(struct rules *r, const char *s, size_t len)
{
	uint32_t i = ruleset_provider(r, s, len);

	if (i)
		return i;
	r->provider =
	    mem_grow(r->provider, r->nprovider + 1, sizeof *r->provider);
	memcpy(r->provider[r->nprovider], s, len);
	r->provider[r->nprovider][len] = '\0';
	return ++r->nprovider;
}

static int
add_providers(
    struct rules *r, struct ruleset_known *k, const struct rule_str *names)
{
	const char *s = names->s, *e = s + names->len, *blank;
	size_t len;

	if (!names->len)
		return 0;
	/* A name has an octet, and a blank behind it. */
	k->provider = mem_array(names->len / 2 + 1, sizeof *k->provider);
	for (; s < e; s += len + 1) {
		blank = memchr(s, ' ', (size_t)(e - s));
		len = (size_t)((blank ? blank : e) - s);
		if (!len || len > RULE_NAMEMAX)
			return -1;
		k->provider[k->nprovider++] = add_provider(r, s, len);
	}
	return 0;
}

static void *
copy(const void *s, size_t n, size_t size)
{
	void *d;

	if (!n)
		return NULL;
	d = mem_array(n, size);
	memcpy(d, s, n * size);
	return d;
}

static struct ruleset_known *
add_known(struct rules *r, const struct rule *rule)
{
	struct ruleset_known *k;

	/* Grows by doubling: at each power of two. */
	if (!(r->nknown & (r->nknown - 1)))
		r->known = mem_grow(
		    r->known, r->nknown ? 2 * r->nknown : 1, sizeof *r->known);
	k = &r->known[r->nknown++];
	memset(k, 0, sizeof *k);
	memcpy(k->id, rule->id.s, rule->id.len);
	k->phases = rule->phases;
	k->class = rule->class;
	k->blame = rule->blame;
	k->disposition = rule->disposition;
	k->action = rule->action;
	k->number = rule->number;
	k->duration = rule->duration;
	k->ncode = rule->ncode;
	k->nstatus = rule->nstatus;
	k->code = copy(rule->code, rule->ncode, sizeof *rule->code);
	k->status = copy(rule->status, rule->nstatus, sizeof *rule->status);
	return k;
}

static struct ruleset_entry *
add_entry(struct rules *r)
{
	struct ruleset_entry *e;

	if (!(r->nentry & (r->nentry - 1)))
		r->entry = mem_grow(
		    r->entry, r->nentry ? 2 * r->nentry : 1, sizeof *r->entry);
	e = &r->entry[r->nentry++];
	memset(e, 0, sizeof *e);
	e->rule = r->nknown - 1;
	return e;
}

static int
add_literal(struct rules *r, const char *s, size_t len)
{
	if (len > MULTIFIND_MAX)
		len = MULTIFIND_MAX;
	r->nliteral += len;
	if (len < RULELIT_MIN || r->nliteral > RULESET_LITERALS)
		return -1;
	multifind_add(r->literals, s, len, r->nentry - 1);
	return 0;
}

static int
has_8bit(const char *s, size_t len)
{
	while (len && (unsigned char)s[len - 1] < 128)
		len--;
	return len != 0;
}

static int
add_text(struct rules *r, const struct rule_str *s)
{
	char text[RULETEXT_MAX];
	size_t len = ruletext_fold(text, s->s, s->len, "");
	struct ruleset_entry *e = add_entry(r);

	/* The automaton sees the beginning, and does not tell 8-bit octets
	 * apart. */
	if (len > MULTIFIND_MAX || has_8bit(text, len)) {
		e->text = mem_dup(text, len);
		e->len = len;
	}
	return add_literal(r, text, len);
}

static int
add_regex(struct rules *r, const struct rule_pattern *p)
{
	struct ruleset_entry *e = add_entry(r);
	struct rulelit l;
	unsigned int i;
	size_t at;
	int error;

	if (!chars_ascii(p->text.s, p->text.len))
		return -1;
	e->re = compile(p, &error, &at);
	if (!e->re || rulelit_find(p->text.s, p->text.len, &l) == -1)
		return -1;
	for (i = 0; i < l.n; i++)
		if (add_literal(r, l.literal[i].s, l.literal[i].len) == -1)
			return -1;
	/* Where that is not possible or not allowed it works all the same. */
	(void)pcre2_jit_compile(e->re, PCRE2_JIT_COMPLETE);
	return 0;
}

static int
add_rule(struct rules *r, const struct rule *rule)
{
	struct ruleset_known *k;
	unsigned int i;
	int bad = 0;

	if (r->nknown == RULESET_MAX)
		return -1;
	k = add_known(r, rule);
	if (add_providers(r, k, &rule->providers) == -1)
		return -1;
	if (!rule->npattern)
		add_entry(r)->always = 1;
	for (i = 0; i < rule->npattern && !bad; i++)
		bad = rule->pattern[i].kind == 'r'
		    ? add_regex(r, &rule->pattern[i])
		    : add_text(r, &rule->pattern[i].text);
	return bad;
}

static void
finish(struct rules *r)
{
	uint32_t i;

	multifind_build(r->literals);
	r->nword = r->nentry / 64 + 1;
	r->always = mem_array(r->nword, sizeof *r->always);
	r->maybe = mem_array(r->nword, sizeof *r->maybe);
	for (i = 0; i < r->nentry; i++)
		if (r->entry[i].always)
			r->always[i / 64] |= (uint64_t)1 << (i % 64);
	r->found = pcre2_match_data_create(1, NULL);
	r->limits = pcre2_match_context_create(NULL);
	mem_check(r->found && r->limits);
	pcre2_set_match_limit(r->limits, RULES_STEPS);
	pcre2_set_depth_limit(r->limits, RULES_STEPS);
	pcre2_set_heap_limit(r->limits, 1024);
}

struct rules *
ruleset_load(const void *record, size_t n)
{
	struct rules *r = mem_alloc(sizeof *r);
	struct rule *rule = mem_alloc(sizeof *rule);
	struct field f;
	int got;

	r->literals = multifind_new();
	field_start(&f, record, n);
	while ((got = rule_unpack(&f, rule)) == 1)
		if (add_rule(r, rule) == -1)
			break;
	free(rule);
	if (got != 0) {
		ruleset_free(r);
		errno = EPROTO;
		return NULL;
	}
	finish(r);
	return r;
}

void
ruleset_free(struct rules *r)
{
	uint32_t i;

	if (!r)
		return;
	for (i = 0; i < r->nknown; i++) {
		free(r->known[i].code);
		free(r->known[i].status);
		free(r->known[i].provider);
	}
	for (i = 0; i < r->nentry; i++) {
		pcre2_code_free(r->entry[i].re);
		free(r->entry[i].text);
	}
	free(r->known);
	free(r->entry);
	free(r->provider);
	multifind_free(r->literals);
	free(r->always);
	free(r->maybe);
	pcre2_match_data_free(r->found);
	pcre2_match_context_free(r->limits);
	free(r);
}
