/*
 * tell - a message to the postmaster about what came to be on a list.
 *
 *   tell(base, p, now, gone)  queues it: the listings of now that are fresh, and
 *                        those of gone, which are on no list any more.  0, or -1:
 *                        it could not be queued now, which was said
 *
 * It has at most TELL_LINES of each; then it says how many more there are.
 */
#ifndef DRAY_CHECK_TELL_H
#define DRAY_CHECK_TELL_H

#include "cmd/dray-check/listing.h"

#define TELL_LINES 200

int tell(const char *base, const struct policy *p, const struct listings *now,
    const struct listings *gone);

#endif
