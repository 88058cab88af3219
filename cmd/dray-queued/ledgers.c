#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-queued/queued.h"
#include "common/dir.h"
#include "common/mem.h"

/*
 * The files of spool/campaigns.  The thread adds to them: a line for a chunk when
 * its bundle is durable in tmp/, and before it is renamed.  So a bundle that is
 * in a ledger is accepted, whatever comes between: where it is still in tmp/ it
 * is renamed when its ledger is read.
 */
#define PLACE "campaigns"
#define DAYS 90 /* that a ledger stays after its last line */

static int
open_place(const struct spool *s)
{
	return openat(
	    s->dir, PLACE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

/* It comes with the first campaign. */
static int
make_place(const struct spool *s)
{
	int fd = open_place(s);

	if (fd != -1 || errno != ENOENT)
		return fd;
	if ((mkdirat(s->dir, PLACE, 0700) == -1 && errno != EEXIST) ||
	    spool_commit(s->dir) == -1)
		return -1;
	return open_place(s);
}

struct reading {
	const struct spool *s;
	ledger_fn *fn;
	void *arg;
	int moved; /* a bundle was in tmp/ */
	int failed; /* errno */
};

static int
read_chunk(void *arg, const struct ledger_chunk *c)
{
	struct reading *r = arg;

	if (spool_move(r->s->tmp, r->s->fresh, c->bundle) == 0)
		r->moved = 1;
	else if (errno != ENOENT)
		r->failed = errno;
	return r->fn ? r->fn(r->arg, c) : 0;
}

/* What is behind the last whole line was never used. */
static int
cut_torn(int dir, const char *name, size_t whole, size_t len)
{
	int fd, r;

	if (whole == len)
		return 0;
	fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -1;
	r = ftruncate(fd, (off_t)whole) == 0 && fdatasync(fd) == 0 ? 0 : -1;
	close(fd);
	return r;
}

static int
read_one(const struct spool *s, int dir, const char *name, stralloc *sa,
    struct ledger_head *h, struct reading *r)
{
	size_t whole;
	int found = ledger_load(dir, name, sa);

	if (found != 1)
		return found;
	r->s = s;
	if (ledger_read(sa->s, sa->len, h, read_chunk, r, &whole) == -1 ||
	    cut_torn(dir, name, whole, sa->len) == -1)
		return -1;
	/* Even if nothing was moved: that may have been done and not synced. */
	if (r->failed || spool_commit(s->fresh) == -1) {
		errno = r->failed ? r->failed : errno;
		return -1;
	}
	return 1;
}

/* 1, with what is in it; 0 there is none, -1 errno. */
int
ledgers_read(struct queued *q, const char *name, stralloc *sa,
    struct ledger_head *h, ledger_fn *fn, void *arg)
{
	struct reading r = { .fn = fn, .arg = arg };
	int dir = open_place(&q->spool), found;

	if (dir == -1)
		return errno == ENOENT ? 0 : -1;
	found = read_one(&q->spool, dir, name, sa, h, &r);
	close(dir);
	if (r.moved)
		spool_pull(&q->spool);
	return found;
}

/* Bundles in tmp/ that were accepted. */
static void
recover(struct queued *q, int dir)
{
	struct ledger_head h;
	stralloc sa = STRALLOC_ZERO;
	DIR *d = dir_read(dir);
	struct dirent *e;
	struct reading r;

	while (d && (e = readdir(d))) {
		memset(&r, 0, sizeof r);
		if (e->d_name[0] != '.' &&
		    read_one(&q->spool, dir, e->d_name, &sa, &h, &r) == -1)
			strerr_warnwusys(
			    "read the ledger of campaign ", e->d_name);
	}
	if (d)
		closedir(d);
	stralloc_free(&sa);
}

static int
has_bundles(const struct spool *s)
{
	struct spool_id id;
	DIR *d = dir_read(s->tmp);
	struct dirent *e;
	int has = !d;

	while (d && !has && (e = readdir(d)))
		has = spool_idparse(e->d_name, &id);
	if (d)
		closedir(d);
	return has;
}

static void
sweep(struct queued *q, int dir)
{
	DIR *d = dir_read(dir);
	struct dirent *e;
	struct stat st;
	time_t old = time(NULL) - (time_t)DAYS * 86400;

	q->nledgers = 0;
	while (d && (e = readdir(d))) {
		if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
		    !S_ISREG(st.st_mode))
			continue;
		if (e->d_name[0] == '.' || st.st_mtime < old)
			unlinkat(dir, e->d_name, 0);
		else
			q->nledgers++;
	}
	if (d)
		closedir(d);
}

/* Before anything else is done with tmp/. */
void
ledgers_start(struct queued *q)
{
	int dir = open_place(&q->spool);

	if (dir == -1)
		return;
	if (has_bundles(&q->spool))
		recover(q, dir);
	sweep(q, dir);
	close(dir);
}

static int
write_line(int fd, const stralloc *sa)
{
	ssize_t n = write(fd, sa->s, sa->len);

	if (n != -1 && (size_t)n != sa->len) {
		errno = ENOSPC;
		n = -1;
	}
	return n == -1 || fdatasync(fd) == -1 ? -1 : 0;
}

/* As it was before, or *doubt. */
static void
take_back(int fd, off_t size, int *doubt)
{
	int saved = errno;

	if (ftruncate(fd, size) == -1 || fdatasync(fd) == -1)
		*doubt = 1;
	errno = saved;
}

static int
append(int fd, const stralloc *sa, int *doubt)
{
	off_t size = lseek(fd, 0, SEEK_END);

	if (size == -1)
		return -1;
	if (write_line(fd, sa) == 0)
		return 0;
	take_back(fd, size, doubt);
	return -1;
}

/* The first line comes with the first chunk, so that none is ever without. */
static int
create(int dir, const char *name, const stralloc *sa, int *doubt)
{
	char fresh[BUNDLE_NAMEMAX + 6];
	int fd, r, saved;

	snprintf(fresh, sizeof fresh, ".%s.new", name);
	fd = openat(dir, fresh,
	    O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	r = write_line(fd, sa);
	close(fd);
	if (r == 0)
		r = renameat(dir, fresh, dir, name);
	if (r == 0 && spool_commit(dir) == 0)
		return 0;
	saved = errno;
	unlinkat(dir, fresh, 0);
	if (r == 0 && (unlinkat(dir, name, 0) == -1 || spool_commit(dir) == -1))
		*doubt = 1;
	errno = saved;
	return -1;
}

int
ledgers_add(const struct spool *s, const char *name,
    const struct ledger_head *h, const struct ledger_chunk *c, int *doubt)
{
	stralloc sa = STRALLOC_ZERO;
	int dir = make_place(s), fd, r = -1;

	if (dir == -1)
		return -1;
	fd = openat(dir, name, O_WRONLY | O_APPEND | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		ledger_puthead(&sa, h);
		ledger_putchunk(&sa, c);
		r = create(dir, name, &sa, doubt);
	} else if (fd != -1) {
		ledger_putchunk(&sa, c);
		r = append(fd, &sa, doubt);
		close(fd);
	}
	stralloc_free(&sa);
	close(dir);
	return r;
}
