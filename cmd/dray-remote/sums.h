/*
 * sums - what signatures of a message are of, but for its header: the hash of
 * its body for DKIM and, for those who still want it, the digest of DomainKeys.
 *
 *   sums_know(s, hash)     the body's hash, which has not to be taken any more
 *   sums_complete(s, j)    1: all that the job's signers want is there
 *   sums_start(s, j, header, n, stuffed)
 *                          what is missing is taken; whether lines of the body
 *                          that begin with a dot have another in front
 *   sums_feed(s, p, n)     the body, in pieces of any size
 *   sums_end(s)            now it is complete
 *   sums_free(s)
 *
 * One that is all zeroes is empty.  DomainKeys wants each body gone through for
 * each header, even where the hash is known.
 */
#ifndef DRAY_REMOTE_SUMS_H
#define DRAY_REMOTE_SUMS_H

#include <stddef.h>
#include <stdint.h>

#include "common/dkim.h"
#include "common/domainkeys.h"

struct job;

struct sums {
	uint8_t known; /* hash is */
	uint8_t busy; /* sums_start without sums_end */
	struct dkim_body body;
	unsigned char hash[DKIM_HASH];
	struct domainkeys *old; /* NULL: nobody wants it, or not begun */
	unsigned char old_digest[DOMAINKEYS_DIGEST];
};

void sums_know(struct sums *s, const char hash[DKIM_HASH]);
int sums_complete(const struct sums *s, const struct job *j);
void sums_start(struct sums *s, const struct job *j, const char *header,
    size_t n, int stuffed);
void sums_feed(struct sums *s, const char *p, size_t n);
void sums_end(struct sums *s);
void sums_free(struct sums *s);

#endif
