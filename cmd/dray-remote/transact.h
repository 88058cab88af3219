/*
 * transact - transactions as the client writes them.
 *
 *   transact_fill(l)      starts as many jobs as may be started now
 *   transact_more(l)      1: there is one that transact_fill would start
 *   transact_next(l, j)   writes the command that j expects a reply to
 *   transact_content(l, j)  after 354: the message and its dot
 *   transact_dot(l, j)    after a 354 for no recipient: the dot alone
 *   transact_sent(l)      the octets of a large message have been sent
 *   transact_unreadable(l, j)  those of j cannot be read, in mid-message
 *   transact_refuse(l, j, v)  a verdict of our own on one that was not begun
 *   transact_no_utf8(l)   refuses all jobs that need SMTPUTF8
 *   transact_full(l)      1: the connection has had its number of messages, or
 *                         its time
 *   transact_take(l, j)   takes a job out of the lane's list
 *
 * Which commands leave together (RFC 2920, RFC 3030):
 *
 *   PIPELINING and CHUNKING  MAIL RCPT... BDAT and the message, then the next
 *                one, up to the lane's depth.  In between RSET, unless it is
 *                known that the message before had a good recipient: a server
 *                need not end a transaction whose BDAT it refused for want of
 *                recipients, and would put the next message into it.
 *                Of a message over TRANSACT_SMALL, MAIL and RCPT go first:
 *                nobody wants to send it for nothing.
 *   PIPELINING   MAIL RCPT... DATA; after 354 the message, its dot and the
 *                next message's MAIL RCPT... DATA
 *   CHUNKING     MAIL, RCPT, each alone, then BDAT and the message
 *   neither      MAIL, RCPT, DATA, message, each alone
 *
 * Nothing of a job is sent before its octets have passed their checksum.
 */
#ifndef DRAY_REMOTE_TRANSACT_H
#define DRAY_REMOTE_TRANSACT_H

#define TRANSACT_SMALL (256u << 10) /* octets; read at once, into memory */
#define TRANSACT_SLICE (1u << 20) /* checked in one turn */

struct lane;
struct job;

void transact_fill(struct lane *l);
void transact_next(struct lane *l, struct job *j);
void transact_content(struct lane *l, struct job *j);
void transact_dot(struct lane *l, struct job *j);
void transact_sent(struct lane *l);
void transact_unreadable(struct lane *l, struct job *j);
int transact_more(const struct lane *l);
void transact_refuse(struct lane *l, struct job *j, const struct verdict *v);
void transact_no_utf8(struct lane *l);
int transact_full(const struct lane *l);
void transact_take(struct lane *l, struct job *j);

#endif
