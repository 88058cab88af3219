/*
 * hold - mail from an address that is on a list waits.
 *
 *   hold_open(base)      the overrides; dies where they cannot be opened
 *   hold_put(x, seconds) mail from x->name is held from now on for so long.  0,
 *                        or -1, which was said
 *   hold_stands(x)       1 if it is held by us
 *   hold_end(x)          it is let go, if it was held by us
 */
#ifndef DRAY_CHECK_HOLD_H
#define DRAY_CHECK_HOLD_H

#include "cmd/dray-check/listing.h"

void hold_open(const char *base);
int hold_stands(const struct listing *x);
int hold_put(const struct listing *x, uint32_t seconds);
void hold_end(const struct listing *x);

#endif
