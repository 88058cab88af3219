#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/breaker.h"
#include "cmd/dray-policy/dnsbl.h"
#include "cmd/dray-policy/certificate.h"
#include "cmd/dray-policy/dns.h"
#include "cmd/dray-policy/factline.h"
#include "cmd/dray-policy/facts.h"
#include "cmd/dray-policy/listener.h"
#include "cmd/dray-policy/match.h"
#include "cmd/dray-policy/returns.h"
#include "cmd/dray-policy/route.h"
#include "cmd/dray-policy/rulebook.h"
#include "cmd/dray-policy/sender.h"
#include "cmd/dray-policy/signing.h"
#include "cmd/dray-policy/stream.h"
#include "cmd/dray-policy/warmup.h"

static void
put_node(const struct factline *o)
{
	const struct conf *c = o->c;

	factline_text(o, "hostname", c->node.hostname, &c->node_where[0]);
	factline_text(o, "domain", c->node.domain, &c->node_where[1]);
	factline_text(o, "postmaster", c->node.postmaster, &c->node_where[2]);
}

static void
put_queue(const struct factline *o)
{
	factline_group(o, &policykey_queue, &o->c->queue, o->c->queue_where);
}

static void
put_retry(const struct factline *o)
{
	factline_retry(o, &o->c->retry, o->c->retry_where);
}

static void
put_limits(const struct factline *o)
{
	const struct conf_limits *l = &o->c->limits;

	factline_group(o, &policykey_limits, &l->v, l->where);
	factline_schedule(o, "retry", &l->v.retry, &l->schedule_where);
}

static void
put_notices(const struct factline *o)
{
	const struct policy_notices *n = &o->c->notices;

	factline_key(o, "from");
	fprintf(
	    o->f, *n->from_name ? "%s <%s>" : "%s%s", n->from_name, n->from);
	factline_where(o, &o->c->from_where);
	factline_group(o, &policykey_notices, n, o->c->notices_where);
}

static void
put_dns(const struct factline *o)
{
	const struct conf *c = o->c;
	unsigned int i;

	factline_group(o, &policykey_dns, &c->dns, c->dns_where);
	for (i = 0; i < DNS_LISTS; i++)
		factline_text(o, dns_lists[i].key, dns_list(&c->dns, i),
		    &c->list_where[i]);
}

static void
put_smtpd(const struct factline *o)
{
	factline_group(o, &policykey_smtpd, &o->c->smtpd, o->c->smtpd_where);
}

static void
put_suppression(const struct factline *o)
{
	const struct conf *c = o->c;

	factline_group(
	    o, &policykey_suppression, &c->suppression, c->suppression_where);
}

static void
put_static(const struct factline *o, const void *item)
{
	const struct conf_static *st = item;
	const struct policy_addr *a;
	char text[POLICY_NAMEMAX + 1];
	unsigned int i;

	factline_key(o, "hosts");
	if (!st->n)
		fputs("mx", o->f);
	for (i = 0; i < st->n; i++) {
		a = &st->addr[i];
		fprintf(o->f, a->family == 6 ? "%s[%s]:%u" : "%s%s:%u",
		    i ? " " : "", a->host, a->port);
	}
	factline_where(o, &st->hosts_where);
	if (st->helo_where.line)
		factline_text(o, "helo", st->helo, &st->helo_where);
	if (st->source_family)
		factline_text(o, "source",
		    route_address(text, st->source_family, st->source),
		    &st->source_where);
	if (*st->provider)
		factline_text(o, "provider", st->provider, &st->provider_where);
	factline_limits(o, &st->limits);
}

static void
put_route(const struct factline *o, const void *item)
{
	const struct conf_route *r = item;
	const struct policy_source *a;
	char text[POLICY_NAMEMAX + 1];
	unsigned int i;

	factline_key(o, "sources");
	for (i = 0; i < r->n; i++) {
		a = &r->source[i];
		fprintf(o->f, "%s%s", i ? " " : "",
		    route_address(text, a->family, a->ip));
		if (a->weight != 1)
			fprintf(o->f, "*%u", (unsigned int)a->weight);
	}
	factline_where(o, &r->sources_where);
	factline_words(o, "streams", &r->streams);
	factline_words(o, "tenants", &r->tenants);
	factline_words(o, "senders", &r->senders);
	factline_set(o, &policykey_total, &r->total.v, r->total.where);
	factline_limits(o, &r->limits);
}

static void
put_source(const struct factline *o, const void *item)
{
	const struct conf_source *so = item;

	factline_text(o, "helo", so->helo, &so->helo_where);
}

static void
put_provider(const struct factline *o, const void *item)
{
	const struct conf_provider *p = item;

	factline_words(o, "aliases", &p->aliases);
	factline_words(o, "domains", &p->domains);
	factline_words(o, "mx", &p->mx);
	factline_words(o, "networks", &p->networks);
	factline_set(o, &policykey_total, &p->total.v, p->total.where);
	factline_limits(o, &p->limits);
}

static void
put_pair(const struct factline *o, const void *item)
{
	factline_limits(o, &((const struct conf_pair *)item)->limits);
}

static void
put_share(const struct factline *o, const void *item)
{
	const struct conf_share *sh = item;

	factline_set(o, &policykey_share, &sh->v, sh->share_where);
}

