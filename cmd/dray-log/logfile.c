#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "cmd/dray-log/logfile.h"
#include "cmd/dray-log/repair.h"
#include "common/json.h"
#include "common/mem.h"

#define FRESH LOGNAME_CURRENT ".new"
#define MODE 0640

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
read_boot(char *d)
{
	ssize_t r;
	int fd;

	d[0] = '\0';
	fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	r = read(fd, d, LOGFILE_BOOTMAX);
	close(fd);
	d[r > 0 ? r : 0] = '\0';
	d[strcspn(d, "\n")] = '\0';
}

/* Ids must go up, even where the clock goes back. */
static void
next_id(struct logfile *f)
{
	uint64_t now = now_us();

	f->last = now > f->last ? now : f->last + 1;
	logname_id(f->id, f->last);
}

static int
write_all(int fd, const char *s, size_t len, off_t at)
{
	ssize_t r;

	for (; len; s += r, at += r, len -= (size_t)r) {
		r = pwrite(fd, s, len, at);
		if (r == -1 && errno == EINTR)
			r = 0;
		if (r == -1)
			return -1;
	}
	return 0;
}

static void
first_line(stralloc *sa, const struct logfile *f)
{
	char host[65] = "";

	gethostname(host, sizeof host - 1);
	json_open(sa);
	json_text(sa, "type", "LogStart");
	json_text(sa, "file", f->id);
	json_u64(sa, "timestamp", f->last / 1000000);
	json_time(sa, "event_time", f->last);
	json_text(sa, "nodeid", host);
	json_u64(sa, "version", 1);
	json_text(sa, "boot", f->boot);
	json_line(sa);
}

/* Makes current.new with its first line, durable but for its name. */
static int
make_fresh(struct logfile *f)
{
	stralloc sa = STRALLOC_ZERO;
	int fd, saved;

	fd = openat(f->dir, FRESH,
	    O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, MODE);
	if (fd == -1)
		return -1;
	first_line(&sa, f);
	if (write_all(fd, sa.s, sa.len, 0) == -1 || fdatasync(fd) == -1) {
		saved = errno;
		close(fd);
		unlinkat(f->dir, FRESH, 0);
		stralloc_free(&sa);
		errno = saved;
		return -1;
	}
	f->first = sa.len;
	stralloc_free(&sa);
	return fd;
}

/* In this order a crash leaves no file called current, never two. */
static int
swap_names(int dir, const char *oldname)
{
	int saved;

	if (oldname && renameat(dir, LOGNAME_CURRENT, dir, oldname) == -1)
		return -1;
	if (renameat(dir, FRESH, dir, LOGNAME_CURRENT) == 0)
		return 0;
	saved = errno;
	if (oldname && renameat(dir, oldname, dir, LOGNAME_CURRENT) == -1)
		saved = errno;
	errno = saved;
	return -1;
}

/* Puts a new file in the place of current, which goes to oldname, or away if
 * that is NULL.  Until the directory is synced nothing in the new file is
 * durable. */
static int
begin_file(struct logfile *f, const char *oldname)
{
	struct logfile was = *f;
	int fd;

	next_id(f);
	fd = make_fresh(f);
	if (fd == -1 || swap_names(f->dir, oldname) == -1) {
		if (fd != -1)
			close(fd);
		was.last = f->last;
		*f = was;
		return -1;
	}
	if (f->fd != -1)
		close(f->fd);
	f->fd = fd;
	f->newname = 1;
	f->size = f->synced = f->first;
	return 0;
}

/* Ends the file under its id. */
static int
end_file(struct logfile *f)
{
	struct logname n = { .packed = 0 };
	char name[LOGNAME_MAX];

	memcpy(n.id, f->id, sizeof n.id);
	logname_fmt(name, &n);
	return begin_file(f, name);
}

static int
newest(struct logfile *f)
{
	struct logname *list;
	size_t n;

	if (logname_list(f->dir, &list, &n) == -1)
		return -1;
	f->last = n ? logname_time(list[n - 1].id) : 0;
	free(list);
	return 0;
}

/* A file that is there: goes on with it if it is of this boot. */
static int
take_up(struct logfile *f)
{
	struct repair r;
	uint64_t started;

	if (repair_file(f->fd, f->boot, &r) == -1)
		return -1;
	f->size = f->synced = r.size;
	f->first = r.first;
	if (r.size <= r.first)
		return begin_file(f, NULL);
	if (!r.ours) {
		next_id(f);
		return end_file(f);
	}
	memcpy(f->id, r.id, sizeof f->id);
	started = logname_time(f->id);
	if (started > f->last)
		f->last = started;
	if (!r.thisboot)
		return end_file(f);
	/* It may hold lines that dray-log had no time to sync. */
	f->newname = 1;
	return logfile_sync(f);
}

int
logfile_open(struct logfile *f, int dir)
{
	struct stat st;

	memset(f, 0, sizeof *f);
	f->dir = dir;
	read_boot(f->boot);
	if (newest(f) == -1)
		return -1;
	f->fd = openat(
	    dir, LOGNAME_CURRENT, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (f->fd == -1)
		return errno == ENOENT ? begin_file(f, NULL) : -1;
	if (fstat(f->fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	return take_up(f);
}

static int
enough_left(const struct logfile *f, uint64_t minfree)
{
	struct statvfs st;

	if (minfree == 0 || fstatvfs(f->fd, &st) == -1)
		return 1;
	return (uint64_t)st.f_bavail * st.f_frsize >= minfree;
}

/* The next attempt writes at the same place, so a part of a line that cannot
 * be cut away does no harm while we live, and is repaired if we do not. */
static void
keep_lines(struct logfile *f, stralloc *buf, size_t done)
{
	const char *nl = done ? memrchr(buf->s, '\n', done) : NULL;
	size_t whole = nl ? (size_t)(nl - buf->s) + 1 : 0;

	f->size += whole;
	buf->len -= whole;
	memmove(buf->s, buf->s + whole, buf->len);
	if (whole < done && ftruncate(f->fd, (off_t)f->size) == -1)
		return;
}

int
logfile_append(struct logfile *f, stralloc *buf, uint64_t minfree)
{
	size_t done = 0;
	ssize_t r;
	int saved;

	if (!enough_left(f, minfree)) {
		errno = ENOSPC;
		return -1;
	}
	while (done < buf->len) {
		r = pwrite(f->fd, buf->s + done, buf->len - done,
		    (off_t)(f->size + done));
		if (r == -1 && errno == EINTR)
			continue;
		if (r <= 0) {
			saved = r ? errno : ENOSPC;
			keep_lines(f, buf, done);
			errno = saved;
			return -1;
		}
		done += (size_t)r;
	}
	f->size += done;
	buf->len = 0;
	return 0;
}

int
logfile_dirty(const struct logfile *f)
{
	return f->size > f->synced;
}

int
logfile_sync(struct logfile *f)
{
	uint64_t size = f->size;

	if (fdatasync(f->fd) == -1)
		return -1;
	if (f->newname && fsync(f->dir) == -1)
		return -1;
	f->newname = 0;
	f->synced = size;
	return 0;
}

int
logfile_due(const struct logfile *f, uint64_t size, uint64_t age, uint64_t now)
{
	if (f->size <= f->first)
		return 0;
	return f->size >= size ||
	    (age && now >= logname_time(f->id) + age * 1000000);
}

int
logfile_rotate(struct logfile *f)
{
	return end_file(f);
}

int
logfile_abandon(struct logfile *f)
{
	if (f->synced > f->first)
		return end_file(f);
	return begin_file(f, NULL);
}
