#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/unpack.h"

static void
run_zstd(int in, int out)
{
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	signal(SIGPIPE, SIG_DFL);
	if (dup2(in, 0) == -1 || dup2(out, 1) == -1)
		_exit(111);
	execlp("zstd", "zstd", "-q", "-d", "-c", (char *)0);
	_exit(errno == ENOENT ? 127 : 126);
}

int
unpack_start(int *fd, pid_t *pid_r)
{
	int p[2] = { -1, -1 }, saved = 0;

	*pid_r = 0;
	if (pipe2(p, O_CLOEXEC) == -1) {
		saved = errno;
	} else {
		*pid_r = fork();
		if (*pid_r == 0)
			run_zstd(*fd, p[1]);
		saved = errno;
		close(p[1]);
	}
	close(*fd);
	*fd = p[0];
	if (*pid_r > 0)
		return 0;
	if (*fd != -1)
		close(*fd);
	*fd = -1;
	*pid_r = 0;
	errno = saved;
	return -1;
}

int
unpack_end(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return -1;
	if (status) {
		errno = EBADMSG;
		return -1;
	}
	return 0;
}

void
unpack_stop(pid_t pid)
{
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}
