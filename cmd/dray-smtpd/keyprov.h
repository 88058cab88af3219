/*
 * keyprov - private keys that are somewhere else, for OpenSSL.
 *
 *   keyprov_start()      a provider of OpenSSL for such keys; before the
 *                        sandbox.  Dies (111) if that cannot be
 *   keyprov_key(x, id)   the key of a certificate (RSA or EC), NULL if it has
 *                        none that can be had.  When it is to sign, keys_sign()
 *                        is asked (keys.h)
 */
#ifndef DRAY_SMTPD_KEYPROV_H
#define DRAY_SMTPD_KEYPROV_H

#include <stdint.h>

struct evp_pkey_st;
struct x509_st;

void keyprov_start(void);
struct evp_pkey_st *keyprov_key(struct x509_st *x, uint32_t id);

#endif
