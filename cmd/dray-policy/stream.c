#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/stream.h"
#include "cmd/dray-policy/value.h"

static struct conf_stream *
find(struct conf *c, const char *name)
{
	unsigned int i;

	for (i = 0; i < c->nstream; i++)
		if (!strcmp(c->stream[i].s.name, name))
			return &c->stream[i];
	return NULL;
}

int
stream_known(struct conf *c, const char *name)
{
	return find(c, name) != NULL;
}

static int
name_ok(const char *name)
{
	size_t n = strlen(name);

	return n && n <= POLICY_STREAMNAME &&
	    n == strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789._-");
}

/* The name is known to be one. */
static struct conf_stream *
add(struct conf *c, const char *name)
{
	struct conf_stream *st = &c->stream[c->nstream];

	memset(st, 0, sizeof *st);
	policykey_defaults(&policykey_stream, &st->s);
	memcpy(st->s.name, name, strlen(name) + 1);
	st->order = c->nstream++;
	return st;
}

/* Mail that people wait for goes first and never waits for a place; what comes
 * in masses goes last. */
void
stream_defaults(struct conf *c)
{
	struct conf_stream *st = add(c, "transactional");

	st->s.priority = 1;
	st->s.reserved_lanes = 25;
	st->s.reserved_rate = 10;
	st->s.reserved_queue = 10;
	st->s.suppress_soft = st->s.suppress_unsubscribe = 0;
	add(c, POLICY_STREAMUSUAL);
	st = add(c, "notices");
	st->s.suppress_soft = st->s.suppress_unsubscribe = 0;
	st->s.suppressed_notice = 0;
	st = add(c, "bulk");
	st->s.priority = 3;
	st->s.suppressed_notice = 0;
}

int
stream_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_stream *st;

	name += strspn(name, " \t");
	if (!name_ok(name)) {
		conf_mistake(c, w,
		    "[stream %.64s]: a name has 1 to %d of a-z 0-9 . _ -", name,
		    POLICY_STREAMNAME);
		return -1;
	}
	st = find(c, name);
	if (st && st->where.line) {
		conf_mistake(c, w, "[stream %s] is already at %s:%u", name,
		    c->file[st->where.file], st->where.line);
		return -1;
	}
	if (!st && c->nstream == POLICY_STREAMMAX) {
		conf_mistake(c, w,
		    "more than %d streams, with those that are "
		    "there without text",
		    POLICY_STREAMMAX);
		return -1;
	}
	if (!st)
		st = add(c, name);
	st->where = *w;
	c->stream_now = st;
	return 0;
}

void
stream_pair(struct setting *s)
{
	struct conf_stream *st = s->c->stream_now;

	s->bad = &s->c->bad;
	if (!setting_retry(s, &st->s.retry, st->retry_where) &&
	    !setting_group(s, &policykey_stream, &st->s, st->key_where))
		setting_unknown(s);
}

static void
check_reserves(struct conf *c, const char *key)
{
	int i = policykey_find(&policykey_stream, key);
	const struct policykey *k = &policykey_stream.key[i];
	const struct conf_where *last = NULL, *w;
	unsigned int j, sum = 0;

	for (j = 0; j < c->nstream; j++) {
		w = &c->stream[j].key_where[i];
		sum += (unsigned int)policykey_get(k, &c->stream[j].s);
		if (w->line && (!last || w->line > last->line))
			last = w;
	}
	if (sum > STREAM_RESERVE && last)
		conf_mistake(c, last,
		    "%s of all streams together is %u%%, more than %d%%", key,
		    sum, STREAM_RESERVE);
}

static int
by_priority(const void *a, const void *b)
{
	const struct conf_stream *x = a, *y = b;

	if (x->s.priority != y->s.priority)
		return x->s.priority < y->s.priority ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

/* Half of a schedule of its own is completed with that of the node. */
static void
inherit(const struct conf *c, struct conf_stream *st)
{
	struct conf_where *w = st->retry_where;
	uint32_t then = st->s.retry.then;

	if (w[1].line && !w[0].line) {
		st->s.retry = c->retry;
		st->s.retry.then = then;
		w[0] = c->retry_where[0];
	} else if (w[0].line && !w[1].line) {
		st->s.retry.then = c->retry.then;
		w[1] = c->retry_where[1];
	}
}

void
stream_finish(struct conf *c)
{
	unsigned int i;

	check_reserves(c, "reserved-lanes");
	check_reserves(c, "reserved-rate");
	check_reserves(c, "reserved-queue");
	for (i = 0; i < c->nstream; i++)
		inherit(c, &c->stream[i]);
	qsort(c->stream, c->nstream, sizeof *c->stream, by_priority);
	c->stream_now = NULL; /* it may have moved */
}

static void
put_stream(const struct factline *all, const struct conf_stream *st)
{
	const struct policy_stream *s = &st->s;
	char v[VALUE_FMTMAX], section[POLICY_STREAMNAME + sizeof "stream/"];
	struct factline o = *all;
	const struct policykey *k;
	uint64_t n;
	int i;

	snprintf(section, sizeof section, "stream/%s", s->name);
	o.section = section;
	for (i = 0; i < POLICYKEY_STREAM_N; i++) {
		k = &policykey_stream.key[i];
		n = policykey_get(k, s);
		if (k->kind == POLICYKEY_DURATION && !n)
			continue; /* it has none of its own */
		factline_text(
		    &o, k->name, value_show(v, k, n), &st->key_where[i]);
	}
	if (s->retry.then)
		factline_retry(&o, &s->retry, st->retry_where);
}

void
stream_facts(const struct factline *o)
{
	unsigned int i;

	for (i = 0; i < o->c->nstream; i++)
		put_stream(o, &o->c->stream[i]);
}
