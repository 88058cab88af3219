/*
 * transport - octets of a connection, in the clear or by TLS.
 *
 *   transport_secure(t)      TLS begins with the next octets, both ways
 *   transport_read(t, revents, d)  when the loop says that something can be
 *                            done: how many octets have come to d, which has
 *                            TRANSPORT_ROOM; 0 the client has ended; -1 errno.
 *                            EAGAIN: none yet.  EPROTO: TLS has failed
 *   transport_ended(t)       1 nothing comes any more behind what was read
 *   transport_write(t, s, n, last)  as send(2); last: transport_end is next, and
 *                            may share a packet with it
 *   transport_shaking(t)     1 in the handshake
 *   transport_events(t, e)   what to wait for, where e is wanted in the clear
 *   transport_end(t)         our side is shut; what comes is of no interest
 *   transport_free(t)        closes it
 */
#ifndef DRAY_SMTPD_TRANSPORT_H
#define DRAY_SMTPD_TRANSPORT_H

#include <stddef.h>
#include <sys/types.h>

#include "cmd/dray-smtpd/tls.h"

#define TRANSPORT_ROOM TLS_PLAIN
#define TRANSPORT_SHAKE 30 /* seconds for a handshake */

struct transport {
	int fd;
	struct tls_conn *tls; /* NULL: in the clear */
	int shut;
};

void transport_secure(struct transport *t);
ssize_t transport_read(struct transport *t, int revents, char *d);
int transport_ended(const struct transport *t);
ssize_t transport_write(struct transport *t, const char *s, size_t n, int last);
int transport_shaking(const struct transport *t);
int transport_events(const struct transport *t, int events);
void transport_end(struct transport *t);
void transport_free(struct transport *t);

#endif
