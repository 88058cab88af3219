#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/path.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/tuple.h"

#define BIT(key) (1u << (key))

void
match_init(struct match *k, const struct scope *scope)
{
	const char *s, *hyphen;
	char id[SCOPE_MAX + 1];

	memset(k, 0, sizeof *k);
	k->scope = *scope;
	k->rest = scope->given &
	    ~(BIT(SCOPE_DESTINATION) | BIT(SCOPE_PROVIDER) | BIT(SCOPE_ROUTE) |
		BIT(SCOPE_SOURCE));
	if (scope_has(scope, SCOPE_BUNDLE))
		(void)spool_idparse(k->scope.value[SCOPE_BUNDLE], &k->id);
	if (!scope_has(scope, SCOPE_ID))
		return;
	s = k->scope.value[SCOPE_ID];
	hyphen = strrchr(s, '-');
	k->number = hyphen ? (uint32_t)strtoul(hyphen + 1, NULL, 10) : 0;
	memcpy(id, s, sizeof id);
	if (hyphen)
		id[hyphen - s] = '\0';
	/* Its host stays in the scope, which does not move. */
	if (spool_idparse(id, &k->id))
		k->id.host = s + (k->id.host - id);
}

static int
in_bundle(const struct match *k, uint32_t slot)
{
	const struct slot *s = pool_at(&self.slots, slot);
	const char *host = self.hosts[s->host];

	return s->sec == k->id.sec && s->usec == k->id.usec &&
	    s->pid == k->id.pid && s->seq == k->id.seq &&
	    strlen(host) == k->id.host_len &&
	    memcmp(host, k->id.host, k->id.host_len) == 0;
}

/* Both may be given, and contradict each other. */
static int
bundles(const struct match *k, uint32_t slot)
{
	const struct scope *sc = &k->scope;
	size_t len = sc->len[SCOPE_BUNDLE];

	if (!(k->rest & (BIT(SCOPE_ID) | BIT(SCOPE_BUNDLE))))
		return 1;
	if (scope_has(sc, SCOPE_ID) && scope_has(sc, SCOPE_BUNDLE) &&
	    (strncmp(sc->value[SCOPE_ID], sc->value[SCOPE_BUNDLE], len) != 0 ||
		sc->value[SCOPE_ID][len] != '-'))
		return 0;
	return in_bundle(k, slot);
}

int
match_dest(const struct match *k, const struct dest *d)
{
	const char *route = path_at(d->path)->route, *provider;
	const char *source = path_at(d->path)->from;

	if (!scope_match(&k->scope, SCOPE_DESTINATION, d->name, d->len) ||
	    !scope_match(&k->scope, SCOPE_ROUTE, route, strlen(route)) ||
	    !scope_match(&k->scope, SCOPE_SOURCE, source, strlen(source)))
		return 0;
	if (!scope_has(&k->scope, SCOPE_PROVIDER))
		return 1;
	provider = site_provider(d->site);
	return scope_match(
	    &k->scope, SCOPE_PROVIDER, provider, strlen(provider));
}

static int
is(const struct match *k, enum scope_key key, const struct bundle_str *s)
{
	return scope_match(&k->scope, key, s->s, s->len);
}

/* A name that is one of many without a number of its own is looked up. */
static int
streams(const struct match *k, uint8_t n)
{
	struct bundle_str s;

	if (!scope_has(&k->scope, SCOPE_STREAM))
		return MATCH_YES;
	if (!names_at(NAMES_STREAM, n, &s))
		return MATCH_LOOK;
	return is(k, SCOPE_STREAM, &s) ? MATCH_YES : MATCH_NO;
}

static int
owned(const struct match *k, const struct msg *m)
{
	const struct tuple *t;

	if (!(k->rest &
		(BIT(SCOPE_TENANT) | BIT(SCOPE_CAMPAIGN) | BIT(SCOPE_SENDER))))
		return MATCH_YES;
	if (!m->tuple)
		return MATCH_LOOK;
	t = tuple_at(m->tuple);
	return is(k, SCOPE_TENANT, &t->tenant) &&
	    is(k, SCOPE_CAMPAIGN, &t->campaign) &&
	    is(k, SCOPE_SENDER, &t->sender);
}

int
match_run(const struct match *k, const struct run *r)
{
	const struct msg *m = run_msg(r);
	int look, v;

	if (!match_dest(k, run_dest(r)))
		return MATCH_NO;
	if (!k->rest)
		return MATCH_YES;
	if (!bundles(k, m->slot))
		return MATCH_NO;
	look = scope_has(&k->scope, SCOPE_ID);
	v = owned(k, m);
	if (v == MATCH_NO)
		return MATCH_NO;
	look |= v == MATCH_LOOK;
	v = streams(k, m->stream);
	if (v == MATCH_NO)
		return MATCH_NO;
	return look || v == MATCH_LOOK ? MATCH_LOOK : MATCH_YES;
}

int
match_msg(const struct match *k, uint32_t slot, const struct dest *d,
    const struct bundle_msg *m)
{
	if (!match_dest(k, d) || !bundles(k, slot))
		return 0;
	if (scope_has(&k->scope, SCOPE_ID) && m->number != k->number)
		return 0;
	return is(k, SCOPE_TENANT, &m->tenant) &&
	    is(k, SCOPE_CAMPAIGN, &m->campaign) &&
	    is(k, SCOPE_SENDER, &m->sender) && is(k, SCOPE_STREAM, &m->stream);
}
