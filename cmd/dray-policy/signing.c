#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/signing.h"
#include "cmd/dray-policy/record.h"
#include "cmd/dray-policy/value.h"
#include "common/chars.h"
#include "common/policyfmt.h"

int
signing_dkim_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_dkim *k = conf_zero(sizeof *k);

	policykey_defaults(&policykey_dkim, &k->v);
	k->is.where = *w;
	if (value_domain(k->is.name, name) == -1)
		conf_mistake(c, w, "[dkim %.128s]: not a domain", name);
	else if (conf_start(c, &c->dkims, &k->is, "dkim") == 0)
		return 0;
	free(k);
	return -1;
}

/* Labels of letters, digits, '-' and '_' with dots between them, in lower
 * case: it is a name in DNS, and one of a file. */
static int
scan_selector(char *d, const char *s)
{
	size_t i, n = strlen(s);

	if (!n || n > POLICY_SELECTORMAX || !chars_name(s, n))
		return -1;
	for (i = 0; i < n; i++) {
		if (s[i] == '.' && (i == 0 || i + 1 == n || s[i - 1] == '.'))
			return -1;
		d[i] = (char)chars_lower(s[i]);
	}
	d[n] = '\0';
	return 0;
}

static void
set_selector(struct setting *s, char *d, struct conf_where *w)
{
	if (setting_once(s, w) == 0 && scan_selector(d, s->value) == -1)
		setting_wrong(s, "is not a selector");
}

void
signing_dkim_pair(struct setting *s)
{
	struct conf_dkim *k = s->c->now;

	if (!strcmp(s->key, "rsa"))
		set_selector(s, k->v.rsa, &k->rsa_where);
	else if (!strcmp(s->key, "ed25519"))
		set_selector(s, k->v.ed25519, &k->ed25519_where);
	else if (!setting_group(s, &policykey_dkim, &k->v, k->dkim_where))
		setting_unknown(s);
}

void
signing_pair(struct setting *s)
{
	struct conf *c = s->c;

	if (!strcmp(s->key, "also")) {
		if (setting_once(s, &c->also_where) == 0 &&
		    value_domain(c->signing.also, s->value) == -1)
			setting_wrong(s, "is not a domain");
	} else if (!setting_group(
		       s, &policykey_signing, &c->signing, c->signing_where)) {
		setting_unknown(s);
	}
}

static void
finish_one(struct conf *c, struct conf_dkim *k)
{
	const struct conf_where *w =
	    &k->dkim_where[policykey_find(&policykey_dkim, "domainkeys")];

	if (k->is.bad)
		return;
	if (!k->rsa_where.line && !k->ed25519_where.line)
		conf_mistake(c, &k->is.where,
		    "[dkim %.128s] has neither rsa nor ed25519", k->is.name);
	else if (k->v.domainkeys && !k->rsa_where.line)
		conf_mistake(
		    c, w, "domainkeys: there is no rsa, which signs it");
	else if (!strcmp(k->v.rsa, k->v.ed25519))
		conf_mistake(c, &k->ed25519_where,
		    "ed25519: '%s' is that of rsa already", k->v.rsa);
}

static void
finish_signing(struct conf *c)
{
	struct policy_signing *s = &c->signing;
	const struct conf_where *w = &c->signing_where[0];

	if (!w->line && c->also_where.line)
		s->without_key = POLICY_SIGN_ALSO;
	if (s->without_key == POLICY_SIGN_ALSO && !c->also_where.line)
		conf_mistake(c, w, "without-key: also is not set");
	else if (c->also_where.line && !list_find(&c->dkims, s->also))
		conf_mistake(c, &c->also_where,
		    "also: there is no [dkim %.128s]", s->also);
}

void
signing_finish(struct conf *c)
{
	size_t i;

	for (i = 0; i < c->dkims.n; i++)
		finish_one(c, c->dkims.item[i]);
	if (!c->bad)
		finish_signing(c);
}

void
signing_dkim_facts(const struct factline *o, const void *item)
{
	const struct conf_dkim *k = item;

	if (k->rsa_where.line)
		factline_text(o, "rsa", k->v.rsa, &k->rsa_where);
	if (k->ed25519_where.line)
		factline_text(o, "ed25519", k->v.ed25519, &k->ed25519_where);
	factline_group(o, &policykey_dkim, &k->v, k->dkim_where);
}

void
signing_facts(const struct factline *o)
{
	const struct conf *c = o->c;

	factline_text(o, "also", c->signing.also, &c->also_where);
	factline_group(o, &policykey_signing, &c->signing, c->signing_where);
}

int
signing_records(struct table_make *m, const struct conf *c)
{
	const struct conf_dkim *k;
	struct policyfmt_buf d;
	size_t i;

	for (i = 0; i < c->dkims.n; i++) {
		k = c->dkims.item[i];
		d.n = 0;
		policyfmt_pack_dkim(&d, &k->v);
		if (record_add(m, "dk", k->is.name, &d) == -1)
			return -1;
	}
	d.n = 0;
	policyfmt_put_number(&d, c->dkims.n, 8);
	if (table_make_add(m, "dkims", strlen("dkims"), d.s, d.n) == -1)
		return -1;
	d.n = 0;
	policyfmt_pack_signing(&d, &c->signing);
	return table_make_add(m, "signing", strlen("signing"), d.s, d.n);
}
