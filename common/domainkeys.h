/*
 * domainkeys - DomainKeys signatures (RFC 4870), for those who still look for
 * them: rsa-sha1, nofws.  All but what needs a key.
 *
 *   domainkeys_start(d, header, n)   a header, or a message that begins with it
 *   domainkeys_stuffed(d)            lines of the body that begin with a dot have
 *                        another in front
 *   domainkeys_feed(d, s, n)         the body, in pieces of any size
 *   domainkeys_end(d, digest_r)      DOMAINKEYS_DIGEST octets that are to be
 *                        signed as SIGN_RSA_SHA1; d is free but for its names
 *   domainkeys_begin(d, out, domain, selector)
 *                        appends the field, up to "b="; dkim_finish (dkim.h) does
 *                        the rest
 *   domainkeys_free(d)   one that is given up; it may be all zeroes
 *
 * Unlike DKIM it digests header and body as one, so that each body is gone
 * through for each header.  What is signed is what dkim signs, of which all
 * instances are, and nobody is kept from adding others.  The field has to be in
 * front of all others but signatures of DKIM.
 */
#ifndef DRAY_DOMAINKEYS_H
#define DRAY_DOMAINKEYS_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/digest.h"

#define DOMAINKEYS_DIGEST DIGEST_SHA1_LEN
#define DOMAINKEYS_NAMESMAX 1024

struct domainkeys {
	struct digest digest;
	uint64_t blank; /* empty lines that count if more follows */
	uint8_t text; /* this line has had something that counts */
	uint8_t begun; /* or anything */
	uint8_t stuffed;
	size_t n;
	char names[DOMAINKEYS_NAMESMAX]; /* "h=From:To" */
};

void domainkeys_start(struct domainkeys *d, const char *header, size_t n);
void domainkeys_stuffed(struct domainkeys *d);
void domainkeys_feed(struct domainkeys *d, const char *s, size_t n);
void domainkeys_end(
    struct domainkeys *d, unsigned char digest_r[DOMAINKEYS_DIGEST]);
void domainkeys_begin(const struct domainkeys *d, stralloc *out,
    const char *domain, const char *selector);
void domainkeys_free(struct domainkeys *d);

#endif
