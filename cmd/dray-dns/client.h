/*
 * client - who asks (dnsproto.h).
 *
 *   client_start(loop, fd)   takes over the listening socket
 *   client_flush()           before the loop sleeps: sends what was answered
 *
 * A client is not read from while DNS_AHEAD questions of it are open, or more
 * than CLIENT_HIGH octets of answers wait for it; but one read brings many.  One
 * that has more than CLIENT_OPEN questions open, or lets CLIENT_MAX octets pile
 * up, is closed.  At most CLIENTS_MAX are there at a
 * time; others wait to be accepted.
 */
#ifndef DRAY_DNS_CLIENT_H
#define DRAY_DNS_CLIENT_H

#include <ev.h>
#include <sys/queue.h>

#include "cmd/dray-dns/question.h"
#include "common/dnsproto.h"
#include "common/frame.h"

#define CLIENTS_MAX 64
#define CLIENT_OPEN (4 * DNS_AHEAD)
#define CLIENT_HIGH (1u << 20)
#define CLIENT_MAX (64u << 20)

LIST_HEAD(waiters, waiter);

struct client {
	TAILQ_ENTRY(client) dirty;
	struct frame f;
	ev_io rd, wr;
	struct waiters waiters;
	unsigned int open; /* questions */
	int listed; /* it has answers to be sent */
	int dead; /* to be closed */
};

void client_start(struct ev_loop *loop, int fd);
void client_flush(void);

#endif
