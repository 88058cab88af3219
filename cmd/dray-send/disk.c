#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/strerr.h>

#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/send.h"
#include "common/mem.h"
#include "common/thread.h"

#define FREE_MAX 128 /* finished files kept for dray-queued to write over */

/*
 * What blocks is done by one thread: removing finished bundles, making the
 * notices of failures durable, and the counts of the day.  It knows names and
 * texts only, nothing of the scheduler.
 */
struct removal {
	uint32_t slot;
	int bad;
	int failed;
	unsigned int keep; /* files in free/ at most */
	char name[SPOOL_IDMAX + 1];
};

struct removals {
	struct removal *r;
	size_t n, room;
};

struct punch {
	int fd;
	struct hole *h;
	size_t n;
};

struct punches {
	struct punch *p;
	size_t n, room;
};

struct disk {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	ev_async done;
	struct removals todo; /* guarded by lock */
	struct removals removed;
	struct removals later; /* that failed; the main loop's */
	struct punches punches;
	stralloc notice;
	int have_notice;
	int notice_done;
	int notice_error;
	stralloc daily;
	int have_daily; /* 1, or 2: the file is made anew */
	int daily_done;
	int daily_error;
};

static void
append(struct removals *l, const struct removal *r)
{
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 64;
		l->r = mem_grow(l->r, l->room, sizeof *l->r);
	}
	l->r[l->n++] = *r;
}

static void
remove_one(struct removal *r)
{
	int e;

	if (r->bad)
		e = spool_aside(self.spool.cur, self.spool.bad, r->name);
	else
		e = spool_give(&self.spool, r->name, r->keep);
	r->failed = e == -1 && errno != ENOENT;
}

/* Made durable as a bundle is. */
static int
write_notice(const stralloc *text, const char *name)
{
	const struct spool *s = &self.spool;
	int fd = spool_create(s->bounce_tmp, name), r = 0;

	if (fd == -1)
		return -1;
	/* dray-bounce may have a user of its own, in the group of bounce/. */
	(void)fchmod(fd, 0640);
	if (allwrite(fd, text->s, text->len) < text->len)
		r = -1;
	if (r == 0)
		r = spool_put(fd, s->bounce_tmp, s->bounce_new, name);
	if (r == 0)
		r = spool_commit(s->bounce_new);
	if (r == -1)
		spool_undo(s->bounce_tmp, s->bounce_new, name);
	close(fd);
	return r;
}

/* The done bits first: a message whose octets are gone must never look as if
 * it still had to be delivered.  A file system that cannot punch keeps the
 * space until the bundle is removed. */
static void
punch_one(struct punch *p)
{
	uint64_t from, to;
	size_t i;

	for (i = fdatasync(p->fd) == 0 ? 0 : p->n; i < p->n; i++) {
		from = bundle_pageup(p->h[i].offset);
		to = (p->h[i].offset + p->h[i].length) / BUNDLE_PAGE *
		    BUNDLE_PAGE;
		if (from < to &&
		    fallocate(p->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE,
			(off_t)from, (off_t)(to - from)) == -1)
			break;
	}
	close(p->fd);
	free(p->h);
}

static void
notice(struct disk *d)
{
	char name[SPOOL_IDMAX + 1];
	struct spool_id id;
	int r, error;

	spool_idnew(&self.spool, &id);
	spool_idfmt(name, &id);
	r = write_notice(&d->notice, name);
	error = r == -1 ? errno : 0;
	if (error == ENOSPC || error == EDQUOT)
		spool_empty(&self.spool);
	if (error)
		sleep(1); /* the main loop asks again at once */
	pthread_mutex_lock(&d->lock);
	d->notice_error = error;
	d->have_notice = 0;
	d->notice_done = 1;
	pthread_mutex_unlock(&d->lock);
}

static void
daily(struct disk *d)
{
	int r = dailyfile_write(d->daily.s, d->daily.len, d->have_daily == 2);
	int error = r == -1 ? errno : 0;

	if (error == ENOSPC || error == EDQUOT)
		spool_empty(&self.spool);
	if (error)
		sleep(1); /* as above */
	pthread_mutex_lock(&d->lock);
	d->daily_error = error;
	d->have_daily = 0;
	d->daily_done = 1;
	pthread_mutex_unlock(&d->lock);
}

