#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/mem.h"

#define GAUGE_SIZE 4096

static struct slot *
at(uint32_t n)
{
	return pool_at(&self.slots, n);
}

static uint16_t
intern_host(const char *s, size_t len)
{
	unsigned int i;

	for (i = 0; i < self.nhosts; i++)
		if (strlen(self.hosts[i]) == len &&
		    memcmp(self.hosts[i], s, len) == 0)
			return (uint16_t)i;
	if (self.nhosts == UINT16_MAX)
		strerr_dief(111, "the spool has bundles of too many hosts");
	self.hosts = mem_grow(self.hosts, self.nhosts + 1, sizeof *self.hosts);
	self.hosts[self.nhosts] = mem_dup(s, len);
	return (uint16_t)self.nhosts++;
}

static uint32_t
new_slot(const char *name, const struct bundle *b)
{
	struct spool_id id;
	uint32_t n = pool_take(&self.slots);
	struct slot *s = at(n);

	(void)spool_idparse(name, &id);
	s->sec = (uint32_t)id.sec;
	s->usec = id.usec;
	s->pid = id.pid;
	s->seq = id.seq;
	s->host = intern_host(id.host, id.host_len);
	s->nmsg = b->nmsg;
	s->nrcpt = b->nrcpt;
	return n;
}

void
store_name(const struct slot *s, char *name)
{
	struct spool_id id = { .sec = s->sec,
		.usec = s->usec,
		.pid = s->pid,
		.seq = s->seq,
		.host = self.hosts[s->host] };

	id.host_len = strlen(id.host);
	(void)spool_idfmt(name, &id);
}

static void
set_aside(int dir, const char *name, const char *why)
{
	strerr_warnw("bundle ", name, " is set aside in spool/bad: ", why);
	if (renameat(dir, name, self.spool.bad, name) == -1)
		strerr_warnwusys("set aside bundle ", name);
	event_bad(name, why);
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

static void
discard(struct open *o)
{
	int saved = errno;

	bundle_close(&o->b);
	close(o->fd);
	free(o->done);
	free(o);
	self.nopen--;
	errno = saved;
}

/* -1 with errno, EBADMSG: damaged, why_r says how. */
static struct open *
read_bundle(int dir, const char *name, const char **why_r)
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
	discard(o);
	return NULL;
}

static void
evict(struct open *o)
{
	TAILQ_REMOVE(&self.lru, o, lru);
	self.nlru--;
	if (o->isdirty)
		store_flush();
	worker_forget(o);
	at(o->slot)->open = NULL;
	discard(o);
}

static void
keep(struct open *o, uint32_t slot)
{
	o->slot = slot;
	at(slot)->open = o;
	TAILQ_INSERT_TAIL(&self.lru, o, lru);
	if (++self.nlru <= OPEN_MAX_BUNDLES)
		return;
	/* One whose done bits are not written yet, or could not be, stays:
	 * reading them back would make its recipients undone again. */
	o = TAILQ_FIRST(&self.lru);
	if (o->lo > o->hi) {
		evict(o);
	} else {
		TAILQ_REMOVE(&self.lru, o, lru);
		TAILQ_INSERT_TAIL(&self.lru, o, lru);
	}
}

static uint32_t
count_left(const struct open *o)
{
	uint32_t i, left = o->b.nrcpt;
	size_t n = (o->b.nrcpt + 7ul) / 8;

	for (i = 0; i < n; i++)
		left -= (uint32_t)__builtin_popcount(o->done[i]);
	return left;
}

/* -1: the index is damaged although its checksum is right. */
static int
load_runs(struct open *o, uint32_t slot, uint32_t msg, int fresh)
{
	struct bundle_msg m;
	struct bundle_run r;
	struct field f;
	uint32_t where;
	int more;

	if (bundle_msg(&o->b, msg, &m) == -1)
		return -1;
	for (f = m.runs; m.nrun; m.nrun--) {
		where = (uint32_t)((const char *)f.p - o->b.index.s);
		more = bundle_run(&o->b, &f, &r);
		if (more != 1)
			return -1;
		if (run_new(slot, msg, &m, &r, where, fresh))
			at(slot)->runs++;
	}
	return 0;
}

static void
forget(uint32_t n)
{
	struct slot *s = at(n);

	if (s->open)
		evict(s->open);
	self.nmsg -= s->nmsg;
	self.nrcpt -= s->left;
	s->nmsg = s->left = 0;
	pool_give(&self.slots, n);
}

/* Everything of the bundle is done, or set aside. */
static void
finish(uint32_t n)
{
	struct slot *s = at(n);
	size_t room = self.finished.room;

	s->finished = 1;
	if (self.finished.head + self.finished.len == room) {
		if (self.finished.head > room / 2) {
			memmove(self.finished.slot,
			    self.finished.slot + self.finished.head,
			    self.finished.len * sizeof n);
			self.finished.head = 0;
		} else {
			self.finished.room = room ? room * 2 : 64;
			self.finished.slot = mem_grow(
			    self.finished.slot, self.finished.room, sizeof n);
		}
	}
	self.finished.slot[self.finished.head + self.finished.len++] = n;
}

