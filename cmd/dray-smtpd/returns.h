/*
 * returns - what is different on a listener for what comes back.
 *
 *   returns_role(t)      1 on such a listener
 *   returns_queue(t)     where messages of this listener go
 *   returns_max(t)       and how large they may be
 *   returns_rcpt(t, p)   NULL, or why nothing comes back to this recipient:
 *                        the only one who decides there, whoever the client is
 */
#ifndef DRAY_SMTPD_RETURNS_H
#define DRAY_SMTPD_RETURNS_H

#include "cmd/dray-smtpd/talk.h"

int returns_role(const struct talk *t);
struct queue *returns_queue(const struct talk *t);
uint64_t returns_max(const struct talk *t);
const char *returns_rcpt(const struct talk *t, const struct path *p);

#endif
