#include <stdlib.h>

#include "cmd/dray-send/level.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/turns.h"
#include "common/mem.h"

TAILQ_HEAD(queue_turns, queue);

struct line_parts {
	struct turns turns;
	struct queue_turns list[TURNS_PARTS];
};

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
	if (!l->parts) {
		l->only = q;
		return;
	}
	q->part = turns_choose(&l->parts->turns, q->owners, l->at);
	TAILQ_INSERT_TAIL(&l->parts->list[q->part], q, turn);
	turns_in(&l->parts->turns, q->part);
}

static void
take(struct line *l, struct queue *q)
{
	if (!l->parts) {
		l->only = NULL;
		return;
	}
	TAILQ_REMOVE(&l->parts->list[q->part], q, turn);
	turns_out(&l->parts->turns, q->part);
}

/* The second queue makes parts. */
static void
make_parts(struct line *l)
{
	struct queue *q = l->only;
	unsigned int i;

	l->parts = mem_alloc(sizeof *l->parts);
	for (i = 0; i < TURNS_PARTS; i++)
		TAILQ_INIT(&l->parts->list[i]);
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
	level_more(l);
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
		free(l->parts);
		l->parts = NULL;
		level_unlist(l);
	}
}

/* It stays where it is unless it is found sooner elsewhere. */
void
line_more(struct queue *q)
{
	struct line *l = q->line;
	struct turns *t;
	uint8_t part;

	if (!l)
		return;
	if (l->parts) {
		t = &l->parts->turns;
		turns_out(t, q->part);
		part = turns_choose(t, q->owners, l->at);
		turns_in(t, q->part);
		if (part != q->part) {
			take(l, q);
			put(l, q);
		}
	}
	level_more(l);
}

uint64_t
line_owners(const struct line *l)
{
	if (l->parts)
		return l->parts->turns.used;
	return l->only ? l->only->owners : 0;
}

struct queue *
line_first(struct line *l)
{
	struct queue *q;

	while (l->nqueues) {
		q = l->only;
		if (l->parts) {
			l->at = turns_from(l->parts->turns.used, l->at);
			q = TAILQ_FIRST(&l->parts->list[l->at]);
		} else if (q->owners) {
			l->at = turns_from(q->owners, l->at);
		}
		if (q->nagain || !q->owners || queue_pick(q, l->at))
			return q;
		/* All that it had of that owner is gone. */
		take(l, q);
		put(l, q);
	}
	return NULL;
}

/* The lines of a site are listed in the order in which they had their turn. */
static void
move_last(struct line *l)
{
	struct line **p = &l->site->lines;

	while (*p != l)
		p = &(*p)->next;
	*p = l->next;
	while (*p)
		p = &(*p)->next;
	*p = l;
	l->next = NULL;
}

void
line_turn(struct queue *q)
{
	struct line *l = q->line;

	if (!l)
		return;
	move_last(l);
	queue_turn(q);
	l->at = (uint8_t)((l->at + 1) % TURNS_PARTS);
	take(l, q);
	put(l, q);
}

void
line_free_all(struct site *s)
{
	struct line *l;

	while ((l = s->lines)) {
		level_unlist(l);
		s->lines = l->next;
		free(l->parts);
		free(l);
	}
}
