#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "common/base.h"
#include "common/dir.h"

#define STALE (36 * 3600) /* as in maildir */

const char *
base_default(void)
{
	const char *s = getenv("DRAY_BASE");

	return s && *s ? s : DRAY_BASE;
}

void
base_path(char *d, const char *base, const char *name)
{
	int n = snprintf(d, BASE_PATHMAX, "%s/%s", base, name);

	if (n < 0 || n >= BASE_PATHMAX)
		strerr_dief(100, "the base directory's name is too long");
}

int
base_dir(const char *base, const char *name)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, base, name);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		strerr_diefusys(111, "open ", path);
	return fd;
}

int
base_watch(const char *base, const char *name)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, base, name);
	fd = dir_watch(path);
	if (fd == -1)
		strerr_diefusys(111, "watch ", path);
	return fd;
}

const char *
base_daemon(
    int argc, char const *const *argv, const char *usage, unsigned int *ready_r)
{
	subgetopt l = SUBGETOPT_ZERO;
	const char *base = base_default();
	int opt;

	*ready_r = 0;
	while ((opt = subgetopt_r(argc, argv, "b:d:", &l)) != -1) {
		if (opt == 'b')
			base = l.arg;
		else if (opt != 'd' || !uint0_scan(l.arg, ready_r) ||
		    *ready_r < 3)
			strerr_dieusage(100, usage);
	}
	if (l.ind != argc)
		strerr_dieusage(100, usage);
	/* sendfile() has no MSG_NOSIGNAL. */
	signal(SIGPIPE, SIG_IGN);
	base_files();
	return base;
}

void
base_ready(unsigned int fd)
{
	if (fd == 0)
		return;
	if (write((int)fd, "\n", 1) == -1)
		strerr_warnwusys("say that the service is ready");
	close((int)fd);
}

void
base_files(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

void
base_sweep(int dirfd)
{
	DIR *d = dir_read(dirfd);
	struct dirent *e;
	struct stat st;

	if (!d)
		return;
	while ((e = readdir(d))) {
		if (e->d_name[0] != '.' &&
		    fstatat(dirfd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode) && time(NULL) - st.st_mtime > STALE)
			unlinkat(dirfd, e->d_name, 0);
	}
	closedir(d);
}
