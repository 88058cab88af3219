/*
 * loghead - how every event line begins, dray-log(5).
 *
 *   loghead(sa, type, us, host, policy)  the start of a line in sa, which it
 *                      empties: what happened and when, in microseconds since
 *                      1970, on which node, and the generation of the policy
 *                      that was in force.  The rest is written with json.h and
 *                      ended by json_line()
 *   loghead_now()      the time as it wants it
 */
#ifndef DRAY_LOGHEAD_H
#define DRAY_LOGHEAD_H

#include <stdint.h>

#include <skalibs/stralloc.h>

void loghead(stralloc *sa, const char *type, uint64_t us, const char *host,
    uint64_t policy);
uint64_t loghead_now(void);

#endif
