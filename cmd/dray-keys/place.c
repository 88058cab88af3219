#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-keys/place.h"
#include "common/mem.h"
#include "common/signproto.h"

#define SUFFIXLEN (sizeof PLACE_SUFFIX - 1)

int
place_keys(void)
{
	static int fd = -1;

	if (fd == -1)
		fd = open("keys", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		strerr_diefusys(111, "open the directory keys");
	return fd;
}

static void
give_to(int fd, const char *like)
{
	struct stat st;

	if (geteuid() != 0)
		return;
	if (stat(like, &st) == -1 || fchown(fd, st.st_uid, st.st_gid) == -1)
		strerr_diefusys(111, "give a file to the owner of ", like);
}

static void
sync_dir(int fd)
{
	if (fsync(fd) == -1)
		strerr_diefusys(111, "sync a directory");
}

int
place_domain(const char *domain, int make)
{
	int fd, keys = place_keys();
	int made = make && mkdirat(keys, domain, 0750) == 0;

	if (make && !made && errno != EEXIST)
		strerr_diefusys(111, "make keys/", domain);
	fd = openat(
	    keys, domain, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd == -1 && (make || errno != ENOENT))
		strerr_diefusys(111, "open keys/", domain);
	if (made) {
		if (fchmod(fd, 0750) == -1)
			strerr_diefusys(
			    111, "change the mode of keys/", domain);
		give_to(fd, "keys");
		sync_dir(keys);
	}
	return fd;
}

int
place_has(int dirfd, const char *name)
{
	struct stat st;

	return fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
write_all(int fd, const char *s, size_t n)
{
	ssize_t r;

	for (; n; s += r, n -= (size_t)r) {
		r = write(fd, s, n);
		if (r == -1)
			strerr_diefusys(111, "write a file");
	}
}

void
place_write(int dirfd, const char *name, const char *text, size_t n,
    mode_t mode, const char *like)
{
	char new[SIGN_DOMAINMAX + 16];
	int fd;

	/* What begins with a dot is read by nobody. */
	snprintf(new, sizeof new, ".%.64s.%ld", name, (long)getpid());
	fd = openat(dirfd, new,
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd == -1)
		strerr_diefusys(111, "make ", name);
	write_all(fd, text, n);
	give_to(fd, like);
	if (fchmod(fd, mode) == -1 || fsync(fd) == -1 || close(fd) == -1 ||
	    renameat(dirfd, new, dirfd, name) == -1) {
		strerr_warnwusys("write ", name);
		(void)unlinkat(dirfd, new, 0);
		_exit(111);
	}
	sync_dir(dirfd);
}

void
place_tell(void)
{
	/* It watches this directory, and need not know the one of a domain. */
	(void)futimens(place_keys(), NULL);
}

static int
isdomain(const struct dirent *e)
{
	return e->d_name[0] != '.' && e->d_type != DT_REG;
}

static int
iskey(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > SUFFIXLEN &&
	    n - SUFFIXLEN <= SIGN_SELECTORMAX &&
	    !strcmp(e->d_name + n - SUFFIXLEN, PLACE_SUFFIX);
}

void
place_each(void (*fn)(const char *domain))
{
	struct dirent **d;
	int i, n = scandirat(place_keys(), ".", &d, isdomain, alphasort);

	if (n == -1)
		strerr_diefusys(111, "read keys");
	for (i = 0; i < n; i++) {
		fn(d[i]->d_name);
		free(d[i]);
	}
	free(d);
}

void
place_each_key(int dirfd,
    void (*fn)(void *arg, const char *selector, const char *name), void *arg)
{
	char selector[SIGN_SELECTORMAX + 1];
	struct dirent **d;
	int i, n = scandirat(dirfd, ".", &d, iskey, alphasort);

	if (n == -1)
		strerr_diefusys(111, "read the keys of a domain");
	for (i = 0; i < n; i++) {
		snprintf(selector, sizeof selector, "%.*s",
		    (int)(strlen(d[i]->d_name) - SUFFIXLEN), d[i]->d_name);
		fn(arg, selector, d[i]->d_name);
		free(d[i]);
	}
	free(d);
}
