#include <string.h>

#include "cmd/dray-policy/breaker.h"
#include "cmd/dray-policy/certificate.h"
#include "cmd/dray-policy/dns.h"
#include "cmd/dray-policy/dnsbl.h"
#include "cmd/dray-policy/listener.h"
#include "cmd/dray-policy/match.h"
#include "cmd/dray-policy/plain.h"
#include "cmd/dray-policy/provider.h"
#include "cmd/dray-policy/returns.h"
#include "cmd/dray-policy/route.h"
#include "cmd/dray-policy/section.h"
#include "cmd/dray-policy/sender.h"
#include "cmd/dray-policy/share.h"
#include "cmd/dray-policy/signing.h"
#include "cmd/dray-policy/static.h"
#include "cmd/dray-policy/stream.h"
#include "cmd/dray-policy/warmup.h"

static const struct section table[] = {
	{ "node", CONF_MAIN, NULL, plain_node },
	{ "queue", CONF_MAIN, NULL, plain_queue },
	{ "retry", CONF_MAIN, NULL, plain_retry },
	{ "limits", CONF_MAIN, NULL, plain_limits },
	{ "notices", CONF_MAIN, NULL, plain_notices },
	{ "dns", CONF_MAIN, NULL, dns_pair },
	{ "smtpd", CONF_MAIN, NULL, plain_smtpd },
	{ "suppression", CONF_MAIN, NULL, plain_suppression },
	{ "returns", CONF_MAIN, NULL, returns_pair },
	{ "signing", CONF_MAIN, NULL, signing_pair },
	{ "tune", CONF_MAIN, NULL, breaker_tune_pair },
	{ "breaker", CONF_MAIN, breaker_start, breaker_pair },
	{ "dnsbl", CONF_MAIN, dnsbl_start, dnsbl_pair },
	{ "listener", CONF_MAIN, listener_start, listener_pair },
	{ "certificate", CONF_MAIN, certificate_start, certificate_pair },
	{ "sender", CONF_MAIN, sender_start, sender_pair },
	{ "stream", CONF_MAIN, stream_start, stream_pair },
	{ "match", CONF_MAIN, match_start, match_pair },
	{ "tenant", CONF_MAIN, share_tenant, share_pair },
	{ "campaign", CONF_MAIN, share_campaign, share_pair },
	{ "dkim", CONF_DKIM, signing_dkim_start, signing_dkim_pair },
	{ "static", CONF_ROUTES, static_start, static_pair },
	{ "route", CONF_ROUTES, route_start, route_pair },
	{ "source", CONF_ROUTES, route_source_start, route_source_pair },
	{ "warmup", CONF_ROUTES, warmup_start, warmup_pair },
	{ "provider", CONF_PROVIDERS, provider_start, provider_pair },
};

#define N (sizeof table / sizeof *table)

_Static_assert(N <= CONF_SECTIONS, "conf.first");

/* The first word of the line, and where the rest begins. */
static const struct section *
find(const char *line, const char **rest_r)
{
	size_t i, n = strcspn(line, " \t");

	*rest_r = line + n + strspn(line + n, " \t");
	for (i = 0; i < N; i++)
		if (strlen(table[i].name) == n &&
		    !strncmp(line, table[i].name, n))
			return &table[i];
	return NULL;
}

struct conf_where
section_where(const struct conf *c, const char *name)
{
	const char *rest;
	struct conf_where w = c->first[find(name, &rest) - table];

	if (!w.line)
		w.line = 1;
	return w;
}

/* The sections of dray.conf, each of which stands there once. */
static int
start_once(struct conf *c, const struct conf_where *w, const struct section *is)
{
	struct conf_where *first = &c->first[is - table];

	if (first->line) {
		conf_mistake(c, w, "section [%s] is already at %s:%u", is->name,
		    conf_file(c, first), first->line);
		return -1;
	}
	*first = *w;
	c->now_bad = &c->bad;
	return 0;
}

static void
misplaced(struct conf *c, const struct conf_where *w, const struct section *is)
{
	static const char *const where[CONF_PLACES] = { "etc/dray.conf",
		"a file of etc/routes", "a file of etc/dkim",
		"a file of etc/providers" };

	conf_mistake(c, w, "[%s] belongs in %s", is->name, where[is->place]);
}

void
section_start(void *user, unsigned int line, const char *name)
{
	struct conf *c = user;
	struct conf_where w = { c->nfile - 1, line };
	const struct section *is;
	const char *rest;

	c->section = NULL;
	c->isfirst = 0;
	c->now_bad = &c->bad;
	if (!name)
		return;
	is = find(name, &rest);
	if (!is || (!is->start && *rest))
		conf_mistake(c, &w, "unknown section [%.64s]", name);
	else if (is->place != c->place)
		misplaced(c, &w, is);
	else if ((is->start ? is->start(c, &w, rest) : start_once(c, &w, is)) ==
	    0)
		c->section = is;
}

void
section_pair(void *user, unsigned int line, const char *key, const char *value)
{
	struct conf *c = user;
	struct setting s;

	s.c = c;
	s.w.file = c->nfile - 1;
	s.w.line = line;
	s.key = key;
	s.value = value;
	s.bad = c->now_bad;
	if (c->section)
		c->section->pair(&s);
	else if (c->isfirst)
		conf_mistake(c, &s.w, "a key before the first [section]");
}
