/*
 * mx - the servers of a domain, as dray-dns found them (dnsproto.h), and which
 * of them a connection tries, in which order.
 *
 *   mx_read(r, now)    an answer, behind its id; NULL if it is malformed.
 *                      Whoever calls looks at the end of the frame
 *   mx_literal(name)   the server of a destination such as [192.0.2.1] or
 *                      [IPv6:2001:db8::1] (RFC 5321 4.1.3), which needs no
 *                      answer; DNS_NODOMAIN if it is none
 *   mx_free(m)         m may be NULL
 *   mx_route(m, c, r, why_r)
 *                      fills in the addresses of r, at most POLICY_ADDRMAX, and
 *                      their number, which it returns.  If it is 0, why_r says
 *                      what became of them.  r->source_family and r->helo are
 *                      looked at
 *
 * Servers go by preference.  Equals are in an order drawn anew for each
 * connection (RFC 5321 5.1), and so are the addresses of a server within their
 * family; which families, and which first, is for the policy to say.  Left
 * out are
 *
 *   - this node itself, by name or by address, and all that are not better
 *     than it (the same section): they would send the mail back here;
 *   - addresses of the private and special kind, unless the policy wants them;
 *   - addresses of another family than the source;
 *   - those that is_skipped names, if it is not NULL.
 */
#ifndef DRAY_SEND_MX_H
#define DRAY_SEND_MX_H

#include <stddef.h>
#include <stdint.h>

#include "common/dnsproto.h"
#include "common/field.h"
#include "common/policy.h"

#define MX_SKIPPED "an override skips its servers"

struct mx_addr {
	uint16_t preference;
	uint16_t host; /* where its name is in names */
	uint8_t flags; /* DNS_SECURE, DNS_IMPLICIT */
	uint8_t family;
	uint8_t ip[16];
};

struct mx {
	uint8_t verdict; /* DNS_* */
	uint32_t until; /* good until then, seconds since 1970 */
	uint32_t refresh; /* from then on it should be asked for anew */
	uint16_t n;
	struct mx_addr *addr;
	char *names; /* each with a zero behind it */
	char text[DNS_TEXTMAX + 1];
};

struct mx_choice {
	const struct policy_limits *limits;
	const char *hostname; /* of this node */
	int (*is_own)(uint8_t family, const uint8_t *ip);
	int (*is_skipped)(const void *ctx, const char *host, uint8_t family,
	    const uint8_t *ip);
	const void *ctx;
};

struct mx *mx_read(struct field *r, uint32_t now);
struct mx *mx_literal(const char *name);
void mx_free(struct mx *m);
unsigned int mx_route(const struct mx *m, const struct mx_choice *c,
    struct policy_route *r, const char **why_r);

#endif
