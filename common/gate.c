#include "common/gate.h"

#define NS 1e9
#define MARGIN 1.005
#define BURST_PART 20 /* of a second's worth */
#define BURST_LEAST 2

/* What one takes; a rate of octets takes less than a nanosecond each. */
static double
each(const struct gate_limit *l)
{
	return (double)l->period * NS * MARGIN / (double)l->count;
}

uint64_t
gate_burst(const struct gate_limit *l)
{
	uint64_t n;

	if (l->burst)
		return l->burst;
	n = l->count / l->period / BURST_PART + 1;
	return n < BURST_LEAST ? BURST_LEAST : n;
}

uint64_t
gate_when(const struct gate *g, const struct gate_limit *l, uint64_t now,
    unsigned int kept)
{
	uint64_t burst, ahead, rest;

	if (!l->count || g->clock <= now)
		return 0;
	burst = gate_burst(l);
	rest = (burst * kept + 99) / 100;
	if (rest > burst - 1)
		rest = burst - 1;
	ahead = (uint64_t)(each(l) * (double)(burst - 1 - rest));
	return g->clock - now <= ahead ? 0 : g->clock - ahead;
}

void
gate_pass(struct gate *g, const struct gate_limit *l, uint64_t now, uint64_t n)
{
	if (!l->count)
		return;
	if (g->clock < now)
		g->clock = now;
	g->clock += (uint64_t)(each(l) * (double)n);
}

void
gate_clip(struct gate *g, const struct gate_limit *l, uint64_t now)
{
	uint64_t most;

	if (!l->count) {
		g->clock = 0;
		return;
	}
	most = now + (uint64_t)(each(l) * (double)gate_burst(l));
	if (g->clock > most)
		g->clock = most;
}
