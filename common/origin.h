/*
 * origin - whose mail a message is by its From field, and what of it need not be
 * looked at again when it is signed: the "body hashes" of the index (bundle.h).
 *
 *   origin_put(sa, o)       appends the field
 *   origin_get(o_r, s, n)   0, or -1: it is empty, or malformed
 *
 * The field is u8 ORIGIN_VERSION, u32 stored octets of the header, ORIGIN_HASH
 * octets: the SHA-256 of the body in its relaxed form (RFC 6376 3.4.4), str From
 * domain.  A header of 0 octets says that it and the hash are not known.
 */
#ifndef DRAY_ORIGIN_H
#define DRAY_ORIGIN_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/addr.h"

#define ORIGIN_VERSION 1
#define ORIGIN_HASH 32

struct origin {
	uint32_t header;
	const unsigned char *hash; /* ORIGIN_HASH octets */
	const char *from;
	size_t from_len;
};

void origin_put(stralloc *sa, const struct origin *o);
int origin_get(struct origin *o_r, const char *s, size_t n)
    __attribute__((warn_unused_result));

#endif
