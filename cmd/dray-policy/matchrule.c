#include <string.h>

#include "cmd/dray-policy/match.h"
#include "common/field.h"
#include "common/mem.h"

#define MANY 50 /* recipients, as the manual page says */
#define BUILT_IN 4

static void
set(struct streamrule *r, enum streamrule_field which, const char *s)
{
	r->text[which] = streamrule_text(s);
}

static void
clear(struct streamrule *r, const char *name, const char *where)
{
	unsigned int i;

	memset(r, 0, sizeof *r);
	for (i = 0; i < STREAMRULE_TEXTS; i++)
		r->text[i] = streamrule_text("");
	set(r, STREAMRULE_NAME, name);
	set(r, STREAMRULE_WHERE, where);
}

/* The words with a blank between them, behind what words has already. */
static struct streamrule_text
join(stralloc *sa, const struct conf_words *d)
{
	struct streamrule_text t;
	size_t i, from = sa->len;

	for (i = 0; i < d->n; i++) {
		mem_check(stralloc_cats(sa, i ? " " : ""));
		mem_check(stralloc_cats(sa, d->word[i]));
	}
	t.s = sa->s + from;
	t.len = sa->len - from;
	return t;
}

/* So many octets that the room need not grow, which would move them. */
static void
make_room(stralloc *sa, const struct conf_match *m)
{
	size_t i, j, n = 1;

	for (i = 0; i < STREAMRULE_TEXTS; i++)
		for (j = 0; j < m->words[i].n; j++)
			n += strlen(m->words[i].word[j]) + 1;
	mem_check(stralloc_ready(sa, n));
	sa->len = 0;
}

static void
put_match(stralloc *sa, const struct conf *c, const struct conf_match *m)
{
	stralloc words = STRALLOC_ZERO;
	char where[300];
	struct streamrule r;
	unsigned int i;

	snprintf(where, sizeof where, "%s:%u", conf_file(c, &m->is.where),
	    m->is.where.line);
	clear(&r, m->is.name, where);
	set(&r, STREAMRULE_STREAM, m->stream);
	make_room(&words, m);
	for (i = STREAMRULE_STREAM + 1; i < STREAMRULE_TEXTS; i++)
		r.text[i] = join(&words, &m->words[i]);
	r.recipients = m->recipients;
	r.nheader = m->nheader;
	for (i = 0; i < m->nheader; i++) {
		r.header[i] = streamrule_text(m->header[i]);
		r.pattern[i] = streamrule_text(m->pattern[i]);
	}
	streamrule_put(sa, &r);
	stralloc_free(&words);
}

/* What receivers take for bulk does not travel with what people wait for. */
static void
put_built_in(stralloc *sa)
{
	static const char *const names[BUILT_IN] = { "campaign", "precedence",
		"list", "recipients" };
	struct streamrule r[BUILT_IN];
	unsigned int i;

	for (i = 0; i < BUILT_IN; i++) {
		clear(&r[i], names[i], "built-in");
		set(&r[i], STREAMRULE_STREAM, "bulk");
	}
	set(&r[0], STREAMRULE_CAMPAIGN, "?*");
	r[1].nheader = 1;
	r[1].header[0] = streamrule_text("precedence");
	r[1].pattern[0] = streamrule_text("bulk | list | junk");
	set(&r[2], STREAMRULE_PRESENT, "list-id list-unsubscribe");
	r[3].recipients = MANY;
	for (i = 0; i < BUILT_IN; i++)
		streamrule_put(sa, &r[i]);
}

int
match_record(struct table_make *m, const struct conf *c)
{
	stralloc sa = STRALLOC_ZERO;
	size_t i, n = c->matches.n;
	int r;

	field_putu32(
	    &sa, (uint32_t)(n + (c->queue.built_in_rules ? BUILT_IN : 0)));
	for (i = 0; i < n; i++)
		put_match(&sa, c, c->matches.item[i]);
	if (c->queue.built_in_rules)
		put_built_in(&sa);
	r = table_make_add(m, "match", strlen("match"), sa.s, sa.len);
	stralloc_free(&sa);
	return r;
}
