/*
 * dnsbl - is anything of ours on a blocklist?
 *
 *   dnsbl(base, p, dry)  looks up what own.h has in the lists of the policy, and
 *                        prints what is listed; unless dry, also tells the
 *                        postmaster and the log what changed, holds, and notes
 *                        it in check/dnsbl.  The exit code: 0, DNSBL_LISTED, 111
 */
#ifndef DRAY_CHECK_DNSBL_H
#define DRAY_CHECK_DNSBL_H

#include "common/policy.h"

#define DNSBL_LISTED 1

int dnsbl(const char *base, const struct policy *p, int dry);

#endif
