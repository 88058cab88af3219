/*
 * client - connections of dray-smtpd: questions in, answers out (authproto.h).
 *
 *   client_start(loop, fd)  takes clients from a listening socket
 *
 * At most CLIENT_MAX at a time; the others wait.  One who does not read its
 * answers is not read from, and what it asked for is bounded by AUTH_AHEAD.
 */
#ifndef DRAY_AUTH_CLIENT_H
#define DRAY_AUTH_CLIENT_H

#include <ev.h>

#define CLIENT_MAX 64
#define CLIENT_HIGH 262144 /* octets that wait, then it is not read from */

void client_start(struct ev_loop *loop, int fd);

#endif
