#include <string.h>

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/dns.h"
#include "cmd/dray-policy/section.h"
#include "cmd/dray-policy/setting.h"
#include "cmd/dray-policy/static.h"
#include "cmd/dray-policy/stream.h"
#include "cmd/dray-policy/value.h"

static const char *const names[CONF_STATIC] = {
	[CONF_NODE] = "node",
	[CONF_QUEUE] = "queue",
	[CONF_RETRY] = "retry",
	[CONF_LIMITS] = "limits",
	[CONF_NOTICES] = "notices",
	[CONF_DNS] = "dns",
};

void
section_retry_defaults(struct policy_retry *r)
{
	static const struct policy_retry value = {
		.n = 5,
		.after = { 300, 600, 1200, 2400, 3600 },
		.then = 7200,
	};

	*r = value;
}

/* The sections of dray.conf, each of which stands there once. */
static void
start_plain(struct conf *c, const struct conf_where *w, const char *name)
{
	struct conf_where *first;
	int i;

	for (i = CONF_NODE; i < CONF_STATIC; i++)
		if (!strcmp(names[i], name))
			break;
	if (i == CONF_STATIC) {
		conf_mistake(c, w, "unknown section [%.64s]", name);
		return;
	}
	if (c->routes) {
		conf_mistake(c, w, "[%s] belongs in etc/dray.conf", name);
		return;
	}
	first = &c->section_where[i];
	if (first->line) {
		conf_mistake(c, w, "section [%s] is already at %s:%u", name,
		    c->file[first->file], first->line);
		return;
	}
	*first = *w;
	c->section = i;
}

/* What follows the word that a section begins with; NULL: another word. */
static const char *
after(const char *name, const char *word)
{
	size_t n = strlen(word);

	if (strncmp(name, word, n) != 0 || (name[n] && !strchr(" \t", name[n])))
		return NULL;
	return name + n;
}

static void
start_stream(struct conf *c, const struct conf_where *w, const char *rest)
{
	if (c->routes)
		conf_mistake(c, w, "[stream] belongs in etc/dray.conf");
	else if (stream_start(c, w, rest) == 0)
		c->section = CONF_STREAM;
}

void
section_start(void *user, unsigned int line, const char *name)
{
	struct conf *c = user;
	struct conf_where w = { c->nfile - 1, line };
	const char *rest;

	c->section = CONF_UNKNOWN;
	if (!name)
		return;
	if ((rest = after(name, "stream")) != NULL)
		start_stream(c, &w, rest);
	else if (!(rest = after(name, "static")))
		start_plain(c, &w, name);
	else if (!c->routes)
		conf_mistake(c, &w, "[static] belongs in a file of etc/routes");
	else if (static_start(c, &w, rest) == 0)
		c->section = CONF_STATIC;
}

static void
set_name(struct setting *s, struct conf_where *w, char *d, int is_domain)
{
	if (setting_once(s, w) == -1)
		return;
	if ((is_domain ? value_domain : value_name)(d, s->value) == -1)
		setting_wrong(s, "is not a domain name");
}

static void
node_pair(struct setting *s)
{
	struct conf_where *w = s->c->node_where;
	struct policy_node *node = &s->c->node;

	if (!strcmp(s->key, "hostname"))
		set_name(s, &w[0], node->hostname, 0);
	else if (!strcmp(s->key, "domain"))
		set_name(s, &w[1], node->domain, 1);
	else if (strcmp(s->key, "postmaster") != 0)
		setting_unknown(s);
	else if (setting_once(s, &w[2]) == 0 &&
	    value_mailbox(node->postmaster, s->value) == -1)
		setting_wrong(s, "is not a mail address");
}

static void
notices_pair(struct setting *s)
{
	struct conf *c = s->c;

	if (!strcmp(s->key, "from")) {
		if (setting_once(s, &c->from_where) == 0 &&
		    value_from(
			c->notices.from_name, c->notices.from, s->value) == -1)
			setting_wrong(
			    s, "is neither an address nor a name <address>");
	} else if (!setting_group(
		       s, &policykey_notices, &c->notices, c->notices_where))
		setting_unknown(s);
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
	s.bad = &c->bad;
	if (c->section == CONF_NONE)
		conf_mistake(c, &s.w, "a key before the first [section]");
	else if (c->section == CONF_NODE)
		node_pair(&s);
	else if (c->section == CONF_RETRY) {
		if (!setting_retry(&s, &c->retry, c->retry_where))
			setting_unknown(&s);
	} else if (c->section == CONF_STREAM)
		stream_pair(&s);
	else if (c->section == CONF_STATIC)
		static_pair(&s);
	else if (c->section == CONF_NOTICES)
		notices_pair(&s);
	else if (c->section == CONF_DNS)
		dns_pair(&s);
	else if (c->section == CONF_QUEUE) {
		if (!setting_group(
			&s, &policykey_queue, &c->queue, c->queue_where))
			setting_unknown(&s);
	} else if (c->section == CONF_LIMITS) {
		if (!setting_group(
			&s, &policykey_limits, &c->limits, c->limits_where))
			setting_unknown(&s);
	}
}
