/*
 * tell - tells the postmaster what was stopped, by mail.
 *
 *   tell_start(base)
 *   tell_add(o)     a message about an override that is in force now; at most
 *                   TELL_MAX wait, what is more is passed over
 *   tell_turn()     hands over what waits, if it is time to try; milliseconds
 *                   until it is time again, -1 nothing waits
 */
#ifndef DRAY_TUNE_TELL_H
#define DRAY_TUNE_TELL_H

#include "common/override.h"

#define TELL_MAX 50

void tell_start(const char *base);
void tell_add(const struct override *o);
int tell_turn(void);

#endif
