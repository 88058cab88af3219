/*
 * client - who asks for signatures (signproto.h).
 *
 *   client_start(loop, fd, d)   takes clients on a socket that listens, and
 *                               starts the threads that sign, shut in as d says
 */
#ifndef DRAY_SIGN_CLIENT_H
#define DRAY_SIGN_CLIENT_H

#include <ev.h>

#include "common/drop.h"

#define CLIENTS_MAX 256

void client_start(struct ev_loop *loop, int fd, const struct drop *d);

#endif
