/*
 * breaker - stops a campaign, a tenant, or a source at a provider, of whose
 * recipients too many are refused or complain ([breaker] of dray-conf(5)).
 *
 *   breaker_start()         after the state was loaded
 *   breaker_event(e, when)  counts an event, of this time in milliseconds, and
 *                           stops what is too bad
 *   breaker_ended(id)       an override of this id has ended
 */
#ifndef DRAY_TUNE_BREAKER_H
#define DRAY_TUNE_BREAKER_H

#include "common/logevent.h"

void breaker_start(void);
void breaker_event(const struct logevent *e, uint64_t when);
void breaker_ended(const char *id);

#endif
