#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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
