#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include <skalibs/strerr.h>

#include "cmd/dray-sign/keyfile.h"
#include "cmd/dray-sign/keys.h"
#include "common/base.h"
#include "common/chars.h"
#include "common/dir.h"
#include "common/mem.h"
#include "common/signproto.h"

#define SUFFIX ".pem"
#define SUFFIXLEN (sizeof SUFFIX - 1)
#define NAMEMAX (SIGN_DOMAINMAX + 1 + SIGN_SELECTORMAX + 1)
#define CHANGES                                                     \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | \
	    IN_DELETE | IN_ATTRIB | IN_ONLYDIR)

struct key {
	char *name; /* "DOMAIN/SELECTOR" */
	EVP_PKEY *key; /* NULL: none of use so far */
	struct stat st; /* of the file that was looked at last */
	int seen;
};

/* By name; only the first `sorted` of them while files are being read. */
static struct key *all;
static unsigned int count, sorted, room, most;
static int dir = -1;
static int full;

void
keys_open(void)
{
	dir = base_dir(".", "keys");
}

int
keys_dir(void)
{
	return dir;
}

static int
compare(const void *a, const void *b)
{
	return strcmp(
	    ((const struct key *)a)->name, ((const struct key *)b)->name);
}

static struct key *
find(char *name)
{
	struct key k = { .name = name };

	if (!sorted)
		return NULL;
	return bsearch(&k, all, sorted, sizeof *all, compare);
}

static struct key *
add(const char *name)
{
	struct key *k;

	if (count == room) {
		room = room ? 2 * room : 64;
		all = mem_grow(all, room, sizeof *all);
	}
	k = &all[count++];
	memset(k, 0, sizeof *k);
	k->name = mem_dup(name, strlen(name));
	return k;
}

static int
same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size && a->st_mode == b->st_mode &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void
load_file(int fd, const char *file, char *name)
{
	struct key *k = find(name);
	const char *wrong;
	struct stat st;
	EVP_PKEY *key;

	if (fstatat(fd, file, &st, 0) == -1)
		return;
	if (!k && count == most) {
		full = 1;
		return;
	}
	if (!k)
		k = add(name);
	k->seen = 1;
	if (same(&st, &k->st))
		return;
	k->st = st;
	wrong = keyfile_read(fd, file, &key);
	if (wrong) {
		strerr_warnw("keys/", name, SUFFIX " is of no use: ", wrong,
		    k->key ? "; the key before stays" : "");
		return;
	}
	EVP_PKEY_free(k->key);
	k->key = key;
}

/* Without a suffix, so many octets; hidden ones are files that are made. */
static int
good_name(const char *s, size_t n, size_t limit)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (chars_lower(s[i]) != s[i])
			return 0;
	return n && n <= limit && s[0] != '.' && chars_name(s, n);
}

/* Calls fn for each name of a key in one directory. */
static void
each_file(const char *domain, void (*fn)(int fd, const char *file, char *name))
{
	int fd = openat(dir, domain, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char name[NAMEMAX];
	struct dirent *e;
	DIR *d;
	size_t n;

	if (fd == -1) {
		if (errno != ENOTDIR && errno != ENOENT)
			strerr_warnwusys("open keys/", domain);
		return;
	}
	d = fdopendir(fd);
	if (!d)
		strerr_diefusys(111, "read keys/", domain);
	while ((e = readdir(d))) {
		n = strlen(e->d_name);
		if (n <= SUFFIXLEN ||
		    strcmp(e->d_name + n - SUFFIXLEN, SUFFIX) != 0 ||
		    !good_name(e->d_name, n - SUFFIXLEN, SIGN_SELECTORMAX))
			continue;
		snprintf(name, sizeof name, "%s/%.*s", domain,
		    (int)(n - SUFFIXLEN), e->d_name);
		fn(fd, e->d_name, name);
	}
	closedir(d);
}

static void
each_domain(void (*fn)(const char *domain))
{
	DIR *d = dir_read(dir);
	struct dirent *e;

	if (!d) {
		strerr_warnwusys("read keys");
		return;
	}
	while ((e = readdir(d)))
		if (e->d_type != DT_REG &&
		    good_name(e->d_name, strlen(e->d_name), SIGN_DOMAINMAX))
			fn(e->d_name);
	closedir(d);
}

static void
load_domain(const char *domain)
{
	each_file(domain, load_file);
}

/* What is gone is not used any more. */
static void
sweep(void)
{
	unsigned int i, n = 0;

	for (i = 0; i < count; i++) {
		if (all[i].seen) {
			all[i].seen = 0;
			all[n++] = all[i];
			continue;
		}
		strerr_warni("keys/", all[i].name, SUFFIX " is gone");
		EVP_PKEY_free(all[i].key);
		free(all[i].name);
	}
	count = n;
}

int
keys_load(unsigned int n)
{
	most = n;
	full = 0;
	each_domain(load_domain);
	sweep();
	if (count)
		qsort(all, count, sizeof *all, compare);
	sorted = count;
	return full ? -1 : 0;
}

/* A file that is there, and that was not looked at as it is. */
static int
is_new(const struct key *k, const char *name)
{
	char path[NAMEMAX + SUFFIXLEN];
	struct stat st;

	snprintf(path, sizeof path, "%s%s", name, SUFFIX);
	return fstatat(dir, path, &st, 0) == 0 && (!k || !same(&st, &k->st));
}

EVP_PKEY *
keys_find(const char *domain, size_t dlen, const char *selector, size_t slen)
{
	char name[NAMEMAX];
	struct key *k;

	if (!good_name(domain, dlen, SIGN_DOMAINMAX) ||
	    !good_name(selector, slen, SIGN_SELECTORMAX))
		return NULL;
	snprintf(name, sizeof name, "%.*s/%.*s", (int)dlen, domain, (int)slen,
	    selector);
	k = find(name);
	/* Nobody is to find it missing who was told of it after it was made,
	 * however little later that is. */
	if ((!k || !k->key) && !full && is_new(k, name)) {
		(void)keys_load(most);
		k = find(name);
	}
	if (!k || !k->key || EVP_PKEY_up_ref(k->key) != 1)
		return NULL;
	return k->key;
}

static unsigned int files;

static void
count_file(int fd, const char *file, char *name)
{
	(void)fd;
	(void)file;
	(void)name;
	files++;
}

static void
count_domain(const char *domain)
{
	each_file(domain, count_file);
}

unsigned int
keys_estimate(void)
{
	files = 0;
	each_domain(count_domain);
	return files;
}

static int watcher;

static void
watch_domain(const char *domain)
{
	char path[SIGN_DOMAINMAX + 8];

	snprintf(path, sizeof path, "keys/%s", domain);
	if (inotify_add_watch(watcher, path, CHANGES) == -1 &&
	    errno != ENOTDIR && errno != ENOSPC)
		strerr_warnwusys("watch ", path);
}

void
keys_watch(int fd)
{
	watcher = fd;
	if (inotify_add_watch(fd, "keys", CHANGES) == -1)
		strerr_diefusys(111, "watch keys");
	each_domain(watch_domain);
}
