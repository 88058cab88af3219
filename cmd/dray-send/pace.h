/*
 * pace - how fast the servers of a site are.
 *
 *   pace_add(p, now, us)   a transaction has ended that took so many
 *                          microseconds; now is in seconds
 *   pace_rate(p, now)      how many a second have ended in the last ten to
 *                          twenty seconds, times a thousand
 */
#ifndef DRAY_SEND_PACE_H
#define DRAY_SEND_PACE_H

#include <stdint.h>

struct pace {
	uint32_t reply_us; /* mean of the last ones */
	uint32_t window; /* of ten seconds */
	uint32_t count, before; /* in it, and in the one before */
};

void pace_add(struct pace *p, uint32_t now, uint32_t us);
uint64_t pace_rate(const struct pace *p, uint32_t now);

#endif
