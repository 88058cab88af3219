#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"

/* Destinations that wait for a place for a lane, or for one of the bundles that
 * may be open. */
#define FEED 256 /* destinations at a turn */

/* Waits for a place, or for another open bundle.  What must not wait goes first, then mail that was never
 * tried: the rest has been waiting for its destination anyway. */
void
lane_want(struct dest *d, uint8_t stream, uint8_t what)
{
	if (d->iswanting)
		return;
	if (stream_keeps(stream) || d->fresh)
		row_first(&self.wanting[what], d->number);
	else
		row_last(&self.wanting[what], d->number);
	d->iswanting = what;
}

/* The next one that wants this; NULL nobody. */
static struct dest *
wanting(uint8_t what)
{
	struct row *r = &self.wanting[what];
	struct dest *d;
	uint32_t n;

	while ((n = row_next(r))) {
		d = numbers_at(&self.dest, n);
		if (d && d->iswanting == what)
			return d;
		row_take(r);
	}
	return NULL;
}

static void
look_again(struct dest *d)
{
	row_take(&self.wanting[d->iswanting]);
	d->iswanting = WANT_NOTHING;
	dest_todo(d);
}

/* A bundle is in use no more. */
void
lane_served(void)
{
	struct dest *d = wanting(WANT_BUNDLE);

	if (d)
		look_again(d);
}

/* Once a turn: for each place, one of those that wait looks again.  1 there may
 * be more to do. */
int
lane_feed(void)
{
	struct dest *d;
	uint32_t n;

	for (n = 0; n < FEED; n++) {
		d = wanting(WANT_PLACE);
		if (!d || worker_places(d, queue_urgent(d)) <= n)
			return n != 0;
		look_again(d);
	}
	return 1;
}
