/*
 * controlclient - a question to dray-send over BASE/sock/control
 * (dray-protocols(7)), for short programs.
 *
 *   controlclient_connect(base, seconds)  a connection on which reading and
 *       writing take at most so long; -1 if nobody listens there
 *   controlclient_ask(fd, type, body, fn, ctx)  sends the question, and calls
 *       fn for each frame of the answer until fn says that it was the last
 *       one: fn(ctx, data, len) returns 1 the last, 0 more to come, -1 it is
 *       malformed.  body is what follows the type, NULL for nothing.  The
 *       connection is closed then
 *   controlclient_gone(base)  exits 111 and says that dray-send is not running
 *
 * They exit 111 with a message if dray-send cannot be asked, does not answer in
 * time, or answers with something else.
 */
#ifndef DRAY_CONTROLCLIENT_H
#define DRAY_CONTROLCLIENT_H

#include <stddef.h>

#include <skalibs/stralloc.h>

#define CONTROLCLIENT_SECONDS 30

typedef int controlclient_fn(void *ctx, const char *data, size_t len);

int controlclient_connect(const char *base, unsigned int seconds);
void controlclient_ask(
    int fd, char type, const stralloc *body, controlclient_fn *fn, void *ctx);
void controlclient_gone(const char *base);

#endif
