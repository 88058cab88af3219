/*
 * charge - counts a message for who sends it, before it comes.
 *
 *   charge_start(t)    the sender of t->m is good: replies to MAIL, at once or
 *                      when dray-auth has answered
 *   charge_back(m)     m was not taken into the queue: what it was counted for
 *                      does not count
 */
#ifndef DRAY_SMTPD_CHARGE_H
#define DRAY_SMTPD_CHARGE_H

#include "cmd/dray-smtpd/talk.h"

void charge_start(struct talk *t);
void charge_back(struct message *m);

#endif
