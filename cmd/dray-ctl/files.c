#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-ctl/files.h"
#include "common/base.h"

int
files_open(const char *base)
{
	return base_dir(base, "overrides");
}

/* Those of an action are sorted by time. */
static void
new_id(char *id, const char *action)
{
	char when[32] = "";
	struct timespec t;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &t);
	if (gmtime_r(&t.tv_sec, &tm))
		strftime(when, sizeof when, "%Y%m%dT%H%M%S", &tm);
	snprintf(id, OVERRIDE_IDMAX + 1, "%.24s-%.15s.%06lu-%u", action, when,
	    (unsigned long)t.tv_nsec / 1000 % 1000000, (unsigned int)getpid());
}

void
files_add(int dir, struct override *o)
{
	new_id(o->id, override_name(o->action));
	if (override_dir_write(dir, o, 0) == -1)
		strerr_diefusys(111, "write overrides/", o->id);
}

void
files_read(int dir, struct override_files *f)
{
	if (override_dir_read(dir, f) == -1)
		strerr_diefusys(111, "read overrides/");
}

int
files_remove(int dir, const char *id)
{
	if (unlinkat(dir, id, 0) == 0)
		return 1;
	if (errno != ENOENT)
		strerr_diefusys(111, "remove overrides/", id);
	return 0;
}
