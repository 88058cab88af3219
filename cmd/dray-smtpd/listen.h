/*
 * listen - the sockets of the listeners, and whom there is room for.
 *
 *   listen_open(l, n)     binds them all, but those that were passed
 *                         (passed.h); dies (111) if one cannot be
 *   listen_fds(n_r)       their descriptors
 *   listen_start(sm)      clients are taken from now on
 *   listen_stop()         and no more
 *   listen_trust(l, n)    whom they trust from now on; the same listeners
 */
#ifndef DRAY_SMTPD_LISTEN_H
#define DRAY_SMTPD_LISTEN_H

#include "cmd/dray-smtpd/smtpd.h"

void listen_open(const struct policy_listener *l, unsigned int n);
const int *listen_fds(unsigned int *n_r);
void listen_start(struct smtpd *sm);
void listen_stop(void);
void listen_trust(const struct policy_listener *l, unsigned int n);

#endif
