#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"

/*
 * Destinations that wait for a place for a lane, or for one of the bundles that
 * may be open.  What must not wait goes first, then mail that was never tried:
 * the rest has been waiting for its destination anyway.  Of each of these the
 * streams go by their priority, and equals in the order in which they came.
 */
#define FEED 256 /* destinations at a turn */

enum want_class
want_class(const struct dest *d, uint8_t stream)
{
	if (stream_keeps(stream))
		return WANT_URGENT;
	return d->fresh ? WANT_FRESH : WANT_REST;
}

static struct dest *
at(uint32_t n)
{
	return numbers_at(&self.dest, n);
}

static void
insert(struct dest *d)
{
	struct wants *w = &self.wanting[d->iswanting];
	struct want_list *l = &w->list[d->order];

	d->wnext = 0;
	d->wprev = l->last;
	if (l->last)
		at(l->last)->wnext = d->number;
	else
		l->first = d->number;
	l->last = d->number;
	w->used |= UINT64_C(1) << d->order;
	w->n[d->order / POLICY_STREAMMAX]++;
}

void
lane_unwant(struct dest *d)
{
	struct wants *w = &self.wanting[d->iswanting];
	struct want_list *l = &w->list[d->order];

	if (!d->iswanting)
		return;
	if (d->wprev)
		at(d->wprev)->wnext = d->wnext;
	else
		l->first = d->wnext;
	if (d->wnext)
		at(d->wnext)->wprev = d->wprev;
	else
		l->last = d->wprev;
	if (!l->first)
		w->used &= ~(UINT64_C(1) << d->order);
	w->n[d->order / POLICY_STREAMMAX]--;
	d->iswanting = WANT_NOTHING;
}

/* One that waits already keeps its turn, unless it has got mail that goes
 * before. */
void
lane_want(struct dest *d, uint8_t stream, uint8_t what)
{
	uint8_t order = (uint8_t)(want_class(d, stream) * POLICY_STREAMMAX +
	    stream_rank(stream));

	if (d->iswanting && (d->iswanting != what || d->order <= order))
		return;
	lane_unwant(d);
	d->iswanting = what;
	d->order = order;
	insert(d);
}

/* The next one of this class, or of those after it, that wants this; NULL
 * nobody. */
static struct dest *
wanting(uint8_t what, enum want_class from)
{
	const struct wants *w = &self.wanting[what];
	unsigned int i;

	for (i = from * POLICY_STREAMMAX; i < WANT_ORDERS; i++)
		if (w->used >> i & 1)
			return at(w->list[i].first);
	return NULL;
}

static void
look_again(struct dest *d)
{
	lane_unwant(d);
	dest_todo_first(d);
}

/* A bundle is in use no more. */
void
lane_served(void)
{
	struct dest *d = wanting(WANT_BUNDLE, WANT_URGENT);

	if (d)
		look_again(d);
}

/* Once a turn: for each place, one of those that wait looks again.  1 there may
 * be more to do.  Who has none of the places leaves none for those behind. */
int
lane_feed(void)
{
	struct dest *d;
	uint32_t n;

	for (n = 0; n < FEED; n++) {
		d = wanting(WANT_PLACE, WANT_URGENT);
		if (!d || worker_places(d->order / POLICY_STREAMMAX) <= n)
			return n != 0;
		look_again(d);
	}
	return 1;
}

uint32_t
lane_stuck(enum want_class c)
{
	return worker_places(c) ? 0 : self.wanting[WANT_PLACE].n[c];
}
