#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/facts.h"
#include "cmd/dray-policy/view.h"
#include "common/table.h"

int
view_open(struct view *v, const char *path)
{
	v->conf = NULL;
	return policy_open(&v->policy, path);
}

void
view_of(struct view *v, const struct conf *c)
{
	v->conf = c;
}

void
view_close(struct view *v)
{
	if (!v->conf)
		policy_close(&v->policy);
}

/* The text under a key of policy.cdb; NULL with errno EPROTO. */
static const char *
stored(const struct view *v, const char *key)
{
	const void *p;
	size_t n;

	if (table_find(v->policy.table, key, strlen(key), &p, &n) == 1 && n &&
	    memchr(p, '\0', n) == (const char *)p + n - 1)
		return p;
	errno = EPROTO;
	return NULL;
}

static int
show_stored(const struct view *v, FILE *out)
{
	char key[2 + POLICY_NAMEMAX + 1];
	const char *index, *text = stored(v, "x:");
	size_t n;

	index = stored(v, "x");
	if (!text || !index)
		return -1;
	fputs(text, out);
	for (; *index; index += n + (index[n] == '\n')) {
		n = strcspn(index, "\n");
		snprintf(key, sizeof key, "x:%.*s", (int)n, index);
		text = n ? stored(v, key) : NULL;
		if (!text)
			return -1;
		fputs(text, out);
	}
	return 0;
}

static void
show_conf(const struct conf *c, FILE *out)
{
	char *text;
	size_t i, n;

	facts_common(c, &text, &n);
	fputs(text, out);
	free(text);
	for (i = 0; i < c->nstatic; i++) {
		facts_static(c, c->statics[i], &text, &n);
		fputs(text, out);
		free(text);
	}
}

int
view_show(const struct view *v, FILE *out)
{
	if (!v->conf)
		return show_stored(v, out);
	show_conf(v->conf, out);
	return 0;
}

static int
explain_stored(const struct view *v, const char *domain, FILE *out)
{
	char key[2 + sizeof((struct policy_route *)0)->name];
	const char *common = stored(v, "x:"), *own = "";
	struct policy_route r;
	int found;

	found = policy_route(&v->policy, domain, strlen(domain), &r);
	if (found == 1) {
		snprintf(key, sizeof key, "x:%s", r.name);
		own = stored(v, key);
	}
	if (found == -1 || !own || !common)
		return -1;
	facts_explain(out, common, own, found ? r.name : NULL);
	return 0;
}

/* The same order as policy_route: domain, .suffix from long to short, *. */
static const struct conf_static *
match(const struct conf *c, const char *domain)
{
	struct conf_static key, **found = NULL;
	const char *s = domain;

	while (s && !found) {
		snprintf(key.pattern, sizeof key.pattern, "%s", s);
		found = tfind(&key, &c->patterns, conf_by_pattern);
		s = *s ? strchr(s + 1, '.') : NULL;
	}
	if (!found) {
		memcpy(key.pattern, "*", 2);
		found = tfind(&key, &c->patterns, conf_by_pattern);
	}
	return found ? *found : NULL;
}

static void
explain_conf(const struct conf *c, const char *domain, FILE *out)
{
	const struct conf_static *st = match(c, domain);
	char *common, *own = NULL;
	size_t n;

	facts_common(c, &common, &n);
	if (st)
		facts_static(c, st, &own, &n);
	facts_explain(out, common, own ? own : "", st ? st->pattern : NULL);
	free(common);
	free(own);
}

int
view_explain(const struct view *v, const char *domain, FILE *out)
{
	if (!v->conf)
		return explain_stored(v, domain, out);
	explain_conf(v->conf, domain, out);
	return 0;
}
