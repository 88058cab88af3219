#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-tlskey/place.h"
#include "cmd/dray-tlskey/store.h"

#define CHANGES \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_ATTRIB | IN_ONLYDIR)

static struct {
	int fd;
	dev_t dev;
	ino_t ino;
} places[PLACE_MAX];
static unsigned int nplace;

static void
add(const char *dir)
{
	struct stat st;
	unsigned int i;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || fstat(fd, &st) == -1) {
		strerr_warnwusys("open the directory ", dir);
		return;
	}
	for (i = 0; i < nplace; i++)
		if (places[i].dev == st.st_dev && places[i].ino == st.st_ino)
			break;
	if (i < nplace || i == PLACE_MAX) {
		close(fd);
		return;
	}
	places[nplace].fd = fd;
	places[nplace].dev = st.st_dev;
	places[nplace++].ino = st.st_ino;
}

/* The directory of a file. */
static void
add_of(const char *file)
{
	char dir[PATH_MAX];
	const char *slash = strrchr(file, '/');

	snprintf(dir, sizeof dir, "%.*s",
	    slash == file ? 1 : (int)(slash - file), file);
	add(dir);
}

static void
on_file(void *arg, const char *file)
{
	char *real = realpath(file, NULL);

	(void)arg;
	add_of(file);
	if (real)
		add_of(real);
	free(real);
}

void
place_open(void)
{
	store_files(on_file, NULL);
}

unsigned int
place_dirs(struct drop_dir *d, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < nplace; i++, n++) {
		d[n].fd = places[i].fd;
		d[n].may = DROP_DIR_READ;
	}
	return n;
}

void
place_watch(int fd)
{
	char path[32];
	unsigned int i;

	for (i = 0; i < nplace; i++) {
		snprintf(path, sizeof path, "/proc/self/fd/%d", places[i].fd);
		if (inotify_add_watch(fd, path, CHANGES) == -1)
			strerr_warnwusys("watch a directory of certificates");
	}
}
