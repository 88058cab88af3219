/*
 * explain - what holds for mail to one recipient, one fact a line, with the
 * place that says so.
 *
 *   explain(v, q, out)   0, or -1 EPROTO: the policy is damaged
 */
#ifndef DRAY_POLICY_EXPLAIN_H
#define DRAY_POLICY_EXPLAIN_H

#include "cmd/dray-policy/view.h"

/* What is asked.  Strings that are not given are "". */
struct explain_query {
	const char *domain;
	const char *stream, *tenant, *campaign, *sender;
	const char *route; /* the message names it */
	const char *const *mx;
	unsigned int nmx;
};

int explain(const struct view *v, const struct explain_query *q, FILE *out)
    __attribute__((warn_unused_result));

#endif
