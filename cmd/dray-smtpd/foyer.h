/*
 * foyer - connections from proxies, until they have said who comes.
 *
 *   foyer_enter(loop, fd, a, fn, ctx)
 *                     takes a socket of a proxy at a.  After its header (proxy.h)
 *                     fn(ctx, fd, a) gets it back, with the client's address if
 *                     there is one; the first octet behind the header is still in
 *                     the socket.  One that is malformed, or not there after
 *                     FOYER_TIME seconds, ends the connection
 *   foyer_count()     how many there are
 *   foyer_close()     no more: all of them are ended
 */
#ifndef DRAY_SMTPD_FOYER_H
#define DRAY_SMTPD_FOYER_H

#include <ev.h>

#include "cmd/dray-smtpd/net.h"

#define FOYER_TIME 10

typedef void foyer_fn(void *ctx, int fd, const struct net_addr *a);

void foyer_enter(struct ev_loop *loop, int fd, const struct net_addr *a,
    foyer_fn *fn, void *ctx);
unsigned int foyer_count(void);
void foyer_close(void);

#endif
