#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/finish.h"
#include "cmd/dray-policy/provider.h"
#include "cmd/dray-policy/value.h"

/* Says that the name, or the pattern, is p's; 0, or -1: it is another's, which
 * has been said; or 1: the operator says so against a pack. */
static int
claim(struct conf *c, struct list *l, const struct conf_provider *p,
    const struct conf_where *w, const char *kind, const char *what)
{
	struct conf_claim *new = conf_zero(sizeof *new), *old;

	new->owner = p->is.name;
	new->where = *w;
	snprintf(new->name, sizeof new->name, "%s%s%s", kind, *kind ? " " : "",
	    what);
	old = list_add(l, new);
	if (!old)
		return 0;
	if (conf_yields(c, w, &old->where)) {
		free(new);
		return 1;
	}
	conf_mistake(c, w, "%s is already provider %s's at %s:%u", new->name,
	    old->owner, conf_file(c, &old->where), old->where.line);
	free(new);
	return -1;
}

static void
claim_name(struct conf *c, struct conf_provider *p)
{
	int r = claim(c, &c->names, p, &p->is.where, "", p->is.name);

	if (r == 1)
		conf_mistake(c, &p->is.where,
		    "[provider %s]: etc/providers has this as an alias",
		    p->is.name);
	p->is.bad = r != 0;
}

static int
start_provider(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_provider *p = conf_zero(sizeof *p);
	int r = -1;

	p->is.where = *w;
	if (value_label(p->is.name, name) == -1)
		conf_mistake(c, w,
		    "[provider %.128s]: not a name, or a name, route and a "
		    "name",
		    name);
	else
		r = conf_start(c, &c->providers, &p->is, "provider");
	if (r != 0)
		free(p);
	else
		claim_name(c, p);
	return r == -1 ? -1 : 0;
}

static int
start_pair(struct conf *c, const struct conf_where *w, const char *provider,
    const char *route)
{
	struct conf_pair *b = conf_zero(sizeof *b);
	int r = -1;

	b->is.where = *w;
	if (value_label(b->provider, provider) == -1 ||
	    value_label(b->route, route) == -1)
		conf_mistake(c, w, "[provider %.64s route %.64s]: not names",
		    provider, route);
	else {
		snprintf(b->is.name, sizeof b->is.name, "%s %s", b->provider,
		    b->route);
		r = conf_start(c, &c->pairs, &b->is, "provider");
	}
	if (r != 0)
		free(b);
	return r == -1 ? -1 : 0;
}

int
provider_start(struct conf *c, const struct conf_where *w, const char *name)
{
	char provider[INIFILE_LINEMAX + 1], word[8], route[INIFILE_LINEMAX + 1];
	char end;

	/* The line is bounded, and so are its words. */
	if (sscanf(name, "%2048s %7s %2048s %c", provider, word, route, &end) ==
		3 &&
	    !strcmp(word, "route"))
		return start_pair(c, w, provider, route);
	return start_provider(c, w, name);
}

static int
scan_network(char *d, const char *word)
{
	char text[INET6_ADDRSTRLEN] = "";
	uint8_t family, bits, ip[16];

	if (value_network(&family, &bits, ip, word) == -1)
		return -1;
	inet_ntop(family == 6 ? AF_INET6 : AF_INET, ip, text, sizeof text);
	snprintf(d, SETTING_FORMMAX, "%s/%u", text, bits);
	return 0;
}

/* Other people's names for a provider may hold a slash. */
static int
scan_alias(char *d, const char *word)
{
	char label[POLICY_LABELMAX + 1], plain[SETTING_FORMMAX];
	size_t i, n = strlen(word);

	if (n > POLICY_LABELMAX)
		return -1;
	for (i = 0; i <= n; i++)
		plain[i] = (char)(word[i] == '/' ? '.' : word[i]);
	if (value_label(label, plain) == -1)
		return -1;
	memcpy(d, word, n + 1);
	return 0;
}

