/*
 * lane - one SMTP connection, from the first address tried to its end.
 *
 *   lane_open(w, o)          a LANE frame
 *   lane_find(w, id)         NULL: there is none (any more)
 *   lane_close(l)            a CLOSE frame
 *   lane_job(l, j)           one more job; takes it over
 *   lane_touch(l)            has something to do before the loop sleeps
 *   lane_later(l)            wants another turn, after others had theirs
 *   lane_run(l)              does it; the lane may be gone afterwards
 *   lane_down(l, reason, phase)  the connection is at its end.  l->dead is set
 *                            and nothing else happens until lane_run reports
 *                            it: so whoever calls need not fear that the lane
 *                            is gone.  The first one counts
 *   lane_say(l, text)        what DOWN will say, of our own
 *   lane_say_reply(l)        what DOWN will say: the reply just read
 *   lane_quit(l, reason)     says QUIT, then waits a little for its reply
 *
 * States: LANE_CONNECT, LANE_GREETING, LANE_EHLO, LANE_HELO, if it comes to TLS
 * LANE_STARTTLS, LANE_HANDSHAKE and again LANE_EHLO (dial.c), then LANE_READY
 * (transact.c, answer.c), then LANE_QUIT.
 *
 * Its jobs are a list; the first `inflight` of them have been started and wait
 * for replies, `next` is the first that has not.
 */
#ifndef DRAY_REMOTE_LANE_H
#define DRAY_REMOTE_LANE_H

#include <ev.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/remoteproto.h"
#include "common/smtpreply.h"
#include "common/wire.h"

#include "caps.h"
#include "ip.h"
#include "job.h"
#include "order.h"
#include "output.h"
#include "records.h"
#include "tls.h"

#define LANE_JOBSMAX 10000
#define LANE_DEPTHMAX 100
#define LANE_CHAINS 4096

enum lane_state {
	LANE_CONNECT,
	LANE_GREETING,
	LANE_EHLO,
	LANE_HELO,
	LANE_STARTTLS,
	LANE_HANDSHAKE,
	LANE_READY,
	LANE_QUIT,
};

enum timeout {
	TIMEOUT_CONNECT,
	TIMEOUT_GREETING,
	TIMEOUT_EHLO,
	TIMEOUT_MAIL,
	TIMEOUT_RCPT,
	TIMEOUT_DATA,
	TIMEOUT_BLOCK,
	TIMEOUT_DOT,
	TIMEOUT_QUIT,
	TIMEOUT_IDLE,
	TIMEOUT_SESSION,
	TIMEOUT_STARTTLS,
	TIMEOUTS,
};

struct worker;

/* What DOWN tells. */
struct last_word {
	char reason, phase;
	uint8_t address;
	uint16_t code;
	uint16_t len;
	char status[SMTPREPLY_STATUSMAX];
	char text[REMOTE_TEXTMAX];
};

struct lane {
	LIST_ENTRY(lane) chain;
	TAILQ_ENTRY(lane) list; /* dirty or again */
	TAILQ_ENTRY(lane) choke;
	TAILQ_ENTRY(lane) hungry; /* compose.c */
	struct worker *w;
	uint32_t id;
	uint8_t listed; /* 1 dirty, 2 again */
	uint8_t choked;
	uint8_t ishungry;

	/* orders */
	uint32_t flags, depth, limit;
	uint8_t mode; /* REMOTE_TLS_* */
	uint32_t timeout[TIMEOUTS];
	char *helo;
	struct ip source;
	struct target *targets;
	char *hosts; /* their names */
	uint8_t ntargets, at;

	/* connection */
	enum lane_state state;
	int fd;
	unsigned int serial; /* of the connection: another address, another */
	ev_io rd, wr;
	ev_timer timer;
	ev_tstamp timer_at, since, opened, connected;
	ev_tstamp tls_began, tls_done;
	struct tls_state tls;
	struct records records;
	ev_tstamp soft_end, hard_end;
	struct smtpreply reply;
	struct caps caps;
	uint8_t pipe, bdat; /* how to send */
	uint8_t closing; /* CLOSE has come */
	uint8_t ending; /* the server said 421 */
	uint8_t refused; /* and then it hung up */
	uint8_t deaf; /* the server cannot be written to */
	uint8_t dead;
	uint8_t needreset; /* a transaction was left open */
	uint8_t utf8; /* only a server that offers SMTPUTF8 will do */
	uint8_t unreached; /* there was an address that did not do */
	uint8_t bdatworks; /* a BDAT has been taken */
	uint8_t taken; /* a message has been taken */
	char quitreason;

	/* jobs */
	struct jobs jobs;
	struct job *next;
	uint32_t njobs, inflight, started, done;
	uint32_t most; /* to be started before QUIT; 0 no limit */
	uint64_t octets; /* sent, of connections before this one */
	double expiry; /* none that was not begun expires before this */

	/* output */
	struct buf out;
	uint64_t written; /* octets, of this connection */
	uint64_t asked; /* place behind the last single command */
	struct job *body;
	uint64_t body_off, body_left;
	struct wire_unstuff unstuff;
	uint8_t body_plain;

	/* the check of a large message, in slices */
	struct job *checking;
	uint64_t checked;
	uint32_t crc;

	struct last_word last;
	char notls[REMOTE_WHYMAX + 1]; /* why there is none, if it was tried */
};

void lane_open(struct worker *w, const struct order *o);
struct lane *lane_find(struct worker *w, uint32_t id);
void lane_close(struct lane *l);
void lane_job(struct lane *l, struct job *j);
void lane_touch(struct lane *l);
void lane_later(struct lane *l);
void lane_run(struct lane *l);
void lane_down(struct lane *l, char reason, char phase);
void lane_say(struct lane *l, const char *text);
void lane_say_reply(struct lane *l);
void lane_quit(struct lane *l, char reason);

#endif
