#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/facts.h"
#include "cmd/dray-policy/record.h"
#include "cmd/dray-policy/value.h"

/* A record that holds a name. */
static int
add_name(
    struct table_make *m, const char *kind, const char *key, const char *name)
{
	struct policyfmt_buf d;

	d.n = 0;
	policyfmt_put_string(&d, name);
	return record_add(m, kind, key, &d);
}

static int
add_words(struct table_make *m, const char *kind, const struct conf_words *w,
    const char *name)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (add_name(m, kind, w->word[i], name) == -1)
			return -1;
	return 0;
}

/* Which lengths of prefixes there are: [0] IPv4, [1] IPv6. */
struct lengths {
	uint8_t is[2][129];
};

static int
add_networks(struct table_make *m, const struct conf_words *w, const char *name,
    struct lengths *n)
{
	uint8_t key[3 + 2 + 16] = "mn:";
	struct policyfmt_buf d;
	size_t i;

	d.n = 0;
	policyfmt_put_string(&d, name);
	for (i = 0; i < w->n; i++) {
		if (value_network(&key[3], &key[4], key + 5, w->word[i]) == -1)
			return -1;
		n->is[key[3] == 6][key[4]] = 1;
		if (table_make_add(m, key, sizeof key, d.s, d.n) == -1)
			return -1;
	}
	return 0;
}

/* From long to short, so that the first that is found is the right one. */
static int
add_lengths(struct table_make *m, const struct lengths *n)
{
	uint8_t s[2 * 2 * 129];
	size_t at = 0;
	int v6, bits;

	for (v6 = 0; v6 < 2; v6++) {
		for (bits = 128; bits >= 0; bits--) {
			if (!n->is[v6][bits])
				continue;
			s[at++] = v6 ? 6 : 4;
			s[at++] = (uint8_t)bits;
		}
	}
	return at ? table_make_add(m, "mn", 2, s, at) : 0;
}

static int
add_provider(
    struct table_make *m, const struct conf_provider *p, struct lengths *n)
{
	const char *name = p->is.name;

	return add_name(m, "p", name, name) == -1 ||
		add_words(m, "p", &p->aliases, name) == -1 ||
		add_words(m, "md", &p->domains, name) == -1 ||
		add_words(m, "mh", &p->mx, name) == -1
	    ? -1
	    : add_networks(m, &p->networks, name, n);
}

static int
add_choices(struct table_make *m, const struct conf *c)
{
	const struct conf_claim *claim;
	struct policyfmt_buf d;
	size_t i;

	if (!c->choices.n)
		return 0;
	d.n = 0;
	policyfmt_put_number(&d, c->choices.n, 8);
	if (table_make_add(m, "c", 1, d.s, d.n) == -1)
		return -1;
	for (i = 0; i < c->choices.n; i++) {
		claim = c->choices.item[i];
		if (add_name(m, "c", claim->name, claim->owner) == -1)
			return -1;
	}
	return 0;
}

int
record_who(struct table_make *m, const struct conf *c)
{
	struct lengths n = { 0 };
	size_t i;

	for (i = 0; i < c->providers.n; i++)
		if (add_provider(m, c->providers.item[i], &n) == -1)
			return -1;
	return add_lengths(m, &n) == -1 ? -1 : add_choices(m, c);
}

/* The texts, and meanwhile the list of their names. */
struct texts {
	struct table_make *m;
	FILE *index;
};

static int
add_text(void *user, const char *section, const char *text, size_t n)
{
	struct texts *t = user;
	char key[POLICY_NAMEMAX + 64];

	snprintf(key, sizeof key, "x:%s", section);
	if (*section)
		fprintf(t->index, "%s\n", section);
	return table_make_add(t->m, key, strlen(key), text, n + 1);
}

int
record_facts(struct table_make *m, const struct conf *c)
{
	struct texts t = { m, NULL };
	char *index = NULL;
	size_t n = 0;
	int r;

	t.index = open_memstream(&index, &n);
	if (!t.index)
		return -1;
	r = facts_each(c, add_text, &t);
	if (fclose(t.index) == EOF)
		r = -1;
	if (r == 0)
		r = table_make_add(m, "x", 1, index, n + 1);
	free(index);
	return r;
}
