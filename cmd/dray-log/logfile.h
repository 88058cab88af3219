/*
 * logfile - BASE/log/current: lines are appended, synced, and from time to
 * time the file is closed and a new one begun (logname.h).
 *
 *   logfile_open(f, dir)   repairs what a crash left, and goes on with the
 *                          file, or begins one.  0, or -1 errno
 *   logfile_append(f, buf, minfree)  writes the whole lines in buf and takes
 *                          from it what is in the file.  0 all of it is, or -1
 *                          errno: the rest stays in buf, and no part of a line
 *                          stays in the file.  ENOSPC too when less than
 *                          minfree octets would be left on the disk
 *   logfile_sync(f)        0 all that is in the file is durable, -1 errno: then
 *                          what has not been durable may never be
 *   logfile_dirty(f)       1 if there is something to sync
 *   logfile_due(f, size, age, now)  1 if it is larger or older than that.
 *                          now: microseconds since 1970, age in seconds (0:
 *                          never too old)
 *   logfile_rotate(f)      closes the file, which has to be synced, and begins
 *                          a new one.  0, or -1 errno: the old one goes on
 *   logfile_abandon(f)     the same after a failed sync.  What has not been
 *                          durable may stay in the old file or not
 *
 * Across a restart of the machine a file may lose its end, and then other
 * lines would come to stand where readers have already been.  So logfile_open
 * begins a new one unless the file is of the same boot.
 */
#ifndef DRAY_LOG_LOGFILE_H
#define DRAY_LOG_LOGFILE_H

#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/logname.h"

#define LOGFILE_BOOTMAX 40

struct logfile {
	int dir;
	int fd;
	int newname; /* the directory has to be synced */
	uint64_t size; /* whole lines written */
	uint64_t synced; /* of these, durable */
	uint64_t first; /* length of the first line */
	uint64_t last; /* time in the id of the newest file */
	char id[LOGNAME_ID + 1];
	char boot[LOGFILE_BOOTMAX + 1];
};

int logfile_open(struct logfile *f, int dir)
    __attribute__((warn_unused_result));
int logfile_append(struct logfile *f, stralloc *buf, uint64_t minfree)
    __attribute__((warn_unused_result));
int logfile_sync(struct logfile *f) __attribute__((warn_unused_result));
int logfile_dirty(const struct logfile *f);
int logfile_due(
    const struct logfile *f, uint64_t size, uint64_t age, uint64_t now);
int logfile_rotate(struct logfile *f) __attribute__((warn_unused_result));
int logfile_abandon(struct logfile *f) __attribute__((warn_unused_result));

#endif
