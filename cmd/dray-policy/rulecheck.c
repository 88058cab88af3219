#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/rulebook.h"

static void
wrong(struct conf *c, struct rulebook_rule *r, const char *what)
{
	conf_mistake(c, &r->where, "[rule %s] %s", r->id, what);
	r->bad = 1;
}

static void
add_name(struct rulebook_rule *r, const char *name)
{
	size_t n = r->rule.providers.len, len = strlen(name);

	r->providers = conf_alloc(r->providers, n + len + 2, 1);
	if (n)
		r->providers[n++] = ' ';
	memcpy(r->providers + n, name, len + 1);
	r->rule.providers.s = r->providers;
	r->rule.providers.len = n + len;
}

/* A rule for a provider is one under any of its names.  A name that nobody has
 * would never match. */
static void
find_providers(struct conf *c, struct rulebook_rule *r)
{
	const struct conf_provider *p;
	char *names = r->providers, *s = names, *word;
	size_t i;

	r->providers = NULL;
	r->rule.providers.len = 0;
	while ((word = strsep(&s, " ")) != NULL) {
		p = conf_provider(c, word);
		if (!p) {
			conf_mistake(c, &r->set[RULEBOOK_PROVIDER],
			    "provider: there is no provider '%s'", word);
			r->bad = 1;
			continue;
		}
		add_name(r, p->is.name);
		for (i = 0; i < p->aliases.n; i++)
			add_name(r, p->aliases.word[i]);
	}
	free(names);
	if (r->rule.providers.len <= RULE_PROVIDERSMAX)
		return;
	conf_mistake(c, &r->set[RULEBOOK_PROVIDER],
	    "provider: has more than %d octets of names, with aliases",
	    RULE_PROVIDERSMAX);
	r->bad = 1;
}

/* What a rule must have, and what follows from its class. */
static void
complete(struct conf *c, struct rulebook_rule *r)
{
	struct rule *rule = &r->rule;

	rule->id.s = r->id;
	rule->id.len = strlen(r->id);
	if (!rule->providers.s)
		rule->providers.s = "";
	if (!rule->route.s)
		rule->route.s = "";
	if (r->disabled || r->bad)
		return;
	if (r->providers && !c->rules->alone)
		find_providers(c, r);
	if (!r->set[RULEBOOK_CLASS].line)
		wrong(c, r, "has no class");
	if (!r->set[RULEBOOK_PROVENANCE].line)
		wrong(c, r, "has no provenance: where is this known from?");
	if (!r->set[RULEBOOK_MATCH].line)
		wrong(c, r, "has no match: a reply that it is made for");
	if (!r->set[RULEBOOK_NOMATCH].line)
		wrong(c, r, "has no nomatch: a reply that it must leave alone");
	if (!rule->ncode && !rule->nstatus && !rule->npattern)
		wrong(c, r, "has no code, enhanced, text or regex");
	if (rule->action && rule->action != RULE_ACT_NOTE && !rule->duration)
		wrong(c, r, "has an action without a duration");
	if (rule->duration && !rule->action)
		wrong(c, r, "has a duration without an action");
	if (!r->set[RULEBOOK_BLAME].line)
		rule->blame = ruleword_blame(rule->class);
	if (!r->set[RULEBOOK_DISPOSITION].line)
		rule->disposition = ruleword_disposition(rule->class);
}

static int
by_place(const struct rulebook_rule *a, const struct rulebook_rule *b)
{
	if (a->where.file != b->where.file)
		return a->where.file < b->where.file ? -1 : 1;
	return a->where.line < b->where.line ? -1 : 1;
}

