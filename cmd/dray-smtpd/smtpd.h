/*
 * smtpd - what the parts of dray-smtpd share.
 *
 * listen.c    sockets, and whom there is room for; passed.c: sockets that a
 *             supervisor has opened
 * crew.c      several processes on them
 * foyer.c     connections of proxies, until proxy.c has their header; xclient.c:
 *             who says later who it is
 * net.c       networks: who is trusted
 * crowd.c     and how much comes from one, in all processes; limit.c: how much
 *             may
 * session.c   a connection: octets in and out, the clock
 * transport.c those octets in the clear, or by TLS: tls.c, ticket.c
 * keys.c      certificates and signatures of dray-tlskey; chains.c and sni.c:
 *             which is for whom; keyprov.c: how OpenSSL has it sign
 * starttls.c  TLS in the dialogue
 * talk.c      the dialogue; envelope.c: MAIL and RCPT, content.c: DATA and BDAT
 * lineend.c   what ends a line of a message
 * auth.c      AUTH; sasl.c what is said there; user.c what a user may
 * charge.c    messages that are counted for a user
 * authclient.c  the connection to dray-auth
 * path.c      what stands behind MAIL FROM: and RCPT TO:
 * message.c   a message: envelope, memory, its way to the queue
 * head.c      the header of a message
 * returns.c   a listener for what comes back
 * refusal.c   events of what is refused; journal.c: their way to dray-log;
 *             tally.c: those that are counted only
 * queue.c     connections to dray-queued; handover.c what goes over them
 *
 * The dialogue knows no socket and the message no dialogue: what they wait for
 * comes back by functions that they were given.
 */
#ifndef DRAY_SMTPD_SMTPD_H
#define DRAY_SMTPD_SMTPD_H

#include <ev.h>
#include <stddef.h>

#include "common/policy.h"

struct authclient;
struct queue;

struct smtpd {
	struct ev_loop *loop;
	struct policy_smtpd limit;
	struct policy_node node;
	uint64_t max_message;
	const struct policy *policy;
	uint64_t max_return; /* octets of what comes back */
	struct queue *queue;
	struct queue *returns; /* dray-bounce, for what comes back */
	struct authclient *auth;
	size_t memory; /* of all messages under way */
	unsigned int processes;
	size_t others; /* the memory of other processes, and */
	unsigned int sessions; /* their sessions, when it was last told */
	unsigned int least; /* those of the one that has least */
};

#endif
