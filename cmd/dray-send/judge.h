/*
 * judge - what a reply means, by the reply rules of the policy (common/rules.h,
 * dray-rules(5)).
 *
 *   judge_policy()         takes the rules of the policy in force; where they
 *                          cannot be used it says so, and the old ones stay
 *   judge_reply(r, l, v_r) l is the lane that it came over, or NULL
 */
#ifndef DRAY_SEND_JUDGE_H
#define DRAY_SEND_JUDGE_H

#include "common/rules.h"

struct lane;
struct reply;

void judge_policy(void);
void judge_reply(
    const struct reply *r, const struct lane *l, struct rules_verdict *v_r);

#endif
