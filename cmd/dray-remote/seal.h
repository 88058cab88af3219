/*
 * seal - the signature fields of a message, made once for all the jobs that
 * send it.
 *
 *   seals_new(link)         all of a worker
 *   seal_find(ss, j)        those of j's message by its signers, if they are
 *                           there or on the way, or NULL
 *   seal_make(ss, j, header, n, sums, own)
 *                           asks for them: header is n octets that begin with
 *                           the header, sums are those of the message; own: it
 *                           is this job's alone, and nobody finds it
 *   seal_wait(s, w)         w->fn is called when s->state changes; only while it
 *                           is SEAL_ASKED
 *   seal_unwait(w)          it is not any more
 *   seal_drop(s)            one who got it does not need it any more
 *   s->state                SEAL_ASKED, then SEAL_GOOD with s->front, what goes
 *                           in front of the message, or SEAL_BAD with s->why
 *
 * What was made for a message is kept a little, SEAL_KEEP seconds and no more
 * than SEAL_IDLE of them: a list of many recipients costs one signature, not
 * one for each transaction.
 */
#ifndef DRAY_REMOTE_SEAL_H
#define DRAY_REMOTE_SEAL_H

#include <ev.h>
#include <stdint.h>
#include <sys/queue.h>

#include <skalibs/stralloc.h>

#include "job.h"
#include "signlink.h"
#include "sums.h"

#define SEAL_KEEP 30.0
#define SEAL_IDLE 64
#define SEAL_CHAINS 1024

enum seal_state { SEAL_ASKED, SEAL_GOOD, SEAL_BAD };

struct seal;
struct seals;

struct seal_wait {
	TAILQ_ENTRY(seal_wait) entry;
	struct seal *seal; /* NULL: it does not wait */
	void (*fn)(struct seal_wait *w);
};

struct seal {
	enum seal_state state;
	stralloc front;
	const char *why;
	/* seal.c's */
	LIST_ENTRY(seal) chain;
	TAILQ_ENTRY(seal) idle;
	TAILQ_HEAD(, seal_wait) waits;
	struct seals *all;
	struct seal_part *part; /* one a signature, until all are there */
	uint8_t nparts, open, good, must;
	uint8_t own;
	unsigned int refs;
	ev_tstamp made;
	uint64_t serial, offset; /* of the bundle, of the message in it */
	stralloc signers; /* as in the job */
};

struct seals *seals_new(struct ev_loop *loop, struct signlink *link);
struct seal *seal_find(struct seals *ss, const struct job *j);
struct seal *seal_make(struct seals *ss, const struct job *j,
    const char *header, size_t n, const struct sums *sums, int own);
void seal_wait(struct seal *s, struct seal_wait *w);
void seal_unwait(struct seal_wait *w);
void seal_drop(struct seal *s);

#endif
