/*
 * cache - answers that were put together, until their time is over.
 *
 *   cache_init(c, max)          at most max answers, and CACHE_OCTETS octets
 *                               for each of them on average; when there is no
 *                               room, those go that were not asked for the
 *                               longest.  max 0: nothing is kept
 *   cache_find(c, name, len, now)  the answer, or NULL
 *   cache_put(c, name, len, data, n, until)
 *                               keeps a copy of the n octets at data; there is
 *                               no answer for this name
 *
 * Times are in milliseconds, of a clock that does not jump.
 */
#ifndef DRAY_DNS_CACHE_H
#define DRAY_DNS_CACHE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/keyhash.h"

#define CACHE_OCTETS 1024

struct answer {
	UT_hash_handle hh;
	TAILQ_ENTRY(answer) link;
	uint64_t until;
	uint32_t n;
	uint32_t namelen;
	char *name; /* behind the data */
	char data[];
};

struct cache {
	struct answer *table;
	TAILQ_HEAD(, answer) used; /* the one that was used last is last */
	size_t max;
	size_t n;
	size_t octets;
};

void cache_init(struct cache *c, size_t max);
const struct answer *cache_find(
    struct cache *c, const char *name, size_t len, uint64_t now);
void cache_put(struct cache *c, const char *name, size_t len, const void *data,
    size_t n, uint64_t until);

#endif
