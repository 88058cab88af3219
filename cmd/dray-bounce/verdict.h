/*
 * verdict - code, status, class and hardness of a recipient.
 *
 *   replycode_find(s, code_r, status_r)
 *                         the SMTP reply in words: its code, or 0, and its
 *                         enhanced status, or ""; status_r has room for
 *                         RULETEXT_STATUSMAX
 *   verdict_find(d, rules, f, v_r)
 *                         fills status, code, class, blame, hardness, action,
 *                         rule and text of v_r
 */
#ifndef DRAY_BOUNCE_VERDICT_H
#define DRAY_BOUNCE_VERDICT_H

#include "cmd/dray-bounce/reading.h"

void replycode_find(struct span s, unsigned int *code_r, char *status_r);
void verdict_find(const struct reading *d, struct rules *rules,
    const struct found *f, struct report_rcpt *v_r);

#endif
