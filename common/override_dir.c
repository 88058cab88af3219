#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>

#include "common/dir.h"
#include "common/mem.h"
#include "common/override_dir.h"

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
	const struct override_file *a = *(struct override_file *const *)pa;
	const struct override_file *b = *(struct override_file *const *)pb;

	return strcmp(a->id, b->id);
}

static void
add(struct override_files *f, int dir, const char *name)
{
	struct override_file *x = mem_alloc(sizeof *x);

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

int
override_dir_read(int dir, struct override_files *f)
{
	DIR *d = dir_read(dir);
	struct dirent *entry;
	int e;

	memset(f, 0, sizeof *f);
	if (!d)
		return -1;
	while ((errno = 0, entry = readdir(d)))
		if (entry->d_name[0] != '.')
			add(f, dir, entry->d_name);
	e = errno;
	closedir(d);
	if (f->n)
		qsort(f->f, f->n, sizeof *f->f, by_id);
	errno = e;
	return e ? -1 : 0;
}

void
override_dir_free(struct override_files *f)
{
	while (f->n)
		free(f->f[--f->n]);
	free(f->f);
}

static int
write_new(int fd, const struct override *o)
{
	stralloc sa = STRALLOC_ZERO;
	struct stat st;
	int r = 0;

	override_fmt(&sa, o);
	/* dray-send reads it, whatever the umask. */
	if (fstat(fd, &st) == -1 ||
	    ((st.st_mode & 0777) != 0644 && fchmod(fd, 0644) == -1) ||
	    allwrite(fd, sa.s, sa.len) < sa.len)
		r = -1;
	stralloc_free(&sa);
	return r;
}

/* Under a name that dray-send passes over; then renamed.  It is in force before
 * it is synced: what has to be stopped does not wait for a busy disk. */
int
override_dir_write(int dir, const struct override *o, int over)
{
	char tmp[OVERRIDE_IDMAX + 8];
	int fd, e;

	snprintf(tmp, sizeof tmp, ".%s.new", o->id);
	if (over)
		unlinkat(dir, tmp, 0);
	fd = openat(
	    dir, tmp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd == -1)
		return -1;
	if (write_new(fd, o) == 0 &&
	    renameat2(dir, tmp, dir, o->id, over ? 0 : RENAME_NOREPLACE) == 0 &&
	    fsync(fd) == 0 && fsync(dir) == 0) {
		close(fd);
		return 0;
	}
	e = errno;
	close(fd);
	unlinkat(dir, tmp, 0);
	errno = e;
	return -1;
}
