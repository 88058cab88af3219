/*
 * hold - what holds mail back, one line each.
 *
 *   hold_show(h, now)       an object of "holds" in an answer to WHY
 *   hold_when(t, now)       " in 12 s", or " at" and the local time if that is
 *                           longer than a minute
 */
#ifndef DRAY_WHY_HOLD_H
#define DRAY_WHY_HOLD_H

#include <jansson.h>
#include <time.h>

void hold_show(const json_t *h, time_t now);
void hold_when(int64_t t, time_t now);

#endif
