#include <arpa/inet.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/date.h"
#include "cmd/dray-policy/explain.h"
#include "cmd/dray-policy/explainfrom.h"

#define SECTIONMAX (POLICY_NAMEMAX + 64)
#define SECONDS_A_DAY 86400
#define NOBODY "-" /* a sender that only "*" means */

/* Where a fact may stand, from the most specific section. */
enum { STATIC, PAIR, PROVIDER, ROUTE, LAYERS };

struct found {
	const struct view *v;
	const struct explain_query *q;
	FILE *out;
	char layer[LAYERS][SECTIONMAX]; /* "": there is none */
	char route[POLICY_LABELMAX + 1];
	char provider[POLICY_LABELMAX + 1];
};

/* Prints a fact of a section under another name; 1, or 0: the section does not
 * say it. */
static int
put_as(const struct found *f, const char *section, const char *key,
    const char *kind, const char *as)
{
	const char *fact = NULL;
	size_t n;

	if (view_has(f->v, section))
		fact = view_fact(f->v, section, key, &n);
	if (fact)
		fprintf(f->out, "%s%s%s\t%.*s\n", kind, *kind ? "-" : "", as,
		    (int)n, fact);
	return fact != NULL;
}

static int
put_fact(const struct found *f, const char *section, const char *key)
{
	return put_as(f, section, key, "", key);
}

/* A line whose place is that of a fact; of the section itself without key. */
static void
put_line(const struct found *f, const char *key, const char *value,
    const char *section, const char *fact_key)
{
	size_t n = 0;
	const char *fact = view_fact(f->v, section, fact_key, &n);
	const char *tab = fact ? memrchr(fact, '\t', n) : NULL;

	fprintf(f->out, "%s\t%s", key, value);
	if (tab)
		fprintf(f->out, "%.*s\n", (int)(fact + n - tab), tab);
	else
		fputs("\tdefault\n", f->out);
}

static int
static_route(
    const struct view *v, const struct explain_query *q, struct policy_route *r)
{
	return policy_route(&v->policy, q->domain, strlen(q->domain), r);
}

int
explain_asks(const struct view *v, const struct explain_query *q)
{
	struct policy_route r;

	return static_route(v, q, &r) != 1 || r.n == 0;
}

static int
put_static(struct found *f)
{
	static const char *const keys[] = { "hosts", "helo", "source" };
	char *section = f->layer[STATIC];
	struct policy_route r;
	size_t i;
	int found = static_route(f->v, f->q, &r);

	if (found != 1) {
		put_line(f, "static", "none", "", "");
		return found;
	}
	snprintf(section, SECTIONMAX, "static/%s", r.name);
	put_line(f, "static", r.name, section, NULL);
	for (i = 0; i < sizeof keys / sizeof *keys; i++)
		put_fact(f, section, keys[i]);
	snprintf(f->provider, sizeof f->provider, "%s", r.provider);
	return 0;
}

static void
put_stream(struct found *f)
{
	static const char *const keys[] = { "priority", "reserved-lanes",
		"reserved-rate", "reserved-queue" };
	char key[SECTIONMAX];
	size_t i;

	if (!*f->q->stream)
		return;
	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		snprintf(
		    key, sizeof key, "stream/%s/%s", f->q->stream, keys[i]);
		if (!put_as(f, "", key, "stream", keys[i]))
			strerr_dief(100, "there is no stream ", f->q->stream);
	}
}

static void
put_route(struct found *f)
{
	const struct explain_query *q = f->q;
	char *section = f->layer[ROUTE];

	if (*q->route)
		memcpy(f->route, q->route, sizeof f->route);
	else
		policy_choose(&f->v->policy, q->stream, q->tenant,
		    q->issender ? q->sender : NOBODY, f->route);
	if (!*f->route) {
		put_line(f, "route", "none", "", "");
		return;
	}
	snprintf(section, SECTIONMAX, "route/%s", f->route);
	if (!view_has(f->v, section))
		strerr_dief(100, "there is no route ", f->route);
	put_line(f, "route", f->route, section, NULL);
	put_fact(f, section, "sources");
}

static void
put_mx(const struct found *f)
{
	const struct explain_query *q = f->q;
	unsigned int i;

	for (i = 0; i < q->nmx; i++)
		fprintf(f->out, "mx\t%s\t%s\n", q->mx[i],
		    q->isasked ? "dns" : "--mx");
	if (q->isasked && !q->nmx)
		fprintf(f->out, "mx\tnone (%s)\tdns\n", q->why);
}

static void
put_provider(struct found *f)
{
	const struct explain_query *q = f->q;
	char why[POLICY_WHYMAX + 1], *section = f->layer[PROVIDER];
	char text[POLICY_LABELMAX + sizeof why + 8];
	struct policy_mx m = { .domain = q->domain,
		.len = strlen(q->domain),
		.host = q->mx,
		.nhost = q->nmx,
		.addr = q->addr,
		.naddr = q->naddr };

	if (*f->provider) {
		snprintf(section, SECTIONMAX, "provider/%s", f->provider);
		put_line(
		    f, "provider", f->provider, f->layer[STATIC], "provider");
	} else if (*f->layer[STATIC] ||
	    !policy_provider_why(&f->v->policy, &m, f->provider, why))
		put_line(f, "provider", "none", "", "");
	else {
		snprintf(section, SECTIONMAX, "provider/%s", f->provider);
		snprintf(text, sizeof text, "%s (%s)", f->provider, why);
		/* why begins with what the list is called, or one of it. */
		put_line(f, "provider", text, section,
		    *why == 'm'	      ? "mx"
			: *why == 'd' ? "domains"
				      : "networks");
	}
}

