#include <string.h>

#include "cmd/dray-policy/plain.h"
#include "cmd/dray-policy/value.h"

static void
set_name(struct setting *s, struct conf_where *w, char *d, int is_domain)
{
	if (setting_once(s, w) == -1)
		return;
	if ((is_domain ? value_domain : value_name)(d, s->value) == -1)
		setting_wrong(s, "is not a domain name");
}

void
plain_node(struct setting *s)
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

void
plain_retry(struct setting *s)
{
	if (!setting_retry(s, &s->c->retry, s->c->retry_where))
		setting_unknown(s);
}

void
plain_notices(struct setting *s)
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
plain_queue(struct setting *s)
{
	struct conf *c = s->c;

	if (!setting_group(s, &policykey_queue, &c->queue, c->queue_where))
		setting_unknown(s);
}

void
plain_limits(struct setting *s)
{
	if (!setting_limits(s, &s->c->limits))
		setting_unknown(s);
}

void
plain_smtpd(struct setting *s)
{
	struct conf *c = s->c;

	if (!setting_group(s, &policykey_smtpd, &c->smtpd, c->smtpd_where))
		setting_unknown(s);
}

void
plain_suppression(struct setting *s)
{
	struct conf *c = s->c;

	if (!setting_group(s, &policykey_suppression, &c->suppression,
		c->suppression_where))
		setting_unknown(s);
}
