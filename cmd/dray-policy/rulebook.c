#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/rulebook.h"
#include "cmd/dray-policy/setting.h"

static struct rulebook *
book(struct conf *c)
{
	if (!c->rules)
		c->rules = conf_zero(sizeof *c->rules);
	return c->rules;
}

void
rulebook_file(struct conf *c)
{
	struct rulebook *b = book(c);
	const char *name = c->file[c->nfile - 1];
	int ispack = !strncmp(name, RULEBOOK_PACKS, strlen(RULEBOOK_PACKS));

	b->rank = ispack ? RULEBOOK_PACK_RANK : 0;
	b->now = NULL;
	b->in_head = b->started = 0;
	memset(&b->head, 0, sizeof b->head);
	memset(&b->rank_where, 0, sizeof b->rank_where);
}

static int
is_id(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789.-");

	return n && n <= RULE_IDMAX && !s[n];
}

static void
add_rule(struct conf *c, const struct conf_where *w, const char *id)
{
	struct rulebook *b = c->rules;
	struct rulebook_rule *r;

	if (!is_id(id)) {
		conf_mistake(c, w,
		    "[rule %.64s]: not a name of 1 to 63 of a-z 0-9 . -", id);
		return;
	}
	if (b->n == RULESET_MAX) {
		conf_mistake(c, w, "more than %d rules", RULESET_MAX);
		return;
	}
	if (!(b->n & (b->n - 1))) /* grows by doubling */
		b->rule =
		    conf_alloc(b->rule, b->n ? 2 * b->n : 1, sizeof *b->rule);
	r = conf_zero(sizeof *r);
	memcpy(r->id, id, strlen(id));
	r->where = *w;
	r->rank = b->rank;
	b->rule[b->n++] = b->now = r;
	c->now_bad = &r->bad;
}

static void
start_head(struct conf *c, const struct conf_where *w)
{
	struct rulebook *b = c->rules;

	if (b->started)
		conf_mistake(c, w, "[rules] comes before all [rule ID]");
	else
		b->in_head = 1;
	b->head = *w;
}

void
rulebook_section(void *user, unsigned int line, const char *name)
{
	struct conf *c = user;
	struct rulebook *b = c->rules;
	struct conf_where w = { c->nfile - 1, line };
	size_t n = strlen("rule");

	b->now = NULL;
	b->in_head = 0;
	c->now_bad = &b->bad;
	if (name && !strcmp(name, "rules"))
		start_head(c, &w);
	else if (name && !strncmp(name, "rule", n) &&
	    (name[n] == ' ' || name[n] == '\t'))
		add_rule(c, &w, name + n + strspn(name + n, " \t"));
	else if (name)
		conf_mistake(
		    c, &w, "neither [rules] nor [rule ID]: [%.64s]", name);
	b->started = 1;
}

static void
head_pair(struct setting *s)
{
	struct rulebook *b = s->c->rules;

	if (strcmp(s->key, "rank") != 0) {
		setting_unknown(s);
		return;
	}
	if (setting_once(s, &b->rank_where) == -1)
		return;
	if (s->value[0] < '0' || s->value[0] > '9' || s->value[1])
		setting_wrong(s, "is not from 0 to 9");
	else
		b->rank += (unsigned int)(s->value[0] - '0');
}

/* Each line is kept as it stands: the rule points into it. */
static struct rulebook_line *
add_line(struct rulebook_rule *r, const struct setting *s, int key)
{
	struct rulebook_line *l;
	char *p;

	if (!(r->nline & (r->nline - 1)))
		r->line =
		    conf_alloc(r->line, r->nline ? 2 * r->nline : 1, sizeof *l);
	l = &r->line[r->nline++];
	l->key = (enum rulebook_key)key;
	l->where = s->w;
	l->value = conf_copy(s->value);
	for (p = l->value; *p; p++)
		if (*p == '\t') /* it would end the value in a list of facts */
			*p = ' ';
	return l;
}

static void
rule_pair(struct setting *s, struct rulebook_rule *r)
{
	int key = rulekey_find(s->key);

	s->bad = &r->bad;
	if (key == -1) {
		setting_unknown(s);
		return;
	}
	/* The keys that may be repeated come last to mind. */
	if (key != RULEBOOK_TEXT && key != RULEBOOK_REGEX &&
	    key != RULEBOOK_MATCH && key != RULEBOOK_NOMATCH) {
		if (setting_once(s, &r->set[key]) == -1)
			return;
	} else if (!r->set[key].line) {
		r->set[key] = s->w;
	}
	rulekey_set(s, r, add_line(r, s, key)->value);
}

void
rulebook_pair(void *user, unsigned int line, const char *key, const char *value)
{
	struct conf *c = user;
	struct rulebook *b = c->rules;
	struct setting s;

	s.c = c;
	s.w.file = c->nfile - 1;
	s.w.line = line;
	s.key = key;
	s.value = value;
	s.bad = &b->bad;
	if (b->now)
		rule_pair(&s, b->now);
	else if (b->in_head)
		head_pair(&s);
	else if (!b->started)
		conf_mistake(c, &s.w, "a key before the first [section]");
}

static void
free_rule(struct rulebook_rule *r)
{
	unsigned int i;

	for (i = 0; i < r->nline; i++)
		free(r->line[i].value);
	free(r->line);
	free(r->providers);
	free(r);
}

void
rulebook_free(struct conf *c)
{
	struct rulebook *b = c->rules;
	size_t i;

	if (!b)
		return;
	for (i = 0; i < b->n; i++)
		free_rule(b->rule[i]);
	free(b->rule);
	free(b->tried);
	stralloc_free(&b->record);
	free(b);
	c->rules = NULL;
}
