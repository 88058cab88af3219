/*
 * explainfrom - what mail From a domain gets: what its [sender] says, and who
 * signs it, one signature a line; each with the place that says so.
 *
 *   explainfrom(v, domain, out)   0, or -1 EPROTO: the policy is damaged.
 *                                 domain is "" for mail that has none
 */
#ifndef DRAY_POLICY_EXPLAINFROM_H
#define DRAY_POLICY_EXPLAINFROM_H

#include "cmd/dray-policy/view.h"

int explainfrom(const struct view *v, const char *domain, FILE *out)
    __attribute__((warn_unused_result));

#endif
