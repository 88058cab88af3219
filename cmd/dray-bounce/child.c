#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-bounce/child.h"

#define OTHERS 256 /* descriptors that there may be */

int
child_start(void (*run)(void *arg, int parent), void *arg)
{
	int pair[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		strerr_diefusys(111, "make a socket");
	pid = fork();
	if (pid == -1)
		strerr_diefusys(111, "start a process");
	close(pair[pid != 0]);
	if (pid != 0)
		return pair[0];
	run(arg, pair[1]);
	_exit(101);
}

void
child_alone(const int *keep, size_t n)
{
	size_t i;
	int fd;

	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGALRM, SIG_IGN);
	for (fd = 3; fd < OTHERS; fd++) {
		for (i = 0; i < n && keep[i] != fd; i++)
			;
		if (i == n)
			close(fd);
	}
}
