/*
 * explain - what holds for mail to one recipient, one fact a line, with the
 * place that says so.
 *
 *   explain(v, q, out)   0, or -1 EPROTO: the policy is damaged.  Exits 100
 *                        when a stream or a route that was asked for does not
 *                        exist
 *   explain_asks(v, q)   1 if it depends on the servers that DNS gives
 */
#ifndef DRAY_POLICY_EXPLAIN_H
#define DRAY_POLICY_EXPLAIN_H

#include "cmd/dray-policy/view.h"

#define EXPLAIN_MXMAX 32
#define EXPLAIN_SENDERMAX 254

/* What is asked.  Strings that are not given are "". */
struct explain_query {
	char domain[POLICY_NAMEMAX + 1];
	char stream[POLICY_LABELMAX + 1];
	char tenant[POLICY_LABELMAX + 1];
	char campaign[POLICY_LABELMAX + 1];
	char sender[EXPLAIN_SENDERMAX + 1];
	int issender; /* it was given, and "" is the null sender */
	char from[POLICY_NAMEMAX + 1]; /* the domain of its From field */
	int isfrom;
	char route[POLICY_LABELMAX + 1]; /* the message names it */
	char mx_name[EXPLAIN_MXMAX][POLICY_NAMEMAX + 1];
	const char *mx[EXPLAIN_MXMAX];
	unsigned int nmx;
	const struct policy_ip *addr;
	unsigned int naddr;
	int isasked; /* DNS gave these, or why says why not */
	const char *why;
};

int explain(const struct view *v, const struct explain_query *q, FILE *out)
    __attribute__((warn_unused_result));
int explain_asks(const struct view *v, const struct explain_query *q);

#endif
