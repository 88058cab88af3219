#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/breaker.h"
#include "cmd/dray-policy/record.h"
#include "cmd/dray-policy/value.h"
#include "common/policyfmt.h"

/* Nobody's receipts wait because of others' addresses, unless somebody says
 * so. */
#define SPARED "stream/transactional"

static int
start_all(struct conf *c, const struct conf_where *w)
{
	if (c->breaker_at.line) {
		conf_mistake(c, w, "section [breaker] is already at %s:%u",
		    conf_file(c, &c->breaker_at), c->breaker_at.line);
		return -1;
	}
	c->breaker_at = *w;
	c->now = NULL;
	c->now_bad = &c->bad;
	return 0;
}

/* "stream NAME" or "tenant NAME". */
static int
scan_name(char *d, size_t size, const char *name)
{
	size_t n = strcspn(name, " \t");
	char label[POLICY_NAMEMAX + 1];

	if (n != strlen("stream") ||
	    (strncmp(name, "stream", n) != 0 &&
		strncmp(name, "tenant", n) != 0))
		return -1;
	if (value_label(label, name + n + strspn(name + n, " \t")) == -1)
		return -1;
	snprintf(d, size, "%.6s/%.64s", name, label);
	return 0;
}

int
breaker_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_breaker *b;

	if (!*name)
		return start_all(c, w);
	b = conf_zero(sizeof *b);
	policykey_defaults(&policykey_breaker, &b->v);
	b->is.where = *w;
	if (scan_name(b->is.name, sizeof b->is.name, name) == -1)
		conf_mistake(c, w,
		    "[breaker %.128s]: neither a stream nor a tenant", name);
	else if (conf_start(c, &c->breakers, &b->is, "breaker") == 0)
		return 0;
	free(b);
	return -1;
}

void
breaker_pair(struct setting *s)
{
	struct conf *c = s->c;
	struct conf_breaker *b = c->now;
	struct policy_breaker *v = b ? &b->v : &c->breaker;

	if (!setting_group(
		s, &policykey_breaker, v, b ? b->key_where : c->breaker_where))
		setting_unknown(s);
}

void
breaker_tune_pair(struct setting *s)
{
	struct conf *c = s->c;

	if (!setting_group(s, &policykey_tune, &c->tune, c->tune_where))
		setting_unknown(s);
}

void
breaker_facts(const struct factline *o)
{
	factline_group(
	    o, &policykey_breaker, &o->c->breaker, o->c->breaker_where);
}

void
breaker_tune_facts(const struct factline *o)
{
	factline_group(o, &policykey_tune, &o->c->tune, o->c->tune_where);
}

void
breaker_item_facts(const struct factline *o, const void *item)
{
	const struct conf_breaker *b = item;

	factline_set(o, &policykey_breaker, &b->v, b->key_where);
}

static uint64_t
mask(const struct conf_breaker *b)
{
	uint64_t m = 0;
	int i;

	for (i = 0; i < POLICYKEY_BREAKER_N; i++)
		if (b->key_where[i].line)
			m |= UINT64_C(1) << i;
	return m;
}

static int
add_item(struct table_make *m, struct conf_breaker *b)
{
	int i = policykey_find(&policykey_breaker, "enabled");
	uint64_t set = mask(b);
	struct policyfmt_buf d = { .n = 0 };

	if (!strcmp(b->is.name, SPARED) && !b->key_where[i].line) {
		b->v.enabled = 0;
		set |= UINT64_C(1) << i;
	}
	policyfmt_put_some(&d, &policykey_breaker, set, &b->v);
	return record_add(m, "bk", b->is.name, &d);
}

static int
add_items(struct table_make *m, const struct conf *c)
{
	struct conf_breaker b = { .is.name = SPARED };
	size_t i;

	for (i = 0; i < c->breakers.n; i++) {
		b = *(const struct conf_breaker *)c->breakers.item[i];
		if (add_item(m, &b) == -1)
			return -1;
	}
	if (list_find(&c->breakers, SPARED))
		return 0;
	b = (struct conf_breaker){ .is.name = SPARED };
	return add_item(m, &b);
}

int
breaker_records(struct table_make *m, const struct conf *c)
{
	struct policyfmt_buf d = { .n = 0 };

	policyfmt_put_group(&d, &policykey_breaker, &c->breaker);
	if (table_make_add(m, "breaker", strlen("breaker"), d.s, d.n) == -1 ||
	    add_items(m, c) == -1)
		return -1;
	d.n = 0;
	policyfmt_put_group(&d, &policykey_tune, &c->tune);
	return table_make_add(m, "tune", strlen("tune"), d.s, d.n);
}
