#include <errno.h>
#include <string.h>

#include "cmd/dray-policy/explain.h"
#include "cmd/dray-policy/value.h"

#define SECTIONMAX (POLICY_NAMEMAX + 64)

/* Where a fact may stand, from the most specific section. */
enum { STATIC, PAIR, PROVIDER, ROUTE, LAYERS };

struct found {
	const struct view *v;
	FILE *out;
	char layer[LAYERS][SECTIONMAX]; /* "": there is none */
	char route[POLICY_LABELMAX + 1];
	char provider[POLICY_LABELMAX + 1];
};

/* Prints one fact of a section; 1, or 0: the section does not say it. */
static int
put_fact(const struct found *f, const char *section, const char *key)
{
	size_t n;
	const char *fact = view_fact(f->v, section, key, &n);
	const char *name = strrchr(key, '/');

	if (fact)
		fprintf(
		    f->out, "%s\t%.*s\n", name ? name + 1 : key, (int)n, fact);
	return fact != NULL;
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
put_static(struct found *f, const struct explain_query *q)
{
	static const char *const keys[] = { "hosts", "helo", "source" };
	char *section = f->layer[STATIC];
	struct policy_route r;
	size_t i;
	int found;

	found = policy_route(&f->v->policy, q->domain, strlen(q->domain), &r);
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
put_route(struct found *f, const struct explain_query *q)
{
	char *section = f->layer[ROUTE];

	if (*q->route)
		snprintf(f->route, sizeof f->route, "%s", q->route);
	else
		policy_choose(
		    &f->v->policy, q->stream, q->tenant, q->sender, f->route);
	if (!*f->route) {
		put_line(f, "route", "none", "", "");
		return;
	}
	snprintf(section, SECTIONMAX, "route/%s", f->route);
	put_line(f, "route", f->route, section, NULL);
	put_fact(f, section, "sources");
}

static void
put_provider(struct found *f, const struct explain_query *q)
{
	char why[POLICY_WHYMAX + 1], *section = f->layer[PROVIDER];
	char text[POLICY_LABELMAX + sizeof why + 8], key[8];
	struct policy_mx m = { .domain = q->domain,
		.len = strlen(q->domain),
		.host = q->mx,
		.nhost = q->nmx };

	if (*f->provider) {
		snprintf(section, SECTIONMAX, "provider/%s", f->provider);
		put_line(
		    f, "provider", f->provider, f->layer[STATIC], "provider");
		return;
	}
	if (*f->layer[STATIC] ||
	    !policy_provider_why(&f->v->policy, &m, f->provider, why)) {
		put_line(f, "provider", "none", "", "");
		return;
	}
	snprintf(section, SECTIONMAX, "provider/%s", f->provider);
	snprintf(text, sizeof text, "%s (%s)", f->provider, why);
	/* why begins with what the key is called, or its singular. */
	snprintf(key, sizeof key, "%.*s", (int)strcspn(why, " "), why);
	put_line(f, "provider", text, section,
	    !strcmp(key, "mx")		 ? "mx"
		: !strcmp(key, "domain") ? "domains"
					 : "networks");
}

static void
put_limit(const struct found *f, const char *name)
{
	char key[64];
	int i;

	for (i = 0; i < LAYERS; i++)
		if (*f->layer[i] && put_fact(f, f->layer[i], name))
			return;
	snprintf(key, sizeof key, "limits/%s", name);
	put_fact(f, "", key);
}

static void
put_limits(struct found *f)
{
	int i;

	if (*f->provider && *f->route)
		snprintf(f->layer[PAIR], SECTIONMAX, "provider/%s/route/%s",
		    f->provider, f->route);
	if (*f->layer[PAIR] && !view_has(f->v, f->layer[PAIR]))
		*f->layer[PAIR] = '\0';
	for (i = 0; i < policykey_limits.n; i++)
		put_limit(f, policykey_limits.key[i].name);
	put_limit(f, "retry");
}

/* What is over all routes or all providers, by which of the two. */
static void
put_totals(const struct found *f, const char *kind, const char *section)
{
	char text[SECTIONMAX];
	const char *fact;
	size_t n;
	int i;

	for (i = 0; *section && i < policykey_total.n; i++) {
		fact =
		    view_fact(f->v, section, policykey_total.key[i].name, &n);
		snprintf(text, sizeof text, "%s-%s", kind,
		    policykey_total.key[i].name);
		if (fact)
			fprintf(f->out, "%s\t%.*s\n", text, (int)n, fact);
	}
}

static void
put_share(const struct found *f, const char *kind, const char *name)
{
	char own[SECTIONMAX], all[SECTIONMAX];
	const char *key, *fact;
	size_t n;
	int i;

	snprintf(own, sizeof own, "%s/%s", kind, name);
	snprintf(all, sizeof all, "%s/*", kind);
	for (i = 0; *name && i < policykey_share.n; i++) {
		key = policykey_share.key[i].name;
		fact =
		    view_has(f->v, own) ? view_fact(f->v, own, key, &n) : NULL;
		if (!fact && view_has(f->v, all))
			fact = view_fact(f->v, all, key, &n);
		if (fact)
			fprintf(
			    f->out, "%s-%s\t%.*s\n", kind, key, (int)n, fact);
	}
}

int
explain(const struct view *v, const struct explain_query *q, FILE *out)
{
	struct found f = { .v = v, .out = out };

	if (put_static(&f, q) == -1)
		return -1;
	put_route(&f, q);
	put_provider(&f, q);
	put_limits(&f);
	put_totals(&f, "provider", f.layer[PROVIDER]);
	put_totals(&f, "route", f.layer[ROUTE]);
	put_share(&f, "tenant", q->tenant);
	put_share(&f, "campaign", q->campaign);
	return 0;
}
