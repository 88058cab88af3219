/*
 * regain - bundles that were written over a finished file and lost their name
 * again: a crash came between the sync and the renaming, or took that back
 * (dray-spool(5), "Why files are written over").
 *
 *   regain_is(fd, name, id_r)  1 if the file, whose name is name, holds a whole
 *                            bundle with another id that is not done; 0 if not,
 *                            -1 errno it cannot be read
 *   regain_start(s, keep)    gives each such file of free/ its name, in new/, and
 *                            puts those that cannot be read into bad/, before
 *                            dray-queued or dray-send take or remove anything of
 *                            free/.  It takes the lock on tmp/ for that, which is
 *                            dray-queued's, and keeps it if keep.  1, or 0
 *                            dray-queued runs, so that it has done all this; -1
 *                            errno
 *
 * Whole means that all checksums hold; only the done bits have none, and they
 * are written before the file is synced.  What is not whole was never
 * acknowledged: its file stays, to be written over.
 */
#ifndef DRAY_REGAIN_H
#define DRAY_REGAIN_H

#include "common/spool.h"

int regain_is(int fd, const char *name, char *id_r)
    __attribute__((warn_unused_result));
int regain_start(const struct spool *s, int keep)
    __attribute__((warn_unused_result));

#endif
