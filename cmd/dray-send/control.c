#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/base.h"
#include "common/json.h"
#include "common/mem.h"
#include "common/sock.h"

/*
 * Answers dray-stat (dray-protocols(7), "control").  A listing of a million
 * messages is made as it is read, a piece at a turn of the loop, so that
 * nobody waits for it.
 */
#define FRAME_IN 4096
#define PIECE 49152 /* octets of listing in one frame, and one line more */
#define OUT_MAX 131072
#define TOP 100 /* destinations shown */
#define CONTROLS_MAX 64

struct control {
	TAILQ_ENTRY(control) link;
	struct frame f;
	ev_io io;
	uint32_t listing; /* the next slot to be listed, 0 none */
};

static unsigned int ncontrols;

static void
control_free(struct control *c)
{
	ev_io_stop(self.loop, &c->io);
	TAILQ_REMOVE(&self.controls, c, link);
	ncontrols--;
	frame_free(&c->f);
	free(c);
}

static int
by_work(const void *pa, const void *pb)
{
	const struct dest *a = *(struct dest *const *)pa;
	const struct dest *b = *(struct dest *const *)pb;
	uint64_t x = a->nready + a->ndeferred, y = b->nready + b->ndeferred;

	return (x < y) - (x > y);
}

static void
put_dests(stralloc *sa)
{
	struct dest *d, *next, **all;
	size_t n = 0, i;

	all = mem_array(HASH_COUNT(self.dests) + 1, sizeof *all);
	HASH_ITER (hh, self.dests, d, next)
		all[n++] = d;
	qsort(all, n, sizeof *all, by_work);
	json_arr(sa, "destinations");
	for (i = 0; i < n && i < TOP; i++) {
		d = all[i];
		json_obj(sa, NULL);
		json_str(sa, "name", d->name, d->len);
		json_u64(sa, "recipients", d->nready + d->ndeferred);
		json_u64(sa, "deferred", d->ndeferred);
		json_u64(sa, "lanes", d->nlanes);
		json_u64(sa, "asleep_until", d->until);
		if (d->until && d->reason)
			json_text(sa, "reason", d->reason);
		json_end(sa);
	}
	json_arrend(sa);
	free(all);
}

static const uint32_t age_limits[] = { 60, 300, 900, 3600, 21600, 86400,
	UINT32_MAX };
#define AGES (sizeof age_limits / sizeof *age_limits)

static void
put_ages(stralloc *sa)
{
	uint64_t n[AGES] = { 0 };
	uint32_t i, age, now = dest_now();
	const struct slot *s;
	size_t k;

	for (i = 1; i < self.slots.next; i++) {
		s = pool_at(&self.slots, i);
		if (s->nmsg == 0 || s->left == 0)
			continue;
		age = now > s->sec ? now - s->sec : 0;
		for (k = 0; age >= age_limits[k] && k + 1 < AGES; k++)
			;
		n[k] += s->left;
	}
	json_arr(sa, "ages");
	for (k = 0; k < AGES; k++) {
		json_obj(sa, NULL);
		if (k + 1 < AGES)
			json_u64(sa, "under", age_limits[k]);
		json_u64(sa, "recipients", n[k]);
		json_end(sa);
	}
	json_arrend(sa);
}

static void
put_stat(stralloc *sa)
{
	const struct counters *c = &self.count;

	json_open(sa);
	json_u64(sa, "messages", self.nmsg);
	json_u64(sa, "recipients", self.nrcpt);
	json_u64(sa, "received", c->received);
	json_u64(sa, "delivered", c->delivered);
	json_u64(sa, "deferred", c->deferred);
	json_u64(sa, "bounced", c->bounced);
	json_u64(sa, "expired", c->expired);
	json_u64(sa, "uptime", (uint64_t)(ev_now(self.loop) - self.started));
	json_u64(sa, "lanes", self.lanes);
	json_u64(sa, "in_flight", self.jobs);
	json_u64(sa, "workers", self.nworker);
	json_u64(sa, "bundles", self.slots.used);
	json_u64(sa, "finished", self.finished.len);
	json_u64(sa, "log_backlog", logclient_backlog(&self.log));
	json_u64(sa, "policy", self.policy.generation);
	json_bool(sa, "loading", self.newscan.dir || self.curscan.dir);
	names_put(sa);
	put_dests(sa);
	put_ages(sa);
	json_end(sa);
}

static void
stat_(struct control *c)
{
	stralloc sa = STRALLOC_ZERO;

	put_stat(&sa);
	frame_begin(&c->f, 'S');
	mem_check(stralloc_cat(&c->f.out, &sa));
	stralloc_free(&sa);
	if (frame_end(&c->f) == -1)
		strerr_warnw("the statistics do not fit into a frame");
}

