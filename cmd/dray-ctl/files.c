#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/strerr.h>

#include "cmd/dray-ctl/files.h"
#include "common/base.h"
#include "common/mem.h"

int
files_open(const char *base)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, base, "overrides");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		strerr_diefusys(111, "open ", path);
	return fd;
}

/* Sorted by name is sorted by time. */
static void
new_id(char *id)
{
	char when[32] = "";
	struct timespec t;
	struct tm tm;

	clock_gettime(CLOCK_REALTIME, &t);
	if (gmtime_r(&t.tv_sec, &tm))
		strftime(when, sizeof when, "%Y%m%dT%H%M%S", &tm);
	snprintf(id, OVERRIDE_IDMAX + 1, "pause-%.15s.%06ld-%ld", when,
	    t.tv_nsec / 1000, (long)getpid());
}

/* Under a name that dray-send passes over; then renamed. */
void
files_add(int dir, struct override *o)
{
	stralloc sa = STRALLOC_ZERO;
	char tmp[OVERRIDE_IDMAX + 8];
	int fd;

	new_id(o->id);
	override_fmt(&sa, o);
	snprintf(tmp, sizeof tmp, ".%s.new", o->id);
	fd = openat(dir, tmp,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		strerr_diefusys(111, "write into overrides/");
	if (fchmod(fd, 0644) == -1 || allwrite(fd, sa.s, sa.len) < sa.len ||
	    fsync(fd) == -1 ||
	    renameat2(dir, tmp, dir, o->id, RENAME_NOREPLACE) == -1 ||
	    fsync(dir) == -1) {
		fd = errno;
		unlinkat(dir, tmp, 0);
		errno = fd;
		strerr_diefusys(111, "write overrides/", o->id);
	}
	close(fd);
	stralloc_free(&sa);
}

static const char *
take(int dir, const char *name, struct override *o)
{
	static char text[OVERRIDE_FILEMAX + 1];
	int fd =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const char *why = "it cannot be read";
	struct stat st;
	size_t n = 0;
	ssize_t r = -1;

	if (fd == -1)
		return why;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		while (n < sizeof text &&
		    (r = read(fd, text + n, sizeof text - n)) > 0)
			n += (size_t)r;
	close(fd);
	if (r == -1)
		return why;
	return override_parse(o, text, n, &why) == -1 ? why : NULL;
}

static int
by_id(const void *pa, const void *pb)
{
	const struct file *a = *(struct file *const *)pa;
	const struct file *b = *(struct file *const *)pb;

	return strcmp(a->id, b->id);
}

static void
add(struct files *f, int dir, const char *name)
{
	struct file *x = mem_alloc(sizeof *x);

	if (f->n == f->room) {
		f->room = f->room ? f->room * 2 : 16;
		f->f = mem_grow(f->f, f->room, sizeof *f->f);
	}
	f->f[f->n++] = x;
	snprintf(x->id, sizeof x->id, "%s", name);
	x->why = "its name cannot be an id";
	if (!override_idok(name))
		return;
	x->why = take(dir, name, &x->o);
	memcpy(x->o.id, name, strlen(name) + 1);
}

void
files_read(int dir, struct files *f)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;

	memset(f, 0, sizeof *f);
	if (!d)
		strerr_diefusys(111, "read overrides/");
	while ((errno = 0, e = readdir(d)))
		if (e->d_name[0] != '.')
			add(f, dir, e->d_name);
	if (errno)
		strerr_diefusys(111, "read overrides/");
	closedir(d);
	if (f->n)
		qsort(f->f, f->n, sizeof *f->f, by_id);
}

int
files_remove(int dir, const char *id)
{
	if (unlinkat(dir, id, 0) == 0)
		return 1;
	if (errno != ENOENT)
		strerr_diefusys(111, "remove overrides/", id);
	return 0;
}

void
files_free(struct files *f)
{
	while (f->n)
		free(f->f[--f->n]);
	free(f->f);
}
