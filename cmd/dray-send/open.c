#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/mem.h"

#define SYNC_EVERY 1 /* seconds until done bits are on disk */
#define SYNC_SOME 64 /* bundles synced at a time */

static struct slot *
at(uint32_t n)
{
	return pool_at(&self.slots, n);
}

static int
read_done(struct open *o)
{
	size_t n = (o->b.nrcpt + 7ul) / 8;
	ssize_t r;

	o->done = mem_alloc(n ? n : 1);
	r = pread(o->fd, o->done, n, (off_t)o->b.done_off);
	if (r >= 0 && (size_t)r < n)
		errno = EIO;
	return r < 0 || (size_t)r < n ? -1 : 0;
}

void
open_discard(struct open *o)
{
	int saved = errno;

	if (o->isunsynced)
		TAILQ_REMOVE(&self.unsynced, o, unsynced);
	bundle_close(&o->b);
	close(o->fd);
	free(o->done);
	free(o);
	self.nopen--;
	errno = saved;
}

/* -1 with errno, EBADMSG: damaged, why_r says how. */
struct open *
open_read(int dir, const char *name, const char **why_r)
{
	struct open *o = mem_alloc(sizeof *o);

	o->lo = 1;
	self.nopen++;
	o->fd = openat(dir, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	if (o->fd == -1) {
		free(o);
		self.nopen--;
		return NULL;
	}
	if (bundle_open(&o->b, o->fd) == -1) {
		*why_r = o->b.why;
	} else if (strcmp(o->b.id, name) != 0) {
		*why_r = "its name is not its id";
		errno = EBADMSG;
	} else if (read_done(o) == 0) {
		return o;
	}
	open_discard(o);
	return NULL;
}

static void
leave_lru(struct open *o)
{
	TAILQ_REMOVE(&self.lru, o, lru);
	self.nlru--;
	self.lrusize -= o->size;
}

void
open_evict(struct open *o)
{
	leave_lru(o);
	if (o->isdirty)
		open_flush();
	worker_forget(o);
	at(o->slot)->open = NULL;
	open_discard(o);
}

static int
is_too_much(void)
{
	return self.nlru > OPEN_MAX_BUNDLES || self.lrusize > OPEN_MAX_SIZE;
}

/* One whose done bits are not written yet, or could not be, stays: reading
 * them back would make its recipients undone again. */
static void
evict_first(void)
{
	struct open *o = TAILQ_FIRST(&self.lru);

	if (o->lo > o->hi) {
		open_evict(o);
	} else {
		TAILQ_REMOVE(&self.lru, o, lru);
		TAILQ_INSERT_TAIL(&self.lru, o, lru);
	}
}

void
open_keep(struct open *o, uint32_t slot)
{
	unsigned int n;

	o->slot = slot;
	at(slot)->open = o;
	TAILQ_INSERT_TAIL(&self.lru, o, lru);
	self.nlru++;
	o->size = o->b.front.a + o->b.rest.a + o->b.nrcpt / 8;
	self.lrusize += o->size;
	for (n = self.nlru; n > 1 && is_too_much(); n--)
		evict_first();
}

/* NULL with errno.  The caller takes it with open_hold.  An eighth of what may
 * be in use is kept for what must not wait. */
struct open *
open_for(uint32_t slot, int urgent)
{
	unsigned int most = self.openmax - (urgent ? 0 : self.openmax / 8);
	struct slot *s = at(slot);
	char name[SPOOL_IDMAX + 1];
	const char *why = NULL;
	struct open *o;

	if (s->open)
		return s->open;
	if (self.nopen - self.nlru >= most) {
		errno = EBUSY;
		return NULL;
	}
	store_name(s, name);
	o = open_read(self.spool.cur, name, &why);
	if (!o) {
		if (errno == EBADMSG)
			store_damaged(slot, why);
		return NULL;
	}
	bundle_thin(&o->b);
	open_keep(o, slot);
	return o;
}

struct open *
open_get(uint32_t slot)
{
	return open_for(slot, 1);
}

void
open_hold(struct open *o)
{
	if (o->refs++ == 0)
		leave_lru(o);
}

void
open_release(struct open *o)
{
	if (--o->refs == 0)
		open_keep(o, o->slot);
}

/* Its entry in the index, and its recipients.  The domain in b_r is good until
 * the next call. */
int
open_run(const struct open *o, const struct run *r, struct bundle_run *b_r,
    stralloc *block)
{
	static char room[BUNDLE_RUNROOM];

	if (bundle_run_at(&o->b, run_entry(r), room, b_r) == -1)
		return -1;
	if (b_r->count != r->count) {
		errno = EBADMSG;
		return -1;
	}
	return block ? bundle_block(&o->b, b_r, block) : 0;
}

int
open_isdone(const struct open *o, uint32_t rcpt)
{
	return o->done[rcpt / 8] >> rcpt % 8 & 1;
}

/* How many of so many recipients are not done. */
uint32_t
open_undone(const struct open *o, uint32_t first, uint32_t count)
{
	uint32_t i, n = 0;

	for (i = 0; i < count; i++)
		n += !open_isdone(o, first + i);
	return n;
}

void
open_done(struct open *o, const struct run *r, uint32_t rcpt)
{
	struct slot *s = at(o->slot);

	if (open_isdone(o, rcpt))
		return;
	o->done[rcpt / 8] |= (unsigned char)(1u << rcpt % 8);
	s->left--;
	self.nrcpt--;
	names_count(r, -1);
	if (o->lo > o->hi)
		o->lo = o->hi = rcpt / 8;
	else if (rcpt / 8 < o->lo)
		o->lo = rcpt / 8;
	else if (rcpt / 8 > o->hi)
		o->hi = rcpt / 8;
	if (!o->isdirty)
		TAILQ_INSERT_TAIL(&self.dirty, o, dirty);
	o->isdirty = 1;
}

static void
note_unsynced(struct open *o)
{
	if (o->isunsynced)
		return;
	o->isunsynced = 1;
	if (TAILQ_EMPTY(&self.unsynced))
		ev_timer_again(self.loop, &self.sync);
	TAILQ_INSERT_TAIL(&self.unsynced, o, unsynced);
}

/* A power loss makes duplicates of what was delivered since the bits were
 * synced.  Most bundles are finished and gone before their turn comes; those
 * that take long are synced once a second. */
static void
sync_some(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct open *o;
	int some, fd;

	(void)revents;
	for (some = SYNC_SOME; some && (o = TAILQ_FIRST(&self.unsynced));
	     some--) {
		TAILQ_REMOVE(&self.unsynced, o, unsynced);
		o->isunsynced = 0;
		fd = fcntl(o->fd, F_DUPFD_CLOEXEC, 0);
		if (fd != -1)
			disk_punch(fd, NULL, 0);
	}
	if (TAILQ_EMPTY(&self.unsynced))
		ev_timer_stop(loop, w);
}

/* Writes the done bits of this turn.  A bit that cannot be written costs a
 * duplicate after a crash, so it is reported and tried with the next. */
void
open_flush(void)
{
	struct open *o;
	size_t n;

	while ((o = TAILQ_FIRST(&self.dirty))) {
		TAILQ_REMOVE(&self.dirty, o, dirty);
		o->isdirty = 0;
		n = o->hi - o->lo + 1;
		errno = EIO; /* if it is short */
		if (pwrite(o->fd, o->done + o->lo, n,
			(off_t)(o->b.done_off + o->lo)) == (ssize_t)n) {
			o->lo = 1;
			o->hi = 0;
			note_unsynced(o);
		} else {
			strerr_warnwusys("note what is done in ", o->b.id);
		}
	}
}

/* A bundle in use costs one descriptor here, and others on their way to the
 * workers. */
static void
count_files(void)
{
	struct rlimit l;

	self.openmax = OPEN_MOST;
	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur / 4 < OPEN_MOST)
		self.openmax = (unsigned int)(l.rlim_cur / 4);
}

void
open_init(void)
{
	TAILQ_INIT(&self.lru);
	TAILQ_INIT(&self.dirty);
	TAILQ_INIT(&self.unsynced);
	ev_init(&self.sync, sync_some);
	self.sync.repeat = SYNC_EVERY;
	count_files();
}
