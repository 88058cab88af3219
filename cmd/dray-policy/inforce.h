/*
 * inforce - the overrides that concern mail to a recipient (dray-overrides(5)).
 *
 *   inforce_put(base, q, out)  one line for each: "override", what it does and
 *                              to what, and its file.  Of a selector whose
 *                              value was not asked for it is not known whether
 *                              it matches; the line shows it
 */
#ifndef DRAY_POLICY_INFORCE_H
#define DRAY_POLICY_INFORCE_H

#include "cmd/dray-policy/explain.h"

void inforce_put(const char *base, const struct explain_query *q, FILE *out);

#endif
