/*
 * record - events about what came to be on a list, dray-log(5).
 *
 *   record(p, now, gone, forgotten)  one for each listing of now that is fresh,
 *                        and one for each of the others.  0; or -1: dray-log does
 *                        not have them all, which was said.  They are not made
 *                        again
 *
 * It works in the instance's directory, and waits RECORD_MS at most.
 */
#ifndef DRAY_CHECK_RECORD_H
#define DRAY_CHECK_RECORD_H

#include "cmd/dray-check/listing.h"

#define RECORD_MS 30000

int record(const struct policy *p, const struct listings *now,
    const struct listings *gone, const struct listings *forgotten);

#endif
