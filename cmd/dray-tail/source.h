/*
 * source - reads the log line by line across its files, compressed or not
 * (common/logname.h), by a place that stays valid: the id of a file and an
 * offset in its plain text.
 *
 *   source_init(s, dir)     nothing is open
 *   source_seek(s, id, offset)  to a place.  1, or 0 there is no such file any
 *                           more: the next newer one comes next; -1 errno
 *   source_last(s, n)       to the last n lines.  0, or -1 errno
 *   source_read(s, data_r, len_r)  whole lines, at most SOURCE_BUF octets.
 *                           1 some, 0 there is nothing more (for now), -1
 *                           errno; EBADMSG: a file that zstd(1) cannot read,
 *                           s->id tells which
 *   source_done(s, len)     so many octets of them were dealt with; the rest
 *                           comes again
 *
 * Without a seek it begins with the oldest file.  What stands in a file that is
 * no line of at most SOURCE_BUF octets is passed over.
 */
#ifndef DRAY_TAIL_SOURCE_H
#define DRAY_TAIL_SOURCE_H

#include <stdint.h>
#include <sys/types.h>

#include "common/logname.h"

#define SOURCE_BUF 262144

struct source {
	int dir;
	int fd; /* -1: none is open */
	pid_t zstd; /* 0: the file is read as it is */
	char id[LOGNAME_ID + 1]; /* of the file that was opened last */
	uint64_t offset; /* of the next line */
	size_t len; /* octets in buf, from offset on */
	char buf[SOURCE_BUF];
};

void source_init(struct source *s, int dir);
int source_seek(struct source *s, const char *id, uint64_t offset)
    __attribute__((warn_unused_result));
int source_last(struct source *s, uint64_t n)
    __attribute__((warn_unused_result));
int source_read(struct source *s, const char **data_r, size_t *len_r)
    __attribute__((warn_unused_result));
void source_done(struct source *s, size_t len);

#endif