static void
claim_words(struct setting *s, struct conf_provider *p, struct list *l,
    const char *kind, struct conf_words *w)
{
	size_t i, n = 0;
	int r;

	for (i = 0; i < w->n; i++) {
		r = claim(s->c, l, p, &s->w, kind, w->word[i]);
		if (r == -1)
			*s->bad = 1;
		if (r == 1)
			free(w->word[i]);
		else
			w->word[n++] = w->word[i];
	}
	w->n = n;
}

static void
provider_key(struct setting *s, struct conf_provider *p)
{
	struct conf *c = s->c;
	unsigned int before = c->mistakes;
	struct conf_words *w;

	if (!strcmp(s->key, "mx")) {
		w = &p->mx;
		setting_words(s, w, value_pattern,
		    "is no host or .domain (without a star)");
	} else if (!strcmp(s->key, "domains")) {
		w = &p->domains;
		setting_words(s, w, value_pattern,
		    "is no domain or .domain (without a star)");
	} else if (!strcmp(s->key, "networks")) {
		w = &p->networks;
		setting_words(s, w, scan_network,
		    "is no network such as 192.0.2.0/24 or 2001:db8::/32");
	} else if (!strcmp(s->key, "aliases")) {
		w = &p->aliases;
		setting_words(s, w, scan_alias, "is not a name");
	} else {
		if (!setting_total(s, &p->total) &&
		    !setting_limits(s, &p->limits))
			setting_unknown(s);
		return;
	}
	/* A pack's line may have been passed over. */
	if (c->mistakes > before || memcmp(&w->where, &s->w, sizeof s->w) != 0)
		return;
	if (w == &p->aliases)
		claim_words(s, p, &c->names, "", w);
	else
		claim_words(s, p, &c->patterns, s->key, w);
}

void
provider_pair(struct setting *s)
{
	struct conf_item *item = s->c->now;

	if (strchr(item->name, ' ')) {
		if (!setting_limits(s, &((struct conf_pair *)item)->limits))
			setting_unknown(s);
	} else
		provider_key(s, (struct conf_provider *)item);
}

/* The pattern that would decide if this one were not there. */
static const struct conf_claim *
wider(const struct conf *c, const char *kind, const char *pattern)
{
	char name[CONF_CLAIMMAX + 1];
	const struct conf_claim *found = NULL;
	const char *s = pattern;

	while (!found && *s && (s = strchr(s + 1, '.')) != NULL) {
		snprintf(name, sizeof name, "%s %s", kind, s);
		found = list_find(&c->patterns, name);
	}
	return found;
}

static void
check_patterns(struct conf *c, const struct conf_provider *p, const char *kind,
    const struct conf_words *w)
{
	const struct conf_claim *found;
	size_t i;

	for (i = 0; i < w->n; i++) {
		found = wider(c, kind, w->word[i]);
		if (found && !strcmp(found->owner, p->is.name))
			conf_mistake(c, &w->where,
			    "%s: %s says nothing that %s at %s:%u does not",
			    kind, w->word[i], strchr(found->name, ' ') + 1,
			    conf_file(c, &found->where), found->where.line);
	}
}

static void
check_provider(struct conf *c, const struct conf_provider *p)
{
	if (p->is.bad)
		return;
	if (!p->mx.n && !p->domains.n && !p->networks.n && !p->used &&
	    !conf_ispack(c, &p->is.where))
		conf_mistake(c, &p->is.where,
		    "[provider %s]: no mail goes there, without mx, domains, "
		    "networks or a static route",
		    p->is.name);
	check_patterns(c, p, "mx", &p->mx);
	check_patterns(c, p, "domains", &p->domains);
	finish_limits(c, &p->limits);
}

static void
check_pair(struct conf *c, const struct conf_pair *b)
{
	if (!list_find(&c->providers, b->provider))
		conf_mistake(
		    c, &b->is.where, "there is no provider %s", b->provider);
	if (!list_find(&c->routes, b->route))
		conf_mistake(c, &b->is.where, "there is no route %s", b->route);
	if (!b->is.bad)
		finish_limits(c, &b->limits);
}

void
provider_finish(struct conf *c)
{
	size_t i;

	for (i = 0; i < c->providers.n; i++)
		check_provider(c, c->providers.item[i]);
	for (i = 0; i < c->pairs.n; i++)
		check_pair(c, c->pairs.item[i]);
}