/* The section that has this key of [limits]: "" is [limits] itself. */
static const char *
said_by(const struct found *f, const char *key)
{
	size_t n;
	int i;

	for (i = 0; i < LAYERS; i++)
		if (*f->layer[i] && view_fact(f->v, f->layer[i], key, &n))
			return f->layer[i];
	return "";
}

static void
put_limit(const struct found *f, const char *key)
{
	const char *section = said_by(f, key);
	char common[64];

	snprintf(common, sizeof common, "limits/%s", key);
	put_as(f, section, *section ? key : common, "", key);
}

/* What is not said there is the stream's, or else the node's. */
static void
put_patience(const struct found *f, const char *key, const char *in_stream,
    const char *in_node)
{
	const char *section = said_by(f, key), *fact;
	char common[SECTIONMAX];
	size_t n;

	snprintf(common, sizeof common, "limits/%s", key);
	fact = view_fact(f->v, section, *section ? key : common, &n);
	if (fact && *fact != '\t' && strncmp(fact, "0s\t", 3) != 0) {
		put_limit(f, key);
		return;
	}
	snprintf(
	    common, sizeof common, "stream/%s/%s", f->q->stream, in_stream);
	if (!put_as(f, "", common, "", key))
		put_as(f, "", in_node, "", key);
}

static void
put_limits(struct found *f)
{
	const char *key;
	int i;

	if (*f->provider && *f->route)
		snprintf(f->layer[PAIR], SECTIONMAX, "provider/%s/route/%s",
		    f->provider, f->route);
	for (i = 0; i < LAYERS; i++)
		if (!view_has(f->v, f->layer[i]))
			f->layer[i][0] = '\0';
	for (i = 0; i < policykey_limits.n; i++) {
		key = policykey_limits.key[i].name;
		if (strcmp(key, "lifetime") != 0 &&
		    strcmp(key, "retry-then") != 0)
			put_limit(f, key);
	}
	put_patience(f, "retry", "schedule", "retry/schedule");
	put_patience(f, "retry-then", "then", "retry/then");
	put_patience(f, "lifetime", "lifetime", "queue/lifetime");
}

/* What is over all routes, or all providers. */
static void
put_totals(const struct found *f, const char *kind, const char *section)
{
	int i;

	for (i = 0; *section && i < policykey_total.n; i++)
		put_as(f, section, policykey_total.key[i].name, kind,
		    policykey_total.key[i].name);
}

static void
put_share(const struct found *f, const char *kind, const char *name)
{
	char own[SECTIONMAX], all[SECTIONMAX];
	const char *key;
	int i;

	snprintf(own, sizeof own, "%s/%s", kind, name);
	snprintf(all, sizeof all, "%s/*", kind);
	for (i = 0; *name && i < policykey_share.n; i++) {
		key = policykey_share.key[i].name;
		if (!put_as(f, own, key, kind, key))
			put_as(f, all, key, kind, key);
	}
}

/* The plan of one source, as it is today. */
static void
put_plan(
    const struct found *f, const struct policy_warmup *u, const char *source)
{
	uint32_t today = (uint32_t)(time(NULL) / SECONDS_A_DAY);
	char value[512], section[SECTIONMAX], day[DATE_MAX];
	int n;

	if (today < u->start)
		n = snprintf(value, sizeof value, "%s from %s: begins %s",
		    u->name, source, date_fmt(day, u->start));
	else if (today - u->start >= u->n)
		n = snprintf(
		    value, sizeof value, "%s from %s: over", u->name, source);
	else
		n = snprintf(value, sizeof value,
		    "%s from %s: day %u of %u, %" PRIu64, u->name, source,
		    (unsigned int)(today - u->start + 1), u->n,
		    u->quota[today - u->start]);
	if (*u->overflow)
		snprintf(value + n, sizeof value - (size_t)n,
		    ", the rest by route %s", u->overflow);
	snprintf(section, sizeof section, "warmup/%s", u->name);
	put_line(f, "warmup", value, section, NULL);
}

static void
put_warmup(const struct found *f)
{
	static struct policy_warmup u;
	static struct policy_vroute v;
	char source[INET6_ADDRSTRLEN] = "";
	unsigned int i;

	if (!*f->route || policy_vroute(&f->v->policy, f->route, &v) != 1)
		return;
	for (i = 0; i < v.n; i++) {
		(void)inet_ntop(v.source[i].family == 6 ? AF_INET6 : AF_INET,
		    v.source[i].ip, source, sizeof source);
		if (policy_warmup(
			&f->v->policy, f->route, f->provider, source, &u))
			put_plan(f, &u, source);
	}
}

int
explain(const struct view *v, const struct explain_query *q, FILE *out)
{
	struct found f = { .v = v, .q = q, .out = out };

	if (put_static(&f) == -1)
		return -1;
	put_stream(&f);
	put_route(&f);
	put_mx(&f);
	put_provider(&f);
	put_limits(&f);
	put_totals(&f, "provider", f.layer[PROVIDER]);
	put_totals(&f, "route", f.layer[ROUTE]);
	put_warmup(&f);
	put_share(&f, "tenant", q->tenant);
	put_share(&f, "campaign", q->campaign);
	return q->isfrom ? explainfrom(v, q->from, out) : 0;
}
