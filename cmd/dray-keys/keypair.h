/*
 * keypair - private keys of DKIM, and what of them goes into DNS.
 *
 *   keypair_make(kind, bits)   a new one; dies (111) if there is no randomness
 *   keypair_read(dirfd, name)  that of a file, or NULL: there is none of use
 *   keypair_kind(k)            KEYPAIR_RSA or KEYPAIR_ED25519
 *   keypair_bits(k)            255 of Ed25519
 *   keypair_text(k, out)       the private key in PEM (PKCS #8), for a file
 *   keypair_public(k, out)     the value of p= (RFC 6376 3.6.1, RFC 8463 4)
 *   keypair_free(k)
 */
#ifndef DRAY_KEYS_KEYPAIR_H
#define DRAY_KEYS_KEYPAIR_H

#include <skalibs/stralloc.h>

#define KEYPAIR_RSA 0
#define KEYPAIR_ED25519 1
#define KEYPAIR_KINDS 2
#define KEYPAIR_LEAST 1024
#define KEYPAIR_USUAL 2048
#define KEYPAIR_MOST 4096

struct evp_pkey_st;

extern const char *const keypair_names[KEYPAIR_KINDS];

struct evp_pkey_st *keypair_make(int kind, unsigned int bits);
struct evp_pkey_st *keypair_read(int dirfd, const char *name);
int keypair_kind(const struct evp_pkey_st *k);
int keypair_bits(const struct evp_pkey_st *k);
void keypair_text(const struct evp_pkey_st *k, stralloc *out);
void keypair_public(const struct evp_pkey_st *k, stralloc *out);
void keypair_free(struct evp_pkey_st *k);

#endif
