#include <string.h>

#include "cmd/dray-policy/record.h"
#include "cmd/dray-policy/returns.h"
#include "cmd/dray-policy/value.h"
#include "common/policyfmt.h"

#define WRONG "is neither an address nor a domain"

static const char *const kinds[POLICY_RETURNS] = { "bounce", "complaint",
	"unsubscribe" };

/* All in lower case, the domain as A-labels. */
static int
scan(char *form, const char *word)
{
	if (strchr(word, '@'))
		return value_sender(form, word);
	return value_domain(form, word);
}

void
returns_pair(struct setting *s)
{
	struct conf *c = s->c;
	unsigned int i;

	for (i = 0; i < POLICY_RETURNS; i++) {
		if (strcmp(s->key, kinds[i]) != 0)
			continue;
		setting_words(s, &c->return_words[i], scan, WRONG);
		return;
	}
	if (!setting_group(
		s, &policykey_returns, &c->returns, c->returns_where))
		setting_unknown(s);
}

static void
check_pair(struct conf *c, unsigned int a, unsigned int b)
{
	const struct conf_words *x = &c->return_words[a],
				*y = &c->return_words[b];
	size_t i, k;

	for (i = 0; i < x->n; i++)
		for (k = 0; k < y->n; k++)
			if (!strcmp(x->word[i], y->word[k]))
				conf_mistake(c, &y->where,
				    "[returns] %s: %.128s is in %s already",
				    kinds[b], y->word[k], kinds[a]);
}

void
returns_finish(struct conf *c)
{
	check_pair(c, 0, 1);
	check_pair(c, 0, 2);
	check_pair(c, 1, 2);
}

void
returns_facts(const struct factline *o)
{
	const struct conf *c = o->c;
	unsigned int i;

	for (i = 0; i < POLICY_RETURNS; i++)
		factline_words(o, kinds[i], &c->return_words[i]);
	factline_group(o, &policykey_returns, &c->returns, c->returns_where);
}

int
returns_records(struct table_make *m, const struct conf *c)
{
	const struct conf_words *w;
	struct policyfmt_buf d;
	unsigned int i;
	size_t k;

	d.n = 0;
	policyfmt_pack_returns(&d, &c->returns);
	if (table_make_add(m, "returns", strlen("returns"), d.s, d.n) == -1)
		return -1;
	for (i = 0; i < POLICY_RETURNS; i++) {
		w = &c->return_words[i];
		d.n = 0;
		policyfmt_put_number(&d, i + 1, 1);
		for (k = 0; k < w->n; k++)
			if (record_add(m, "ra", w->word[k], &d) == -1)
				return -1;
	}
	return 0;
}
