/*
 * http - the server: libmicrohttpd in our loop.
 *
 *   http_start(fd, proxy)  serves the listening socket fd.  Who connects from
 *                          proxy, or from this machine, may say in
 *                          X-Forwarded-For whom he speaks for
 */
#ifndef DRAY_UNSUB_HTTP_H
#define DRAY_UNSUB_HTTP_H

#include <ev.h>

void http_start(struct ev_loop *loop, int fd, const char *proxy);

#endif
