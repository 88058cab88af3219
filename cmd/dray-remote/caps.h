/*
 * caps - what a server offers in its reply to EHLO (RFC 5321 4.1.1.1).
 *
 *   caps_init(c)
 *   caps_line(c, s, n)   the text of one line of the reply, in order.  The
 *                        first one is a greeting and is not looked at.
 *
 * Unknown extensions are passed over, as are parameters we have no use for:
 * so is RCPTDOMAINMAX of LIMITS, since a transaction has one domain.
 */
#ifndef DRAY_REMOTE_CAPS_H
#define DRAY_REMOTE_CAPS_H

#include <stddef.h>
#include <stdint.h>

struct caps {
	uint32_t bits; /* REMOTE_CAP_*, remoteproto.h */
	uint32_t lines;
	uint64_t size; /* the largest message; 0 not said or no limit */
	uint32_t rcptmax; /* recipients a transaction, RFC 9422; 0 likewise */
	uint32_t mailmax; /* transactions a connection */
};

void caps_init(struct caps *c);
void caps_line(struct caps *c, const char *s, size_t n);

#endif
