#include <stdio.h>

#include "cmd/dray-smtpd/limit.h"

static const char *
pass(struct crowd *c, enum crowd_rate which, uint64_t rate, const char *status,
    const char *what)
{
	static char reply[128];
	uint32_t s = crowd_wait(c, which, rate);

	if (!s)
		return NULL;
	snprintf(reply, sizeof reply,
	    "%s too many %s from your network, again in %lu s", status, what,
	    (unsigned long)s);
	return reply;
}

const char *
limit_connection(
    const struct smtpd *sm, const struct policy_listener *l, struct crowd *c)
{
	return !l->rates ? NULL
			 : pass(c, CROWD_CONNECTIONS, sm->limit.connection_rate,
			       "421 4.7.0", "connections");
}

const char *
limit_message(struct talk *t)
{
	const struct policy_smtpd *l = &t->sm->limit;

	if (l->messages && t->messages >= l->messages)
		return "421 4.7.0 too many messages in one session";
	return !t->l->rates ? NULL
			    : pass(t->crowd, CROWD_MESSAGES, l->message_rate,
				  "451 4.7.1", "messages");
}

const char *
limit_rcpt(struct talk *t)
{
	return !t->l->rates
	    ? NULL
	    : pass(t->crowd, CROWD_RECIPIENTS, t->sm->limit.recipient_rate,
		  "451 4.7.1", "recipients");
}
