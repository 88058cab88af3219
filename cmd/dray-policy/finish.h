/*
 * finish - what can be said about the policy only when all of it was read.
 *
 *   finish_limits(c, l)   contradictions of what a section sets, with itself
 *                         and with [limits]
 */
#ifndef DRAY_POLICY_FINISH_H
#define DRAY_POLICY_FINISH_H

#include "cmd/dray-policy/conf.h"

void finish_limits(struct conf *c, const struct conf_limits *l);

#endif
