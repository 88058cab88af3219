#include <stdlib.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/mem.h"

void
region_add(struct regions *l, const char *what, uint32_t msg, uint64_t offset,
    uint64_t length)
{
	if (length == 0)
		return;
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->r = mem_grow(l->r, l->room, sizeof *l->r);
	}
	l->r[l->n++] = (struct region){ offset, length, msg, what };
}

static int
by_offset(const void *pa, const void *pb)
{
	const struct region *a = pa, *b = pb;

	return (a->offset > b->offset) - (a->offset < b->offset);
}

static int
inside(const struct region *r, uint64_t length)
{
	return r->offset <= length && r->length <= length - r->offset;
}

/* Compared with the one that reaches furthest so far, not only with the
 * neighbour: a large one may cover several. */
void
region_look(struct fsck *k, struct regions *l, uint64_t length)
{
	const struct region *r, *far = NULL;
	size_t i;

	if (l->n)
		qsort(l->r, l->n, sizeof *l->r, by_offset);
	for (i = 0; i < l->n; i++) {
		r = &l->r[i];
		if (!inside(r, length)) {
			say(k, "the %s of message %u reach past the end",
			    r->what, r->msg);
			continue;
		}
		if (far && r->offset < far->offset + far->length)
			say(k,
			    "the %s of message %u lie over the %s of message "
			    "%u",
			    r->what, r->msg, far->what, far->msg);
		if (!far || r->offset + r->length > far->offset + far->length)
			far = r;
	}
}
