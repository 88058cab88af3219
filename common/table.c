#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cdb.h>

#include <skalibs/allreadwrite.h>

#include "common/crc32c.h"
#include "common/table.h"

struct table {
	struct cdb cdb;
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec written;
};

struct table_make {
	struct cdb_make cdb;
	int dirfd;
	int fd;
	char *name;
	char *tmp;
};

static void
close_quietly(int fd)
{
	int e = errno;

	close(fd);
	errno = e;
}

/* Maps the file; the descriptor is not needed after that. */
static int
table_map(struct table *t, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if (!S_ISREG(st.st_mode) || st.st_size > UINT_MAX) {
		errno = EPROTO;
		return -1;
	}
	t->dev = st.st_dev;
	t->ino = st.st_ino;
	t->size = st.st_size;
	t->written = st.st_mtim;
	return cdb_init(&t->cdb, fd);
}

/* Puts memory with the same octets in the place of the map, which cdb_free
 * gives back in the same way.  -1 errno, EPROTO: the file is shorter now. */
static int
table_copy(struct table *t, int fd)
{
	size_t n = t->cdb.cdb_fsize;
	char *s = mmap(NULL, n, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (s == MAP_FAILED)
		return -1;
	errno = 0;
	if (allread(fd, s, n) < n) {
		if (!errno || errno == EPIPE)
			errno = EPROTO;
		munmap(s, n);
		return -1;
	}
	munmap((void *)(uintptr_t)t->cdb.cdb_mem, n);
	t->cdb.cdb_mem = (unsigned char *)s;
	return 0;
}

static int
table_take(struct table *t, int fd, int copy)
{
	int e;

	if (table_map(t, fd) == -1)
		return -1;
	if (!copy || table_copy(t, fd) == 0)
		return 0;
	e = errno;
	cdb_free(&t->cdb);
	errno = e;
	return -1;
}

static struct table *
open_name(int dirfd, const char *name, int copy)
{
	struct table *t;
	int fd;

	/* O_NONBLOCK, because a fifo of that name must not stop us. */
	fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd == -1)
		return NULL;
	t = calloc(1, sizeof *t);
	if (t && table_take(t, fd, copy) == -1) {
		free(t);
		t = NULL;
	}
	close_quietly(fd);
	return t;
}

struct table *
table_open(const char *path)
{
	return open_name(AT_FDCWD, path, 0);
}

struct table *
table_openat(int dirfd, const char *name)
{
	return open_name(dirfd, name, 0);
}

struct table *
table_load(const char *path)
{
	return open_name(AT_FDCWD, path, 1);
}

void
table_close(struct table *t)
{
	if (!t)
		return;
	cdb_free(&t->cdb);
	free(t);
}

int
table_find(const struct table *t, const void *key, size_t keylen,
    const void **data_r, size_t *len_r)
{
	/* A find leaves its result in the handle: a copy keeps ours constant,
	 * so that threads may share a table. */
	struct cdb c = t->cdb;
	const void *data;
	int r;

	if (keylen > UINT_MAX)
		return 0;
	r = cdb_find(&c, key, keylen);
	if (r == 0)
		return 0;
	data = r > 0 ? cdb_getdata(&c) : NULL;
	if (!data) {
		errno = EPROTO;
		return -1;
	}
	*data_r = data;
	*len_r = cdb_datalen(&c);
	return 1;
}

int
table_each(const struct table *t,
    int (*fn)(void *arg, const void *key, size_t keylen, const void *data,
	size_t len),
    void *arg)
{
	struct cdb c = t->cdb;
	const void *key, *data;
	unsigned int at;
	int r = 0, more;

	cdb_seqinit(&at, &c);
	while (!r && (more = cdb_seqnext(&at, &c)) != 0) {
		key = more > 0 ? cdb_getkey(&c) : NULL;
		data = key ? cdb_getdata(&c) : NULL;
		if (!data) {
			errno = EPROTO;
			return -1;
		}
		r = fn(arg, key, cdb_keylen(&c), data, cdb_datalen(&c));
	}
	return r;
}

int
table_changed(const struct table *t, const char *path)
{
	return table_changedat(t, AT_FDCWD, path);
}

int
table_changedat(const struct table *t, int dirfd, const char *name)
{
	struct stat st;

	/* The map keeps the old inode alive, so its number is not reused. */
	if (fstatat(dirfd, name, &st, 0) == -1)
		return 0;
	return st.st_dev != t->dev || st.st_ino != t->ino ||
	    st.st_size != t->size || st.st_mtim.tv_sec != t->written.tv_sec ||
	    st.st_mtim.tv_nsec != t->written.tv_nsec;
}

