#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
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

/* Under a name that dray-send passes over; then renamed. */
void
files_add(int dir, struct override *o)
{
	stralloc sa = STRALLOC_ZERO;
	char tmp[OVERRIDE_IDMAX + 8];
	int fd;

	new_id(o->id, override_name(o->action));
	override_fmt(&sa, o);
	snprintf(tmp, sizeof tmp, ".%s.new", o->id);
	fd = openat(dir, tmp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		strerr_diefusys(111, "write into overrides/");
	if (fchmod(fd, 0644) == -1 || allwrite(fd, sa.s, sa.len) < sa.len ||
	    fsync(fd) == -1 ||
	    renameat2(dir, tmp, dir, o->id, RENAME_NOREPLACE) == -1 ||
	    fsync(dir) == -1) {
		fd = errno;
		unlinkat(dir, tmp, 0);
		errno = fd;
		strerr_diefusys(111, "write overrides/", o->id);
	}
	close(fd);
	stralloc_free(&sa);
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
