/*
 * spread - how a day's quota is spread over what is left of the day.
 *
 * Places come one after the other, in the time that is left over what is left of
 * the quota, so that a start in the middle of the day spreads the rest over the
 * rest; but never faster than all of it in SPREAD_FASTEST seconds.  A minute's
 * worth of places, and one, may be used at once.
 *
 *   spread_each(quota, left, rest)  seconds from one place to the next, with so
 *                                   many recipients and seconds left of the day
 *   spread_come(s, each, now)       places that have come and were not used
 *   spread_pass(s, each, now, n)    n of them are used
 *
 * Times are seconds since any moment.
 */
#ifndef DRAY_SEND_SPREAD_H
#define DRAY_SEND_SPREAD_H

#include <stdint.h>

#define SPREAD_FASTEST 7200.0
#define SPREAD_BURST 60.0

struct spread {
	double clock; /* by then all that passed has come */
};

double spread_each(uint64_t quota, uint64_t left, double rest);
double spread_come(struct spread *s, double each, double now);
void spread_pass(struct spread *s, double each, double now, uint64_t n);

#endif
