/*
 * clients - who sends events, and what they are owed (logproto.h).
 *
 *   clients_accept(cs, fd, door)  takes new clients from a listener.  -1 when the
 *                           system refuses: pause before the next attempt.  Of
 *                           those that come by the door only some events are
 *                           taken (door.h)
 *   clients_room(cs, door)  1 if there is room for one more
 *   clients_read(cs, i, buf)  what client i sent: appends its lines to buf.  A
 *                           malformed frame, an event that it may not write, or the
 *                           end, closes it
 *   clients_acknowledge(cs) all lines that were in frames so far are durable:
 *                           tells everybody
 *   clients_write(cs, i)    when client i is writable
 *   clients_drop(cs)        closes all, so that they send again
 *
 * Clients live in slots 0 to CLIENTS_MAX - 1; a free slot has f.fd -1.
 */
#ifndef DRAY_LOG_CLIENTS_H
#define DRAY_LOG_CLIENTS_H

#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/frame.h"

#define CLIENTS_MAX 256
#define CLIENTS_DOOR 32 /* of these, by the door */

struct client {
	struct frame f;
	uint64_t got; /* frames */
	uint64_t durable; /* of these, on disk */
	uint64_t told; /* and acknowledged */
	int deaf; /* it can be told nothing any more */
	int door;
};

struct clients {
	unsigned int n;
	unsigned int ndoor;
	struct client slot[CLIENTS_MAX];
};

void clients_init(struct clients *cs);
int clients_room(const struct clients *cs, int door);
int clients_accept(struct clients *cs, int fd, int door);
void clients_read(struct clients *cs, unsigned int i, stralloc *buf);
void clients_acknowledge(struct clients *cs);
void clients_write(struct clients *cs, unsigned int i);
void clients_drop(struct clients *cs);

#endif
