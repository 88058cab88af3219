#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/certificate.h"
#include "cmd/dray-policy/value.h"
#include "common/policyfmt.h"

int
certificate_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_certificate *l = conf_zero(sizeof *l);

	l->is.where = *w;
	if (value_label(l->is.name, name) == -1)
		conf_mistake(c, w, "[certificate %.128s]: not a name", name);
	else if (c->certificates.n == POLICY_CERTIFICATEMAX)
		conf_mistake(c, w, "more than %d [certificate] sections",
		    POLICY_CERTIFICATEMAX);
	else if (conf_start(c, &c->certificates, &l->is, "certificate") == 0)
		return 0;
	free(l);
	return -1;
}

static void
set_file(struct setting *s, char *d, struct conf_where *w)
{
	size_t i, n = strlen(s->value);

	if (setting_once(s, w) == -1)
		return;
	for (i = 0; i < n && s->value[i] >= ' ' && s->value[i] < 127; i++)
		;
	if (!n || n > POLICY_PATHMAX || i < n)
		setting_wrong(s, "is not the name of a file");
	else
		memcpy(d, s->value, n + 1);
}

void
certificate_pair(struct setting *s)
{
	struct conf_certificate *l = s->c->now;

	if (!strcmp(s->key, "certificate"))
		set_file(s, l->v.chain, &l->chain_where);
	else if (!strcmp(s->key, "key"))
		set_file(s, l->v.key, &l->key_where);
	else
		setting_unknown(s);
}

void
certificate_finish(struct conf *c)
{
	struct conf_certificate *l;
	size_t i;

	for (i = 0; i < c->certificates.n; i++) {
		l = c->certificates.item[i];
		memcpy(l->v.name, l->is.name, sizeof l->v.name);
		if (!l->key_where.line)
			memcpy(l->v.key, l->v.chain, sizeof l->v.key);
		if (!l->is.bad && !l->chain_where.line)
			conf_mistake(c, &l->is.where,
			    "[certificate %s] has no certificate", l->is.name);
	}
}

void
certificate_facts(const struct factline *o, const void *item)
{
	const struct conf_certificate *l = item;

	factline_text(o, "certificate", l->v.chain, &l->chain_where);
	factline_text(o, "key", l->v.key, &l->key_where);
}

static int
add_one(struct table_make *m, const struct conf_certificate *l, size_t i)
{
	struct policyfmt_buf d;
	char key[32];

	d.n = 0;
	policyfmt_pack_certificate(&d, &l->v);
	snprintf(key, sizeof key, "k:%zu", i);
	return table_make_add(m, key, strlen(key), d.s, d.n);
}

int
certificate_record(struct table_make *m, const struct conf *c)
{
	struct policyfmt_buf d;
	size_t i;

	for (i = 0; i < c->certificates.n; i++)
		if (add_one(m, c->certificates.item[i], i) == -1)
			return -1;
	d.n = 0;
	policyfmt_put_number(&d, c->certificates.n, 8);
	return table_make_add(m, "k", 1, d.s, d.n);
}
