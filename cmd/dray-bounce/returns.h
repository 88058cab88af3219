/*
 * returns - takes the mail that comes back to our own addresses, from
 * dray-smtpd, and keeps it in spool/returns (queueproto.h, dray-spool(5)).
 *
 * That is a process of its own, so that it never waits for what dray-bounce
 * waits for, and shut in by itself: it makes, writes and moves files below
 * spool/returns, and that is all.
 *
 *   returns_start(base)
 *                      listens on sock/returns and starts it.  The result is a
 *                      socket to it: when it can be read that process has
 *                      ended; and when it is closed here, that process takes
 *                      no more, finishes what has its END, and ends.  -1:
 *                      there is no spool/returns, which is said
 *
 * conn.c has the connections, mail.c a message.  A message is answered when its
 * file is synced, and the directory; all that have ended when the loop turns
 * share that of the directory.
 */
#ifndef DRAY_BOUNCE_RETURNS_H
#define DRAY_BOUNCE_RETURNS_H

#include <ev.h>
#include <sys/queue.h>

#include <skalibs/stralloc.h>

#include "common/frame.h"
#include "common/policy.h"
#include "common/queueproto.h"
#include "common/spool.h"
#include "common/wire.h"

#define RETURNS_CONNS 600 /* connections at a time */
#define RETURNS_RCPTS 1000 /* recipients of a message */

struct conn;
struct returns;

struct mail {
	TAILQ_ENTRY(mail) in_conn; /* order of verdicts */
	TAILQ_ENTRY(mail) in_batch;
	struct returns *r;
	struct conn *conn; /* NULL: gone */
	stralloc head; /* of its file */
	stralloc held; /* octets that are not in the file */
	struct wire wire;
	uint64_t taken; /* octets of DATA */
	uint32_t nrcpt;
	int brought; /* QUEUE_BROUGHT */
	int inbatch;
	int fd; /* of its file in tmp, or -1 */
	char name[SPOOL_IDMAX + 1];
	enum { TAKING, ENDED, REFUSED, ACCEPTED } state;
	int told;
	char class;
	char status[12];
	char text[QUEUE_TEXTMAX + 1];
};

TAILQ_HEAD(mails, mail);

struct conn {
	TAILQ_ENTRY(conn) in_all;
	struct returns *r;
	struct frame f;
	ev_io io;
	struct mail *taking;
	struct mails waiting; /* for verdicts */
	unsigned int nwaiting;
	int settled; /* some of them have come to one */
	int asked; /* for the state */
	const char *heard; /* the state that it knows */
	ev_tstamp last;
};

TAILQ_HEAD(conns, conn);

struct returns {
	struct ev_loop *loop;
	struct policy policy;
	struct policy_returns limit;
	struct policy_queue queue;
	int tmp, fresh; /* directories */
	int policy_dir;
	ev_io listener;
	ev_io parent;
	ev_timer rest; /* of the listener, out of descriptors */
	ev_timer clock;
	ev_prepare commit;
	struct conns conns;
	unsigned int nconn;
	struct mails ended;
	const char *full; /* why there is no room, or NULL */
	ev_tstamp looked;
	uint32_t seq;
	int ending;
};

int returns_start(const char *base);
void returns_look(struct returns *r); /* for room, once a second */

/* conn.c */
void conn_new(struct returns *r, int fd);
void conn_verdicts(struct conn *c);
void conn_clock(struct returns *r);

/* mail.c: -1 the frame is malformed */
struct mail *mail_new(struct conn *c, const char *data, size_t len);
int mail_rcpts(struct mail *g, const char *data, size_t len);
void mail_data(struct mail *g, const char *data, size_t len);
int mail_end(struct mail *g, const char *data, size_t len);
void mail_commit(struct returns *r);
void mail_free(struct mail *g);

#endif
