/*
 * warmup - sources that get warm: the plans of the policy ([warmup] in
 * dray-routes(5)), one for each group that has one.
 *
 * A plan allows so many recipients on each day, spread over what is left of the
 * day (spread.h).  What the day cannot take goes by another route, where there
 * is one (overflow.c).
 *
 *   warmup_set(g)         takes the plan of this group, whose policy is new
 *   warmup_drop(g)        gives it back
 *   warmup_when(g, stream, want)
 *                         when so many recipients, or the first of them, may
 *                         leave; 0 now; else as daily_when
 *   warmup_room(g, stream)
 *                         so many may at this moment
 *   warmup_passed(g, n)   so many leave; before they are counted
 *   warmup_places(g)      so many may wait for their place in the day
 *   warmup_each(g)        seconds from one of them to the next
 *   warmup_overflow(g)    the name of the other route; NULL there is none
 *   warmup_put(sa, g, when)
 *                         appends members to a JSON object: the plan as it is
 *                         today.  Returns its name
 *
 * and for groups that cannot do what they have, in overflow.c:
 *
 *   overflow_want()       something waits for its place
 *   overflow_turn()       once a turn; 1 there is more to do
 */
#ifndef DRAY_SEND_WARMUP_H
#define DRAY_SEND_WARMUP_H

#include <stdint.h>

#include <skalibs/stralloc.h>

#include "cmd/dray-send/spread.h"

struct group;

struct warmup {
	struct plan *plan;
	struct spread spread;
	uint32_t walk; /* overflow.c: of which this is: */
	uint64_t places; /* left in the day */
	uint64_t before; /* recipients that have one */
};

void warmup_set(struct group *g);
void warmup_drop(struct group *g);
uint64_t warmup_when(const struct group *g, uint8_t stream, uint64_t want);
uint64_t warmup_room(const struct group *g, uint8_t stream);
void warmup_passed(const struct group *g, uint64_t n);
uint64_t warmup_places(const struct group *g);
double warmup_each(const struct group *g);
const char *warmup_overflow(const struct group *g);
const char *warmup_put(stralloc *sa, const struct group *g, uint64_t when);

void overflow_want(void);
int overflow_turn(void);

#endif
