#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include "cmd/dray-policy/tree.h"
#include "common/mem.h"

static int
close_as(int fd, int r)
{
	int e = errno;

	close(fd);
	errno = e;
	return r;
}

static int
make_parents(int dirfd, const char *path)
{
	char name[PATH_MAX];
	const char *slash = path;
	size_t n;

	while ((slash = strchr(slash, '/')) != NULL) {
		n = (size_t)(slash - path);
		if (n >= sizeof name) {
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, path, n);
		name[n] = '\0';
		if (mkdirat(dirfd, name, 0755) == -1 && errno != EEXIST)
			return -1;
		slash++;
	}
	return 0;
}

int
tree_file(int dirfd, const char *path, const void *s, size_t n)
{
	int fd;

	fd = openat(dirfd, path,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		return -1;
	return close_as(fd, allwrite(fd, s, n) == n ? 0 : -1);
}

int
tree_write(int dirfd, const char *path, const void *s, size_t n)
{
	if (make_parents(dirfd, path) == -1)
		return -1;
	return tree_file(dirfd, path, s, n);
}

static int
is_entry(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

/* What each names in a directory: the first failure ends it. */
static int
each(int dirfd, const char *name, int depth, int (*f)(int, const char *, int))
{
	struct dirent **d;
	int fd, i, n, r = 0;

	if (!depth) {
		errno = ELOOP;
		return -1;
	}
	fd = openat(
	    dirfd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = tree_list(fd, ".", is_entry, &d);
	if (n == -1)
		return close_as(fd, -1);
	for (i = 0; i < n && r == 0; i++)
		r = f(fd, d[i]->d_name, depth - 1);
	tree_list_free(d, n);
	return close_as(fd, r);
}

static int
sync_entry(int dirfd, const char *name, int depth)
{
	struct stat st;
	int fd;

	if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return -1;
	if (S_ISDIR(st.st_mode) && each(dirfd, name, depth, sync_entry) == -1)
		return -1;
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return 0;
	fd = openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	return close_as(fd, fsync(fd));
}

int
tree_sync(int dirfd, const char *name)
{
	return sync_entry(dirfd, name, TREE_DEPTH);
}

int
tree_syncdir(int dirfd, const char *name)
{
	int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd == -1 ? -1 : close_as(fd, fsync(fd));
}

static int
remove_entry(int dirfd, const char *name, int depth)
{
	if (unlinkat(dirfd, name, 0) == 0)
		return 0;
	if (errno != EISDIR)
		return -1;
	if (each(dirfd, name, depth, remove_entry) == -1)
		return -1;
	return unlinkat(dirfd, name, AT_REMOVEDIR);
}

int
tree_remove(int dirfd, const char *name)
{
	if (remove_entry(dirfd, name, TREE_DEPTH) == 0 || errno == ENOENT)
		return 0;
	return -1;
}

static int
read_regular(int fd, size_t max, char **s_r, size_t *n_r)
{
	struct stat st;
	size_t n;
	char *s;

	if (fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) || (uintmax_t)st.st_size > max) {
		errno = S_ISREG(st.st_mode) ? EFBIG : EINVAL;
		return -1;
	}
	s = mem_alloc((size_t)st.st_size + 1);
	errno = 0;
	n = allread(fd, s, (size_t)st.st_size);
	/* At the end of the file allread says EPIPE: it became shorter. */
	if (n < (size_t)st.st_size && errno && errno != EPIPE) {
		free(s);
		return -1;
	}
	*s_r = s;
	*n_r = n;
	return 0;
}

int
tree_read(int dirfd, const char *path, size_t max, char **s_r, size_t *n_r)
{
	/* O_NONBLOCK: a fifo must not stop us before we see what it is. */
	int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd == -1)
		return -1;
	return close_as(fd, read_regular(fd, max, s_r, n_r));
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

int
tree_list(int dirfd, const char *path, int (*pick)(const struct dirent *),
    struct dirent ***names_r)
{
	int n = scandirat(dirfd, path, names_r, pick, by_name);

	if (n != -1)
		return n;
	*names_r = NULL;
	return errno == ENOENT ? 0 : -1;
}

static int
ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n > m && *s != '.' && strcmp(s + n - m, end) == 0;
}

int
tree_files(
    int dirfd, const char *path, const char *end, struct dirent ***names_r)
{
	int i, kept = 0, n = tree_list(dirfd, path, NULL, names_r);
	struct dirent **d = *names_r;

	for (i = 0; i < n; i++)
		if (ends_in(d[i]->d_name, end))
			d[kept++] = d[i];
		else
			free(d[i]);
	return n == -1 ? -1 : kept;
}

void
tree_list_free(struct dirent **names, int n)
{
	while (n-- > 0)
		free(names[n]);
	free(names);
}
