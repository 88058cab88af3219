#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-policy/facts.h"
#include "cmd/dray-policy/generation.h"
#include "cmd/dray-policy/tree.h"
#include "common/mem.h"

#define DIR_NAME "generations"
#define NEW_NAME DIR_NAME "/new"
#define OLD_NAME DIR_NAME "/old"

char *
generation_path(char *d, uint64_t number)
{
	snprintf(d, GENERATION_PATHMAX, DIR_NAME "/%llu",
	    (unsigned long long)number);
	return d;
}

/* 0: not the name of a generation, of which there is one way to write it. */
static uint64_t
number_of(const char *name)
{
	uint64_t n;

	return *name != '0' && uint640_scan(name, &n) ? n : 0;
}

static int
is_number(const struct dirent *d)
{
	return number_of(d->d_name) > 0;
}

static int
ascending(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

int
generation_list(int dirfd, uint64_t **list_r)
{
	struct dirent **d;
	int i, n;

	n = tree_list(dirfd, DIR_NAME, is_number, &d);
	if (n == -1)
		return -1;
	*list_r = mem_array((size_t)n, sizeof **list_r);
	for (i = 0; i < n; i++)
		(*list_r)[i] = number_of(d[i]->d_name);
	tree_list_free(d, n);
	qsort(*list_r, (size_t)n, sizeof **list_r, ascending);
	return n;
}

uint64_t
generation_next(int dirfd, uint64_t now)
{
	uint64_t *list, last = now;
	int n = generation_list(dirfd, &list);

	if (n == -1)
		return now + 1;
	if (n && list[n - 1] > last)
		last = list[n - 1];
	free(list);
	return last + 1;
}

static int
save_facts(int fd, const struct conf *c)
{
	size_t n;
	char *text = facts_all(c, &n);
	int r = tree_write(fd, "facts", text, n);

	free(text);
	return r;
}

static int
save_all(int fd, const struct conf *c, const char *origin)
{
	char line[GENERATION_ORIGINMAX + 1];
	unsigned int i;

	for (i = 0; i < c->nfile; i++)
		if (tree_write(fd, c->file[i], c->text[i].s, c->text[i].n) ==
		    -1)
			return -1;
	snprintf(line, sizeof line, "%s\n", origin);
	if (tree_write(fd, "origin", line, strlen(line)) == -1)
		return -1;
	return save_facts(fd, c);
}

/* An empty directory for what comes; whatever a crash left there goes. */
static int
open_new(int dirfd)
{
	if (mkdirat(dirfd, DIR_NAME, 0755) == -1 && errno != EEXIST)
		return -1;
	if (tree_remove(dirfd, NEW_NAME) == -1 ||
	    tree_remove(dirfd, OLD_NAME) == -1 ||
	    mkdirat(dirfd, NEW_NAME, 0755) == -1)
		return -1;
	return openat(
	    dirfd, NEW_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int
generation_save(
    int dirfd, uint64_t number, const struct conf *c, const char *origin)
{
	char path[GENERATION_PATHMAX];
	int e, r, fd = open_new(dirfd);

	if (fd == -1)
		return -1;
	r = save_all(fd, c, origin);
	e = errno;
	close(fd);
	errno = e;
	if (r == 0)
		r = tree_sync(dirfd, NEW_NAME);
	if (r == 0)
		r = renameat(
		    dirfd, NEW_NAME, dirfd, generation_path(path, number));
	if (r == 0)
		r = tree_syncdir(dirfd, DIR_NAME);
	if (r == 0)
		return 0;
	e = errno;
	(void)!tree_remove(dirfd, NEW_NAME);
	errno = e;
	return -1;
}

/* First another name, so that none is ever seen in part. */
static int
drop(int dirfd, uint64_t number)
{
	char path[GENERATION_PATHMAX];

	if (renameat(dirfd, generation_path(path, number), dirfd, OLD_NAME) ==
	    -1)
		return -1;
	return tree_remove(dirfd, OLD_NAME);
}

void
generation_drop(int dirfd, uint64_t number)
{
	int e = errno;

	if (drop(dirfd, number) == -1)
		strerr_warnwusys("remove a generation");
	errno = e;
}

int
generation_prune(int dirfd)
{
	uint64_t *list;
	int i, r = 0, n = generation_list(dirfd, &list);

	if (n == -1)
		return -1;
	for (i = 0; i < n - GENERATION_KEEP && r == 0; i++)
		r = drop(dirfd, list[i]);
	free(list);
	return r;
}

static int
read_part(int dirfd, uint64_t number, const char *name, size_t max, char **s_r)
{
	char path[GENERATION_PATHMAX + 16];
	size_t n;

	generation_path(path, number);
	n = strlen(path);
	snprintf(path + n, sizeof path - n, "/%s", name);
	return tree_read(dirfd, path, max, s_r, &n);
}

int
generation_origin(int dirfd, uint64_t number, char *d, time_t *when_r)
{
	char path[GENERATION_PATHMAX], *s;
	struct stat st;

	if (fstatat(dirfd, generation_path(path, number), &st, 0) == -1 ||
	    read_part(dirfd, number, "origin", GENERATION_ORIGINMAX, &s) == -1)
		return -1;
	snprintf(d, GENERATION_ORIGINMAX, "%.*s", (int)strcspn(s, "\n"), s);
	free(s);
	*when_r = st.st_mtime;
	return 0;
}

int
generation_facts(int dirfd, uint64_t number, char **s_r)
{
	return read_part(dirfd, number, "facts", GENERATION_FACTSMAX, s_r);
}
