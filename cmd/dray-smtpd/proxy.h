/*
 * proxy - the header of the PROXY protocol, versions 1 and 2 (haproxy's
 * proxy-protocol.txt).
 *
 *   proxy_parse(p, s, n)  how many octets the header has with which s begins; 0
 *                         all n belong to one and more is wanted; -1 there is
 *                         none, or one that is malformed, is not about TCP, or
 *                         has more than PROXY_MAX octets
 *
 * p->known is 0 if it says nothing of a client: LOCAL, UNKNOWN, or another
 * family.  TLVs are passed over.
 */
#ifndef DRAY_SMTPD_PROXY_H
#define DRAY_SMTPD_PROXY_H

#include <stddef.h>

#include "cmd/dray-smtpd/net.h"

#define PROXY_MAX 4096
#define PROXY_LINEMAX 107 /* of version 1 */

struct proxy {
	int known;
	struct net_addr addr;
};

int proxy_parse(struct proxy *p, const char *s, size_t n)
    __attribute__((warn_unused_result));

#endif
