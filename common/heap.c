#include "common/heap.h"
#include "common/mem.h"

#define HEAP_TIDY 1024 /* pairs that are never too many */

void
heap_add(struct heap *h, uint32_t when, uint32_t n)
{
	size_t i, up;

	if (h->len == h->room) {
		h->room = h->room ? h->room * 2 : 16;
		h->e = mem_grow(h->e, h->room, sizeof *h->e);
	}
	for (i = h->len++; i > 0; i = up) {
		up = (i - 1) / 2;
		if (h->e[up].when <= when)
			break;
		h->e[i] = h->e[up];
	}
	h->e[i].when = when;
	h->e[i].n = n;
}

int
heap_first(const struct heap *h, uint32_t *when_r, uint32_t *n_r)
{
	if (h->len == 0)
		return 0;
	*when_r = h->e[0].when;
	*n_r = h->e[0].n;
	return 1;
}

/* Finds the place of e, from i downwards. */
static void
sink(struct heap *h, size_t i, struct heap_entry e)
{
	size_t down;

	while ((down = 2 * i + 1) < h->len) {
		if (down + 1 < h->len && h->e[down + 1].when < h->e[down].when)
			down++;
		if (h->e[down].when >= e.when)
			break;
		h->e[i] = h->e[down];
		i = down;
	}
	h->e[i] = e;
}

void
heap_drop(struct heap *h)
{
	struct heap_entry last = h->e[--h->len];

	sink(h, 0, last);
}

int
heap_tidy(struct heap *h, int (*applies)(uint32_t when, uint32_t n))
{
	size_t i, len = 0;

	if (h->len < h->mark || h->len < HEAP_TIDY)
		return 0;
	for (i = 0; i < h->len; i++)
		if (applies(h->e[i].when, h->e[i].n))
			h->e[len++] = h->e[i];
	h->len = len;
	h->mark = 2 * len;
	for (i = len / 2; i-- > 0;)
		sink(h, i, h->e[i]);
	return 1;
}
