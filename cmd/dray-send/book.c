#include "cmd/dray-send/book.h"

#include <stdlib.h>

#include "common/mem.h"

#define ROOM 64 /* at first; doubled when it is full */

static struct leaf *
at(const struct book *b, uint32_t n)
{
	return numbers_at(b->of, n);
}

static void
put(struct book *b, uint32_t n)
{
	struct leaf *l = at(b, n);
	uint32_t *head = &b->head[l->hash & (b->room - 1)];

	l->next = *head;
	*head = n;
}

static void
grow(struct book *b)
{
	uint32_t *old = b->head, room = b->room, i, n, next;

	b->room = room ? room * 2 : ROOM;
	b->head = mem_array(b->room, sizeof *b->head);
	for (i = 0; i < room; i++)
		for (n = old[i]; n; n = next) {
			next = at(b, n)->next;
			put(b, n);
		}
	free(old);
}

void
book_add(struct book *b, uint32_t n, uint32_t hash)
{
	if (b->used >= b->room)
		grow(b);
	b->used++;
	at(b, n)->hash = hash;
	put(b, n);
}

void
book_del(struct book *b, uint32_t n)
{
	uint32_t *p = &b->head[at(b, n)->hash & (b->room - 1)];

	while (*p != n)
		p = &at(b, *p)->next;
	*p = at(b, n)->next;
	b->used--;
}

static void *
from(const struct book *b, uint32_t n, uint32_t hash)
{
	struct leaf *l;

	for (; (l = at(b, n)); n = l->next)
		if (l->hash == hash)
			return l;
	return NULL;
}

void *
book_look(const struct book *b, uint32_t hash)
{
	return b->used ? from(b, b->head[hash & (b->room - 1)], hash) : NULL;
}

void *
book_more(const struct book *b, const void *leaf)
{
	const struct leaf *l = leaf;

	return from(b, l->next, l->hash);
}
