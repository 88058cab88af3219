/*
 * listen - the addresses the sink listens on.
 *
 *   listen_on(s, spec, any)   "127.0.0.1:2525" or "[::1]:0".  Refuses what is
 *       not a loopback address unless `any`.  Prints "listening ADDR:PORT" to
 *       standard output.  Dies with 100 (a bad address) or 111.
 *   listen_names(fd, local, nl, peer, np)   both ends as "ADDR:PORT"
 */
#ifndef DRAY_LISTEN_H
#define DRAY_LISTEN_H

#include <stddef.h>

struct sink;

void listen_on(struct sink *s, const char *spec, int any);
void listen_names(int fd, char *local, size_t nl, char *peer, size_t np);

#endif
