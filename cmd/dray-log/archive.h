/*
 * archive - rotated log files: compressed one after the other by a child
 * process, and removed when there are too many.
 *
 *   archive_start(a)        compresses in a child whatever is not; one child at
 *                           a time, and if one is at work it will look again
 *   archive_reap(a)         after SIGCHLD
 *   archive_prune(a)        removes the oldest files above the bounds
 *   archive_stop(a)         ends the child
 *
 * The child runs zstd(1) at the lowest priority.  The compressed file gets its
 * name, and the other loses its own, only when it is on disk.  Trouble is
 * reported and leaves the file as it is: a log that is not compressed is no
 * reason to stop.
 */
#ifndef DRAY_LOG_ARCHIVE_H
#define DRAY_LOG_ARCHIVE_H

#include <stdint.h>
#include <sys/types.h>

struct archive {
	int dir;
	int pack; /* compress at all */
	int again; /* files came while the child worked */
	pid_t child; /* 0 none */
	uint64_t files; /* keep at most so many; 0 any number */
	uint64_t total; /* octets of them; 0 any number */
};

void archive_start(struct archive *a);
void archive_reap(struct archive *a);
void archive_prune(const struct archive *a);
void archive_stop(struct archive *a);

#endif
