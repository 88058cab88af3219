/*
 * worker - threads that sign, one for each processor that the program may use.
 *
 *   worker_start(loop, d, done)  starts them, each shut in as d says before
 *                      anything else; returns when they are.  done(j) is called
 *                      by the loop for each job
 *   worker_give(j)     a job; it is the threads' until done is called
 *
 * Jobs are done in no order.
 */
#ifndef DRAY_SIGN_WORKER_H
#define DRAY_SIGN_WORKER_H

#include <ev.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/drop.h"
#include "common/signproto.h"

#define WORKER_MAX 64

struct evp_pkey_st;

struct worker_job {
	STAILQ_ENTRY(worker_job) link;
	void *client;
	uint32_t number;
	uint8_t alg;
	struct evp_pkey_st *key; /* the job's own reference */
	unsigned char digest[SIGN_DIGESTMAX];
	unsigned char sig[SIGN_SIGMAX];
	size_t len; /* of sig; 0: that key cannot sign like that */
};

unsigned int worker_start(struct ev_loop *loop, const struct drop *d,
    void (*done)(struct worker_job *j));
void worker_give(struct worker_job *j);

#endif
