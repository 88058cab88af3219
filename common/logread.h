/*
 * logread - reads the log line by line across its files, compressed or not
 * (common/logname.h), by a place that stays valid: the id of a file and an
 * offset in its plain text.
 *
 *   logread_init(s, dir)     nothing is open
 *   logread_seek(s, id, offset)  to a place.  1, or 0 there is no such file any
 *                           more: the next newer one comes next; -1 errno
 *   logread_last(s, n)       to the last n lines.  0, or -1 errno
 *   logread_read(s, data_r, len_r)  whole lines, at most LOGREAD_BUF octets.
 *                           1 some, 0 there is nothing more (for now), -1
 *                           errno; EBADMSG: a file that zstd(1) cannot read,
 *                           s->id tells which
 *   logread_done(s, len)     so many octets of them were dealt with; the rest
 *                           comes again
 *
 * Without a seek it begins with the oldest file.  What stands in a file that is
 * no line of at most LOGREAD_BUF octets is passed over.
 */
#ifndef DRAY_LOGREAD_H
#define DRAY_LOGREAD_H

#include <stdint.h>
#include <sys/types.h>

#include "common/logname.h"

#define LOGREAD_BUF 262144

struct logread {
	int dir;
	int fd; /* -1: none is open */
	pid_t zstd; /* 0: the file is read as it is */
	char id[LOGNAME_ID + 1]; /* of the file that was opened last */
	uint64_t offset; /* of the next line */
	int plain; /* a compressed file is an error, ENOEXEC */
	size_t len; /* octets in buf, from offset on */
	char buf[LOGREAD_BUF];
};

void logread_init(struct logread *s, int dir);
int logread_seek(struct logread *s, const char *id, uint64_t offset)
    __attribute__((warn_unused_result));
int logread_last(struct logread *s, uint64_t n)
    __attribute__((warn_unused_result));
int logread_read(struct logread *s, const char **data_r, size_t *len_r)
    __attribute__((warn_unused_result));
void logread_done(struct logread *s, size_t len);

#endif
