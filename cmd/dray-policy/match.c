#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/match.h"
#include "cmd/dray-policy/stream.h"
#include "cmd/dray-policy/value.h"
#include "common/chars.h"

#define RECIPIENTS_MAX 10000000

int
match_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_match *m = conf_zero(sizeof *m);

	m->is.where = *w;
	if (value_label(m->is.name, name) == -1)
		conf_mistake(c, w, "[match %.128s]: not a name", name);
	else if (c->matches.n == MATCH_MAX)
		conf_mistake(c, w, "more than %d [match] sections", MATCH_MAX);
	else if (conf_start(c, &c->matches, &m->is, "match") == 0)
		return 0;
	free(m);
	return -1;
}

static int
scan_pattern(char *d, const char *s)
{
	size_t n = strlen(s);

	if (n > SETTING_FORMMAX || !chars_ascii(s, n))
		return -1;
	memcpy(d, s, n + 1);
	return 0;
}

/* The name of a header field, in lower case. */
static int
scan_field(char *d, const char *s)
{
	size_t i, n = strlen(s);

	if (!n || n > STREAMRULE_NAMEMAX)
		return -1;
	for (i = 0; i <= n; i++) {
		d[i] = (char)chars_lower(s[i]);
		if (i < n && (s[i] <= ' ' || s[i] > '~' || s[i] == ':'))
			return -1;
	}
	return 0;
}

/* A number, or a name that this machine knows, which becomes one. */
static int
scan_uid(char *d, const char *s)
{
	const struct passwd *pw;
	size_t n = strlen(s);

	if (s[strspn(s, "0123456789")] == '\0' && n < 11) {
		memcpy(d, s, n + 1);
		return 0;
	}
	pw = getpwnam(s);
	if (!pw)
		return -1;
	snprintf(d, SETTING_FORMMAX, "%lu", (unsigned long)pw->pw_uid);
	return 0;
}

/* The keys whose value is a list. */
static const struct {
	const char *key;
	enum streamrule_field field;
	int yesno; /* yes stands for any value, no for none */
	int (*scan)(char *form, const char *word);
	const char *wrong;
} lists[] = {
	{ "sender", STREAMRULE_SENDER, 0, scan_pattern, "is not ASCII" },
	{ "tenant", STREAMRULE_TENANT, 1, scan_pattern, "is not ASCII" },
	{ "campaign", STREAMRULE_CAMPAIGN, 1, scan_pattern, "is not ASCII" },
	{ "chosen", STREAMRULE_CHOSEN, 0, scan_pattern, "is not ASCII" },
	{ "uid", STREAMRULE_UID, 0, scan_uid,
	    "is no user that this machine knows" },
	{ "has-header", STREAMRULE_PRESENT, 0, scan_field,
	    "is not the name of a header field" },
};

#define LISTS (sizeof lists / sizeof *lists)

/* NAME: PATTERN | PATTERN.  This key alone may stand more than once. */
static void
set_header(struct setting *s)
{
	struct conf_match *m = s->c->now;
	const char *colon = strchr(s->value, ':');
	const char *pattern = colon ? colon + 1 : "";
	char name[STREAMRULE_NAMEMAX + 1], word[STREAMRULE_NAMEMAX + 1] = "";
	size_t n = colon ? (size_t)(colon - s->value) : 0;

	pattern += strspn(pattern, " \t|");
	while (n && strchr(" \t", s->value[n - 1]))
		n--;
	if (n < sizeof word)
		memcpy(word, s->value, n);
	if (scan_field(name, word) == -1 || !*pattern)
		setting_wrong(s, "is not NAME: PATTERN | PATTERN");
	else if (!chars_ascii(pattern, strlen(pattern)))
		setting_wrong(s, "is not ASCII");
	else if (m->nheader == STREAMRULE_HEADERS)
		setting_wrong(s, "is one header criterion too many");
	else {
		m->header[m->nheader] = conf_copy(name);
		m->pattern[m->nheader] = conf_copy(pattern);
		m->header_where[m->nheader++] = s->w;
	}
}

static void
set_recipients(struct setting *s)
{
	static const struct policykey key = { "recipients-from",
		POLICYKEY_NUMBER, 0, 4, 0, 1, RECIPIENTS_MAX, NULL };
	struct conf_match *m = s->c->now;
	uint64_t v;

	if (setting_once(s, &m->recipients_where) == -1)
		return;
	if (value_parse(&key, s->value, &v) == -1)
		setting_wrong(s, "is not a number from 1 to 10000000");
	else
		m->recipients = (uint32_t)v;
}

