#include <errno.h>
#include <string.h>

#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/dns.h"
#include "cmd/dray-policy/section.h"
#include "cmd/dray-policy/setting.h"
#include "cmd/dray-policy/static.h"
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

void
section_start(void *user, unsigned int line, const char *name)
{
	struct conf *c = user;
	struct conf_where w = { c->nfile - 1, line };
	size_t n = strlen("static");

	c->section = CONF_UNKNOWN;
	if (!name)
		return;
	if (strncmp(name, "static", n) != 0 ||
	    (name[n] && !strchr(" \t", name[n])))
		start_plain(c, &w, name);
	else if (!c->routes)
		conf_mistake(c, &w, "[static] belongs in a file of etc/routes");
	else if (static_start(c, &w, name + n) == 0)
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
set_schedule(struct setting *s, struct policy_retry *r)
{
	uint32_t step;
	const char *word;
	size_t pos = 0;

	r->n = 0;
	while ((word = setting_word(s, &pos)) != NULL) {
		if (value_duration(word, &step) == -1) {
			setting_wrong(s,
			    errno == ERANGE
				? "has a step that is not from 1s to 30d"
				: "is not a list of durations such as 5m 1h");
			return;
		}
		if (r->n == POLICY_RETRYMAX) {
			setting_wrong(s, "has more than 32 steps");
			return;
		}
		r->after[r->n++] = step;
	}
	if (!r->n)
		setting_wrong(s, "has no step");
}

static void
retry_pair(struct setting *s)
{
	struct conf_where *w = s->c->retry_where;
	struct policy_retry *r = &s->c->retry;

	if (!strcmp(s->key, "schedule")) {
		if (setting_once(s, &w[0]) == 0)
			set_schedule(s, r);
	} else if (strcmp(s->key, "then") != 0)
		setting_unknown(s);
	else if (setting_once(s, &w[1]) == 0 &&
	    value_duration(s->value, &r->then) == -1)
		setting_wrong(s,
		    errno == ERANGE ? "is not from 1s to 30d"
				    : "is not a duration");
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
	else if (c->section == CONF_RETRY)
		retry_pair(&s);
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
