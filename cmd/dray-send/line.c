#include <stdlib.h>

#include "cmd/dray-send/send.h"
#include "common/mem.h"

struct line *
line_of(struct site *s, uint8_t stream)
{
	struct line *l;

	for (l = s->lines; l; l = l->next)
		if (l->stream == stream)
			return l;
	l = mem_alloc(sizeof *l);
	l->site = s;
	l->stream = stream;
	l->next = s->lines;
	s->lines = l;
	return l;
}

static void
put(struct line *l, struct queue *q)
{
	const struct run *r;

	if (!l->part) {
		l->only = q;
		return;
	}
	r = queue_first(q) ? pool_at(&self.runs, queue_first(q)) : NULL;
	q->part = r ? r->owner % LINE_PARTS : 0;
	TAILQ_INSERT_TAIL(&l->part[q->part], q, turn);
	l->used |= UINT64_C(1) << q->part;
}

static void
take(struct line *l, struct queue *q)
{
	if (!l->part) {
		l->only = NULL;
		return;
	}
	TAILQ_REMOVE(&l->part[q->part], q, turn);
	if (TAILQ_EMPTY(&l->part[q->part]))
		l->used &= ~(UINT64_C(1) << q->part);
}

/* The second queue makes parts. */
static void
make_parts(struct line *l)
{
	struct queue *q = l->only;
	unsigned int i;

	l->part = mem_array(LINE_PARTS, sizeof *l->part);
	for (i = 0; i < LINE_PARTS; i++)
		TAILQ_INIT(&l->part[i]);
	l->only = NULL;
	put(l, q);
}

void
line_add(struct line *l, struct queue *q)
{
	if (q->line)
		return;
	if (l->only)
		make_parts(l);
	put(l, q);
	q->line = l;
	l->nqueues++;
}

void
line_del(struct queue *q)
{
	struct line *l = q->line;

	if (!l)
		return;
	take(l, q);
	q->line = NULL;
	if (--l->nqueues == 0) {
		free(l->part);
		l->part = NULL;
		group_unlist(l);
	}
}

/* The next part that is not empty, in a circle. */
static unsigned int
part(const struct line *l)
{
	uint64_t behind = l->used >> l->at;

	return behind ? l->at + (unsigned int)__builtin_ctzll(behind)
		      : (unsigned int)__builtin_ctzll(l->used);
}

struct queue *
line_first(struct line *l)
{
	if (l->nqueues == 0)
		return NULL;
	if (!l->part)
		return l->only;
	l->at = (uint8_t)part(l);
	return TAILQ_FIRST(&l->part[l->at]);
}

void
line_turn(struct queue *q)
{
	struct line *l = q->line;

	queue_turn(q);
	if (!l || !l->part)
		return;
	take(l, q);
	put(l, q);
	l->at = (uint8_t)((l->at + 1) % LINE_PARTS);
}

void
line_free_all(struct site *s)
{
	struct line *l;

	while ((l = s->lines)) {
		s->lines = l->next;
		free(l->part);
		free(l);
	}
}
