#include <string.h>

#include "cmd/dray-smtpd/returns.h"
#include "common/idn.h"

#define NOBODY "550 5.1.1 no such address here"

int
returns_role(const struct talk *t)
{
	return t->l->role == POLICY_ROLE_RETURNS;
}

struct queue *
returns_queue(const struct talk *t)
{
	return returns_role(t) ? t->sm->returns : t->sm->queue;
}

uint64_t
returns_max(const struct talk *t)
{
	return returns_role(t) ? t->sm->max_return : t->sm->max_message;
}

const char *
returns_rcpt(const struct talk *t, const struct path *p)
{
	const char *postmaster = t->sm->node.postmaster;
	char domain[ADDR_DOMAINMAX];
	struct addr a = p->a;
	size_t n;

	if (!a.domain && addr_split(postmaster, strlen(postmaster), &a) == -1)
		return NOBODY;
	n = idn_ascii(domain, a.domain, a.domain_len);
	if (!n ||
	    !policy_return(t->sm->policy, a.local, a.local_len, domain, n))
		return NOBODY;
	return NULL;
}
