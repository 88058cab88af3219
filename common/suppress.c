#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/keyhash.h"
#include "common/mem.h"
#include "common/suppressline.h"
#include "common/suppresslog.h"
#include "common/suppressrec.h"
#include "common/table.h"

#define TRIES 10 /* to read while somebody folds */

/* An address of which a journal says something: the whole record, as the table
 * and the journals make it. */
struct live {
	UT_hash_handle hh;
	unsigned char address[TOKEN_ADDRESS];
	stralloc rec;
};

struct suppress {
	int dir;
	unsigned int flags;
	struct suppresslog log;
	uint32_t number[2];
	off_t at[2]; /* read so far */
	struct table *table;
	int loaded;
	struct live *live;
	stralloc line;
};

struct suppress *
suppress_open(int dirfd, unsigned int flags)
{
	struct suppress *s = mem_alloc(sizeof *s);

	s->dir = dirfd;
	s->flags = flags;
	if (suppresslog_open(&s->log, dirfd, flags) == 0 &&
	    suppress_refresh(s) != -1)
		return s;
	suppress_close(s);
	return NULL;
}

static void
forget(struct suppress *s)
{
	struct live *l, *next;
	int e = errno;

	HASH_ITER (hh, s->live, l, next) {
		HASH_DEL(s->live, l);
		stralloc_free(&l->rec);
		free(l);
	}
	table_close(s->table);
	s->table = NULL;
	s->loaded = 0;
	s->at[0] = s->at[1] = 0;
	errno = e;
}

void
suppress_close(struct suppress *s)
{
	if (!s)
		return;
	forget(s);
	suppresslog_close(&s->log);
	stralloc_free(&s->line);
	free(s);
}

int
suppress_watch(const char *path)
{
	int e, fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd == -1 ||
	    inotify_add_watch(fd, path, IN_MOVED_TO | IN_MODIFY | IN_CREATE) !=
		-1)
		return fd;
	e = errno;
	close(fd);
	errno = e;
	return -1;
}

static struct live *
find_live(const struct suppress *s, const unsigned char *address)
{
	struct live *l;

	HASH_FIND(hh, s->live, address, TOKEN_ADDRESS, l);
	return l;
}

/* What there is of an address; 1, 0 nothing, -1 EPROTO. */
static int
find(const struct suppress *s, const unsigned char *address, const char **d_r,
    size_t *n_r)
{
	const struct live *l = find_live(s, address);
	const void *d;
	int r;

	if (l) {
		*d_r = l->rec.s;
		*n_r = l->rec.len;
		return 1;
	}
	if (!s->table)
		return 0;
	r = table_find(s->table, address, TOKEN_ADDRESS, &d, n_r);
	if (r == 1)
		*d_r = d;
	return r;
}

static int
take_line(void *arg, char op, const struct suppress_entry *e)
{
	struct suppress *s = arg;
	struct live *l = find_live(s, e->address);
	const char *d = "";
	size_t n = 0;

	if (!l) {
		if (find(s, e->address, &d, &n) == -1)
			return -1;
		l = mem_alloc(sizeof *l);
		memcpy(l->address, e->address, sizeof l->address);
		mem_check(stralloc_copyb(&l->rec, d, n));
		HASH_ADD(hh, s->live, address, TOKEN_ADDRESS, l);
	}
	return suppressrec_apply(&l->rec, op, e) == -1 ? -1 : 0;
}

/* The older one first: nothing is added to it once the other one is in use. */
static int
read_both(struct suppress *s)
{
	int k, i, old = s->number[1] < s->number[0];

	for (k = 0; k < 2; k++) {
		i = k ? !old : old;
		if (s->number[i] &&
		    suppresslog_read(&s->log, i, &s->at[i], take_line, s) == -1)
			return -1;
	}
	return 0;
}

static int
table_new(const struct suppress *s)
{
	struct stat st;

	if (s->table)
		return table_changedat(s->table, s->dir, SUPPRESS_TABLE);
	return fstatat(s->dir, SUPPRESS_TABLE, &st, 0) == 0;
}

/* All of it.  -1, or 1: meanwhile it became another one. */
static int
load(struct suppress *s)
{
	uint32_t now[2];

	forget(s);
	s->table = table_openat(s->dir, SUPPRESS_TABLE);
	if (!s->table && errno != ENOENT)
		return -1;
	if (read_both(s) == -1 || suppresslog_numbers(&s->log, now) == -1)
		return -1;
	if (memcmp(now, s->number, sizeof now) != 0 || table_new(s))
		return 1;
	s->loaded = 1;
	return 0;
}

