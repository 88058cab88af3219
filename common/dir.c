#include <errno.h>
#include <fcntl.h>
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
