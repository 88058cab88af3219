/*
 * privkey - private keys from files in PEM, PKCS #8 or PKCS #1.
 *
 *   privkey_slurp(dirfd, name, d, max)
 *                     all of a file: how many octets, or -1 errno, EFBIG if there
 *                     are more than max.  It does not wait for what is no file
 *   privkey_parse(s, n)
 *                     the private key among n octets, or NULL: there is none
 *                     without a password.  Who has had a key in memory of its
 *                     own cleanses that
 *   privkey_no_password
 *                     what OpenSSL is given so that it asks nobody for one
 *
 * Who uses it links libcrypto.
 */
#ifndef DRAY_PRIVKEY_H
#define DRAY_PRIVKEY_H

#include <stddef.h>
#include <sys/types.h>

struct evp_pkey_st;

ssize_t privkey_slurp(int dirfd, const char *name, char *d, size_t max)
    __attribute__((warn_unused_result));
struct evp_pkey_st *privkey_parse(const char *s, size_t n);
int privkey_no_password(char *d, int n, int writes, void *arg);

#endif
