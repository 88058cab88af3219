/*
 * store - the certificates of the policy, with their keys.
 *
 *   store_start(p)        those of the policy; their files are relative to the
 *                         directory etc of the working directory
 *   store_same(p)         1 if the policy has the same ones
 *   store_load()          reads what is in the files now; how many are other
 *                         ones than before.  Where a pair is of no use the one
 *                         before stays, and the first time that is said
 *   store_count()         how many there are that can be used
 *   store_put(i, out)     appends the content of CHAIN (tlskeyproto.h) of the
 *                         i-th
 *   store_key(id)         the key of this chain, or of one that was replaced
 *                         last; or NULL
 *   store_files(fn, arg)  fn is called with the name of each file
 */
#ifndef DRAY_TLSKEY_STORE_H
#define DRAY_TLSKEY_STORE_H

#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/policy.h"

struct evp_pkey_st;

void store_start(const struct policy *p);
int store_same(const struct policy *p);
unsigned int store_load(void);
unsigned int store_count(void);
void store_put(unsigned int i, stralloc *out);
struct evp_pkey_st *store_key(uint32_t id);
void store_files(void (*fn)(void *arg, const char *file), void *arg);

#endif
