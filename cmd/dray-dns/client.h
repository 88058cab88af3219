/*
 * client - who asks (dnsproto.h).
 *
 *   client_start(loop, fd)   takes over the listening socket
 *   client_texts(c, type, id, verdict, ttl, why, texts, n, count)
 *                            the answer to a question of TXT or A, type 'T' or
 *                            'A': count records, as they are in the answer, one
 *                            after the other in n octets.
 *                            Closes the question
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
#include "common/peers.h"

#define CLIENTS_MAX 64
#define CLIENT_OPEN (4 * DNS_AHEAD)
#define CLIENT_HIGH (1u << 20)
#define CLIENT_MAX (64u << 20)

LIST_HEAD(waiters, waiter);

struct client {
	struct peer peer;
	struct waiters waiters;
};

void client_start(struct ev_loop *loop, int fd);
void client_texts(struct client *c, char type, uint32_t id, int verdict,
    uint32_t ttl, const char *why, const char *texts, size_t n,
    unsigned int count);

#endif
