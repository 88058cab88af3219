/*
 * fsck - the parts of dray-fsck.
 *
 * place.c    directories, the trigger, and who looks at which file
 * bundle.c   a bundle: header, index, messages, done bits
 * region.c   that the parts of a bundle lie inside it and not over each other
 * rcpts.c    the runs and recipients of a message
 * octets.c   the stored octets of a message
 * notice.c   a file of notices in spool/bounce/
 * daily.c    spool/daily
 * campaign.c a ledger in spool/campaigns/
 * return.c   what came back, in spool/returns/new
 * file.c     reads these two
 * say.c      one line for each finding
 *
 * A finding breaks an invariant of dray-spool(5).  What cannot be read at all
 * is no finding: nothing is known about it.
 */
#ifndef DRAY_FSCK_H
#define DRAY_FSCK_H

#include <stdint.h>
#include <sys/stat.h>

#include "common/bundle.h"

struct fsck {
	int quiet;
	const char *dir; /* what is looked at, for say() */
	const char *name; /* in it, or NULL */
	int64_t msg; /* number of the message in the bundle, or -1 */
	uid_t owner; /* of the spool */
	uint64_t findings;
	uint64_t unread; /* files and directories that could not be read */
	uint64_t bundles, messages, recipients, waiting;
	uint64_t notices, leftover, reusable, aside;
	uint64_t returns, kept;
};

/* A part of a bundle. */
struct region {
	uint64_t offset, length;
	uint32_t msg;
	const char *what;
};

struct regions {
	struct region *r;
	size_t n, room;
};

/* say.c */
void say(struct fsck *k, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void say_unread(struct fsck *k);

/* place.c */
void place_all(struct fsck *k, int spool);

/* bundle.c */
void bundle_look(struct fsck *k, int fd, const struct stat *st);

/* region.c */
void region_add(struct regions *l, const char *what, uint32_t msg,
    uint64_t offset, uint64_t length);
void region_look(struct fsck *k, struct regions *l, uint64_t length);

/* rcpts.c: looks at the recipients of m, the first of which must have the
 * number next.  Adds the regions of its blocks. */
void rcpts_look(struct fsck *k, const struct bundle *b,
    const struct bundle_msg *m, uint32_t msg, uint32_t next, struct regions *l);

/* octets.c */
void octets_look(
    struct fsck *k, const struct bundle *b, const struct bundle_msg *m);

/* file.c: all of a file that has at most max octets, on the heap.  NULL: what
 * is wrong with it has been said. */
void *file_read(struct fsck *k, int fd, const struct stat *st, uint64_t max,
    const char *what, size_t *n_r) __attribute__((warn_unused_result));

/* notice.c */
void notice_look(struct fsck *k, int fd, const struct stat *st);

/* return.c */
void return_look(struct fsck *k, int fd, const struct stat *st);

/* campaign.c */
void campaign_look(struct fsck *k, int fd, const struct stat *st);

/* daily.c */
void daily_look(struct fsck *k, int fd, const struct stat *st);

#endif
