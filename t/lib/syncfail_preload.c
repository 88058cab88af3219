/*
 * syncfail - fdatasync(2) fails with EIO while the file that $SYNCFAIL names
 * is there.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

int
fdatasync(int fd)
{
	static int (*real)(int);
	const char *name = getenv("SYNCFAIL");

	if (name && access(name, F_OK) == 0) {
		errno = EIO;
		return -1;
	}
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
	return real(fd);
}
