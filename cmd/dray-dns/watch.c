#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-dns/watch.h"

#define PACE 1000 /* milliseconds */

/* Until the other end of the pipe is closed, or the section is another. */
static void
look(struct policy *p, int fd)
{
	struct pollfd f = { fd, 0, 0 };
	struct policy_dns then, now;

	policy_dns(p, &then);
	while (poll(&f, 1, PACE) <= 0) {
		if (policy_refresh(p) != 1)
			continue;
		policy_dns(p, &now);
		if (memcmp(&then, &now, sizeof now) != 0)
			return;
	}
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
