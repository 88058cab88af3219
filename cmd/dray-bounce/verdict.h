/*
 * verdict - code, status, class and hardness of a recipient.
 *
 *   replycode_find(s, c)  the reply of a server in words: 1 there is one, with
 *                         its code; 0 there is none, but the enhanced status
 *                         may be known
 *   replycode_phase(s)    the letter of the command that was refused
 *                         (remoteproto.h), or 0
 *   verdict_action(d)     what all the words say of it, where no field does
 *   verdict_find(d, rules, f, v_r)
 *                         fills status, code, class, blame, hardness, action,
 *                         rule and text of v_r
 */
#ifndef DRAY_BOUNCE_VERDICT_H
#define DRAY_BOUNCE_VERDICT_H

#include "cmd/dray-bounce/reading.h"

struct replycode {
	unsigned int code;
	char status[RULETEXT_STATUSMAX];
	struct span words; /* behind them */
	int quoted; /* from the transcript of a session */
};

int replycode_find(struct span s, struct replycode *c);
char replycode_phase(struct span s);
uint8_t verdict_action(const struct reading *d);
void verdict_find(const struct reading *d, struct rules *rules,
    const struct found *f, struct report_rcpt *v_r);

#endif