static void
load_msgs(struct open *o, uint32_t n, int fresh)
{
	struct slot *s = at(n);
	uint32_t i;

	s->left = count_left(o);
	self.nmsg += s->nmsg;
	self.nrcpt += s->left;
	store_hold(o);
	for (i = 0; i < o->b.nmsg; i++) {
		if (fresh)
			event_reception(o, i);
		if (load_runs(o, n, i, fresh) == -1)
			store_damaged(n, "an entry of the index is malformed");
	}
	if (s->left < o->b.nrcpt && !fresh)
		event_recovered(o);
	store_release(o);
	if (s->runs == 0)
		finish(n);
}

/* Never over another file: it would be lost, and its slot would deliver this
 * one's mail. */
static int
take_over(const char *name)
{
	const struct spool *s = &self.spool;

	if (renameat2(s->fresh, name, s->cur, name, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	if (faccessat(s->cur, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return spool_move(s->fresh, s->cur, name);
}

/* 0, or -1 with errno: it stays where it is. */
int
store_load(const char *name, int fresh)
{
	int dir = fresh ? self.spool.fresh : self.spool.cur;
	const char *why = NULL;
	struct open *o = read_bundle(dir, name, &why);
	uint32_t n;

	if (!o && errno == EBADMSG) {
		set_aside(dir, name, why);
		return 0;
	}
	if (!o)
		return errno == ENOENT ? 0 : -1;
	if (fresh && take_over(name) == -1) {
		discard(o);
		if (errno != EEXIST)
			return -1;
		set_aside(dir, name, "a bundle of this id is queued already");
		return 0;
	}
	n = new_slot(name, &o->b);
	keep(o, n);
	load_msgs(o, n, fresh);
	return 0;
}

/* NULL with errno.  The caller takes it with store_hold. */
struct open *
store_open(uint32_t slot)
{
	struct slot *s = at(slot);
	char name[SPOOL_IDMAX + 1];
	const char *why = NULL;
	struct open *o;

	if (s->open)
		return s->open;
	if (self.nopen - self.nlru >= self.openmax) {
		errno = EBUSY;
		return NULL;
	}
	store_name(s, name);
	o = read_bundle(self.spool.cur, name, &why);
	if (!o) {
		if (errno == EBADMSG)
			store_damaged(slot, why);
		return NULL;
	}
	keep(o, slot);
	return o;
}

void
store_hold(struct open *o)
{
	if (o->refs++ == 0) {
		TAILQ_REMOVE(&self.lru, o, lru);
		self.nlru--;
	}
}

void
store_release(struct open *o)
{
	if (--o->refs == 0)
		keep(o, o->slot);
}

int
store_isdone(const struct open *o, uint32_t rcpt)
{
	return o->done[rcpt / 8] >> rcpt % 8 & 1;
}

void
store_done(struct open *o, uint32_t rcpt)
{
	struct slot *s = at(o->slot);

	if (store_isdone(o, rcpt))
		return;
	o->done[rcpt / 8] |= (unsigned char)(1u << rcpt % 8);
	s->left--;
	self.nrcpt--;
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

/* Writes the done bits of this turn.  A bit that cannot be written costs a
 * duplicate after a crash, so it is reported and tried with the next. */
void
store_flush(void)
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
		} else {
			strerr_warnwusys("note what is done in ", o->b.id);
		}
	}
}

/* What can be is still delivered; in the end the file goes to bad/. */
void
store_damaged(uint32_t slot, const char *why)
{
	struct slot *s = at(slot);
	char name[SPOOL_IDMAX + 1];

	if (s->bad)
		return;
	s->bad = 1;
	store_name(s, name);
	strerr_warnw("bundle ", name, " is damaged: ", why);
	event_bad(name, why);
}

void
store_logged(uint32_t slot, uint64_t number)
{
	at(slot)->logged = number;
}

void
store_run_gone(uint32_t slot)
{
	if (--at(slot)->runs == 0)
		finish(slot);
}

/* Removes, in order, what is finished and whose events are durable. */
void
store_remove_some(void)
{
	struct slot *s;
	uint32_t n;

	while (self.finished.len) {
		n = self.finished.slot[self.finished.head];
		s = at(n);
		if (s->logged > logclient_durable(&self.log))
			break;
		self.finished.head++;
		self.finished.len--;
		if (s->open)
			evict(s->open);
		disk_remove(n);
	}
	if (self.finished.len == 0)
		self.finished.head = 0;
}

void
store_removed(uint32_t slot)
{
	forget(slot);
}

/* How much is queued, where dray-queued sees it. */
void
store_gauge(void)
{
	if (self.gauge)
		field_pack64(self.gauge, self.nmsg);
}

static void
map_gauge(void)
{
	int fd = openat(self.spool.dir, "gauge",
	    O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0644);
	void *p = MAP_FAILED;

	/* Its block must be there: writing to a hole of a full disk kills. */
	if (fd != -1 && posix_fallocate(fd, 0, GAUGE_SIZE) == 0)
		p = mmap(NULL, GAUGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		    fd, 0);
	if (p == MAP_FAILED)
		strerr_warnwusys("map spool/gauge, the queue has no limit");
	else
		self.gauge = p;
	if (fd != -1)
		close(fd);
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
store_init(void)
{
	count_files();
	TAILQ_INIT(&self.lru);
	TAILQ_INIT(&self.dirty);
	pool_init(&self.slots, sizeof(struct slot));
	pool_init(&self.runs, sizeof(struct run));
	map_gauge();
}