static void
removals(struct disk *d, struct removals *mine)
{
	size_t i, failed = 0;

	for (i = 0; i < mine->n; i++) {
		remove_one(&mine->r[i]);
		if (mine->r[i].failed && !failed++)
			strerr_warnwusys("remove bundle ", mine->r[i].name,
			    ", trying again later");
	}
	pthread_mutex_lock(&d->lock);
	for (i = 0; i < mine->n; i++)
		append(&d->removed, &mine->r[i]);
	pthread_mutex_unlock(&d->lock);
	mine->n = 0;
}

static void *
work(void *arg)
{
	struct disk *d = arg;
	struct removals mine = { NULL, 0, 0 }, swap;
	struct punches holes = { NULL, 0, 0 }, swap2;
	int note, count;

	for (;;) {
		pthread_mutex_lock(&d->lock);
		while (!d->todo.n && !d->have_notice && !d->have_daily &&
		    !d->punches.n)
			pthread_cond_wait(&d->wake, &d->lock);
		swap = mine;
		mine = d->todo;
		d->todo = swap;
		swap2 = holes;
		holes = d->punches;
		d->punches = swap2;
		note = d->have_notice;
		count = d->have_daily;
		pthread_mutex_unlock(&d->lock);
		if (count)
			daily(d);
		if (note)
			notice(d);
		while (holes.n)
			punch_one(&holes.p[--holes.n]);
		removals(d, &mine);
		ev_async_send(self.loop, &d->done);
	}
	return NULL;
}

static void
done(struct ev_loop *loop, ev_async *w, int revents)
{
	static struct removals mine;
	struct disk *d = w->data;
	struct removals swap;
	int noted, error, counted, uncounted;
	size_t i;

	(void)loop;
	(void)revents;
	pthread_mutex_lock(&d->lock);
	swap = mine;
	mine = d->removed;
	d->removed = swap;
	noted = d->notice_done;
	error = d->notice_error;
	d->notice_done = 0;
	counted = d->daily_done;
	uncounted = d->daily_error;
	d->daily_done = 0;
	pthread_mutex_unlock(&d->lock);
	if (counted)
		daily_written(uncounted);
	for (i = 0; i < mine.n; i++) {
		if (!mine.r[i].failed) {
			store_removed(mine.r[i].slot);
			continue;
		}
		append(&d->later, &mine.r[i]);
		scan_later();
		timer_set();
	}
	mine.n = 0;
	if (noted)
		notice_written(error);
}

void
disk_start(void)
{
	struct disk *d = mem_alloc(sizeof *d);

	pthread_mutex_init(&d->lock, NULL);
	pthread_cond_init(&d->wake, NULL);
	ev_async_init(&d->done, done);
	d->done.data = d;
	ev_async_start(self.loop, &d->done);
	self.disk = d;
	thread_start(work, d, "the disk thread");
}

void
disk_remove(uint32_t slot)
{
	struct slot *s = pool_at(&self.slots, slot);
	struct removal r = { .slot = slot, .bad = s->bad };

	r.keep = ev_now(self.loop) < self.noreuse ? 0 : FREE_MAX;
	store_name(s, r.name);
	pthread_mutex_lock(&self.disk->lock);
	append(&self.disk->todo, &r);
	pthread_cond_signal(&self.disk->wake);
	pthread_mutex_unlock(&self.disk->lock);
}

/* What could not be removed before. */
void
disk_again(void)
{
	struct disk *d = self.disk;
	size_t i;

	pthread_mutex_lock(&d->lock);
	for (i = 0; i < d->later.n; i++)
		append(&d->todo, &d->later.r[i]);
	if (d->later.n)
		pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
	d->later.n = 0;
}

/* One at a time (notice.c waits for notice_written). */
void
disk_notice(const stralloc *text)
{
	struct disk *d = self.disk;

	pthread_mutex_lock(&d->lock);
	mem_check(stralloc_copyb(&d->notice, text->s, text->len));
	d->have_notice = 1;
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
}

/* One at a time (daily_written). */
void
disk_daily(const stralloc *records, int anew)
{
	struct disk *d = self.disk;

	pthread_mutex_lock(&d->lock);
	mem_check(stralloc_copyb(&d->daily, records->s, records->len));
	d->have_daily = anew ? 2 : 1;
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
}

/* Takes over fd and holes; with no holes the file is only synced. */
void
disk_punch(int fd, struct hole *holes, size_t n)
{
	struct disk *d = self.disk;
	struct punches *l = &d->punches;

	pthread_mutex_lock(&d->lock);
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 16;
		l->p = mem_grow(l->p, l->room, sizeof *l->p);
	}
	l->p[l->n++] = (struct punch){ fd, holes, n };
	pthread_cond_signal(&d->wake);
	pthread_mutex_unlock(&d->lock);
}
