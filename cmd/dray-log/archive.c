#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/selfpipe.h>
#include <skalibs/strerr.h>

#include "cmd/dray-log/archive.h"
#include "common/logname.h"

#define PACKED "packed.new"

/* A child ends with its parent. */
static void
follow_parent(pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(111);
}

/* Clients must not think that we are there when the parent is gone. */
static void
keep_only(int *fd)
{
	if (*fd != 3 && dup2(*fd, 3) == -1)
		_exit(111);
	*fd = 3;
	close_range(4, ~0U, 0);
}

static void
run_zstd(int in, int out, pid_t parent)
{
	follow_parent(parent);
	if (dup2(in, 0) == -1 || dup2(out, 1) == -1)
		_exit(111);
	execlp("zstd", "zstd", "-q", "-c", (char *)0);
	_exit(errno == ENOENT ? 127 : 126);
}

/* 0, or zstd's exit code. */
static int
compress(int in, int out)
{
	pid_t self = getpid(), pid;
	int status;

	pid = fork();
	if (pid == 0)
		run_zstd(in, out, self);
	if (pid == -1)
		return 111;
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return 111;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 111;
}

static int
copy_mode(int in, int out)
{
	struct stat st;

	if (fstat(in, &st) == -1)
		return -1;
	return fchmod(out, st.st_mode & 0777);
}

/* Only when the new one is on disk does the old one go. */
static int
replace(int dir, int out, const char *name, const char *newname)
{
	if (fsync(out) == -1 || renameat(dir, PACKED, dir, newname) == -1 ||
	    fsync(dir) == -1)
		return -1;
	return unlinkat(dir, name, 0);
}

/* 0 done or gone meanwhile, 127 no zstd, 111 anything else. */
static int
pack(int dir, const struct logname *n)
{
	struct logname p = *n;
	char name[LOGNAME_MAX], newname[LOGNAME_MAX];
	int in, out, r;

	p.packed = 1;
	logname_fmt(name, n);
	logname_fmt(newname, &p);
	in = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (in == -1)
		return errno == ENOENT ? 0 : 111;
	out = openat(dir, PACKED,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	r = out == -1 || copy_mode(in, out) == -1 ? 111 : compress(in, out);
	if (r == 0 && replace(dir, out, name, newname) == -1)
		r = 111;
	if (r)
		unlinkat(dir, PACKED, 0);
	close(in);
	if (out != -1)
		close(out);
	return r;
}

static void
pack_all(int dir)
{
	struct logname *list;
	size_t i, n;
	int r;

	if (logname_list(dir, &list, &n) == -1)
		_exit(111);
	for (i = 0; i < n; i++) {
		if (list[i].packed)
			continue;
		r = pack(dir, &list[i]);
		if (r)
			_exit(r);
	}
	_exit(0);
}

void
archive_start(struct archive *a)
{
	pid_t self = getpid();

	if (!a->pack)
		return;
	a->again = a->child != 0;
	if (a->child)
		return;
	a->child = fork();
	if (a->child == 0) {
		selfpipe_finish();
		keep_only(&a->dir);
		follow_parent(self);
		setpriority(PRIO_PROCESS, 0, 19);
		pack_all(a->dir);
	}
	if (a->child == -1) {
		a->child = 0;
		strerr_warnwu("start compressing the log");
	}
}

static void
report(struct archive *a, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127) {
		a->pack = 0;
		strerr_warnw("zstd is not installed: rotated log files are "
			     "not compressed");
	} else if (status) {
		strerr_warnw("a rotated log file could not be compressed; "
			     "will try again with the next one");
	}
}

void
archive_reap(struct archive *a)
{
	int status;

	if (!a->child || waitpid(a->child, &status, WNOHANG) != a->child)
		return;
	a->child = 0;
	report(a, status);
	archive_prune(a);
	if (a->again)
		archive_start(a);
}

static uint64_t
length(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1
	    ? 0
	    : (uint64_t)st.st_size;
}

void
archive_prune(const struct archive *a)
{
	struct logname *list;
	char name[LOGNAME_MAX];
	uint64_t total = 0;
	size_t i, n;

	if ((!a->files && !a->total) || logname_list(a->dir, &list, &n) == -1)
		return;
	for (i = n; i-- > 0;) {
		logname_fmt(name, &list[i]);
		total += length(a->dir, name);
		if ((!a->files || n - i <= a->files) &&
		    (!a->total || total <= a->total))
			continue;
		if (unlinkat(a->dir, name, 0) == -1 && errno != ENOENT)
			strerr_warnwusys("remove old log file ", name);
	}
	free(list);
}

void
archive_stop(struct archive *a)
{
	if (!a->child)
		return;
	kill(a->child, SIGTERM);
	waitpid(a->child, NULL, 0);
	a->child = 0;
}
