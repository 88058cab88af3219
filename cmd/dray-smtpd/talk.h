/*
 * talk - the server's side of the dialogue (RFC 5321), without a socket.
 *
 *   talk_start(t)         the greeting
 *   talk_feed(t, s, n)    octets of the client; the result is how many were
 *                         taken, of which passwords are overwritten.  A line that is not complete is not, nor
 *                         anything while talk_waits(t) or after the end
 *   talk_waits(t)         1 while it waits for the queue, for dray-auth, or for its
 *                         replies to be sent; t->kick is called when that may have changed
 *   talk_late(t)          the client was too slow
 *   talk_last(t)          the program ends: a message under way is finished
 *   talk_free(t)
 *
 * Replies are appended to t->out, for the caller to send.  After TALK_END the
 * connection is to be closed when they are sent.
 *
 * Only CRLF ends a line.  A command with a bare CR or LF in it ends the
 * session, and so does one of more than TALK_LINEMAX octets: whoever sends them
 * and we would not agree what is a command.  In a message they are content,
 * for which dray-queued refuses it.
 *
 * For the parts of the dialogue:
 *
 *   talk_reply(t, format, ...)  a reply of one line, without its end.  One that
 *                         begins with a 5 counts as an error
 *   talk_follow(t, reply)  the same, where a command before was refused perhaps:
 *                         they come together (RFC 2920 3.1), so it is no error
 *                         of its own, as many times as it may be
 *   talk_end(t, reply)    the same, and it is the last one
 *   talk_reset(t)         the end of a transaction
 *   talk_data, talk_chunk(t, s, n)  octets of a message; how many were taken
 *   talk_cmd_*(t, arg, n) what stands behind the verb and its blank
 */
#ifndef DRAY_SMTPD_TALK_H
#define DRAY_SMTPD_TALK_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "cmd/dray-smtpd/lineend.h"
#include "cmd/dray-smtpd/message.h"
#include "cmd/dray-smtpd/net.h"

#define TALK_LINEMAX 2048 /* RFC 5321: 512, and what DSN and others add */
#define TALK_HELOMAX 256

struct crowd;

enum talk_state {
	TALK_COMMAND,
	TALK_DATA,
	TALK_CHUNK,
	TALK_WAIT, /* for a verdict */
	TALK_AUTH, /* a line of AUTH is next */
	TALK_ASK, /* for dray-auth */
	TALK_TLS, /* a handshake is next, or under way (starttls.h) */
	TALK_END
};

struct talk {
	struct smtpd *sm;
	const struct policy_listener *l;
	struct net_addr addr; /* the client's */
	const char *tls_version; /* NULL: in the clear */
	const char *tls_cipher;
	int greeted;
	int xclient; /* may say who it is (xclient.h) */
	char peer[NET_FMTMAX]; /* the same as text */
	struct crowd *crowd; /* all who come from its network */
	void (*kick)(void *arg);
	void *arg;
	enum talk_state state;
	stralloc out;
	struct message *m; /* after MAIL */
	char helo[TALK_HELOMAX];
	int esmtp;
	int ending; /* after what is under way */
	double refused; /* when there was no room for a message (queue.h) */
	unsigned int errors;
	unsigned int follows; /* refusals that are none, since MAIL */
	unsigned int messages; /* that were queued */
	unsigned int idle; /* commands for nothing, since the last message */
	uint64_t commands; /* that were taken, for the clock */
	unsigned char at; /* DATA: where the search for its end stands */
	struct lineend lineend; /* of the message */
	int chunked; /* BDAT has begun */
	int last; /* the chunk under way is the last */
	uint64_t left; /* octets of it */
	struct user *user; /* who has logged in */
	struct login *login; /* who is about to */
	struct auth_ask *ask; /* of dray-auth */
	unsigned int logins; /* that failed */
	const char *bad; /* the reply to a chunk that is not wanted */
	/* For what is logged of a refusal (refusal.h): */
	int64_t began;
	unsigned int serial; /* of the session in its process */
	const char *command; /* that is answered; NULL: none came */
	const char *said; /* what stands behind it, if it may be told */
	size_t nsaid;
	const struct path *path; /* the same, if it is an address */
	int denied; /* MAIL, or a recipient since */
};

void talk_start(struct talk *t);
size_t talk_feed(struct talk *t, char *s, size_t n);
int talk_waits(const struct talk *t);
void talk_late(struct talk *t);
void talk_last(struct talk *t);
void talk_free(struct talk *t);

__attribute__((format(printf, 2, 3))) void talk_reply(
    struct talk *t, const char *format, ...);
void talk_follow(struct talk *t, const char *reply);
void talk_end(struct talk *t, const char *reply);
void talk_reset(struct talk *t);
size_t talk_data(struct talk *t, const char *s, size_t n);
size_t talk_chunk(struct talk *t, const char *s, size_t n);
void talk_cmd_auth(struct talk *t, const char *arg, size_t n);
void talk_cmd_mail(struct talk *t, const char *arg, size_t n);
void talk_cmd_rcpt(struct talk *t, const char *arg, size_t n);
void talk_cmd_data(struct talk *t, const char *arg, size_t n);
void talk_cmd_bdat(struct talk *t, const char *arg, size_t n);

#endif
