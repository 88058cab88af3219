/*
 * pair - a certificate with its chain, and its private key, from two files.
 *
 *   pair_read(p, chain, key)  both files are read (PEM).  NULL, or why p is of no
 *                             use; then it is empty
 *   pair_same(a, b)           1 if they have the same in them
 *   pair_free(p)
 *
 * The files may be one, and of what is of no kind that is wanted in them no
 * notice is taken.  The key has to be that of the first certificate, without a
 * password, and RSA of 2048 to 16384 bits, or EC.
 */
#ifndef DRAY_TLSKEY_PAIR_H
#define DRAY_TLSKEY_PAIR_H

#include <stdint.h>

#include <skalibs/stralloc.h>

struct evp_pkey_st;

struct pair {
	struct evp_pkey_st *key; /* NULL: empty */
	stralloc chain; /* as in CHAIN of tlskeyproto.h, without the id */
};

const char *pair_read(struct pair *p, const char *chain, const char *key)
    __attribute__((warn_unused_result));
int pair_same(const struct pair *a, const struct pair *b);
void pair_free(struct pair *p);

#endif
