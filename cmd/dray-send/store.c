#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/path.h"
#include "cmd/dray-send/plan.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/tuple.h"
#include "common/mem.h"

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
	if (spool_aside(dir, self.spool.bad, name) == -1)
		strerr_warnwusys("set aside bundle ", name);
	event_bad(name, why);
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
	uint32_t where, n;
	int more = 1;

	if (bundle_msg(&o->b, msg, &m) == -1)
		return -1;
	path_begin(&m);
	n = msg_new(slot, msg, &m);
	for (f = m.runs; m.nrun && more == 1; m.nrun--) {
		where = (uint32_t)((const char *)f.p - o->b.index.s);
		more = bundle_run(&o->b, &f, &r);
		if (more == 1 && run_new(n, &m, &r, where, fresh))
			at(slot)->runs++;
	}
	msg_drop(n);
	return more == 1 ? 0 : -1;
}

static void
forget(uint32_t n)
{
	struct slot *s = at(n);

	if (s->open)
		open_evict(s->open);
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
	if (fresh)
		gauge_loaded(s->nmsg);
	self.nrcpt += s->left;
	open_hold(o);
	for (i = 0; i < o->b.nmsg; i++) {
		if (fresh)
			event_reception(o, i);
		if (load_runs(o, n, i, fresh) == -1)
			store_damaged(n, "an entry of the index is malformed");
	}
	if (s->left < o->b.nrcpt && !fresh)
		event_recovered(o);
	bundle_thin(&o->b);
	open_release(o);
	if (s->runs == 0)
		finish(n);
}

/* Never over another file: it would be lost, and its slot would deliver this
 * one's mail. */
static int
take_over(const char *name)
{
	const struct spool *s = &self.spool;

	return spool_rename(s->fresh, name, s->cur, name);
}

/* 1 taken; 0 not there any more, or set aside; -1 with errno: it stays where it
 * is. */
int
store_load(const char *name, int fresh)
{
	int dir = fresh ? self.spool.fresh : self.spool.cur;
	const char *why = NULL;
	struct open *o = open_read(dir, name, &why);
	uint32_t n;

	if (!o && errno == EBADMSG) {
		set_aside(dir, name, why);
		return 0;
	}
	if (!o)
		return errno == ENOENT ? 0 : -1;
	if (fresh && take_over(name) == -1) {
		open_discard(o);
		if (errno != EEXIST)
			return -1;
		set_aside(dir, name, "a bundle of this id is queued already");
		return 0;
	}
	n = new_slot(name, &o->b);
	open_keep(o, n);
	load_msgs(o, n, fresh);
	return 1;
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
			open_evict(s->open);
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

void
store_init(void)
{
	open_init();
	tuple_init();
	plan_init();
	pool_init(&self.slots, sizeof(struct slot));
	pool_init(&self.msgs, sizeof(struct msg));
	run_init();
	gauge_init();
}
