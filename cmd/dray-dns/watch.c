#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-dns/watch.h"
#include "common/base.h"
#include "common/dir.h"
#include "common/policykey.h"

#define PACE 1000 /* milliseconds, where there is no inotify */

/* A descriptor that can be read when something has come to the directory of
 * the policy, or -1. */
static int
watch_directory(const char *path)
{
	const char *slash = strrchr(path, '/');
	char dir[BASE_PATHMAX] = ".";
	int fd;

	if (slash && (size_t)(slash - path) < sizeof dir)
		memcpy(dir, path, (size_t)(slash - path) + 1);
	fd = dir_watch(dir);
	if (fd == -1)
		strerr_warnwusys("watch the policy; looking once a second");
	return fd;
}

static int
same(const struct policy_dns *a, const struct policy_dns *b)
{
	return policykey_same(&policykey_dns, a, b) &&
	    !strcmp(a->forwarders, b->forwarders) &&
	    !strcmp(a->stubs, b->stubs) && !strcmp(a->insecure, b->insecure) &&
	    !strcmp(a->anchors, b->anchors);
}

/* Until the other end of the pipe is closed, or the section is another. */
static void
look(struct policy *p, int fd)
{
	struct pollfd f[2] = { { fd, 0, 0 }, { -1, POLLIN, 0 } };
	struct policy_dns then, now;

	policy_dns(p, &then);
	f[1].fd = watch_directory(p->path);
	/* It may have come before the watch. */
	do {
		if (f[1].fd != -1)
			dir_watch_clear(f[1].fd);
		if (policy_refresh(p) != 1)
			continue;
		policy_dns(p, &now);
		if (!same(&then, &now))
			return;
	} while (poll(f, 2, f[1].fd == -1 ? PACE : -1) != -1 && !f[0].revents);
}

int
watch_start(struct policy *p, unsigned int spare)
{
	int fd[2];
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == -1)
		strerr_diefusys(111, "make a pipe");
	pid = fork();
	if (pid == -1)
		strerr_diefusys(111, "fork");
	if (pid) {
		close(fd[1]);
		return fd[0];
	}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "dray-dns-watch");
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	close(fd[0]);
	if (spare)
		close((int)spare);
	look(p, fd[1]);
	_exit(0);
}
