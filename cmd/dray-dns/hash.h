/*
 * hash - uthash with a key, since strangers choose the domains.  Included
 * instead of uthash.h.
 *
 *   hash_start()   draws the key; before the first table
 */
#ifndef DRAY_DNS_HASH_H
#define DRAY_DNS_HASH_H

#include <stddef.h>

void hash_start(void);
unsigned int hash_keyed(const void *key, size_t len);

#define HASH_FUNCTION(key, len, hv) ((hv) = hash_keyed((key), (len)))
#include <uthash.h>

#endif
