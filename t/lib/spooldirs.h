/*
 * spooldirs - a base with the directories of a spool, for C unit tests.
 *
 *   spooldirs_make(what)   makes them below spooldirs_base, which is a new
 *                          directory in TMPDIR; exits 111 if it cannot
 *   spooldirs_remove()     a test point: they are empty, and are removed
 */
#ifndef DRAY_SPOOLDIRS_H
#define DRAY_SPOOLDIRS_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "t/lib/tap.h"

static char spooldirs_base[200];
static const char *const spooldirs[] = { "", "/spool", "/spool/tmp",
	"/spool/new", "/spool/cur", "/spool/free", "/spool/bad",
	"/spool/bounce", "/spool/bounce/tmp", "/spool/bounce/new" };
#define SPOOLDIRS (sizeof spooldirs / sizeof *spooldirs)

static inline void
spooldirs_make(const char *what)
{
	const char *tmp = getenv("TMPDIR");
	char path[300];
	size_t i;

	snprintf(spooldirs_base, sizeof spooldirs_base, "%s/dray %s.%d",
	    tmp ? tmp : "/tmp", what, (int)getpid());
	for (i = 0; i < SPOOLDIRS; i++) {
		snprintf(
		    path, sizeof path, "%s%s", spooldirs_base, spooldirs[i]);
		if (mkdir(path, 0700) == -1)
			exit(111);
	}
}

/* A test may have removed one. */
static inline void
spooldirs_remove(void)
{
	char path[300];
	size_t i;
	int bad = 0;

	for (i = SPOOLDIRS; i--;) {
		snprintf(
		    path, sizeof path, "%s%s", spooldirs_base, spooldirs[i]);
		bad += rmdir(path) == -1 && errno != ENOENT;
	}
	is_int(bad, 0, "nothing is left over");
}

#endif
