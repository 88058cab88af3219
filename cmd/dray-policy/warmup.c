#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/date.h"
#include "cmd/dray-policy/record.h"
#include "cmd/dray-policy/route.h"
#include "cmd/dray-policy/value.h"
#include "cmd/dray-policy/warmup.h"
#include "common/amount.h"
#include "common/policyfmt.h"

#define CURVE(m) \
	offsetof(struct conf_curve, m), sizeof((struct conf_curve *)0)->m

/* clang-format off */
static const struct policykey keys[] = {
/*  key       kind                member         default min max */
  { "first",  POLICYKEY_NUMBER,   CURVE(first),  0,      1, POLICY_QUOTAMAX, NULL },
  { "growth", POLICYKEY_PERCENT,  CURVE(growth), 0,      0, 1000, NULL },
  { "days",   POLICYKEY_NUMBER,   CURVE(days),   0,      1, POLICY_WARMDAYS, NULL },
  { "wait",   POLICYKEY_DURATION, CURVE(wait),   86400,  0, 86400, NULL },
};
/* clang-format on */

static const struct policykey_group curve = { keys, CONF_CURVE_N };

_Static_assert(sizeof keys / sizeof *keys == CONF_CURVE_N, "conf_curve");

int
warmup_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_warmup *u = conf_zero(sizeof *u);

	u->is.where = *w;
	policykey_defaults(&curve, &u->curve);
	if (value_label(u->is.name, name) == -1)
		conf_mistake(c, w, "[warmup %.128s]: not a name", name);
	else if (c->warmups.n == CONF_WARMUPMAX)
		conf_mistake(
		    c, w, "more than %d sections [warmup]", CONF_WARMUPMAX);
	else if (conf_start(c, &c->warmups, &u->is, "warmup") == 0)
		return 0;
	free(u);
	return -1;
}

void
warmup_free(void *item)
{
	struct conf_warmup *u = item;

	conf_words_free(&u->sources);
	conf_words_free(&u->providers);
	free(u);
}

static int
scan_source(char *form, const char *word)
{
	uint8_t ip[16];
	int family = value_source(ip, word);

	if (family == -1)
		return -1;
	route_address(form, (uint8_t)family, ip);
	return 0;
}

static void
set_start(struct setting *s, struct conf_warmup *u)
{
	if (setting_once(s, &u->start_where) == 0 &&
	    date_parse(s->value, &u->v.start) == -1)
		setting_wrong(s,
		    errno == ERANGE ? "is no day from 2000-01-01 to 2999-12-31"
				    : "is not a date such as 2026-11-30");
}

/* What is wrong with one more day of the table, or NULL. */
static const char *
add_quota(struct policy_warmup *v, const char *word)
{
	uint64_t quota;

	if (word[amount_digits(word, &quota)])
		return "is not a list of numbers such as 50 100 200";
	if (quota > POLICY_QUOTAMAX)
		return "has a number that is more than 10000000000";
	if (v->n == POLICY_WARMDAYS)
		return "has more than 366 days";
	v->quota[v->n++] = quota;
	return NULL;
}

static void
set_table(struct setting *s, struct conf_warmup *u)
{
	const char *word, *wrong = NULL;
	size_t pos = 0;

	if (setting_once(s, &u->table_where) == -1)
		return;
	while (!wrong && (word = setting_word(s, &pos)) != NULL)
		wrong = add_quota(&u->v, word);
	if (!wrong && !u->v.n)
		wrong = "has no day";
	if (wrong)
		setting_wrong(s, wrong);
}

static void
set_route(struct setting *s, struct conf_where *w, char *name)
{
	if (setting_once(s, w) == 0 && value_label(name, s->value) == -1)
		setting_wrong(s, "is not the name of a route");
}

void
warmup_pair(struct setting *s)
{
	struct conf_warmup *u = s->c->now;

	if (!strcmp(s->key, "route"))
		set_route(s, &u->route_where, u->route);
	else if (!strcmp(s->key, "overflow"))
		set_route(s, &u->overflow_where, u->v.overflow);
	else if (!strcmp(s->key, "sources"))
		setting_words(s, &u->sources, scan_source,
		    "is not the address of an interface");
	else if (!strcmp(s->key, "providers"))
		setting_words(s, &u->providers, value_label,
		    "is not the name of a provider");
	else if (!strcmp(s->key, "start"))
		set_start(s, u);
	else if (!strcmp(s->key, "table"))
		set_table(s, u);
	else if (!setting_group(s, &curve, &u->curve, u->curve_where))
		setting_unknown(s);
}

void
warmup_facts(const struct factline *o, const void *item)
{
	const struct conf_warmup *u = item;
	char day[DATE_MAX];
	unsigned int i;

	factline_text(o, "route", u->route, &u->route_where);
	factline_words(o, "sources", &u->sources);
	factline_words(o, "providers", &u->providers);
	factline_text(o, "start", date_fmt(day, u->v.start), &u->start_where);
	factline_set(o, &curve, &u->curve, u->curve_where);
	factline_key(o, "table");
	for (i = 0; i < u->v.n; i++)
		fprintf(o->f, "%s%" PRIu64, i ? " " : "", u->v.quota[i]);
	factline_where(
	    o, u->table_where.line ? &u->table_where : &u->curve_where[0]);
	if (u->overflow_where.line)
		factline_text(o, "overflow", u->v.overflow, &u->overflow_where);
}

int
warmup_records(struct table_make *m, const struct conf *c)
{
	const struct conf_warmup *u;
	const struct conf_claim *claim;
	struct policyfmt_buf d;
	size_t i;

	for (i = 0; i < c->warmups.n; i++) {
		u = c->warmups.item[i];
		d.n = 0;
		policyfmt_pack_warmup(&d, &u->v);
		if (record_add(m, "w", u->is.name, &d) == -1)
			return -1;
	}
	for (i = 0; i < c->plans.n; i++) {
		claim = c->plans.item[i];
		d.n = 0;
		policyfmt_put_string(&d, claim->owner);
		if (record_add(m, "wp", claim->name, &d) == -1)
			return -1;
	}
	return 0;
}