/* "draytabl", CRC-32C of all before, and how many these are. */
void
table_seal(void *d, const void *s, size_t n)
{
	static const char magic[8] = { 'd', 'r', 'a', 'y', 't', 'a', 'b', 'l' };
	unsigned char *p = d;
	uint32_t crc = crc32c(0, s, n);
	int i;

	memcpy(p, magic, sizeof magic);
	for (i = 0; i < 4; i++) {
		p[8 + i] = (unsigned char)(crc >> 8 * i);
		p[12 + i] = (unsigned char)(n >> 8 * i);
	}
}

int
table_sealed(const struct table *t)
{
	unsigned char seal[TABLE_SEAL];
	size_t n = t->cdb.cdb_fsize;

	if (n < TABLE_SEAL)
		return 0;
	n -= TABLE_SEAL;
	table_seal(seal, t->cdb.cdb_mem, n);
	return !memcmp(t->cdb.cdb_mem + n, seal, sizeof seal);
}

/* Of what was written, as it can be read. */
static int
append_seal(int fd)
{
	unsigned char seal[TABLE_SEAL];
	struct stat st;
	void *s;

	if (fstat(fd, &st) == -1)
		return -1;
	if (st.st_size > UINT_MAX - TABLE_SEAL) {
		errno = EFBIG;
		return -1;
	}
	s = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (s == MAP_FAILED)
		return -1;
	table_seal(seal, s, (size_t)st.st_size);
	munmap(s, (size_t)st.st_size);
	if (lseek(fd, 0, SEEK_END) == -1)
		return -1;
	return allwrite(fd, (const char *)seal, sizeof seal) == sizeof seal
	    ? 0
	    : -1;
}

/* 1 when fd is still what NAME.tmp leads to. */
static int
is_tmp(const struct table_make *m)
{
	struct stat a, b;

	if (fstat(m->fd, &a) == -1 || !S_ISREG(a.st_mode))
		return 0;
	if (fstatat(m->dirfd, m->tmp, &b, AT_SYMLINK_NOFOLLOW) == -1)
		return 0;
	return a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/*
 * Opens NAME.tmp and locks it.  It is emptied only under the lock and only
 * while it still has that name: between our open and our lock another maker
 * may have renamed it into place, and truncating it then would kill readers.
 */
static int
tmp_open(struct table_make *m)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		m->fd = openat(m->dirfd, m->tmp,
		    O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
		    0666);
		if (m->fd == -1)
			return -1;
		if (flock(m->fd, LOCK_EX | LOCK_NB) == -1)
			break;
		if (is_tmp(m)) {
			if (ftruncate(m->fd, 0) == -1)
				break;
			return 0;
		}
		close(m->fd);
		m->fd = -1;
		errno = EAGAIN;
	}
	if (m->fd != -1)
		close_quietly(m->fd);
	return -1;
}

static void
make_free(struct table_make *m)
{
	int e = errno;

	free(m->name);
	free(m->tmp);
	free(m);
	errno = e;
}

struct table_make *
table_make_start(int dirfd, const char *name)
{
	struct table_make *m = calloc(1, sizeof *m);

	if (!m)
		return NULL;
	m->dirfd = dirfd;
	m->name = strdup(name);
	if (asprintf(&m->tmp, "%s.tmp", name) == -1)
		m->tmp = NULL;
	if (!m->name || !m->tmp || tmp_open(m) == -1) {
		make_free(m);
		return NULL;
	}
	if (cdb_make_start(&m->cdb, m->fd) == -1) {
		close_quietly(m->fd);
		make_free(m);
		return NULL;
	}
	return m;
}

int
table_make_mode(struct table_make *m, mode_t mode)
{
	return fchmod(m->fd, mode);
}

int
table_make_add(struct table_make *m, const void *key, size_t keylen,
    const void *data, size_t len)
{
	if (keylen > UINT_MAX || len > UINT_MAX) {
		errno = EFBIG;
		return -1;
	}
	return cdb_make_add(&m->cdb, key, keylen, data, len);
}

/* Gives everything back; NAME.tmp goes unless it was renamed. */
static void
make_end(struct table_make *m, int renamed)
{
	int e = errno;

	if (!renamed)
		unlinkat(m->dirfd, m->tmp, 0);
	close(m->fd);
	errno = e;
	make_free(m);
}

int
table_make_finish(struct table_make *m)
{
	int renamed = 0, r = -1;

	/* cdb_make_finish gives its memory back even when it fails. */
	if (cdb_make_finish(&m->cdb) == 0 && append_seal(m->fd) == 0 &&
	    fsync(m->fd) == 0 &&
	    renameat(m->dirfd, m->tmp, m->dirfd, m->name) == 0) {
		renamed = 1;
		r = fsync(m->dirfd);
	}
	make_end(m, renamed);
	return r;
}

void
table_make_abort(struct table_make *m)
{
	/* The only way to make libcdb free what it holds. */
	(void)cdb_make_finish(&m->cdb);
	make_end(m, 0);
}
