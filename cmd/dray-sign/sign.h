/*
 * sign - one signature, as SIGN of signproto.h asks for it.  For any thread.
 *
 *   sign_digest(alg)         how many octets the digest has; 0: no such algorithm
 *   sign(key, alg, digest, sig)
 *                            how many octets sig has got, of SIGN_SIGMAX; 0: the
 *                            key is of another kind
 */
#ifndef DRAY_SIGN_SIGN_H
#define DRAY_SIGN_SIGN_H

#include <stddef.h>
#include <stdint.h>

struct evp_pkey_st;

size_t sign_digest(uint8_t alg);
size_t sign(struct evp_pkey_st *key, uint8_t alg, const unsigned char *digest,
    unsigned char *sig);

#endif
