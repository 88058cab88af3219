/*
 * dial - from an address to a server that takes mail.
 *
 *   dial_start(l)         begins with the first address
 *   dial_connected(l)     the socket of LANE_CONNECT became writable
 *   dial_answer(l)        a whole reply before LANE_READY
 *   dial_failed(l, what)  this address will not do: on with the next one; after
 *                         the last the lane is down
 *
 * 220 and a 2xx to EHLO, or to HELO after EHLO was refused with 5xx: then the
 * lane is ready.  Anything else: the next address.  A server's own words are
 * worth more than "connection refused", so they are what DOWN tells, of
 * whichever address.
 */
#ifndef DRAY_REMOTE_DIAL_H
#define DRAY_REMOTE_DIAL_H

struct lane;

void dial_start(struct lane *l);
void dial_connected(struct lane *l);
void dial_answer(struct lane *l);
void dial_failed(struct lane *l, const char *what);

#endif
