/*
 * work - files of notices that are being made into mail.
 *
 *   work_open(w, base)     opens spool/bounce and takes its lock.  0, or -1
 *                          with errno; w->where says at what
 *   work_shut_in(w, policy) from here on only what the rest needs is allowed;
 *                          policy is the directory of the policy, open
 *   work_take(w, all)      moves what is in new/ to cur/ and lists it, WORK_MAX
 *                          files at a time; with all, what is in cur/ first.
 *                          1 there may be more, 0, -1 errno
 *   work_do(w)             makes the notices of all files that are listed and
 *                          hands them to dray-queued.  Files that are finished
 *                          are removed, or set aside in spool/bad if a part of
 *                          them could not be read.  0 when nothing is left, -1
 *                          the rest has to be tried again later
 *
 * A file is in cur/ until dray-queued has acknowledged every notice of it.
 * Which ones it has, is only known here: after a crash all of them are made
 * again, with the same Message-IDs.
 */
#ifndef DRAY_BOUNCE_WORK_H
#define DRAY_BOUNCE_WORK_H

#include <sys/queue.h>

#include "common/policy.h"
#include "common/queueclient.h"
#include "common/spool.h"

#define WORK_MAX 256

struct file {
	TAILQ_ENTRY(file) link;
	int isread; /* its groups were counted */
	int isbad; /* a part of it was not to be read, or was refused */
	size_t ngroup, left; /* without a verdict */
	unsigned char *done; /* by group */
	char name[SPOOL_IDMAX + 1];
};

TAILQ_HEAD(files, file);

/* Sent, and without a verdict. */
struct sent {
	struct file *file;
	size_t group;
};

struct work {
	const char *base;
	const char *where;
	int fresh, cur, bad; /* directories */
	const struct policy_node *node;
	const struct policy_notices *policy;
	struct files files;
	size_t nfile;
	struct queueclient *queue;
	struct sent sent[QUEUECLIENT_AHEAD];
	size_t first, nsent;
	int again; /* something has to be tried later */
	int told; /* that was said */
	volatile int *ending;
};

int work_open(struct work *w, const char *base)
    __attribute__((warn_unused_result));
void work_shut_in(struct work *w, int policy);
int work_take(struct work *w, int all);
int work_do(struct work *w);

#endif
