/*
 * session - one connection of a client: octets in and out, and the clock.
 *
 *   session_new(sm, fd, l, a, net)
 *                          takes an accepted socket, non-blocking, that
 *                          crowd_enter() counted; l stays, and whom it trusts
 *                          may change
 *   session_count()        how many there are
 *   session_last(done)     the program ends: no session begins anything more,
 *                          and done is called when none is left
 *
 * What was read and could not be taken is kept, at most what is read at once
 * (transport.h) and a line; then nothing is read.  So a session holds its struct,
 * TLS, and what its message holds (message.h).
 */
#ifndef DRAY_SMTPD_SESSION_H
#define DRAY_SMTPD_SESSION_H

#include "cmd/dray-smtpd/net.h"
#include "cmd/dray-smtpd/smtpd.h"

struct crowd;

void session_new(struct smtpd *sm, int fd, const struct policy_listener *l,
    const struct net_addr *a, struct crowd *crowd);
unsigned int session_count(void);
void session_last(void (*done)(void));

#endif
