#include <stdlib.h>

#include "cmd/dray-send/msgset.h"
#include "common/mem.h"

/* Numbers of ours, so that no stranger can choose them to collide. */
static size_t
place(const struct msgset *s, uint64_t n)
{
	size_t i = (size_t)(n * UINT64_C(0x9e3779b97f4a7c15) >> 20);

	for (i &= s->room - 1; s->n[i] && s->n[i] != n;)
		i = (i + 1) & (s->room - 1);
	return i;
}

static void
grow(struct msgset *s)
{
	struct msgset old = *s;
	size_t i;

	s->room = old.room ? old.room * 2 : 1024;
	s->n = mem_array(s->room, sizeof *s->n);
	for (i = 0; i < old.room; i++)
		if (old.n[i])
			s->n[place(s, old.n[i])] = old.n[i];
	free(old.n);
}

int
msgset_add(struct msgset *s, uint64_t n)
{
	size_t i;

	if (s->len >= s->room / 2)
		grow(s);
	i = place(s, n);
	if (s->n[i])
		return 0;
	s->n[i] = n;
	s->len++;
	return 1;
}

void
msgset_free(struct msgset *s)
{
	free(s->n);
	s->n = NULL;
	s->len = s->room = 0;
}
