/*
 * worker - threads that check passwords against hashes, which takes time and
 * memory by design.
 *
 *   worker_start(loop, d, done)  WORKERS threads, each shut in as d says before
 *                     anything else; returns when they are.  done(j) is called
 *                     by the loop for each job
 *   worker_give(j)    a job; it is the threads' until done is called
 *   worker_sync(fd)   brings the data of a file to the disk, before other jobs
 *
 * A job's password is gone when done is called.
 */
#ifndef DRAY_AUTH_WORKER_H
#define DRAY_AUTH_WORKER_H

#include <ev.h>
#include <sys/queue.h>

#include "common/account.h"
#include "common/drop.h"

#define WORKERS 2

struct worker_job {
	TAILQ_ENTRY(worker_job) link;
	char hash[ACCOUNT_HASHMAX];
	char password[ACCOUNT_PASSWORDMAX + 1];
	size_t len;
	int good;
};

void worker_start(struct ev_loop *loop, const struct drop *d,
    void (*done)(struct worker_job *j));
void worker_give(struct worker_job *j);
void worker_sync(int fd);

#endif
