/*
 * explainsign - who signs mail From a domain, one signature a line, with the
 * place that says so.
 *
 *   explainsign(v, domain, out)   0, or -1 EPROTO: the policy is damaged.
 *                                 domain is "" for mail that has none
 */
#ifndef DRAY_POLICY_EXPLAINSIGN_H
#define DRAY_POLICY_EXPLAINSIGN_H

#include "cmd/dray-policy/view.h"

int explainsign(const struct view *v, const char *domain, FILE *out)
    __attribute__((warn_unused_result));

#endif
