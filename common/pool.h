/*
 * pool - many small things of one size, known by a number.
 *
 * Numbers are half as large as pointers, and things never move, so that a
 * pool of millions grows without copying.  Number 0 is never given: it can
 * stand for "none".
 *
 *   pool_init(p, size)    size of one element, at least 4
 *   pool_take(p)          a number; its element is zeroed
 *   pool_give(p, n)       takes it back
 *   pool_at(p, n)         the element
 *   p->used               how many are taken
 */
#ifndef DRAY_POOL_H
#define DRAY_POOL_H

#include <stddef.h>
#include <stdint.h>

#define POOL_CHUNK 1024

struct pool {
	char **chunk;
	size_t size;
	uint32_t nchunk;
	uint32_t next; /* never taken so far */
	uint32_t vacant; /* first of a list through the elements */
	uint32_t used;
};

void pool_init(struct pool *p, size_t size);
uint32_t pool_take(struct pool *p);
void pool_give(struct pool *p, uint32_t n);

static inline void *
pool_at(const struct pool *p, uint32_t n)
{
	return p->chunk[n / POOL_CHUNK] + n % POOL_CHUNK * p->size;
}

#endif
