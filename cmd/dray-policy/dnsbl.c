#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/dnsbl.h"
#include "cmd/dray-policy/value.h"
#include "common/policyfmt.h"

#define CODES "is not a list of 127.0.0.2 or 127.0.0.2-127.0.0.254"

int
dnsbl_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_dnsbl *b = conf_zero(sizeof *b);

	b->is.where = *w;
	if (value_domain(b->is.name, name) == -1)
		conf_mistake(c, w, "[dnsbl %.128s]: not a domain", name);
	else if (c->dnsbls.n == POLICY_DNSBLMAX)
		conf_mistake(
		    c, w, "more than %d [dnsbl] sections", POLICY_DNSBLMAX);
	else if (conf_start(c, &c->dnsbls, &b->is, "dnsbl") == 0)
		return 0;
	free(b);
	return -1;
}

static void
set_kind(struct setting *s, struct conf_dnsbl *b)
{
	if (setting_once(s, &b->kind_where) == -1)
		return;
	if (!strcmp(s->value, "domain"))
		b->v.kind = POLICY_DNSBL_DOMAIN;
	else if (strcmp(s->value, "address") != 0)
		setting_wrong(s, "is neither address nor domain");
}

static void
set_hold(struct setting *s, struct conf_dnsbl *b)
{
	if (setting_once(s, &b->hold_where) == 0 &&
	    strcmp(s->value, "no") != 0 &&
	    value_duration(s->value, &b->v.hold) == -1)
		setting_wrong(s, "is neither no nor a duration from 1s to 30d");
}

/* Only addresses of 127.0.0.0/16 are what a list says. */
static int
scan_code(const char *s, uint32_t *code_r)
{
	struct in_addr a;

	if (inet_pton(AF_INET, s, &a) != 1)
		return -1;
	*code_r = ntohl(a.s_addr);
	return *code_r >> 16 == 0x7f00 ? 0 : -1;
}

/* One address, or two with a hyphen between. */
static int
scan_codes(char *s, struct policy_codes *d)
{
	char *hyphen = strchr(s, '-');

	if (hyphen)
		*hyphen = '\0';
	if (scan_code(s, &d->from) == -1)
		return -1;
	d->to = d->from;
	if (hyphen && scan_code(hyphen + 1, &d->to) == -1)
		return -1;
	return d->from <= d->to ? 0 : -1;
}

static void
set_codes(struct setting *s, struct conf_dnsbl *b)
{
	struct policy_dnsbl *v = &b->v;
	size_t pos = 0;

	if (setting_once(s, &b->codes_where) == -1)
		return;
	while (setting_word(s, &pos)) {
		if (v->n == POLICY_DNSBLCODES) {
			setting_wrong(s, "has more than 32 entries");
			return;
		}
		if (scan_codes(s->word, &v->code[v->n++]) == -1) {
			setting_wrong(s, CODES);
			return;
		}
	}
	if (!v->n)
		setting_wrong(s, CODES);
}

void
dnsbl_pair(struct setting *s)
{
	struct conf_dnsbl *b = s->c->now;

	if (!strcmp(s->key, "kind"))
		set_kind(s, b);
	else if (!strcmp(s->key, "hold"))
		set_hold(s, b);
	else if (!strcmp(s->key, "codes"))
		set_codes(s, b);
	else
		setting_unknown(s);
}

void
dnsbl_finish(struct conf *c)
{
	struct conf_dnsbl *b;
	size_t i;

	for (i = 0; i < c->dnsbls.n; i++) {
		b = c->dnsbls.item[i];
		memcpy(b->v.zone, b->is.name, sizeof b->v.zone);
		if (b->is.bad)
			continue;
		if (!b->v.n)
			b->v.code[b->v.n++] =
			    (struct policy_codes){ 0x7f000002, 0x7f0000fe };
		if (b->v.hold && b->v.kind == POLICY_DNSBL_DOMAIN)
			conf_mistake(c, &b->hold_where,
			    "hold: only mail from an address can be held");
	}
}

static void
put_codes(FILE *f, const struct policy_dnsbl *v)
{
	char from[INET_ADDRSTRLEN], to[INET_ADDRSTRLEN];
	struct in_addr a, b;
	unsigned int i;

	for (i = 0; i < v->n; i++) {
		a.s_addr = htonl(v->code[i].from);
		b.s_addr = htonl(v->code[i].to);
		inet_ntop(AF_INET, &a, from, sizeof from);
		inet_ntop(AF_INET, &b, to, sizeof to);
		fprintf(f, "%s%s", i ? " " : "", from);
		if (a.s_addr != b.s_addr)
			fprintf(f, "-%s", to);
	}
}

void
dnsbl_facts(const struct factline *o, const void *item)
{
	const struct conf_dnsbl *b = item;
	char hold[VALUE_FMTMAX] = "no";

	if (b->v.hold)
		value_fmt(hold, POLICYKEY_DURATION, b->v.hold);
	factline_text(o, "kind",
	    b->v.kind == POLICY_DNSBL_DOMAIN ? "domain" : "address",
	    &b->kind_where);
	factline_key(o, "codes");
	put_codes(o->f, &b->v);
	factline_where(o, &b->codes_where);
	factline_text(o, "hold", hold, &b->hold_where);
}

static int
add_one(struct table_make *m, const struct conf_dnsbl *b, size_t i)
{
	struct policyfmt_buf d = { .n = 0 };
	char key[32];

	policyfmt_pack_dnsbl(&d, &b->v);
	snprintf(key, sizeof key, "bl:%zu", i);
	return table_make_add(m, key, strlen(key), d.s, d.n);
}

int
dnsbl_records(struct table_make *m, const struct conf *c)
{
	struct policyfmt_buf d = { .n = 0 };
	size_t i;

	for (i = 0; i < c->dnsbls.n; i++)
		if (add_one(m, c->dnsbls.item[i], i) == -1)
			return -1;
	policyfmt_put_number(&d, c->dnsbls.n, 8);
	return table_make_add(m, "bl", 2, d.s, d.n);
}
