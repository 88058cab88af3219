/*
 * heap - what is due next: (time, number) pairs, the earliest first.
 *
 * There is no removal from the middle: the owner of a number sees when it
 * comes up whether it still applies.  Where most do not, and times are far
 * away, heap_tidy keeps the heap in proportion to what it is for.
 *
 *   heap_add(h, when, n)
 *   heap_first(h, when_r, n_r)   1, or 0 if it is empty
 *   heap_drop(h)                 removes the first
 *   heap_tidy(h, applies)        removes the pairs for which applies(when, n)
 *                                is 0, if there are twice as many as it left
 *                                the last time; cheap to call after each add.
 *                                1 if it went through them, else 0
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
	size_t mark; /* so long that it is time to tidy up */
};

void heap_add(struct heap *h, uint32_t when, uint32_t n);
int heap_first(const struct heap *h, uint32_t *when_r, uint32_t *n_r);
void heap_drop(struct heap *h);
int heap_tidy(struct heap *h, int (*applies)(uint32_t when, uint32_t n));

#endif
