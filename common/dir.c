#include <errno.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/dir.h"

/* A copy of the descriptor would share its place with all others. */
DIR *
dir_read(int fd)
{
	int e, own = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = own == -1 ? NULL : fdopendir(own);

	if (!d && own != -1) {
		e = errno;
		close(own);
		errno = e;
	}
	return d;
}

int
dir_watch(const char *path)
{
	int e, fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd == -1 || inotify_add_watch(fd, path, IN_MOVED_TO) != -1)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

void
dir_watch_clear(int fd)
{
	char b[4096];

	while (read(fd, b, sizeof b) > 0)
		;
}
