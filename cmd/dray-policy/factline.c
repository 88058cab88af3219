#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/value.h"

void
factline_key(const struct factline *o, const char *key)
{
	fprintf(o->f, "%s/%s\t", o->section, key);
}

void
factline_where(const struct factline *o, const struct conf_where *w)
{
	if (w->line)
		fprintf(o->f, "\t%s:%u\n", conf_file(o->c, w), w->line);
	else
		fputs("\tdefault\n", o->f);
}

void
factline_text(const struct factline *o, const char *key, const char *value,
    const struct conf_where *w)
{
	factline_key(o, key);
	fputs(value, o->f);
	factline_where(o, w);
}

static void
put_one(const struct factline *o, const struct policykey *k, const void *s,
    const struct conf_where *w)
{
	char v[VALUE_FMTMAX];

	factline_text(o, k->name, value_show(v, k, policykey_get(k, s)), w);
}

void
factline_group(const struct factline *o, const struct policykey_group *g,
    const void *s, const struct conf_where *w)
{
	int i;

	for (i = 0; i < g->n; i++)
		put_one(o, &g->key[i], s, &w[i]);
}

void
factline_set(const struct factline *o, const struct policykey_group *g,
    const void *s, const struct conf_where *w)
{
	int i;

	for (i = 0; i < g->n; i++)
		if (w[i].line)
			put_one(o, &g->key[i], s, &w[i]);
}

void
factline_schedule(const struct factline *o, const char *key,
    const struct policy_retry *r, const struct conf_where *w)
{
	char v[VALUE_FMTMAX];
	unsigned int i;

	factline_key(o, key);
	for (i = 0; i < r->n; i++)
		fprintf(o->f, "%s%s", i ? " " : "",
		    value_fmt(v, POLICYKEY_DURATION, r->after[i]));
	factline_where(o, w);
}

void
factline_retry(const struct factline *o, const struct policy_retry *r,
    const struct conf_where w[2])
{
	char v[VALUE_FMTMAX];

	factline_schedule(o, "schedule", r, &w[0]);
	factline_text(
	    o, "then", value_fmt(v, POLICYKEY_DURATION, r->then), &w[1]);
}

void
factline_limits(const struct factline *o, const struct conf_limits *l)
{
	factline_set(o, &policykey_limits, &l->v, l->where);
	if (l->schedule_where.line)
		factline_schedule(o, "retry", &l->v.retry, &l->schedule_where);
}

void
factline_words(
    const struct factline *o, const char *key, const struct conf_words *d)
{
	size_t i;

	if (!d->n)
		return;
	factline_key(o, key);
	for (i = 0; i < d->n; i++)
		fprintf(o->f, "%s%s", i ? " " : "", d->word[i]);
	factline_where(o, &d->where);
}
