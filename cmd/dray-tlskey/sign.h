/*
 * sign - a signature, as SIGN of tlskeyproto.h asks for it.
 *
 *   sign(key, hash, padding, text, n, sig)
 *                 how many octets sig has got, which has TLSKEY_SIGMAX; 0: the
 *                 key cannot sign like that
 */
#ifndef DRAY_TLSKEY_SIGN_H
#define DRAY_TLSKEY_SIGN_H

#include <stddef.h>
#include <stdint.h>

struct evp_pkey_st;

size_t sign(struct evp_pkey_st *key, uint8_t hash, uint8_t padding,
    const void *text, size_t n, unsigned char *sig);

#endif
