/*
 * suppresslog - the two journals of the suppression list: files that are never
 * replaced, so that who is shut in can keep them open.
 *
 * Each begins with a number.  Lines are appended to the one with the higher
 * number.  To fold, the other one, which is empty by then, gets the next number;
 * what stands in the former is worked into suppress.cdb, and then it is made
 * empty.  So a journal that is older than the one in use is either folded
 * already or not; to do it again does no harm, since the newer one goes over it.
 *
 *   suppresslog_open(j, dirfd, flags)   flags as suppress_open().  A journal that
 *                       does not exist is an empty one, unless it is to be made.
 *                       0, or -1 errno
 *   suppresslog_close(j)
 *   suppresslog_numbers(j, n_r)  of both, 0 for an empty one.  0, -1 errno
 *   suppresslog_append(j, s, n)  whole lines, in one write.  0, -1 errno
 *   suppresslog_sync(j)
 *   suppresslog_read(j, i, at, fn, arg)  calls fn(arg, op, e) for each whole line
 *                       of journal i from *at on, which moves on.  0, or what fn
 *                       returned, or -1 errno.  Lines that are none are passed
 *                       over
 *   suppresslog_turn(j)  whose turn it is to be folded, after a change over to
 *                       the other if need be; -1 nothing stands in them, -2 errno
 *   suppresslog_clear(j, i)  it was folded: 0, -1 errno
 */
#ifndef DRAY_SUPPRESSLOG_H
#define DRAY_SUPPRESSLOG_H

#include <stdint.h>
#include <sys/types.h>

#include "common/suppress.h"

#define SUPPRESSLOG_HEAD 25 /* octets in front of the first line */

struct suppresslog {
	int dir;
	unsigned int flags;
	int fd[2]; /* -1: does not exist */
};

typedef int suppresslog_fn(void *arg, char op, const struct suppress_entry *e);

int suppresslog_open(struct suppresslog *j, int dirfd, unsigned int flags)
    __attribute__((warn_unused_result));
void suppresslog_close(struct suppresslog *j);
int suppresslog_numbers(struct suppresslog *j, uint32_t n_r[2])
    __attribute__((warn_unused_result));
int suppresslog_append(struct suppresslog *j, const char *s, size_t n)
    __attribute__((warn_unused_result));
int suppresslog_sync(struct suppresslog *j) __attribute__((warn_unused_result));
int suppresslog_read(struct suppresslog *j, int i, off_t *at,
    suppresslog_fn *fn, void *arg) __attribute__((warn_unused_result));
int suppresslog_turn(struct suppresslog *j) __attribute__((warn_unused_result));
int suppresslog_clear(struct suppresslog *j, int i)
    __attribute__((warn_unused_result));

#endif
