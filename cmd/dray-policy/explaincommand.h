/*
 * explaincommand - dray-policy explain, and its options.
 *
 *   explaincommand_parse(q, args, n)
 *                  what is asked, from the n words that begin with "explain";
 *                  -1 when they are none that it knows.  Exits 100 when one has
 *                  a value that cannot be
 *   explaincommand_run(v, q, base, out)
 *                  0, or -1 EPROTO: the policy is damaged
 */
#ifndef DRAY_POLICY_EXPLAINCOMMAND_H
#define DRAY_POLICY_EXPLAINCOMMAND_H

#include "cmd/dray-policy/explain.h"

#define EXPLAINCOMMAND_USAGE                                               \
	"explain [--stream stream] [--route route] [--tenant tenant] "     \
	"[--campaign campaign] [--sender address] [--from address] [--mx " \
	"host ...] recipient"

int explaincommand_parse(struct explain_query *q, const char *const *args,
    int n) __attribute__((warn_unused_result));
int explaincommand_run(const struct view *v, struct explain_query *q,
    const char *base, FILE *out) __attribute__((warn_unused_result));

#endif
