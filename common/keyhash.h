/*
 * keyhash - uthash with a key, for tables of what strangers choose: without it
 * they could choose what falls into one place.  Included instead of uthash.h.
 *
 *   keyhash_start()   draws the key, before the first table; ends the program
 *                     with 111 if there are no random numbers
 */
#ifndef DRAY_KEYHASH_H
#define DRAY_KEYHASH_H

#include <stddef.h>

void keyhash_start(void);
unsigned int keyhash_of(const void *key, size_t len);

#define HASH_FUNCTION(key, len, hv) ((hv) = keyhash_of((key), (len)))
#include <uthash.h>

#endif
