#include <stddef.h>
#include <stdlib.h>

#include "cmd/dray-send/level.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/turns.h"
#include "common/mem.h"

struct ring_parts {
	struct turns turns;
	struct lines list[TURNS_PARTS];
};

static void
put(struct ring *r, struct line *l)
{
	if (!r->parts) {
		r->only = l;
		return;
	}
	l->part = turns_choose(&r->parts->turns, line_owners(l), r->at);
	TAILQ_INSERT_TAIL(&r->parts->list[l->part], l, turn);
	turns_in(&r->parts->turns, l->part);
}

static void
take(struct ring *r, struct line *l)
{
	if (!r->parts) {
		r->only = NULL;
		return;
	}
	TAILQ_REMOVE(&r->parts->list[l->part], l, turn);
	turns_out(&r->parts->turns, l->part);
}

static void
make_parts(struct ring *r)
{
	struct line *l = r->only;
	unsigned int i;

	r->parts = mem_alloc(sizeof *r->parts);
	for (i = 0; i < TURNS_PARTS; i++)
		TAILQ_INIT(&r->parts->list[i]);
	r->only = NULL;
	put(r, l);
}

static void
add(struct ring *r, struct line *l)
{
	if (r->only)
		make_parts(r);
	put(r, l);
	r->n++;
}

static void
del(struct ring *r, struct line *l)
{
	take(r, l);
	if (--r->n == 0) {
		free(r->parts);
		r->parts = NULL;
	}
}

static struct line *
first(const struct ring *r)
{
	if (!r->n || !r->parts)
		return r->only;
	return TAILQ_FIRST(
	    &r->parts->list[turns_from(r->parts->turns.used, r->at)]);
}

static struct ring *
ring_of(const struct line *l)
{
	return l->starved ? &l->level->starved : &l->level->ready;
}

static struct level *
level_of(struct group *g, uint8_t rank)
{
	struct level **p, *v;

	for (p = &g->levels; *p && (*p)->rank <= rank; p = &(*p)->next)
		if ((*p)->rank == rank)
			return *p;
	v = mem_alloc(sizeof *v);
	v->rank = rank;
	v->next = *p;
	*p = v;
	return v;
}

void
level_unlist(struct line *l)
{
	if (l->level)
		del(ring_of(l), l);
	l->level = NULL;
	l->starved = 0;
}

void
level_list(struct line *l)
{
	if (l->level && !l->starved)
		return;
	level_unlist(l);
	l->level = level_of(l->site->group, stream_rank(l->stream));
	add(&l->level->ready, l);
}

void
level_starve(struct line *l)
{
	struct level *v = l->level;

	level_unlist(l);
	l->level = v;
	l->starved = 1;
	add(&v->starved, l);
}

/* It stays where it is unless it is found sooner elsewhere. */
void
level_more(struct line *l)
{
	struct ring *r;
	struct turns *t;
	uint8_t part;

	if (!l->level)
		return;
	r = ring_of(l);
	if (!r->parts)
		return;
	t = &r->parts->turns;
	turns_out(t, l->part);
	part = turns_choose(t, line_owners(l), r->at);
	turns_in(t, l->part);
	if (part == l->part)
		return;
	take(r, l);
	put(r, l);
}

struct line *
level_first(struct level *v)
{
	struct ring *r = &v->ready;
	struct line *l = first(r);

	if (!l || !r->parts)
		return l;
	/* What it gives is of the owner under whom it was found. */
	r->at = l->part;
	l->at = l->part;
	return l;
}

int
level_hungry(const struct level *v)
{
	return v->starved.n != 0;
}

int
level_feed(struct level *v)
{
	struct ring *r = &v->starved;
	struct line *l = first(r);

	if (!l)
		return 0;
	if (r->parts)
		r->at = (uint8_t)((l->part + 1) % TURNS_PARTS);
	level_list(l);
	return 1;
}

void
level_turn(struct line *l)
{
	struct ring *r = ring_of(l);

	take(r, l);
	r->at = (uint8_t)((r->at + 1) % TURNS_PARTS);
	put(r, l);
}

void
level_free_all(struct group *g)
{
	struct level *v;

	while ((v = g->levels)) {
		g->levels = v->next;
		free(v->ready.parts);
		free(v->starved.parts);
		free(v);
	}
}
