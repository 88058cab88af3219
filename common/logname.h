/*
 * logname - the files of BASE/log, dray-log(5).
 *
 * A file is known by its id, the time at which it was begun, in UTC with
 * microseconds, 20261122T030405.678901Z; ids sort as times do.  The newest file
 * is called "current"; its first line, written by dray-log, tells its id.
 * After rotation it is ID.log, and ID.log.zst once compressed.
 *
 *   logname_id(d, us)       the id of a time (microseconds since 1970) into d,
 *                           LOGNAME_ID octets and a zero
 *   logname_time(id)        and back
 *   logname_idok(s)         1 if s begins with a well-formed id
 *   logname_fmt(d, n)       its name into d, LOGNAME_MAX octets
 *   logname_first(s, len, id_r)  1 if the line s is the first of a log file,
 *                           and its id
 *   logname_list(dirfd, list_r, n_r)  all rotated files, oldest first, on the
 *                           heap.  If there are ID.log and ID.log.zst, both,
 *                           in this order.  0, or -1 errno
 */
#ifndef DRAY_LOGNAME_H
#define DRAY_LOGNAME_H

#include <stddef.h>
#include <stdint.h>

#define LOGNAME_ID 23
#define LOGNAME_MAX 32
#define LOGNAME_CURRENT "current"
#define LOGNAME_FIRST "{\"type\":\"LogStart\",\"file\":\""

struct logname {
	char id[LOGNAME_ID + 1];
	int packed; /* ID.log.zst */
};

void logname_id(char *d, uint64_t us);
uint64_t logname_time(const char *id);
int logname_idok(const char *s);
void logname_fmt(char *d, const struct logname *n);
int logname_first(const char *s, size_t len, char *id_r);
int logname_list(int dirfd, struct logname **list_r, size_t *n_r)
    __attribute__((warn_unused_result));

#endif
