#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/dray-policy/rulebook.h"
#include "cmd/dray-policy/tree.h"

static int
read_one(struct conf *c, const char *path)
{
	FILE *f = fopen(path, "re");
	struct stat st;
	int e, r = -1;

	if (!f)
		return conf_trouble(c, path);
	if (fstat(fileno(f), &st) == 0 && S_ISDIR(st.st_mode))
		errno = EISDIR;
	else
		r = conf_read_file(c, f, path, CONF_RULES);
	e = errno;
	fclose(f);
	errno = e;
	return r == -1 ? conf_trouble(c, path) : 0;
}

static int
read_all(struct conf *c, const char *path, int dirfd)
{
	size_t room = strlen(path) + 1 + NAME_MAX + 1;
	char *name = conf_alloc(NULL, room, 1);
	struct dirent **d;
	int i, r = 0, n = tree_files(dirfd, ".", RULEBOOK_SUFFIX, &d);

	if (n == -1)
		r = conf_trouble(c, path);
	for (i = 0; i < n && r == 0; i++) {
		snprintf(name, room, "%s/%s", path, d[i]->d_name);
		r = read_one(c, name);
	}
	tree_list_free(d, n);
	free(name);
	return r;
}

int
rulebook_read(struct conf *c, const char *path)
{
	int r, dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dirfd != -1) {
		r = read_all(c, path, dirfd);
		close(dirfd);
	} else {
		r = errno == ENOTDIR ? read_one(c, path)
				     : conf_trouble(c, path);
	}
	if (r == 0 && c->rules) {
		c->rules->alone = 1;
		rulebook_finish(c);
	}
	return r;
}
