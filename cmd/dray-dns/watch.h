/*
 * watch - tells when section [dns] of the policy has changed.
 *
 *   watch_start(p, spare)
 *                     a descriptor that reads as ended once the [dns] of the
 *                     policy is not what it is in p, which stays the caller's
 *
 * The process itself opens no file once it is shut in, so a child does it: it
 * watches one directory, hears nobody, and ends with its parent.
 * spare is a descriptor that the child closes, or 0.
 */
#ifndef DRAY_DNS_WATCH_H
#define DRAY_DNS_WATCH_H

#include "common/policy.h"

int watch_start(struct policy *p, unsigned int spare);

#endif
