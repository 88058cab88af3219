/*
 * mx - from DNS messages to where mail for a domain goes (RFC 5321 5.1,
 * RFC 7505).  No function here does anything but compute; times are in
 * seconds.
 *
 *   mx_start(m, domain)      domain: a name as dnsmsg_isname wants it
 *   mx_hosts(m, msg, len, trust)
 *                            the answer to the question for MX records: fills
 *                            m->host with what has to be looked up next, or
 *                            sets m->verdict if that is already clear.  1 there
 *                            are hosts to look up, 0 m is finished
 *   mx_addrs(a, name, family, msg, len, trust)
 *                            the answer to the question for the addresses of a
 *                            host: for family 4 (A) or 6 (AAAA)
 *   mx_finish(m)             after mx_addrs for both families of every host:
 *                            sets the verdict and removes the hosts that are
 *                            left out (dnsproto.h)
 *   mx_fail(m, text)         sets DNS_TEMP with this text
 *   mx_free(m)
 *   mx_put(m, sa)            appends the fields of HERE from `verdict` on
 *
 * len 0 stands for no answer at all; msg is then the reason in words, or NULL.
 * trust is what validation said (MX_*).
 *
 * An answer without anything counts as "there is none" as long as something is
 * found elsewhere; where nothing is, the answer is DNS_TEMP.
 *
 * The hosts are ordered by preference, then by name.  Dropped without a word
 * are: names that are no host names or end in a number (address literals), the
 * root as one of several MX records, and a host's second MX record.  A single
 * MX record that names the root means that the domain takes no mail, whatever
 * its preference.
 *
 * Of more than DNS_HOSTSMAX hosts the most preferred are taken; of more than
 * DNS_ADDRSMAX addresses the first of each family, half of them each if both
 * have so many.
 *
 * The ttl is the least of all that was used, at least 1 and at most MX_TTLMAX;
 * of a "no" (no domain, no address) at most MX_NEGMAX; where a temporary error
 * had a part in it, at most MX_TEMPTTL.
 */
#ifndef DRAY_DNS_MX_H
#define DRAY_DNS_MX_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "cmd/dray-dns/dnsmsg.h"
#include "common/dnsproto.h"

#define MX_TTLMAX DNS_TTLMAX
#define MX_NEGMAX 3600
#define MX_TEMPTTL 10

enum mx_trust {
	MX_INSECURE, /* not signed, or not validated */
	MX_BOGUS, /* signed, and the signature is wrong */
	MX_SECURE,
};

struct mx_addrs {
	enum dnsmsg_kind kind;
	int secure;
	uint32_t ttl;
	unsigned int n;
	uint8_t ip[DNS_ADDRSMAX][16];
};

struct mx_host {
	uint16_t preference;
	char name[DNSMSG_TEXTMAX];
	struct mx_addrs v4, v6;
};

struct mx {
	char domain[DNSMSG_TEXTMAX];
	unsigned int verdict; /* DNS_* */
	uint32_t ttl;
	char text[DNS_TEXTMAX + 1];
	int secure; /* the answer for MX was */
	int implicit; /* and it said that there is none */
	int empty; /* something was answered by nothing at all */
	unsigned int n;
	struct mx_host *host;
};

void mx_start(struct mx *m, const char *domain);
int mx_hosts(struct mx *m, const void *msg, size_t len, enum mx_trust trust);
void mx_addrs(struct mx_addrs *a, const char *name, int family, const void *msg,
    size_t len, enum mx_trust trust);
void mx_finish(struct mx *m);
void mx_fail(struct mx *m, const char *text);
void mx_free(struct mx *m);
void mx_put(const struct mx *m, stralloc *sa);

#endif
