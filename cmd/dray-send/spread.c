#include <math.h>

#include "cmd/dray-send/spread.h"

double
spread_each(uint64_t quota, uint64_t left, double rest)
{
	double each = rest / (double)(left ? left : 1);
	double least = SPREAD_FASTEST / (double)(quota ? quota : 1);

	return each > least ? each : least;
}

double
spread_come(struct spread *s, double each, double now)
{
	double most = 1 + floor(SPREAD_BURST / each), n;

	if (s->clock <= now)
		return most;
	/* What passed when it was slower counts for no more than that. */
	if (s->clock > now + most * each)
		s->clock = now + most * each;
	n = most - (s->clock - now) / each;
	return n > 0 ? n : 0;
}

void
spread_pass(struct spread *s, double each, double now, uint64_t n)
{
	if (s->clock < now)
		s->clock = now;
	s->clock += (double)n * each;
}
