/*
 * job - one transaction: a message for some recipients, and what came of it.
 *
 *   job_new(w)             an empty one; job_free(w, j) gives it back
 *   job_read(j, r)         takes the fields of a JOB frame after its handle.
 *                          0, or -1: malformed
 *   job_signer(f, s_r)     the next of who signs it: f is j->signers at first.
 *                          1, or 0 there are no more
 *   job_asks(j, alg)       1: one of them signs by this algorithm
 *   job_settle(j, i, v)    the fate of recipient i, unless it has one already
 *   job_settle_all(j, v)   the same for all that have none
 *   job_settled(j)         1: every recipient has one
 *
 * A job that is sent goes through the replies it expects, in the order of enum
 * expect.  `upto` is the last one whose command has been written to the
 * connection's output (of RCPT, those up to and including `ri` when commands
 * go one by one).
 */
#ifndef DRAY_REMOTE_JOB_H
#define DRAY_REMOTE_JOB_H

#include <ev.h>
#include <stdint.h>
#include <sys/queue.h>

#include <skalibs/stralloc.h>

#include "common/field.h"
#include "common/smtpreply.h"

enum expect {
	EXPECT_RSET,
	EXPECT_MAIL,
	EXPECT_RCPT,
	EXPECT_DATA,
	EXPECT_END,
	EXPECT_DONE,
};

struct compose;
struct handle;
struct worker;

struct signer {
	const char *domain, *selector;
	uint8_t domain_len, selector_len;
	uint8_t alg; /* SIGN_* */
};

/* A reply, or our own verdict with code 0. */
struct verdict {
	uint16_t code;
	char phase;
	char status[SMTPREPLY_STATUSMAX];
	const char *text;
	size_t len;
};

struct rcpt {
	const char *addr, *orcpt;
	uint16_t addr_len, orcpt_len;
	uint8_t notify;
	uint8_t settled;
	char phase;
	char status[SMTPREPLY_STATUSMAX];
	uint16_t code;
	uint16_t said_len;
	uint32_t said; /* where in job->said */
};

struct job {
	TAILQ_ENTRY(job) entry;
	STAILQ_ENTRY(job) spare;
	struct handle *handle;
	uint32_t id;
	uint32_t crc, flags;
	uint64_t offset, stored, plain;
	double expiry; /* seconds since 1970 */
	const char *sender, *envid;
	uint16_t sender_len, envid_len;
	struct field signers; /* read by job_signer */
	uint32_t header; /* stored octets of it; 0 not known */
	const char *hash; /* REMOTE_HASHSIZE octets, of the body; NULL */
	const char *row, *token; /* of a message that is merged */
	uint16_t row_len;
	uint8_t token_len;
	uint8_t nsigner, must; /* signatures; so many at least */
	uint8_t ret;
	uint8_t utf8; /* an address in it needs SMTPUTF8 */
	/* how far it is */
	uint8_t expect, upto;
	uint8_t reset; /* begins with RSET */
	uint8_t checked; /* its octets have their checksum */
	uint8_t refused; /* MAIL was, or DATA: what follows does not count */
	uint8_t nochunks; /* BDAT was, in a way that does not concern it */
	char how; /* 'B', 'D', '-' */
	uint32_t ri; /* recipient whose reply is next */
	uint32_t accepted;
	uint32_t number; /* in the session; 0: it has not begun */
	uint64_t start; /* place of its first octet in the output */
	uint64_t end; /* place behind its last one; 0 not known yet */
	ev_tstamp began, first, sent;
	uint32_t nrcpt, room;
	uint32_t nask; /* those that RCPT is said for */
	struct rcpt *rcpts;
	struct compose *compose; /* NULL: nothing has been made */
	stralloc blob; /* its strings */
	stralloc said; /* texts of replies */
};

TAILQ_HEAD(jobs, job);

struct job *job_new(struct worker *w);
void job_free(struct worker *w, struct job *j);
int job_read(struct job *j, struct field *r);
int job_signer(struct field *f, struct signer *s_r);
int job_asks(const struct job *j, uint8_t alg);
void job_settle(struct job *j, uint32_t i, const struct verdict *v);
void job_settle_all(struct job *j, const struct verdict *v);
int job_settled(const struct job *j);

#endif
