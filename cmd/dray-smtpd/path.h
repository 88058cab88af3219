/*
 * path - what stands behind MAIL FROM: and RCPT TO: (RFC 5321 4.1.2), with the
 * parameters of SIZE, 8BITMIME, SMTPUTF8, DSN and AUTH.
 *
 *   path_parse(p, kind, s, n)
 *       NULL, or the reply that refuses it.  What p points to is in s.  Blanks
 *       in front of the path are tolerated, and a source route is taken and
 *       left out, as RFC 5321 wants it.
 *
 * "<>" is a sender only, "<postmaster>" a recipient only: then the domain is
 * empty.  Whether an address may have other octets than ASCII is for the
 * caller to say; p->a.utf8 and p->a.idn tell.
 */
#ifndef DRAY_SMTPD_PATH_H
#define DRAY_SMTPD_PATH_H

#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"

enum path_kind { PATH_FROM, PATH_TO };

struct path {
	const char *addr; /* without brackets and route */
	size_t len;
	struct addr a; /* of no use when len is 0, or without a domain */
	uint64_t size; /* 0: not given */
	uint8_t ret; /* 0, 'F', 'H' */
	uint8_t notify; /* BUNDLE_*, 0: not given */
	int utf8; /* SMTPUTF8 was given */
	const char *envid; /* as it came, in xtext; NULL: not given */
	size_t envid_len;
	const char *orcpt; /* the same */
	size_t orcpt_len;
	unsigned int seen; /* which parameters were there */
};

const char *path_parse(
    struct path *p, enum path_kind kind, const char *s, size_t n);

#endif