/* Sections without a name, in the order in which they are shown. */
static const struct {
	const char *section;
	void (*put)(const struct factline *o);
} plain[] = {
	{ "node", put_node },
	{ "queue", put_queue },
	{ "retry", put_retry },
	{ "limits", put_limits },
	{ "notices", put_notices },
	{ "dns", put_dns },
	{ "smtpd", put_smtpd },
	{ "suppression", put_suppression },
	{ "returns", returns_facts },
	{ "signing", signing_facts },
	{ "breaker", breaker_facts },
	{ "tune", breaker_tune_facts },
	{ "stream", stream_facts },
};

static const struct {
	const char *section;
	size_t offset; /* of the list in struct conf */
	void (*put)(const struct factline *o, const void *item);
} named[] = {
	{ "listener", offsetof(struct conf, listeners), listener_facts },
	{ "certificate", offsetof(struct conf, certificates),
	    certificate_facts },
	{ "sender", offsetof(struct conf, senders), sender_facts },
	{ "dkim", offsetof(struct conf, dkims), signing_dkim_facts },
	{ "breaker", offsetof(struct conf, breakers), breaker_item_facts },
	{ "dnsbl", offsetof(struct conf, dnsbls), dnsbl_facts },
	{ "match", offsetof(struct conf, matches), match_facts },
	{ "tenant", offsetof(struct conf, tenants), put_share },
	{ "campaign", offsetof(struct conf, campaigns), put_share },
	{ "static", offsetof(struct conf, statics), put_static },
	{ "route", offsetof(struct conf, routes), put_route },
	{ "source", offsetof(struct conf, sources), put_source },
	{ "warmup", offsetof(struct conf, warmups), warmup_facts },
	{ "provider", offsetof(struct conf, providers), put_provider },
	{ "provider", offsetof(struct conf, pairs), put_pair },
};

#define N(array) (sizeof(array) / sizeof *(array))

struct text {
	struct factline o;
	char *s;
	size_t n;
};

static void
text_open(struct text *t, const struct conf *c, const char *section)
{
	t->s = NULL;
	t->o.f = open_memstream(&t->s, &t->n);
	t->o.c = c;
	t->o.section = section;
	if (!t->o.f)
		strerr_diefusys(111, "allocate memory");
}

static void
text_close(struct text *t)
{
	if (fclose(t->o.f) == EOF)
		strerr_diefusys(111, "allocate memory");
}

/* "provider/NAME/route/ROUTE" of what the text calls "NAME ROUTE". */
static void
name_section(char *d, size_t size, const char *section, const char *name)
{
	const char *blank = strchr(name, ' ');

	if (blank)
		snprintf(d, size, "%s/%.*s/route/%s", section,
		    (int)(blank - name), name, blank + 1);
	else
		snprintf(d, size, "%s/%s", section, name);
}

/* The rules in the order in which they are tried. */
static int
each_rule(const struct conf *c,
    int (*f)(void *user, const char *section, const char *text, size_t n),
    void *user)
{
	char section[RULE_IDMAX + 8];
	const struct rulebook_rule *r;
	struct text t;
	size_t i;
	int e = 0;

	for (i = 0; e == 0 && c->rules && i < c->rules->ntried; i++) {
		r = c->rules->tried[i];
		snprintf(section, sizeof section, "rule/%s", r->id);
		text_open(&t, c, section);
		rulebook_facts(&t.o, r);
		text_close(&t);
		e = f(user, section, t.s, t.n);
		free(t.s);
	}
	return e;
}

/* One item, such as a route. */
static int
each_item(const struct conf *c, size_t kind, const struct conf_item *item,
    int (*f)(void *user, const char *section, const char *text, size_t n),
    void *user)
{
	char section[POLICY_NAMEMAX + 32];
	struct text t;
	int r;

	name_section(section, sizeof section, named[kind].section, item->name);
	text_open(&t, c, section);
	fprintf(t.o.f, "%s\t%s", section, item->name);
	factline_where(&t.o, &item->where);
	named[kind].put(&t.o, item);
	text_close(&t);
	r = f(user, section, t.s, t.n);
	free(t.s);
	return r;
}

int
facts_each(const struct conf *c,
    int (*f)(void *user, const char *section, const char *text, size_t n),
    void *user)
{
	const struct list *l;
	struct text t;
	size_t i, k;
	int r;

	text_open(&t, c, "");
	for (i = 0; i < N(plain); i++) {
		t.o.section = plain[i].section;
		plain[i].put(&t.o);
	}
	text_close(&t);
	r = f(user, "", t.s, t.n);
	free(t.s);
	for (k = 0; k < N(named); k++) {
		l = (const void *)((const char *)c + named[k].offset);
		for (i = 0; r == 0 && i < l->n; i++)
			r = each_item(c, k, l->item[i], f, user);
	}
	return r == 0 ? each_rule(c, f, user) : r;
}

static int
put_text(void *user, const char *section, const char *text, size_t n)
{
	(void)section;
	fwrite(text, 1, n, user);
	return 0;
}

char *
facts_all(const struct conf *c, size_t *n_r)
{
	char *s = NULL;
	FILE *f = open_memstream(&s, n_r);

	if (!f)
		strerr_diefusys(111, "allocate memory");
	facts_each(c, put_text, f);
	if (fclose(f) == EOF)
		strerr_diefusys(111, "allocate memory");
	return s;
}