static int
reload(struct suppress *s)
{
	int i, r = 1;

	for (i = 0; i < TRIES && r == 1; i++) {
		if (suppresslog_numbers(&s->log, s->number) == -1)
			return -1;
		r = load(s);
	}
	if (r == 1)
		errno = EAGAIN;
	return r ? -1 : 1;
}

/* 1 if a journal was made empty, so that what we read of it is in the table. */
static int
is_folded(const struct suppress *s, const uint32_t now[2])
{
	int i;

	for (i = 0; i < 2; i++)
		if (s->number[i] && now[i] != s->number[i])
			return 1;
	return 0;
}

int
suppress_refresh(struct suppress *s)
{
	off_t at[2] = { s->at[0], s->at[1] };
	uint32_t now[2];

	if (suppresslog_numbers(&s->log, now) == -1)
		return -1;
	if (!s->loaded || is_folded(s, now) || table_new(s))
		return reload(s);
	memcpy(s->number, now, sizeof now);
	if (read_both(s) == -1)
		return -1;
	return s->at[0] != at[0] || s->at[1] != at[1];
}

int
suppress_empty(const struct suppress *s)
{
	return !s->live && !s->table;
}

/* Entries get the hash of their address. */
struct walk {
	struct suppress *s;
	suppress_fn *fn;
	void *arg;
	const unsigned char *address;
};

static int
walk_entry(void *arg, const struct suppress_entry *e)
{
	const struct walk *w = arg;
	struct suppress_entry known = *e;

	memcpy(known.address, w->address, sizeof known.address);
	return w->fn(w->arg, &known);
}

/* One of the table, unless a journal has something of it. */
static int
walk_record(void *arg, const void *key, size_t keylen, const void *d, size_t n)
{
	struct walk *w = arg;

	if (keylen != TOKEN_ADDRESS || find_live(w->s, key))
		return 0;
	w->address = key;
	return suppressrec_get(d, n, walk_entry, w);
}

int
suppress_walk(struct suppress *s, suppress_fn *fn, void *arg)
{
	struct walk w = { .s = s, .fn = fn, .arg = arg };
	struct live *l, *next;
	int r = 0;

	if (s->table)
		r = table_each(s->table, walk_record, &w);
	HASH_ITER (hh, s->live, l, next) {
		if (r)
			break;
		w.address = l->address;
		r = suppressrec_get(l->rec.s, l->rec.len, walk_entry, &w);
	}
	return r;
}

struct look {
	const struct suppress_query *q;
	struct suppress_entry *e;
};

static int
is_name(const struct suppress_entry *e, const char *s, size_t n)
{
	return strlen(e->name) == n && memcmp(e->name, s, n) == 0;
}

static int
counts(void *arg, const struct suppress_entry *e)
{
	const struct look *l = arg;
	const struct suppress_query *q = l->q;
	int yes = 1;

	if (!(q->reasons >> e->reason & 1))
		return 0;
	if (e->scope == SUPPRESS_TENANT)
		yes = is_name(e, q->tenant, q->tenant_len);
	else if (e->scope == SUPPRESS_STREAM)
		yes = is_name(e, q->stream, q->stream_len);
	else if (e->scope == SUPPRESS_LIST)
		yes = memcmp(e->list, q->list, sizeof e->list) == 0;
	if (yes) {
		*l->e = *e;
		memcpy(l->e->address, q->address, sizeof l->e->address);
	}
	return yes;
}

int
suppress_lookup(const struct suppress *s, const struct suppress_query *q,
    struct suppress_entry *e_r)
{
	struct look l = { q, e_r };
	const char *d;
	size_t n;
	int r = find(s, q->address, &d, &n);

	return r == 1 ? suppressrec_get(d, n, counts, &l) : r;
}

int
suppress_each(const struct suppress *s,
    const unsigned char address[TOKEN_ADDRESS], suppress_fn *fn, void *arg)
{
	const char *d;
	size_t n;
	int r = find(s, address, &d, &n);

	return r == 1 ? suppressrec_get(d, n, fn, arg) : r;
}

static int
is_like(void *arg, const struct suppress_entry *e)
{
	return suppressrec_like(e, arg);
}

int
suppress_append(struct suppress *s, char op, const struct suppress_entry *e)
{
	struct suppress_entry like = *e;
	int r;

	if (suppress_refresh(s) == -1)
		return -1;
	r = suppress_each(s, e->address, is_like, &like);
	if (r == -1 || r == (op == '+'))
		return r == -1 ? -1 : 0;
	if (s->flags & SUPPRESS_HASHED)
		like.text[0] = '\0';
	s->line.len = 0;
	suppressline_put(&s->line, op, &like);
	if (suppresslog_append(&s->log, s->line.s, s->line.len) == -1)
		return -1;
	return 1;
}

int
suppress_sync(struct suppress *s)
{
	return suppresslog_sync(&s->log);
}
