/*
 * refusal - the events of what is refused: type Rejection, and its summary
 * (dray-log(5)).  Each reply that begins with 4 or 5 is one.
 *
 *   refusal_reply(t, reply)  of a session
 *   refusal_connection(sm, l, a, c, reply)  of one that was not let in; c NULL:
 *                        its network is not counted
 *   refusal_summary(sm, row)  of what was counted only
 *
 * What was said goes into it as it is known: the sender and the recipient when
 * they are addresses, t->said when it is none, and of AUTH the name alone.
 */
#ifndef DRAY_SMTPD_REFUSAL_H
#define DRAY_SMTPD_REFUSAL_H

#include "cmd/dray-smtpd/smtpd.h"
#include "cmd/dray-smtpd/tally.h"

struct crowd;
struct talk;

void refusal_reply(const struct talk *t, const char *reply);
void refusal_connection(const struct smtpd *sm, const struct policy_listener *l,
    const struct net_addr *a, struct crowd *c, const char *reply);
void refusal_summary(const struct smtpd *sm, const struct tally_row *row);

#endif
