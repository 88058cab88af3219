/*
 * maildate - dates as mail has them (RFC 5322 3.3), in local time.
 *
 *   maildate(d, now)   "Sun, 22 Nov 2026 14:20:03 +0000" into d, which has
 *                      MAILDATE_MAX octets.  0, or -1: the time has no date
 */
#ifndef DRAY_MAILDATE_H
#define DRAY_MAILDATE_H

#include <time.h>

#define MAILDATE_MAX 64

int maildate(char *d, time_t now) __attribute__((warn_unused_result));

#endif
