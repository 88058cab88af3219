#include "cmd/dray-send/numbers.h"
#include "common/mem.h"

#define TRIES 64 /* places looked at before there is another one */

static uint32_t
vacant(struct numbers *t)
{
	uint32_t i;

	for (i = 0; i < TRIES && t->n > 1; i++) {
		if (++t->look >= t->n)
			t->look = 1;
		if (!t->p[t->look])
			return t->look;
	}
	if (t->n == 0)
		t->n = 1;
	if (t->n >= t->room) {
		t->room = t->room ? t->room * 2 : 256;
		t->p = mem_grow(t->p, t->room, sizeof *t->p);
	}
	return t->n++;
}

uint32_t
numbers_take(struct numbers *t, void *p)
{
	uint32_t n = vacant(t);

	t->p[n] = p;
	return n;
}

void
numbers_give(struct numbers *t, uint32_t n)
{
	t->p[n] = NULL;
}
