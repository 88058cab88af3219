/*
 * seen - which addresses a rule has met, how often, and since when.
 *
 *   seen_new()            an empty set on the heap
 *   seen_add(s, addr, now, first_r)   meets an address (case is ignored);
 *       returns how often that has been, this time included, and when it was
 *       first.  A set that is full (SEEN_MAX addresses) knows every new
 *       address for long: UINT64_MAX times.
 *   seen_free(s)
 *
 * Addresses are kept as 64-bit hashes.
 */
#ifndef DRAY_SEEN_H
#define DRAY_SEEN_H

#include <stdint.h>

enum { SEEN_MAX = 1 << 20 };

struct seen;

struct seen *seen_new(void);
uint64_t seen_add(
    struct seen *s, const char *addr, double now, double *first_r);
void seen_free(struct seen *s);

#endif
