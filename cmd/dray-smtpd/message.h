/*
 * message - one message on its way to the queue.
 *
 *   message_new(sm, who, owner)   its envelope begins; it goes to sm->queue,
 *                             unless the caller sets another
 *   message_sender(m, p)      from MAIL
 *   message_rcpt(m, addr, len, p)   from RCPT, p for its wishes
 *   message_start(m, s, n)    its content begins; s is what stands above it
 *   message_data(m, s, n)     n more octets, CRLF line ends, dots not stuffed
 *   message_full(m)           1: no more data until who->room is called
 *   message_end(m)            its content has ended.  1: who->verdict will be
 *                             called; 0: it was refused, see m->refusal
 *   message_refuse(m, reply)  a reply to its end; the first one stays
 *   message_free(m)           its owner is through with it.  What has ended is
 *                             queued all the same
 *
 * What is small goes to dray-queued when all of it is there, over a connection
 * that many share; so nobody who sends slowly holds one.  Of what is large no
 * more than MESSAGE_HOLD octets and what was read at once are held: it has a
 * connection of its own.  After a refusal nothing is held, and more data means
 * nothing.
 */
#ifndef DRAY_SMTPD_MESSAGE_H
#define DRAY_SMTPD_MESSAGE_H

#include <stdint.h>
#include <sys/queue.h>

#include "cmd/dray-smtpd/head.h"
#include "cmd/dray-smtpd/path.h"
#include "cmd/dray-smtpd/smtpd.h"
#include "cmd/dray-smtpd/user.h"

#define MESSAGE_HOLD 65536

struct message_owner {
	void (*verdict)(void *owner, const char *id); /* NULL: m->refusal */
	void (*room)(void *owner);
};

struct message {
	TAILQ_ENTRY(message) in_conn;
	struct smtpd *sm;
	const struct message_owner *who;
	void *owner; /* NULL: gone */
	struct queue *queue; /* where it goes */
	uint64_t max; /* octets that it may have */
	int foreign; /* what its X-Dray-* say means nothing */
	struct queue_conn *conn; /* its data goes there, or its verdict comes */
	enum {
		MESSAGE_ENVELOPE,
		MESSAGE_HEAD,
		MESSAGE_BODY,
		MESSAGE_ENDED
	} state;
	int told; /* refused before its end, which conn waits for */
	int complete; /* what is missing in its header is added */
	stralloc sender, envid;
	stralloc rcpts; /* fields as in RECIPIENTS (queueproto.h) */
	uint32_t nrcpt;
	stralloc first; /* the first of them */
	uint8_t ret;
	int utf8;
	const struct user *user; /* who has logged in, or NULL */
	char *payer; /* for whom it is counted, and on which day */
	uint32_t payday;
	struct head head;
	stralloc out; /* octets for the queue */
	uint64_t size; /* octets that came */
	uint64_t sent; /* octets of DATA */
	size_t accounted;
	char *refusal;
	int known; /* that was told to the client before its content */
};

struct message *message_new(
    struct smtpd *sm, const struct message_owner *who, void *owner);
void message_sender(struct message *m, const struct path *p);
void message_rcpt(
    struct message *m, const char *addr, size_t len, const struct path *p);
void message_start(struct message *m, const char *s, size_t n);
void message_data(struct message *m, const char *s, size_t n);
int message_full(const struct message *m);
int message_end(struct message *m);
void message_refuse(struct message *m, const char *reply);
void message_free(struct message *m);

/* For queue.c: what came of it. */
void message_verdict(struct message *m, const char *id, const char *refusal);

#endif
