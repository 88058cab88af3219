#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/dray-policy/packs.h"
#include "cmd/dray-policy/tree.h"

#define ABOUT "pack"
#define ABOUTMAX 4096
#define PATHMAX 256 /* of what we make: names are bounded */

static int
is_name(const struct dirent *d)
{
	return container_name_ok(d->d_name);
}

int
packs_list(int basefd, struct dirent ***names_r)
{
	return tree_list(basefd, PACKS, is_name, names_r);
}

int
packs_each(int basefd, const char *pack, const char *dir,
    int (*f)(void *user, const char *name, const char *dir), void *user)
{
	const char *name;
	struct dirent **d;
	int i, order, due = pack && dir, r = 0, n = packs_list(basefd, &d);

	for (i = 0; i < n && r == 0; i++) {
		name = d[i]->d_name;
		order = pack ? strcmp(name, pack) : -1;
		if (order >= 0 && due) {
			due = 0;
			r = f(user, pack, dir);
		}
		if (order != 0 && r == 0)
			r = f(user, name, name);
	}
	if (n != -1 && due && r == 0)
		r = f(user, pack, dir);
	tree_list_free(d, n);
	return n == -1 ? -1 : r;
}

/* The value behind "key TAB" in the lines at s, of less than room octets; an
 * empty one when it is not there. */
static void
get(const char *s, const char *key, char *d, size_t room)
{
	size_t n = strlen(key), len;

	*d = '\0';
	for (; *s; s += len + (s[len] == '\n')) {
		len = strcspn(s, "\n");
		if (len > n && !strncmp(s, key, n) && s[n] == '\t' &&
		    len - n - 1 < room) {
			memcpy(d, s + n + 1, len - n - 1);
			d[len - n - 1] = '\0';
			return;
		}
	}
}

int
packs_about(int basefd, const char *name, struct packs_about *a)
{
	char path[PATHMAX], version[32], *s;
	struct stat st;
	size_t n;

	memset(a, 0, sizeof *a);
	snprintf(path, sizeof path, PACKS "/%s", name);
	if (fstatat(basefd, path, &st, 0) == -1)
		return errno == ENOENT ? 0 : -1;
	snprintf(path, sizeof path, PACKS "/%s/" ABOUT, name);
	if (tree_read(basefd, path, ABOUTMAX, &s, &n) == -1)
		return errno == ENOENT || errno == ENOTDIR ? 1 : -1;
	get(s, "version", version, sizeof version);
	get(s, "key", a->key, sizeof a->key);
	get(s, "digest", a->digest, sizeof a->digest);
	free(s);
	if (container_version(version, strlen(version), &a->version) == -1)
		a->version = 0;
	return 1;
}

char *
packs_dir(char *d, const struct pack *p)
{
	snprintf(d, PACKS_DIRMAX, ".%s-%llu-%.8s", p->c->name,
	    (unsigned long long)p->c->version, p->digest);
	return d;
}

static int
write_about(int basefd, const struct pack *p, const char *dir)
{
	char path[PATHMAX], text[512];

	snprintf(path, sizeof path, PACKS "/%s/" ABOUT, dir);
	snprintf(text, sizeof text,
	    "name\t%s\nversion\t%llu\nkey\t%s\ndigest\t%s\n", p->c->name,
	    (unsigned long long)p->c->version, p->key, p->digest);
	return tree_write(basefd, path, text, strlen(text));
}

int
packs_unpack(int basefd, const struct pack *p, const char *dir)
{
	const struct container_file *f;
	char top[PATHMAX], path[PATHMAX];

	snprintf(top, sizeof top, PACKS "/%s", dir);
	if (tree_remove(basefd, top) == -1)
		return -1;
	for (f = p->c->file; f < p->c->file + p->c->nfile; f++) {
		snprintf(path, sizeof path, PACKS "/%.95s/%.80s", dir, f->path);
		if (tree_write(basefd, path, f->s, f->n) == -1)
			return -1;
	}
	if (write_about(basefd, p, dir) == -1)
		return -1;
	return tree_sync(basefd, top);
}

int
packs_link(int basefd, const char *name, const char *dir)
{
	char path[PATHMAX], tmp[PATHMAX];

	snprintf(path, sizeof path, PACKS "/%s", name);
	snprintf(tmp, sizeof tmp, PACKS "/.%s.link", name);
	if (!dir) {
		if (unlinkat(basefd, path, 0) == -1)
			return -1;
		return tree_syncdir(basefd, PACKS);
	}
	if (tree_remove(basefd, tmp) == -1 ||
	    symlinkat(dir, basefd, tmp) == -1 ||
	    renameat(basefd, tmp, basefd, path) == -1)
		return -1;
	return tree_syncdir(basefd, PACKS);
}

static int
is_hidden(const struct dirent *d)
{
	return d->d_name[0] == '.';
}

/* .NAME-VERSION-DIGEST: names may hold a - themselves. */
static int
is_of(const char *dir, const char *name)
{
	size_t n = strlen(name);
	const char *end;
	uint64_t version;

	if (strncmp(dir + 1, name, n) != 0 || dir[n + 1] != '-')
		return 0;
	end = strchr(dir + n + 2, '-');
	return end && strlen(end) == 9 && !strchr(end + 1, '-') &&
	    container_version(
		dir + n + 2, (size_t)(end - dir - n - 2), &version) == 0;
}

int
packs_sweep(int basefd, const char *name, const char *dir)
{
	char path[PATHMAX + NAME_MAX];
	struct dirent **d;
	int i, r = 0, n = tree_list(basefd, PACKS, is_hidden, &d);

	for (i = 0; i < n && r == 0; i++) {
		if (!is_of(d[i]->d_name, name) ||
		    (dir && !strcmp(d[i]->d_name, dir)))
			continue;
		snprintf(path, sizeof path, PACKS "/%s", d[i]->d_name);
		r = tree_remove(basefd, path);
	}
	tree_list_free(d, n);
	return n == -1 ? -1 : r;
}
