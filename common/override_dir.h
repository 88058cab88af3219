/*
 * override_dir - all overrides that stand in BASE/overrides/.
 *
 *   override_dir_read(dir, f)  those in the open directory, in the order of
 *                             their ids; 0, or -1 errno.  A file that is no
 *                             override is there with the reason
 *   override_dir_free(f)
 *   override_dir_write(dir, o, over)  writes o in the place of its id, whole
 *                             or not at all, and synced; with over there may be
 *                             one already.  0, or -1 errno
 */
#ifndef DRAY_OVERRIDE_DIR_H
#define DRAY_OVERRIDE_DIR_H

#include <stddef.h>

#include "common/override.h"

struct override_file {
	char id[256]; /* the name of the file, which may be no id */
	const char *why; /* it is malformed, or NULL */
	struct override o;
};

struct override_files {
	struct override_file **f;
	size_t n, room;
};

int override_dir_read(int dir, struct override_files *f)
    __attribute__((warn_unused_result));
void override_dir_free(struct override_files *f);
int override_dir_write(int dir, const struct override *o, int over)
    __attribute__((warn_unused_result));

#endif
