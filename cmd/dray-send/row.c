#include "cmd/dray-send/row.h"

#include <stdlib.h>

#include "common/mem.h"

#define ROOM 256 /* at least; a power of two, as all of them */

static uint32_t *
at(const struct row *r, uint32_t i)
{
	return &r->n[(r->first + i) & (r->room - 1)];
}

static void
resize(struct row *r, uint32_t room)
{
	uint32_t *n = mem_array(room, sizeof *n), i;

	for (i = 0; i < r->len; i++)
		n[i] = *at(r, i);
	free(r->n);
	r->n = n;
	r->first = 0;
	r->room = room;
}

static void
make_room(struct row *r)
{
	if (r->len == r->room)
		resize(r, r->room ? r->room * 2 : ROOM);
	r->len++;
}

void
row_last(struct row *r, uint32_t n)
{
	make_room(r);
	*at(r, r->len - 1) = n;
}

void
row_first(struct row *r, uint32_t n)
{
	make_room(r);
	r->first = (r->first - 1) & (r->room - 1);
	*at(r, 0) = n;
}

uint32_t
row_next(const struct row *r)
{
	return r->len ? *at(r, 0) : 0;
}

void
row_take(struct row *r)
{
	r->first = (r->first + 1) & (r->room - 1);
	r->len--;
	if (r->room > ROOM && r->len < r->room / 8)
		resize(r, r->room / 2);
}