static void
set_stream(struct setting *s)
{
	struct conf_match *m = s->c->now;

	if (setting_once(s, &m->stream_where) == 0 &&
	    value_label(m->stream, s->value) == -1)
		setting_wrong(s, "is not the name of a stream");
}

void
match_pair(struct setting *s)
{
	struct conf_match *m = s->c->now;
	size_t i;

	for (i = 0; i < LISTS; i++) {
		if (strcmp(s->key, lists[i].key) != 0)
			continue;
		if (lists[i].yesno && !strcmp(s->value, "yes"))
			s->value = "?*";
		else if (lists[i].yesno && !strcmp(s->value, "no"))
			s->value = "<>";
		setting_words(s, &m->words[lists[i].field], lists[i].scan,
		    lists[i].wrong);
		return;
	}
	if (!strcmp(s->key, "stream"))
		set_stream(s);
	else if (!strcmp(s->key, "header"))
		set_header(s);
	else if (!strcmp(s->key, "recipients-from"))
		set_recipients(s);
	else
		setting_unknown(s);
}

/* A criterion that is not there takes all. */
static int
list_covers(const struct conf_words *a, const struct conf_words *b)
{
	size_t i, j;

	for (i = 0; i < a->n; i++)
		if (!strcmp(a->word[i], "*"))
			return 1;
	for (j = 0; a->n && j < b->n; j++) {
		for (i = 0; i < a->n; i++)
			if (!strcmp(a->word[i], b->word[j]))
				break;
		if (i == a->n)
			return 0;
	}
	return !a->n || b->n;
}

static int
has_header(const struct conf_match *m, const char *name, const char *pattern)
{
	unsigned int i;

	for (i = 0; i < m->nheader; i++)
		if (!strcmp(m->header[i], name) &&
		    !strcmp(m->pattern[i], pattern))
			return 1;
	return 0;
}

/* 1 if a takes all that b takes, as far as that is easily seen.  Mail whose
 * sender chose a stream is another kind. */
static int
covers(const struct conf_match *a, const struct conf_match *b)
{
	const struct conf_words *x = a->words, *y = b->words;
	unsigned int i;

	if (a->recipients > b->recipients ||
	    !x[STREAMRULE_CHOSEN].n != !y[STREAMRULE_CHOSEN].n)
		return 0;
	for (i = 0; i < LISTS; i++)
		if (!list_covers(&x[lists[i].field], &y[lists[i].field]))
			return 0;
	for (i = 0; i < a->nheader; i++)
		if (!has_header(b, a->header[i], a->pattern[i]))
			return 0;
	return 1;
}

static void
check_reached(struct conf *c, size_t n)
{
	const struct conf_match *m = c->matches.item[n], *before;
	size_t i;

	for (i = 0; i < n; i++) {
		before = c->matches.item[i];
		if (before->is.bad || !covers(before, m))
			continue;
		conf_mistake(c, &m->is.where,
		    "[match %s] is never reached: [match %s] at %s:%u takes "
		    "all of its mail",
		    m->is.name, before->is.name,
		    conf_file(c, &before->is.where), before->is.where.line);
		return;
	}
}

void
match_finish(struct conf *c)
{
	const struct conf_match *m;
	size_t i;

	for (i = 0; i < c->matches.n; i++) {
		m = c->matches.item[i];
		if (m->is.bad)
			continue;
		if (!*m->stream)
			conf_mistake(c, &m->is.where,
			    "[match %s] has no stream", m->is.name);
		else if (!stream_known(c, m->stream))
			conf_mistake(c, &m->stream_where,
			    "stream: there is no stream %s", m->stream);
		else
			check_reached(c, i);
	}
}

void
match_facts(const struct factline *o, const void *item)
{
	const struct conf_match *m = item;
	char number[VALUE_FMTMAX];
	size_t i;

	factline_text(o, "stream", m->stream, &m->stream_where);
	for (i = 0; i < LISTS; i++)
		factline_words(o, lists[i].key, &m->words[lists[i].field]);
	for (i = 0; i < m->nheader; i++) {
		factline_key(o, "header");
		fprintf(o->f, "%s: %s", m->header[i], m->pattern[i]);
		factline_where(o, &m->header_where[i]);
	}
	if (m->recipients)
		factline_text(o, "recipients-from",
		    value_fmt(number, POLICYKEY_NUMBER, m->recipients),
		    &m->recipients_where);
}

void
match_free(void *item)
{
	struct conf_match *m = item;
	size_t i;

	for (i = 0; i < STREAMRULE_TEXTS; i++)
		conf_words_free(&m->words[i]);
	for (i = 0; i < m->nheader; i++) {
		free(m->header[i]);
		free(m->pattern[i]);
	}
	free(m);
}
