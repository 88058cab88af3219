/*
 * gate - a rate limit: the generic cell rate algorithm (ITU-T I.371), which
 * needs one number a limit.
 *
 * Each thing that passes moves the gate's clock on by the time that one takes
 * at that rate; it may run ahead of the real one by as many of them as the
 * burst has beyond the first.  So no window as long as the period sees more
 * than the limit and the burst.  Half a percent is kept back, for things that
 * arrive later than they left.
 *
 *   gate_when(g, l, now, kept)  when one may pass, in ns; not above now: it
 *                               may.  kept is the part of the burst, in
 *                               percent, that is not for this one
 *   gate_pass(g, l, now, n)     n of them do
 *   gate_clip(g, l, now)        the limit is another one now: what passed under
 *                               the old one counts for a burst at most
 *   gate_burst(l)               the burst in force
 *
 * Times are nanoseconds since any moment.  A limit without a count lets
 * everything pass.  The burst that is 0 stands for 50 ms of the rate, and at
 * least two, so that a part of it can be kept.
 */
#ifndef DRAY_GATE_H
#define DRAY_GATE_H

#include <stdint.h>

struct gate {
	uint64_t clock;
};

struct gate_limit {
	uint64_t count; /* 0: no limit */
	uint64_t period; /* seconds */
	uint64_t burst; /* 0: chosen here */
};

uint64_t gate_when(const struct gate *g, const struct gate_limit *l,
    uint64_t now, unsigned int kept);
void gate_pass(
    struct gate *g, const struct gate_limit *l, uint64_t now, uint64_t n);
void gate_clip(struct gate *g, const struct gate_limit *l, uint64_t now);
uint64_t gate_burst(const struct gate_limit *l);

#endif
