#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/types.h>

#include "cmd/dray-tail/cursor.h"
#include "common/logname.h"

int
cursor_load(const char *path, char *id_r, uint64_t *offset_r)
{
	char b[64];
	size_t n;
	ssize_t r;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	r = read(fd, b, sizeof b - 1);
	close(fd);
	if (r == -1)
		return -1;
	b[r] = '\0';
	errno = EPROTO;
	if (!logname_idok(b) || b[LOGNAME_ID] != ' ')
		return -1;
	n = uint64_scan(b + LOGNAME_ID + 1, offset_r);
	if (n == 0 || strcmp(b + LOGNAME_ID + 1 + n, "\n") != 0)
		return -1;
	memcpy(id_r, b, LOGNAME_ID);
	id_r[LOGNAME_ID] = '\0';
	return 1;
}

static int
sync_dir(const char *path)
{
	char b[PATH_MAX];
	int fd, r;

	memcpy(b, path, strlen(path) + 1);
	fd = open(dirname(b), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	r = fsync(fd);
	close(fd);
	return r;
}

static int
write_synced(const char *path, const char *s, size_t len)
{
	int fd, r;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd == -1)
		return -1;
	errno = ENOSPC;
	r = write(fd, s, len) == (ssize_t)len && fdatasync(fd) == 0 ? 0 : -1;
	return close(fd) == -1 ? -1 : r;
}

int
cursor_save(const char *path, const char *id, uint64_t offset)
{
	char b[64], fresh[PATH_MAX];
	int len, n;

	n = snprintf(fresh, sizeof fresh, "%s.new", path);
	if (n < 0 || (size_t)n >= sizeof fresh) {
		errno = ENAMETOOLONG;
		return -1;
	}
	len =
	    snprintf(b, sizeof b, "%s %llu\n", id, (unsigned long long)offset);
	if (write_synced(fresh, b, (size_t)len) == -1 ||
	    rename(fresh, path) == -1)
		return -1;
	return sync_dir(path);
}
