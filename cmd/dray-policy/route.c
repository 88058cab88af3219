#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-policy/route.h"
#include "cmd/dray-policy/value.h"
#include "common/amount.h"
#include "common/policyfmt.h"

int
route_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_route *r = conf_zero(sizeof *r);

	r->is.where = *w;
	if (value_label(r->is.name, name) == -1)
		conf_mistake(c, w, "[route %.128s]: not a name", name);
	else if (conf_start(c, &c->routes, &r->is, "route") == 0)
		return 0;
	free(r);
	return -1;
}

const char *
route_address(char *d, uint8_t family, const uint8_t *ip)
{
	d[0] = '\0';
	inet_ntop(family == 6 ? AF_INET6 : AF_INET, ip, d, POLICY_NAMEMAX);
	return d;
}

int
route_source_start(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_source *so = conf_zero(sizeof *so);
	uint8_t ip[16];
	int family = value_source(ip, name);

	so->is.where = *w;
	if (family == -1)
		conf_mistake(c, w,
		    "[source %.128s]: not the address of an interface", name);
	else {
		route_address(so->is.name, (uint8_t)family, ip);
		if (conf_start(c, &c->sources, &so->is, "source") == 0)
			return 0;
	}
	free(so);
	return -1;
}

void
route_source_pair(struct setting *s)
{
	struct conf_source *so = s->c->now;

	if (strcmp(s->key, "helo") != 0)
		setting_unknown(s);
	else if (setting_once(s, &so->helo_where) == 0 &&
	    value_name(so->helo, s->value) == -1)
		setting_wrong(s, "is not a domain name");
}

/* "ADDRESS" or "ADDRESS*WEIGHT". */
static int
scan_source(struct policy_source *a, const char *word)
{
	char text[INET6_ADDRSTRLEN];
	size_t n = strcspn(word, "*");
	uint64_t weight = 1;
	int family;

	memset(a, 0, sizeof *a);
	if (n >= sizeof text)
		return -1;
	memcpy(text, word, n);
	text[n] = '\0';
	if (word[n] &&
	    (!amount_digits(word + n + 1, &weight) ||
		word[n + 1 + strspn(word + n + 1, "0123456789")]))
		return -1;
	family = value_source(a->ip, text);
	if (family == -1 || weight < 1 || weight > POLICYFMT_WEIGHT_MAX)
		return -1;
	a->family = (uint8_t)family;
	a->weight = (uint32_t)weight;
	return 0;
}

/* What is wrong with one more source, or NULL. */
static const char *
add_source(struct conf_route *r, const char *word)
{
	struct policy_source a;
	unsigned int i;

	if (scan_source(&a, word) == -1)
		return "is not a list of addresses such as 192.0.2.1 "
		       "2001:db8::1*3, with weights from 1 to 1000000";
	for (i = 0; i < r->n; i++)
		if (r->source[i].family == a.family &&
		    !memcmp(r->source[i].ip, a.ip, sizeof a.ip))
			return "has an address twice";
	if (r->n == POLICY_SOURCEMAX)
		return "has more than 64 addresses";
	r->source = conf_alloc(r->source, r->n + 1, sizeof *r->source);
	r->source[r->n++] = a;
	return NULL;
}

static void
set_sources(struct setting *s, struct conf_route *r)
{
	const char *word, *wrong = NULL;
	size_t pos = 0;

	if (setting_once(s, &r->sources_where) == -1)
		return;
	while (!wrong && (word = setting_word(s, &pos)) != NULL)
		wrong = add_source(r, word);
	if (!wrong && !r->n)
		wrong = "has no address";
	if (wrong)
		setting_wrong(s, wrong);
}

static int
scan_name(char *d, const char *word)
{
	if (strcmp(word, "*") != 0)
		return value_label(d, word);
	memcpy(d, "*", 2);
	return 0;
}

void
route_pair(struct setting *s)
{
	struct conf_route *r = s->c->now;

	if (!strcmp(s->key, "sources"))
		set_sources(s, r);
	else if (!strcmp(s->key, "streams"))
		setting_words(s, &r->streams, scan_name,
		    "is neither a name of a stream nor *");
	else if (!strcmp(s->key, "tenants"))
		setting_words(s, &r->tenants, scan_name,
		    "is neither a name of a tenant nor *");
	else if (!strcmp(s->key, "senders"))
		setting_words(s, &r->senders, value_sender,
		    "is no address, domain, .domain, <> or *");
	else if (!setting_total(s, &r->total) && !setting_limits(s, &r->limits))
		setting_unknown(s);
}
