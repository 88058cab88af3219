/*
 * record - what DNS says of a key.
 *
 *   record_put(domain, selector, k, out)
 *                      the TXT record, as a zone file has it
 *   record_check(text, n, k)
 *                      NULL if this is a record for this key, or what it lacks
 */
#ifndef DRAY_KEYS_RECORD_H
#define DRAY_KEYS_RECORD_H

#include <stddef.h>
#include <stdio.h>

struct evp_pkey_st;

void record_put(const char *domain, const char *selector,
    const struct evp_pkey_st *k, FILE *out);
const char *record_check(
    const char *text, size_t n, const struct evp_pkey_st *k);

#endif
