#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/static.h"
#include "cmd/dray-policy/value.h"

/* example.com, .example.com or *, in lower case. */
static int
scan_pattern(char *d, const char *s)
{
	size_t n = strlen(s);

	if (!strcmp(s, "*")) {
		memcpy(d, "*", 2);
		return 0;
	}
	return n && s[n - 1] == '.' ? -1 : value_pattern(d, s);
}

int
static_start(struct conf *c, const struct conf_where *w, const char *pattern)
{
	struct conf_static *st = conf_zero(sizeof *st);

	st->is.where = *w;
	if (scan_pattern(st->is.name, pattern) == -1)
		conf_mistake(c, w,
		    "[static %.128s]: not a domain, .domain or *", pattern);
	else if (conf_start(c, &c->statics, &st->is, "static") == 0)
		return 0;
	free(st);
	return -1;
}

static int
is_there(const struct conf_static *st, const struct policy_addr *a)
{
	unsigned int i;

	for (i = 0; i < st->n; i++)
		if (st->addr[i].family == a->family &&
		    st->addr[i].port == a->port &&
		    !memcmp(st->addr[i].ip, a->ip, sizeof a->ip))
			return 1;
	return 0;
}

/* What is wrong with one more host, or NULL. */
static const char *
add_host(struct conf_static *st, const char *word)
{
	struct policy_addr a;

	if (value_host(&a, word) == -1)
		return errno == ERANGE
		    ? "has an address or a port that nobody can connect to"
		    : "is neither mx nor a list of addresses such as "
		      "192.0.2.1:25 [2001:db8::1]:25";
	if (is_there(st, &a))
		return "has an address twice";
	if (st->n == POLICY_ADDRMAX)
		return "has more than 32 addresses";
	st->addr = conf_alloc(st->addr, st->n + 1, sizeof *st->addr);
	st->addr[st->n++] = a;
	return NULL;
}

static void
set_hosts(struct setting *s, struct conf_static *st)
{
	const char *word, *wrong = NULL;
	size_t pos = 0;

	if (!strcmp(s->value, "mx"))
		return;
	while (!wrong && (word = setting_word(s, &pos)) != NULL)
		wrong = add_host(st, word);
	if (!wrong && !st->n)
		wrong = "has no address";
	if (wrong)
		setting_wrong(s, wrong);
}

static void
set_source(struct setting *s, struct conf_static *st)
{
	int family = value_source(st->source, s->value);

	if (family == -1)
		setting_wrong(s, "is not the address of an interface");
	else
		st->source_family = (uint8_t)family;
}

void
static_pair(struct setting *s)
{
	struct conf_static *st = s->c->now;

	if (!strcmp(s->key, "hosts")) {
		if (setting_once(s, &st->hosts_where) == 0)
			set_hosts(s, st);
	} else if (!strcmp(s->key, "source")) {
		if (setting_once(s, &st->source_where) == 0)
			set_source(s, st);
	} else if (!strcmp(s->key, "helo")) {
		if (setting_once(s, &st->helo_where) == 0 &&
		    value_name(st->helo, s->value) == -1)
			setting_wrong(s, "is not a domain name");
	} else if (!strcmp(s->key, "provider")) {
		if (setting_once(s, &st->provider_where) == 0 &&
		    value_label(st->provider, s->value) == -1)
			setting_wrong(s, "is not the name of a provider");
	} else if (!setting_limits(s, &st->limits))
		setting_unknown(s);
}
