/*
 * heap - what is due next: (time, number) pairs, the earliest first.
 *
 * There is no removal from the middle: the owner of a number sees when it
 * comes up whether it still applies.
 *
 *   heap_add(h, when, n)
 *   heap_first(h, when_r, n_r)   1, or 0 if it is empty
 *   heap_drop(h)                 removes the first
 */
#ifndef DRAY_HEAP_H
#define DRAY_HEAP_H

#include <stddef.h>
#include <stdint.h>

struct heap_entry {
	uint32_t when;
	uint32_t n;
};

struct heap {
	struct heap_entry *e;
	size_t len, room;
};

void heap_add(struct heap *h, uint32_t when, uint32_t n);
int heap_first(const struct heap *h, uint32_t *when_r, uint32_t *n_r);
void heap_drop(struct heap *h);

#endif
