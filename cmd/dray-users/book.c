#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-users/book.h"
#include "common/mem.h"
#include "common/table.h"

#define TRIES 100 /* for the lock, a tenth of a second each */

void
book_open(struct book *b, const char *base)
{
	memset(b, 0, sizeof *b);
	b->dirfd = base_dir(base, "auth");
	base_path(b->path, base, "auth/" ACCOUNT_FILE);
}

static struct book_user *
find(struct book *b, const char *name)
{
	struct book_user *u;

	HASH_FIND(hh, b->users, name, strlen(name), u);
	return u;
}

static void
drop(struct book *b, struct book_user *u)
{
	HASH_DEL(b->users, u);
	free(u);
}

static int
take(void *arg, const void *key, size_t keylen, const void *data, size_t len)
{
	char name[ACCOUNT_NAMEMAX + 1];
	const char *k = key;
	struct book *b = arg;
	struct account a;

	if (keylen == 1 && k[0] == ACCOUNT_NOBODY[0]) {
		if (!len || len >= sizeof b->nobody)
			return 1;
		memcpy(b->nobody, data, len);
		b->nobody[len] = '\0';
		return 0;
	}
	if (k[0] != ACCOUNT_KEY[0] || !account_name_ok(k + 1, keylen - 1) ||
	    account_unpack(&a, data, len) == -1)
		return 1;
	memcpy(name, k + 1, keylen - 1);
	name[keylen - 1] = '\0';
	book_set(b, name, &a);
	return 0;
}

void
book_load(struct book *b)
{
	struct book_user *u, *next;
	struct table *t = table_load(b->path);

	HASH_ITER (hh, b->users, u, next)
		drop(b, u);
	b->nobody[0] = '\0';
	if (!t && errno == ENOENT)
		return;
	if (!t)
		strerr_diefusys(111, "read ", b->path);
	if (!table_sealed(t) || table_each(t, take, b) != 0)
		strerr_dief(100, b->path, " is damaged");
	table_close(t);
}

struct account *
book_find(struct book *b, const char *name)
{
	struct book_user *u = find(b, name);

	return u ? &u->a : NULL;
}

static int
by_name(const struct book_user *a, const struct book_user *b)
{
	return strcmp(a->name, b->name);
}

void
book_each(struct book *b,
    void (*fn)(void *arg, const char *name, const struct account *a), void *arg)
{
	struct book_user *u, *next;

	HASH_SORT(b->users, by_name);
	HASH_ITER (hh, b->users, u, next)
		fn(arg, u->name, &u->a);
}

void
book_lock(struct book *b)
{
	const struct timespec pause = { 0, 100000000 };
	int i;

	for (i = 0; i < TRIES; i++) {
		b->lock = table_make_start(b->dirfd, ACCOUNT_FILE);
		if (b->lock || (errno != EAGAIN && errno != EWOULDBLOCK))
			break;
		(void)nanosleep(&pause, NULL);
	}
	if (!b->lock)
		strerr_diefusys(111, "write ", b->path);
	book_load(b);
}

void
book_set(struct book *b, const char *name, const struct account *a)
{
	struct book_user *u = find(b, name);

	if (!u) {
		u = mem_alloc(sizeof *u);
		memcpy(u->name, name, strlen(name) + 1);
		HASH_ADD(hh, b->users, name, strlen(name), u);
	}
	u->a = *a;
}

void
book_remove(struct book *b, const char *name)
{
	struct book_user *u = find(b, name);

	if (u)
		drop(b, u);
}

char *
book_nobody(struct book *b)
{
	return b->nobody;
}

static int
add(struct book *b, const struct book_user *u)
{
	char key[1 + ACCOUNT_NAMEMAX];
	size_t n = strlen(u->name);
	stralloc sa = STRALLOC_ZERO;
	int r;

	key[0] = ACCOUNT_KEY[0];
	memcpy(key + 1, u->name, n);
	account_pack(&sa, &u->a);
	r = table_make_add(b->lock, key, 1 + n, sa.s, sa.len);
	stralloc_free(&sa);
	return r;
}

/* Who may read the directory may read the file, and nobody else: its group is
 * that of dray-auth, where that has a user of its own. */
static int
guard(struct book *b)
{
	struct stat st;

	if (table_make_mode(b->lock, 0640) == -1 || fstat(b->dirfd, &st) == -1)
		return -1;
	if (geteuid() != 0)
		return 0;
	return fchownat(b->dirfd, ACCOUNT_FILE ".tmp", st.st_uid, st.st_gid,
	    AT_SYMLINK_NOFOLLOW);
}

void
book_save(struct book *b)
{
	struct book_user *u, *next;
	int r = guard(b);

	if (r == 0 && b->nobody[0])
		r = table_make_add(
		    b->lock, ACCOUNT_NOBODY, 1, b->nobody, strlen(b->nobody));
	HASH_SORT(b->users, by_name);
	HASH_ITER (hh, b->users, u, next)
		if (r == 0)
			r = add(b, u);
	if (r == -1)
		table_make_abort(b->lock);
	if (r == -1 || table_make_finish(b->lock) == -1)
		strerr_diefusys(111, "write ", b->path);
	b->lock = NULL;
}
