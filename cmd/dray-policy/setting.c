#include <errno.h>
#include <string.h>

#include "cmd/dray-policy/setting.h"
#include "cmd/dray-policy/value.h"

void
setting_wrong(struct setting *s, const char *text)
{
	*s->bad = 1;
	conf_mistake(s->c, &s->w, "%.64s: '%.128s' %s", s->key, s->value, text);
}

int
setting_once(struct setting *s, struct conf_where *w)
{
	if (!w->line) {
		*w = s->w;
		return 0;
	}
	if (conf_yields(s->c, &s->w, w))
		return -1;
	*s->bad = 1;
	conf_mistake(s->c, &s->w, "%.64s: is already set at %s:%u", s->key,
	    s->c->file[w->file], w->line);
	return -1;
}

void
setting_unknown(struct setting *s)
{
	*s->bad = 1;
	conf_mistake(s->c, &s->w, "unknown key '%.64s'", s->key);
}

static void
not_of_kind(struct setting *s, const struct policykey *k)
{
	static const char *const text[] = {
		[POLICYKEY_NUMBER] = "is not a number",
		[POLICYKEY_SIZE] = "is not a size such as 512K, 50M or 1G",
		[POLICYKEY_DURATION] = "is not a duration such as 30s, 5m, 5d",
		[POLICYKEY_YESNO] = "is neither yes nor no",
		[POLICYKEY_PERCENT] = "is not a percentage such as 25%",
		[POLICYKEY_SHARE] = "is not a share such as 5% or 0.25%",
		[POLICYKEY_RATE] = "is not a rate such as 7/s, 100/min, 10/30s",
		[POLICYKEY_BYTERATE] = "is not a rate such as 10M/min, 1G/h",
	};

	char words[128] = "is none of:";
	size_t n = strlen(words), i;

	for (i = 0; k->kind == POLICYKEY_WORD && i <= k->max; i++)
		n += (size_t)snprintf(
		    words + n, sizeof words - n, " %s", k->words[i]);
	setting_wrong(s, k->kind == POLICYKEY_WORD ? words : text[k->kind]);
}

static void
not_in_range(struct setting *s, const struct policykey *k)
{
	char min[VALUE_FMTMAX], max[VALUE_FMTMAX], text[96 + 2 * VALUE_FMTMAX];
	int israte = k->kind == POLICYKEY_RATE || k->kind == POLICYKEY_BYTERATE;
	enum policykey_kind kind = k->kind == POLICYKEY_BYTERATE
	    ? POLICYKEY_SIZE
	    : israte ? POLICYKEY_NUMBER
		     : k->kind;

	snprintf(text, sizeof text, "is not from %s to %s%s",
	    value_fmt(min, kind, k->min), value_fmt(max, kind, k->max),
	    israte ? " over 1s to 1d" : "");
	setting_wrong(s, text);
}

int
setting_group(struct setting *s, const struct policykey_group *g, void *d,
    struct conf_where *w)
{
	int i = policykey_find(g, s->key);
	const struct policykey *k;
	uint64_t v;

	if (i == -1)
		return 0;
	k = &g->key[i];
	if (setting_once(s, &w[i]) == -1)
		return 1;
	if (value_parse(k, s->value, &v) == 0)
		policykey_set(k, d, v);
	else if (errno == ERANGE)
		not_in_range(s, k);
	else
		not_of_kind(s, k);
	return 1;
}

static void
set_schedule(struct setting *s, struct policy_retry *r)
{
	uint32_t step;
	const char *word;
	size_t pos = 0;

	r->n = 0;
	while ((word = setting_word(s, &pos)) != NULL) {
		if (value_duration(word, &step) == -1) {
			setting_wrong(s,
			    errno == ERANGE
				? "has a step that is not from 1s to 30d"
				: "is not a list of durations such as 5m 1h");
			return;
		}
		if (r->n == POLICY_RETRYMAX) {
			setting_wrong(s, "has more than 32 steps");
			return;
		}
		r->after[r->n++] = step;
	}
	if (!r->n)
		setting_wrong(s, "has no step");
}

int
setting_limits(struct setting *s, struct conf_limits *l)
{
	if (strcmp(s->key, "retry") != 0)
		return setting_group(s, &policykey_limits, &l->v, l->where);
	if (setting_once(s, &l->schedule_where) == 0)
		set_schedule(s, &l->v.retry);
	return 1;
}

int
setting_total(struct setting *s, struct conf_total *t)
{
	return setting_group(s, &policykey_total, &t->v, t->where);
}

static int
has(const struct conf_words *d, const char *form)
{
	size_t i;

	for (i = 0; i < d->n; i++)
		if (!strcmp(d->word[i], form))
			return 1;
	return 0;
}

void
setting_words(struct setting *s, struct conf_words *d,
    int (*scan)(char *form, const char *word), const char *wrong)
{
	char form[SETTING_FORMMAX + 1], text[SETTING_FORMMAX + 64];
	const char *word;
	size_t pos = 0;

	if (setting_once(s, &d->where) == -1)
		return;
	while ((word = setting_word(s, &pos)) != NULL) {
		if (scan(form, word) == -1) {
			snprintf(text, sizeof text, "has '%.64s', which %s",
			    word, wrong);
			setting_wrong(s, text);
			return;
		}
		if (has(d, form)) {
			snprintf(text, sizeof text, "has %.64s twice", form);
			setting_wrong(s, text);
			return;
		}
		d->word = conf_alloc(d->word, d->n + 1, sizeof *d->word);
		d->word[d->n++] = conf_copy(form);
	}
	if (!d->n)
		setting_wrong(s, "is an empty list");
}

const char *
setting_word(struct setting *s, size_t *pos)
{
	const char *p = s->value + *pos;
	size_t n;

	p += strspn(p, " \t");
	n = strcspn(p, " \t");
	if (!n)
		return NULL;
	*pos = p + n - s->value;
	/* A value is part of a line, and lines are bounded. */
	memcpy(s->word, p, n);
	s->word[n] = '\0';
	return s->word;
}

int
setting_retry(struct setting *s, struct policy_retry *r, struct conf_where w[2])
{
	if (!strcmp(s->key, "schedule")) {
		if (setting_once(s, &w[0]) == 0)
			set_schedule(s, r);
	} else if (strcmp(s->key, "then") != 0)
		return 0;
	else if (setting_once(s, &w[1]) == 0 &&
	    value_duration(s->value, &r->then) == -1)
		setting_wrong(s,
		    errno == ERANGE ? "is not from 1s to 30d"
				    : "is not a duration");
	return 1;
}
