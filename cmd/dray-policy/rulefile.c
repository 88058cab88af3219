#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/dray-policy/rulebook.h"

static int
is_rules(const struct dirent *d)
{
	size_t n = strlen(d->d_name), m = strlen(RULEBOOK_SUFFIX);

	return d->d_name[0] != '.' && n > m &&
	    !strcmp(d->d_name + n - m, RULEBOOK_SUFFIX);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int
trouble(struct conf *c, const char *path)
{
	int e = errno;

	if (!c->trouble)
		c->trouble = strdup(path);
	errno = e;
	return -1;
}

static int
read_one(struct conf *c, const char *path)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	int e, r = -1;

	if (!f)
		return trouble(c, path);
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode))
		errno = EISDIR;
	else
		r = conf_read_file(c, f, path, CONF_RULES);
	e = errno;
	fclose(f);
	errno = e;
	return r == -1 ? trouble(c, path) : 0;
}

static int
read_all(struct conf *c, const char *path, struct dirent **d, int n)
{
	size_t room = strlen(path) + 1 + NAME_MAX + 1;
	char *name = conf_alloc(NULL, room, 1);
	int i, r = 0;

	for (i = 0; i < n && r == 0; i++) {
		snprintf(name, room, "%s/%s", path, d[i]->d_name);
		r = read_one(c, name);
	}
	free(name);
	return r;
}

int
rulebook_read(struct conf *c, const char *path)
{
	struct dirent **d;
	int i, n, r;

	n = scandir(path, &d, is_rules, by_name);
	if (n == -1 && errno != ENOTDIR)
		return trouble(c, path);
	if (n == -1) {
		r = read_one(c, path);
	} else {
		r = read_all(c, path, d, n);
		for (i = 0; i < n; i++)
			free(d[i]);
		free(d);
	}
	if (r == 0 && c->rules) {
		c->rules->alone = 1;
		rulebook_finish(c);
	}
	return r;
}
