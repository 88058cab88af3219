/*
 * repair - brings the end of a log file in order after a crash.
 *
 *   repair_file(fd, boot, r_r)  tells how the file begins; if it is one of
 *       dray-log, cuts away what follows its last whole line, and lines at the
 *       end that are none (blocks of zeros, that some file systems leave), and
 *       reports that.  0, or -1 errno
 */
#ifndef DRAY_LOG_REPAIR_H
#define DRAY_LOG_REPAIR_H

#include <stdint.h>

#include "common/logname.h"

struct repair {
	uint64_t size; /* what is left */
	uint64_t first; /* length of the first line, if it is ours */
	int ours; /* the first line is one of dray-log */
	int thisboot; /* and tells the boot that was given */
	char id[LOGNAME_ID + 1];
};

int repair_file(int fd, const char *boot, struct repair *r_r)
    __attribute__((warn_unused_result));

#endif
