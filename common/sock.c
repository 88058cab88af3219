#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/sock.h"

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */

/* Fills sa.  A path that is too long is reached by its directory, whose
 * descriptor is returned and has to stay open until after bind or connect.
 * -2: none was needed; -1 errno. */
static int
address(struct sockaddr_un *sa, const char *path)
{
	char dir[PATH_MAX], base[PATH_MAX];
	size_t len = strlen(path);
	int fd, n;

	memset(sa, 0, sizeof *sa);
	sa->sun_family = AF_UNIX;
	if (len < sizeof sa->sun_path) {
		memcpy(sa->sun_path, path, len + 1);
		return -2;
	}
	if (len >= PATH_MAX) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, path, len + 1);
	memcpy(base, path, len + 1);
	fd = open(dirname(dir), O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = snprintf(sa->sun_path, sizeof sa->sun_path, "/proc/self/fd/%d/%s",
	    fd, basename(base));
	if (n < 0 || (size_t)n >= sizeof sa->sun_path) {
		close(fd);
		errno = ENAMETOOLONG;
		return -1;
	}
	return fd;
}

static int
stream(int flags)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
}

/* The end of sock_listen and sock_connect: done is what became of fd, and
 * errno says it if it is -1.  dir is from address(). */
static int
settle(int fd, int done, int dir)
{
	int saved = errno;

	if (fd != -1 && done == -1) {
		close(fd);
		fd = -1;
	}
	if (dir != -2)
		close(dir);
	errno = saved;
	return fd;
}

/* 1 if somebody answers there. */
static int
alive(const struct sockaddr_un *sa)
{
	int fd = stream(SOCK_NONBLOCK), r;

	if (fd == -1)
		return 0;
	r = connect(fd, (const struct sockaddr *)sa, sizeof *sa);
	r = r == 0 || errno == EAGAIN;
	close(fd);
	return r;
}

static int
bind_and_listen(int fd, const struct sockaddr_un *sa, mode_t mode)
{
	if (bind(fd, (const struct sockaddr *)sa, sizeof *sa) == -1) {
		if (errno != EADDRINUSE)
			return -1;
		if (alive(sa)) {
			errno = EADDRINUSE;
			return -1;
		}
		if (unlink(sa->sun_path) == -1 ||
		    bind(fd, (const struct sockaddr *)sa, sizeof *sa) == -1)
			return -1;
	}
	if (chmod(sa->sun_path, mode) == -1)
		return -1;
	return listen(fd, BACKLOG);
}

static int reserve = -1;

static void
keep_reserve(void)
{
	if (reserve == -1)
		reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

int
sock_listen(const char *path, mode_t mode)
{
	struct sockaddr_un sa;
	int dir = address(&sa, path), fd, r;

	if (dir == -1)
		return -1;
	keep_reserve();
	fd = stream(SOCK_NONBLOCK);
	r = fd == -1 ? -1 : bind_and_listen(fd, &sa, mode);
	return settle(fd, r, dir);
}

/* The descriptor in reserve is given up for the client that cannot be had. */
static void
hang_up(int fd)
{
	int r;

	if (reserve != -1)
		close(reserve);
	r = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (r != -1)
		close(r);
	reserve = -1;
	keep_reserve();
}

int
sock_accept(int fd)
{
	int r;

	do
		r = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	while (r == -1 && (errno == EINTR || errno == ECONNABORTED));
	if (r == -1 && (errno == EMFILE || errno == ENFILE)) {
		hang_up(fd);
		errno = EMFILE;
	}
	return r;
}

static int
connect_to(const char *path, int flags)
{
	struct sockaddr_un sa;
	int dir = address(&sa, path), fd, r;

	if (dir == -1)
		return -1;
	fd = stream(flags);
	r = fd == -1 ? -1
		     : connect(fd, (const struct sockaddr *)&sa, sizeof sa);
	return settle(fd, r, dir);
}

int
sock_connect(const char *path)
{
	return connect_to(path, 0);
}

int
sock_connect_nonblock(const char *path)
{
	return connect_to(path, SOCK_NONBLOCK);
}

int
sock_peer(int fd, uid_t *uid_r, pid_t *pid_r)
{
	struct ucred c;
	socklen_t n = sizeof c;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) == -1)
		return -1;
	*uid_r = c.uid;
	*pid_r = c.pid;
	return 0;
}

int
sock_ours(int fd)
{
	struct ucred c;
	socklen_t n = sizeof c;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &c, &n) == 0 &&
	    (c.uid == 0 || c.uid == geteuid() || c.gid == getegid());
}

int
sock_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags == -1 ? -1 : fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}
