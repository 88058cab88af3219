/*
 * passed - listening sockets that a supervisor has opened.
 *
 *   passed_start()    finds them: LISTEN_FDS from descriptor 3 on, if
 *                     LISTEN_PID is this process (sd_listen_fds(3)); and those
 *                     of S6_FD#, as s6-fdholder-getdump leaves them.  Dies (100)
 *                     if one is no stream socket
 *   passed_take(l)    the one with the address and port of l, or -1
 *   passed_finish()   dies (100) if one was not taken
 *
 * Names and order of the sockets do not matter.
 */
#ifndef DRAY_SMTPD_PASSED_H
#define DRAY_SMTPD_PASSED_H

#include "common/policy.h"

void passed_start(void);
int passed_take(const struct policy_listener *l);
void passed_finish(void);

#endif
