/*
 * keyfile - a private key from a file.
 *
 *   keyfile_read(dirfd, name, key_r)  PEM, PKCS #8 or PKCS #1, without a
 *                    password: RSA of KEYFILE_LEAST to KEYFILE_MOST bits, or
 *                    Ed25519.  NULL, or why it is of no use
 */
#ifndef DRAY_SIGN_KEYFILE_H
#define DRAY_SIGN_KEYFILE_H

#define KEYFILE_LEAST 1024
#define KEYFILE_MOST 4096

struct evp_pkey_st;

const char *keyfile_read(int dirfd, const char *name,
    struct evp_pkey_st **key_r) __attribute__((warn_unused_result));

#endif
