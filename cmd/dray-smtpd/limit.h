/*
 * limit - how much a client may do.
 *
 *   limit_connection(sm, l, c)  of one that has just come
 *   limit_message(t)            of one that begins a message
 *   limit_rcpt(t)               and names a recipient
 *
 * Each returns NULL, and has counted it, or the reply that refuses it, which is
 * good until the next one.  After one that begins with 421 the session is to be
 * ended.
 */
#ifndef DRAY_SMTPD_LIMIT_H
#define DRAY_SMTPD_LIMIT_H

#include "cmd/dray-smtpd/crowd.h"
#include "cmd/dray-smtpd/talk.h"

const char *limit_connection(
    const struct smtpd *sm, const struct policy_listener *l, struct crowd *c);
const char *limit_message(struct talk *t);
const char *limit_rcpt(struct talk *t);

#endif
