#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/static.h"
#include "cmd/dray-policy/value.h"

/* example.com, .example.com or *, in lower case. */
static int
scan_pattern(char *d, const char *s)
{
	char domain[POLICY_NAMEMAX + 1];
	int dot = *s == '.';

	if (!strcmp(s, "*")) {
		memcpy(d, "*", 2);
		return 0;
	}
	if (value_domain(domain, s + dot) == -1)
		return -1;
	return snprintf(d, POLICY_NAMEMAX + 1, "%s%s", dot ? "." : "", domain) >
		POLICY_NAMEMAX
	    ? -1
	    : 0;
}

/* 0 when st is the first of its pattern. */
static int
add(struct conf *c, struct conf_static *st)
{
	struct conf_static **found = tsearch(st, &c->patterns, conf_by_pattern);

	if (!found) {
		errno = ENOMEM;
		strerr_diefusys(111, "allocate memory");
	}
	if (*found != st) {
		conf_mistake(c, &st->where, "[static %s] is already at %s:%u",
		    st->pattern, c->file[(*found)->where.file],
		    (*found)->where.line);
		return -1;
	}
	/* Grows by doubling: at each power of two. */
	if (!(c->nstatic & (c->nstatic - 1)))
		c->statics =
		    conf_alloc(c->statics, c->nstatic ? 2 * c->nstatic : 1,
			sizeof(struct conf_static *));
	c->statics[c->nstatic++] = st;
	return 0;
}

int
static_start(struct conf *c, const struct conf_where *w, const char *pattern)
{
	struct conf_static *st;

	pattern += strspn(pattern, " \t");
	if (c->nstatic == CONF_STATICMAX) {
		conf_mistake(
		    c, w, "more than %d static routes", CONF_STATICMAX);
		return -1;
	}
	st = conf_alloc(NULL, 1, sizeof *st);
	memset(st, 0, sizeof *st);
	st->where = *w;
	if (scan_pattern(st->pattern, pattern) == -1) {
		conf_mistake(c, w,
		    "[static %.128s]: not a domain, .domain or *", pattern);
		free(st);
		return -1;
	}
	if (add(c, st) == -1) {
		free(st);
		return -1;
	}
	c->now = st;
	return 0;
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

	s->bad = &st->bad;
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
	} else if (!setting_group(
		       s, &policykey_limits, &st->limits, st->limits_where))
		setting_unknown(s);
}
