#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/types.h>

#include "common/dir.h"
#include "common/mem.h"
#include "common/spool.h"

static const char hostchars[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/* The first label of the host's name: enough to tell nodes apart. */
static void
set_host(struct spool *s)
{
	char name[256] = "";
	size_t n;

	if (gethostname(name, sizeof name - 1) == -1)
		name[0] = '\0';
	n = strspn(name, hostchars);
	if (n > SPOOL_HOSTMAX)
		n = SPOOL_HOSTMAX;
	if (n == 0) {
		memcpy(s->host, "localhost", sizeof "localhost");
		return;
	}
	memcpy(s->host, name, n);
	s->host[n] = '\0';
}

static int
opendir_at(struct spool *s, int at, const char *name)
{
	s->where = name;
	return openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

int
spool_open(struct spool *s, const char *base)
{
	int fd,
	    *dirs[] = { &s->tmp, &s->fresh, &s->cur, &s->bad, &s->used,
		    &s->bounce_tmp, &s->bounce_new };
	const char *names[] = { "tmp", "new", "cur", "bad", "free",
		"bounce/tmp", "bounce/new" };
	size_t i;

	memset(s, 0, sizeof *s);
	s->trigger = s->dir = -1;
	for (i = 0; i < sizeof dirs / sizeof *dirs; i++)
		*dirs[i] = -1;
	set_host(s);
	fd = opendir_at(s, AT_FDCWD, base);
	if (fd == -1)
		return -1;
	s->dir = opendir_at(s, fd, "spool");
	close(fd);
	if (s->dir == -1)
		return -1;
	for (i = 0; i < sizeof dirs / sizeof *dirs; i++) {
		*dirs[i] = opendir_at(s, s->dir, names[i]);
		if (*dirs[i] == -1)
			return -1;
	}
	s->where = NULL;
	return 0;
}

void
spool_close(struct spool *s)
{
	int fds[] = { s->dir, s->tmp, s->fresh, s->cur, s->bad, s->used,
		s->bounce_tmp, s->bounce_new, s->trigger };
	size_t i;

	for (i = 0; i < sizeof fds / sizeof *fds; i++)
		if (fds[i] != -1)
			close(fds[i]);
}

/* One number behind its letter; NULL if it is not there. */
static const char *
number(const char *s, char letter, uint32_t *v_r)
{
	size_t n;

	if (*s != letter)
		return NULL;
	n = uint32_scan(s + 1, v_r);
	return n ? s + 1 + n : NULL;
}

static int
parse(const char *s, struct spool_id *id_r)
{
	size_t n;

	n = uint64_scan(s, &id_r->sec);
	if (n == 0 || s[n] != '.')
		return 0;
	s = number(s + n + 1, 'M', &id_r->usec);
	s = s ? number(s, 'P', &id_r->pid) : NULL;
	s = s ? number(s, 'Q', &id_r->seq) : NULL;
	if (!s || *s++ != '.')
		return 0;
	id_r->host = s;
	id_r->host_len = strspn(s, hostchars);
	return id_r->host_len > 0 && id_r->host_len <= SPOOL_HOSTMAX &&
	    s[id_r->host_len] == '\0';
}

/* One id has one name: what would be written differently is not an id. */
int
spool_idparse(const char *s, struct spool_id *id_r)
{
	char same[SPOOL_IDMAX + 1];

	if (strlen(s) > SPOOL_IDMAX || !isdigit((unsigned char)*s) ||
	    !parse(s, id_r) || id_r->sec > UINT32_MAX)
		return 0;
	spool_idfmt(same, id_r);
	return strcmp(same, s) == 0;
}

size_t
spool_idfmt(char *buf, const struct spool_id *id)
{
	int n = snprintf(buf, SPOOL_IDMAX + 1, "%llu.M%uP%uQ%u.%.*s",
	    (unsigned long long)id->sec, id->usec, id->pid, id->seq,
	    (int)id->host_len, id->host);

	return n > SPOOL_IDMAX ? SPOOL_IDMAX : (size_t)n;
}

void
spool_idnew(struct spool *s, struct spool_id *id_r)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	id_r->sec = (uint64_t)now.tv_sec;
	id_r->usec = (uint32_t)(now.tv_nsec / 1000);
	id_r->pid = (uint32_t)getpid();
	id_r->seq = s->seq++;
	id_r->host = s->host;
	id_r->host_len = strlen(s->host);
}

int
spool_create(int dirfd, const char *name)
{
	return openat(dirfd, name,
	    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

int
spool_move(int fromfd, int tofd, const char *name)
{
	return renameat(fromfd, name, tofd, name);
}

int
spool_rename(int fromfd, const char *from, int tofd, const char *to)
{
	if (renameat2(fromfd, from, tofd, to, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (faccessat(tofd, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(fromfd, from, tofd, to);
}

int
spool_aside(int fromfd, int badfd, const char *name)
{
	char other[SPOOL_IDMAX + sizeof ".4294967295"];
	unsigned int i;

	snprintf(other, sizeof other, "%.*s", SPOOL_IDMAX, name);
	for (i = 2; spool_rename(fromfd, name, badfd, other) == -1; i++) {
		if (errno != EEXIST || i == SPOOL_SAMEMAX)
			return -1;
		snprintf(other, sizeof other, "%.*s.%u", SPOOL_IDMAX, name, i);
	}
	return 0;
}

int
spool_put(int fd, int fromfd, int tofd, const char *name)
{
	return fdatasync(fd) == -1 ? -1 : spool_move(fromfd, tofd, name);
}

int
spool_commit(int tofd)
{
	return fsync(tofd);
}

void
spool_undo(int fromfd, int tofd, const char *name)
{
	int saved = errno;

	unlinkat(fromfd, name, 0);
	unlinkat(tofd, name, 0);
	errno = saved;
}

void
spool_pull(struct spool *s)
{
	if (s->trigger == -1)
		s->trigger = openat(
		    s->dir, "trigger", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (s->trigger == -1)
		return;
	/* EPIPE: dray-send went away; its successor scans at start. */
	if (write(s->trigger, "", 1) == -1 && errno == EPIPE) {
		close(s->trigger);
		s->trigger = -1;
	}
}

int
spool_free(const struct spool *s, uint64_t *bytes_r, uint64_t *inodes_r)
{
	struct statvfs v;

	if (fstatvfs(s->dir, &v) == -1)
		return -1;
	*bytes_r = (uint64_t)v.f_bavail * v.f_frsize;
	/* File systems without a fixed number of inodes say 0 of 0. */
	*inodes_r = v.f_files ? v.f_favail : UINT64_MAX;
	return 0;
}