static int
by_id(const void *x, const void *y)
{
	const struct rulebook_rule *a = *(struct rulebook_rule *const *)x;
	const struct rulebook_rule *b = *(struct rulebook_rule *const *)y;
	int r = strcmp(a->id, b->id);

	if (r == 0 && a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	return r != 0 ? r : by_place(a, b);
}

/* Own before packs, a provider's before general ones, then as they stand. */
static int
by_turn(const void *x, const void *y)
{
	const struct rulebook_rule *a = *(struct rulebook_rule *const *)x;
	const struct rulebook_rule *b = *(struct rulebook_rule *const *)y;

	if (a->rank != b->rank)
		return a->rank < b->rank ? -1 : 1;
	if (!a->rule.providers.len != !b->rule.providers.len)
		return a->rule.providers.len ? -1 : 1;
	return by_place(a, b);
}

/* Of rules of one name the one in the best file counts. */
static void
find_replaced(struct conf *c, struct rulebook *b)
{
	struct rulebook_rule *first = NULL, *r;
	size_t i;

	for (i = 0; i < b->n; i++) {
		r = b->tried[i];
		if (!first || strcmp(first->id, r->id) != 0) {
			first = r;
			continue;
		}
		r->replaced = 1;
		if (r->rank != first->rank)
			continue;
		conf_mistake(c, &r->where, "[rule %s] is already at %s:%u",
		    r->id, conf_file(c, &first->where), first->where.line);
		r->bad = 1;
	}
}

static void
choose(struct conf *c, struct rulebook *b)
{
	size_t i, n = 0;

	b->tried = conf_alloc(NULL, b->n + 1, sizeof(struct rulebook_rule *));
	if (b->n) {
		memcpy(b->tried, b->rule, b->n * sizeof *b->tried);
		qsort(b->tried, b->n, sizeof *b->tried, by_id);
	}
	find_replaced(c, b);
	for (i = 0; i < b->n; i++)
		if (!b->tried[i]->replaced && !b->tried[i]->disabled &&
		    !b->tried[i]->bad)
			b->tried[n++] = b->tried[i];
	b->ntried = n;
	if (n)
		qsort(b->tried, n, sizeof *b->tried, by_turn);
	b->record.len = 0;
	for (i = 0; i < n; i++)
		rule_pack(&b->record, &b->tried[i]->rule);
}

/* A code with its three digits, then what is not its text. */
static const char *
sample_code(const char *s, unsigned int *code_r)
{
	if (*s >= '2' && *s <= '5' && strspn(s, "0123456789") == 3 &&
	    (s[3] == ' ' || s[3] == '-' || !s[3])) {
		*code_r = (unsigned int)strtoul(s, NULL, 10);
		return s + 3 + (s[3] != '\0');
	}
	*code_r = 0;
	return s;
}

void
rulebook_sample(
    const char *s, const struct rulebook_rule *r, struct rules_input *in_r)
{
	memset(in_r, 0, sizeof *in_r);
	in_r->text = sample_code(s, &in_r->code);
	in_r->len = strlen(in_r->text);
	if (!r)
		return;
	in_r->provider = r->rule.providers.s;
	in_r->provider_len = strcspn(r->rule.providers.s, " ");
	in_r->phase = (uint8_t)(r->rule.phases & -r->rule.phases);
}

/* Rule number i with all its samples: each has to do what it says, and one
 * has to reach it. */
static void
try_samples(struct conf *c, struct rules *m, size_t i)
{
	struct rulebook_rule *r = c->rules->tried[i], *other = NULL;
	const struct rulebook_line *l;
	struct rules_verdict v;
	struct rules_input in;
	int reached = 0, failed = 0;

	for (l = r->line; l < r->line + r->nline; l++) {
		if (l->key != RULEBOOK_MATCH && l->key != RULEBOOK_NOMATCH)
			continue;
		rulebook_sample(l->value, r, &in);
		if (rules_try(m, (int)i, &in) != (l->key == RULEBOOK_MATCH)) {
			conf_mistake(c, &l->where,
			    l->key == RULEBOOK_MATCH
				? "match: [rule %s] does not match this"
				: "nomatch: [rule %s] matches this",
			    r->id);
			failed = 1;
		} else if (l->key == RULEBOOK_MATCH) {
			rules_classify(m, &in, &v);
			reached |= v.index == (int)i;
			if (v.index >= 0 && v.index != (int)i)
				other = c->rules->tried[v.index];
		}
	}
	if (!reached && !failed && other)
		conf_mistake(c, &r->where,
		    "[rule %s] is never reached: [rule %s] at %s:%u takes what "
		    "it is made for",
		    r->id, other->id, conf_file(c, &other->where),
		    other->where.line);
}

void
rulebook_finish(struct conf *c)
{
	struct rulebook *b = c->rules;
	struct rules *m;
	size_t i;

	if (!b)
		return;
	for (i = 0; i < b->n; i++)
		complete(c, b->rule[i]);
	choose(c, b);
	m = ruleset_load(b->record.s, b->record.len);
	if (!m && b->ntried) {
		conf_mistake(c, &b->tried[0]->where,
		    "the texts of all rules together are too long");
		return;
	}
	for (i = 0; i < b->ntried; i++)
		try_samples(c, m, i);
	ruleset_free(m);
}

/* The lines as they stand, and what follows from the class. */
void
rulebook_facts(const struct factline *o, const struct rulebook_rule *r)
{
	static const struct conf_where nowhere;
	const struct rulebook_line *l;

	fprintf(o->f, "%s\t%s", o->section, r->id);
	factline_where(o, &r->where);
	for (l = r->line; l < r->line + r->nline; l++)
		factline_text(o, rulekey_name(l->key), l->value, &l->where);
	if (!r->set[RULEBOOK_BLAME].line)
		factline_text(o, "blame",
		    ruleword_name(&ruleword_blames, r->rule.blame), &nowhere);
	if (!r->set[RULEBOOK_DISPOSITION].line)
		factline_text(o, "disposition",
		    ruleword_name(&ruleword_dispositions, r->rule.disposition),
		    &nowhere);
}
