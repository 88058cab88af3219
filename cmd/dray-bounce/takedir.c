#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-bounce/take.h"
#include "common/dir.h"
#include "common/mem.h"
#include "common/spool.h"

#define SEEN ":2,S" /* what a reader of the maildir has done with it */
#define NAMES 100000 /* at a time */
#define LONGEST 250

struct names {
	char *s[NAMES];
	size_t n;
};

/* A name of a maildir begins with the seconds. */
static int
by_age(const void *pa, const void *pb)
{
	const char *a = *(char *const *)pa, *b = *(char *const *)pb;
	unsigned long long ta = strtoull(a, NULL, 10);
	unsigned long long tb = strtoull(b, NULL, 10);

	if (ta != tb)
		return ta < tb ? -1 : 1;
	return strcmp(a, b);
}

static void
list(struct names *l, int dir, const char *name)
{
	DIR *d = dir_read(dir);
	struct dirent *e;

	if (!d)
		strerr_diefusys(TAKE_LATER, "list ", name, "/new");
	while (l->n < NAMES && (e = readdir(d)))
		if (e->d_name[0] != '.' && strlen(e->d_name) <= LONGEST)
			l->s[l->n++] = mem_dup(e->d_name, strlen(e->d_name));
	closedir(d);
	qsort(l->s, l->n, sizeof *l->s, by_age);
}

static int
open_file(int fresh, const char *name)
{
	int fd =
	    openat(fresh, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd != -1 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	if (errno != ENOENT)
		strerr_warnwu("read ", name, ": not a file");
	if (fd != -1)
		close(fd);
	return -1;
}

static int
move(int fresh, int cur, const char *name)
{
	char seen[LONGEST + sizeof SEEN];

	snprintf(
	    seen, sizeof seen, "%.*s%s", (int)strcspn(name, ":"), name, SEEN);
	if (spool_rename(fresh, name, cur, seen) == 0)
		return 0;
	strerr_warnwusys("move ", name, " to cur");
	return -1;
}

static int
open_dir(const char *base, const char *name)
{
	char path[4096];
	int fd;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", base, name) >=
	    sizeof path)
		strerr_dief(100, "too long a name: ", base);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		strerr_diefusys(
		    errno == ENOENT || errno == ENOTDIR ? 100 : TAKE_LATER,
		    "open ", path);
	return fd;
}

/* The exit code of it; TAKE_LATER goes before 100. */
static int
take_names(struct take *t, const struct names *l, int fresh, int cur)
{
	int code = 0, r;
	size_t i;

	for (i = 0; i < l->n; i++) {
		t->name = l->s[i];
		t->fd = open_file(fresh, t->name);
		if (t->fd == -1)
			continue;
		r = take_one(t);
		close(t->fd);
		if (r == 0 && move(fresh, cur, t->name) == -1)
			r = TAKE_LATER;
		if (r == TAKE_LATER)
			return r;
		if (r)
			code = r;
	}
	return code;
}

void
take_maildir(const char *base, const char *dir)
{
	static struct names l;
	struct take t = { .base = base };
	int fresh = open_dir(dir, "new");
	int cur = open_dir(dir, "cur");

	if (flock(fresh, LOCK_EX | LOCK_NB) == -1)
		strerr_diefusys(TAKE_LATER, "lock ", dir, "/new");
	list(&l, fresh, dir);
	_exit(take_names(&t, &l, fresh, cur));
}