/* The recipients of a message that are not done, the first few by name. */
static void
put_rcpts(stralloc *sa, const struct open *o, const struct bundle_msg *m)
{
	stralloc block = STRALLOC_ZERO;
	struct field runs = m->runs, f;
	struct bundle_run r;
	struct bundle_rcpt p;
	char b[BUNDLE_ADDRMAX + 8];
	uint32_t i, shown = 0;
	int n;

	json_arr(sa, "rcpt");
	while (shown < 10 && bundle_run(&o->b, &runs, &r) == 1) {
		if (bundle_block(&o->b, &r, &block) == -1)
			break;
		field_start(&f, block.s, block.len);
		for (i = 0; shown < 10 && bundle_rcpt(&f, &p) == 1; i++) {
			if (open_isdone(o, r.first + i))
				continue;
			n = snprintf(b, sizeof b, "%.*s@%.*s", (int)p.local.len,
			    p.local.s, (int)r.domain.len, r.domain.s);
			json_str(sa, NULL, b,
			    (size_t)n < sizeof b ? (size_t)n : sizeof b - 1);
			shown++;
		}
	}
	json_arrend(sa);
	stralloc_free(&block);
}

static void
list_msg(stralloc *sa, const struct open *o, uint32_t no)
{
	char id[SPOOL_MSGIDMAX + 1];
	struct bundle_msg m;
	uint32_t i, left = 0;

	if (bundle_msg(&o->b, no, &m) == -1)
		return;
	for (i = 0; i < m.nrcpt; i++)
		left += !open_isdone(o, m.first + i);
	if (left == 0)
		return;
	snprintf(id, sizeof id, "%s-%u", o->b.id, m.number);
	json_open(sa);
	json_text(sa, "id", id);
	json_str(sa, "sender", m.sender.s, m.sender.len);
	json_u64(sa, "size", m.plain);
	json_u64(sa, "arrival", m.arrival / 1000000);
	json_u64(sa, "expiry", m.expiry);
	json_u64(sa, "recipients", left);
	json_str(sa, "stream", m.stream.s, m.stream.len);
	json_str(sa, "route", m.route.s, m.route.len);
	json_str(sa, "tenant", m.tenant.s, m.tenant.len);
	json_str(sa, "campaign", m.campaign.s, m.campaign.len);
	put_rcpts(sa, o, &m);
	json_line(sa);
}

/* A bundle's messages may be a megabyte of lines: whole lines are cut into
 * frames. */
static void
put_lines(struct control *c, const stralloc *sa)
{
	size_t from = 0, len;
	const char *nl;

	while (from < sa->len) {
		len = sa->len - from;
		if (len > PIECE) {
			nl = memrchr(sa->s + from, '\n', PIECE);
			len = nl ? (size_t)(nl + 1 - (sa->s + from)) : PIECE;
		}
		frame_begin(&c->f, 'L');
		mem_check(stralloc_catb(&c->f.out, sa->s + from, len));
		if (frame_end(&c->f) == -1)
			strerr_dief(101, "a listing does not fit into a frame");
		from += len;
	}
}

static void
list_some(struct control *c)
{
	stralloc sa = STRALLOC_ZERO;
	struct slot *s;
	struct open *o;
	uint32_t i;

	while (c->listing && frame_pending(&c->f) < OUT_MAX) {
		if (c->listing >= self.slots.next) {
			c->listing = 0;
			frame_begin(&c->f, 'L');
			if (frame_end(&c->f) == -1)
				strerr_dief(101, "a frame is too large");
			break;
		}
		s = pool_at(&self.slots, c->listing++);
		if (s->nmsg == 0 || s->left == 0 || s->bad)
			continue;
		o = open_get((uint32_t)(c->listing - 1));
		if (!o)
			continue;
		sa.len = 0;
		for (i = 0; i < o->b.nmsg; i++)
			list_msg(&sa, o, i);
		put_lines(c, &sa);
	}
	stralloc_free(&sa);
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct control *c = ctx;

	(void)data;
	(void)fd;
	if (len || c->listing || frame_pending(&c->f) > OUT_MAX)
		return -1;
	if (type == 'S')
		stat_(c);
	else if (type == 'L')
		c->listing = 1;
	else
		return -1;
	return 0;
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control *c = w->data;
	int r;

	if (revents & EV_READ && frame_pump(&c->f, take, c) == -1) {
		control_free(c);
		return;
	}
	list_some(c);
	r = frame_flush(&c->f);
	if (r == -1) {
		control_free(c);
		return;
	}
	ev_io_stop(loop, w);
	ev_io_set(w, c->f.fd, EV_READ | (r == 0 || c->listing ? EV_WRITE : 0));
	ev_io_start(loop, w);
}

static void
accept_some(struct ev_loop *loop, ev_io *w, int revents)
{
	struct control *c;
	int fd;

	(void)revents;
	while ((fd = sock_accept(w->fd)) != -1) {
		if (ncontrols == CONTROLS_MAX) {
			close(fd);
			continue;
		}
		c = mem_alloc(sizeof *c);
		frame_init(&c->f, fd, FRAME_IN, 0);
		TAILQ_INSERT_TAIL(&self.controls, c, link);
		ncontrols++;
		ev_io_init(&c->io, ready, fd, EV_READ);
		c->io.data = c;
		ev_io_start(loop, &c->io);
	}
}

void
control_listen(void)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, self.base, "sock/control");
	fd = sock_listen(path, 0600);
	if (fd == -1)
		strerr_diefusys(111, "listen on ", path);
	TAILQ_INIT(&self.controls);
	ev_io_init(&self.control, accept_some, fd, EV_READ);
	ev_io_start(self.loop, &self.control);
}
