/*
 * dkim - DKIM signatures (RFC 6376, RFC 8463), all but what needs a key: the
 * field without its signature, and the digest that is to be signed.
 *
 *   dkim_body_start(b, stuffed)   before the first octet of a body; whether
 *                       lines that begin with a dot have another in front
 *   dkim_body_feed(b, s, n)       n more, in pieces of any size.  Lines end in
 *                       CRLF (wire.h)
 *   dkim_body_end(b, hash_r)      its DKIM_HASH octets; b is free
 *   dkim_body_free(b)   a body that is given up; it may be all zeroes
 *
 *   dkim_head_start(h, s, n)      a header, or a message that begins with it; it
 *                       has been read when this returns.  The result is where
 *                       the body begins: behind the empty line, or n
 *   dkim_head_free(h)
 *   dkim_signs(f)       1 if such a field is signed
 *   dkim_begin(h, out, digest_r, hash, time, signer)
 *                       appends the field for a signature by this signer, up
 *                       to "b=", and gives the digest to sign.  As many
 *                       signers as wanted can follow each other for one header
 *   dkim_finish(out, sig, n)      appends the signature, and the line end
 *
 * The body need not be at hand: a message of which the body hash is known is
 * signed by its header.  The field has to be in front of all others, and nothing
 * that is signed may change afterwards.
 *
 * Header and body are signed in their relaxed forms.  The field says: all fields
 * of a list that are there; and of most of them one more than are there, so that
 * nobody can add one; never how long the body is.  Trace fields are not signed.
 * Of a field that is there more than DKIM_INSTANCES times the last ones are
 * signed.
 *
 * Limits: a signer's names as in signproto.h, in lower case and A-labels; the
 * field has at most DKIM_FIELDMAX octets.  Cost: one pass over the header, one
 * over the body, and what OpenSSL takes for SHA-256; digest_init() (digest.h)
 * has to come before a sandbox.
 */
#ifndef DRAY_DKIM_H
#define DRAY_DKIM_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/digest.h"
#include "common/relaxed.h"

#define DKIM_HASH DIGEST_SHA256_LEN
#define DKIM_INSTANCES 4
#define DKIM_NAMESMAX 3072
#define DKIM_FIELDMAX 4096

struct dkim_signer {
	uint8_t alg; /* SIGN_RSA or SIGN_ED25519, signproto.h */
	const char *domain;
	const char *selector;
};

struct dkim_body {
	struct relaxed relaxed;
	struct digest digest;
};

struct dkim_head {
	struct digest digest; /* has had the fields that are signed */
	size_t n;
	char names[DKIM_NAMESMAX]; /* "h=From:From:To" */
};

void dkim_body_start(struct dkim_body *b, int stuffed);
void dkim_body_feed(struct dkim_body *b, const char *s, size_t n);
void dkim_body_end(struct dkim_body *b, unsigned char hash_r[DKIM_HASH]);
void dkim_body_free(struct dkim_body *b);

size_t dkim_head_start(struct dkim_head *h, const char *s, size_t n);
void dkim_head_free(struct dkim_head *h);
int dkim_signs(const struct header_field *f);
void dkim_begin(const struct dkim_head *h, stralloc *out,
    unsigned char digest_r[DKIM_HASH], const unsigned char hash[DKIM_HASH],
    uint64_t time, const struct dkim_signer *signer);
void dkim_finish(stralloc *out, const unsigned char *sig, size_t n);

#endif
