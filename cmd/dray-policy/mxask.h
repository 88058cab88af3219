/*
 * mxask - where mail for a domain goes, as dray-dns says.
 *
 *   mxask(base, domain, a)   asks on BASE/sock/dns and waits for the answer, at
 *                            most DNSASK_SECONDS.  1 when there is a host; 0
 *                            when there is none or nobody can be asked, and
 *                            a->why says which
 */
#ifndef DRAY_POLICY_MXASK_H
#define DRAY_POLICY_MXASK_H

#include "common/dnsask.h"
#include "common/policy.h"

struct mxask {
	unsigned int nhost;
	char name[DNS_HOSTSMAX][POLICY_NAMEMAX + 1];
	const char *host[DNS_HOSTSMAX]; /* the same, by preference */
	unsigned int naddr;
	struct policy_ip addr[DNS_HOSTSMAX * DNS_ADDRSMAX];
	char why[DNSASK_WHYMAX];
};

int mxask(const char *base, const char *domain, struct mxask *a);

#endif
