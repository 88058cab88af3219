#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/trial.h"
#include "common/mem.h"

#define GRACE 60 /* seconds beyond the session's end until we act */

static void
number(struct lane *l)
{
	uint32_t i;

	for (i = 1; i < self.nlane && self.lane[i]; i++)
		;
	if (i >= self.roomlane) {
		self.roomlane = self.roomlane ? self.roomlane * 2 : 64;
		self.lane =
		    mem_grow(self.lane, self.roomlane, sizeof(struct lane *));
		self.lane[0] = NULL;
	}
	if (i >= self.nlane)
		self.nlane = i + 1;
	self.lane[i] = l;
	l->number = i;
}

struct lane *
lane_find(const struct worker *w, uint32_t n)
{
	struct lane *l = n < self.nlane ? self.lane[n] : NULL;

	return l && l->worker == w ? l : NULL;
}

static void
put_ip(stralloc *out, uint8_t family, const uint8_t *ip)
{
	field_putu8(out, family);
	if (family)
		mem_check(
		    stralloc_catb(out, (const char *)ip, family == 4 ? 4 : 16));
}

static void
put_lane(const struct lane *l)
{
	struct frame *f = &l->worker->f;
	const struct policy_limits *p = l->site->group->limits;
	const struct policy_route *r = l->route;
	const uint32_t timeouts[] = { p->connect, p->greeting, p->ehlo, p->mail,
		p->rcpt, p->data, p->block, p->dot, p->quit, p->idle,
		p->session, p->starttls };
	const char *helo = r->helo[0] ? r->helo : self.node.hostname;
	size_t i;

	frame_begin(f, 'L');
	field_putu32(&f->out, l->number);
	field_putu32(&f->out,
	    (p->pipelining ? 0 : REMOTE_NO_PIPELINING) |
		(p->chunking ? 0 : REMOTE_NO_CHUNKING));
	field_putu8(&f->out, p->tls);
	field_putu32(&f->out, l->depth);
	field_putu32(&f->out, l->limit);
	for (i = 0; i < sizeof timeouts / sizeof *timeouts; i++)
		field_putu32(&f->out, timeouts[i]);
	field_putstr(&f->out, helo, strlen(helo));
	put_ip(&f->out, r->source_family, r->source);
	field_putu8(&f->out, (uint8_t)r->n);
	for (i = 0; i < r->n; i++) {
		put_ip(&f->out, r->addr[i].family, r->addr[i].ip);
		field_putu16(&f->out, r->addr[i].port);
		field_putstr(&f->out, r->addr[i].host, strlen(r->addr[i].host));
	}
	if (frame_end(f) == -1)
		strerr_dief(101, "a lane does not fit into a frame");
}

static void
count(struct site *s, const struct lane *l, int n)
{
	s->nlanes += (unsigned int)n;
	s->group->nlanes += (unsigned int)n;
	quota_lane(s->group, n);
	if (!l->kept)
		return;
	s->nkept += (unsigned int)n;
	s->group->nkept += (unsigned int)n;
}

static struct lane *
lane_new(struct site *s, struct worker *w, struct policy_route *route, int kept)
{
	struct lane *l = mem_alloc(sizeof *l);
	const struct policy_limits *p = s->group->limits;

	l->site = s;
	l->worker = w;
	l->route = route;
	l->kept = kept & 1;
	l->depth = p->depth ? p->depth : 1;
	l->slots = l->depth + (l->depth > 1 ? l->depth / 2 : 1);
	l->limit = p->messages;
	l->opened = ev_now(self.loop);
	l->deadline = l->opened + p->connect * route->n + p->session + GRACE;
	l->session = ++self.sessions;
	TAILQ_INIT(&l->jobs);
	TAILQ_INSERT_TAIL(&s->lanes, l, link);
	count(s, l, 1);
	quota_reach(l);
	s->nconnecting++;
	w->nlanes++;
	number(l);
	if (self.lanes++ == 0)
		ev_timer_again(self.loop, &self.deadline);
	return l;
}

static uint16_t
run_owner(const struct job *j)
{
	return run_msg(run_at(j->run))->owner;
}

void
lane_gets(struct lane *l, struct job *j)
{
	relief_busy(l);
	j->lane = l;
	TAILQ_INSERT_TAIL(&l->jobs, j, link);
	l->njobs++;
	l->site->njobs++;
	quota_job(run_owner(j), 1);
	trial_out(run_owner(j), (int)j->n);
}

/* What comes back from it.  One with nothing to do makes place if others wait
 * for a connection. */
void
lane_gives(struct lane *l, struct job *j)
{
	TAILQ_REMOVE(&l->jobs, j, link);
	l->njobs--;
	l->site->njobs--;
	quota_job(run_owner(j), -1);
	trial_out(run_owner(j), -(int)j->n);
	j->lane = NULL;
	site_todo(l->site);
	if (l->njobs || l->state != UP)
		return;
	if (lane_spent(l)) {
		lane_close(l);
		return;
	}
	relief_idle(l);
}

/* It is not in this state any more. */
static void
leave_state(struct lane *l)
{
	relief_busy(l);
	if (l->state == UP)
		l->site->nup--;
	else if (l->state == CONNECTING)
		l->site->nconnecting--;
}

static void
lane_free(struct lane *l)
{
	struct site *s = l->site;

	TAILQ_REMOVE(&s->lanes, l, link);
	count(s, l, -1);
	leave_state(l);
	relief_gone(l);
	l->worker->nlanes--;
	self.lane[l->number] = NULL;
	while (self.nlane && !self.lane[self.nlane - 1])
		self.nlane--;
	if (--self.lanes == 0)
		ev_timer_stop(self.loop, &self.deadline);
	quota_part(l);
	free(l->route);
	free(l);
	group_room(s->group);
	site_todo(s);
	if (s->nlanes == 0 && s->ndests == 1)
		dest_todo(TAILQ_FIRST(&s->dests));
}

/* NULL: not now; the destination sleeps, or waits for its servers' addresses
 * or for a place. */
struct lane *
lane_open(struct dest *d, uint8_t stream, int kept)
{
	static struct policy_route route;
	struct worker *w;
	struct lane *l;
	size_t size;

	/* Before there is a place, so that the answer is there when it is. */
	if (!servers_choose(d, &route) ||
	    !quota_addresses(d->site->group, &route))
		return NULL;
	w = worker_pick(d, stream);
	if (!w) {
		lane_want(d, stream, WANT_PLACE);
		return NULL;
	}
	/* Only the addresses that there are: lanes may be thousands. */
	size =
	    offsetof(struct policy_route, addr) + route.n * sizeof *route.addr;
	l = lane_new(
	    d->site, w, (struct policy_route *)mem_dup(&route, size), kept);
	put_lane(l);
	return l;
}

/* Jobs that it may hold now.  Where there is a rate, only those that it sends
 * at once: what waited in it would leave too close to the next one. */
static unsigned int
slots(const struct lane *l)
{
	if (!l->site->group->rates)
		return l->slots;
	if (l->state != UP)
		return 0;
	return l->caps & REMOTE_CAP_CHUNKING ? l->depth : 1;
}

static int
has_room(const struct lane *l)
{
	return l->state != CLOSING && l->njobs < slots(l) && !lane_spent(l);
}

/* 1 if another job may be given to it. */
int
lane_takes(const struct lane *l)
{
	return has_room(l) && !quota_lane_when(l);
}

/* When the first of those that have room may be given a message; 0 none. */
uint64_t
lane_when(const struct site *s)
{
	const struct lane *l;
	uint64_t at, first = 0;

	TAILQ_FOREACH (l, &s->lanes, link) {
		at = has_room(l) ? quota_lane_when(l) : 0;
		if (at && (!first || at < first))
			first = at;
	}
	return first;
}

/* It has had as many as a connection may have. */
int
lane_spent(const struct lane *l)
{
	return l->limit && l->given >= l->limit;
}

/* The one with the least to do. */
struct lane *
lane_best(const struct site *s, uint8_t stream)
{
	int keeps = stream_keeps(stream);
	struct lane *l, *b = NULL;

	TAILQ_FOREACH (l, &s->lanes, link)
		if (lane_takes(l) && (!l->kept || keeps) &&
		    (!b || l->njobs < b->njobs))
			b = l;
	return b;
}

unsigned int
lane_usable(const struct site *s)
{
	const struct lane *l;
	unsigned int n = 0;

	TAILQ_FOREACH (l, &s->lanes, link)
		n += l->state != CLOSING && !lane_spent(l);
	return n;
}

void
lane_close(struct lane *l)
{
	struct frame *f = &l->worker->f;

	if (l->state == CLOSING)
		return;
	leave_state(l);
	l->state = CLOSING;
	frame_begin(f, 'C');
	field_putu32(&f->out, l->number);
	if (frame_end(f) == -1)
		strerr_dief(101, "a frame is too large");
}

static void
get_text(struct field *r, char *d, size_t size)
{
	size_t len;
	const char *s = field_getstr(r, size - 1, &len);

	memcpy(d, s, len);
	d[len] = '\0';
}

/* Also when it is up already and has moved on to another server. */
void
lane_up(struct lane *l, struct field *r)
{
	uint32_t mailmax;

	l->address = field_getu8(r);
	l->caps = field_getu32(r);
	(void)field_getu64(r);
	l->connect_us = field_getu32(r);
	l->hello_us = field_getu32(r);
	get_text(r, l->local, sizeof l->local);
	l->tls.version = field_getu8(r);
	l->tls.flags = field_getu8(r);
	get_text(r, l->tls.cipher, sizeof l->tls.cipher);
	l->tls.us = field_getu32(r);
	get_text(r, l->tls.why, sizeof l->tls.why);
	l->rcptmax = field_getu32(r);
	mailmax = field_getu32(r);
	if (mailmax && (!l->limit || mailmax < l->limit))
		l->limit = mailmax;
	if (l->address >= l->route->n)
		l->address = 0;
	quota_reach(l);
	if (l->state == CONNECTING) {
		leave_state(l);
		l->state = UP;
		l->site->nup++;
	}
	if (bend_skips_lane(l))
		lane_close(l);
	site_todo(l->site);
}

static void
return_jobs(struct lane *l, struct field *r)
{
	uint32_t n = field_getu32(r), number_;
	struct job *j;
	uint8_t begun;

	while (n-- && !r->bad) {
		number_ = field_getu32(r);
		begun = field_getu8(r);
		j = job_find(l, number_);
		if (j)
			job_return(j, begun);
	}
	/* Sent to the lane when it was already gone. */
	while ((j = TAILQ_FIRST(&l->jobs)))
		job_return(j, 0);
}

/* A lane that did some work and was closed says nothing about the site.  One
 * that did none does: if no other is up the site sleeps, else it takes no more
 * connections than it has. */
static void
judge(struct site *s, const struct lane *l, uint8_t reason,
    const struct reply *reply)
{
	unsigned int others = s->nup - (l->state == UP);

	/* CHUNKING that does not work: dray-remote knows now, and the next
	 * lane to that host uses DATA. */
	if (reason == REMOTE_DOWN_PROTOCOL && reply->phase == 'd')
		reason = REMOTE_DOWN_QUIT;
	if (l->done || reason == REMOTE_DOWN_QUIT || reason == REMOTE_DOWN_IDLE)
		return;
	if (others > 0)
		s->allowed = others;
	else
		site_sleep(s, reply->text.s, reply->text.len);
}

void
lane_down(struct lane *l, struct field *r)
{
	struct reply reply = { .phase = '-' };
	uint8_t reason = field_getu8(r);
	uint64_t octets;

	reply.phase = field_getu8(r);
	l->address = field_getu8(r);
	if (l->address >= l->route->n)
		l->address = 0;
	reply.code = field_getu16(r);
	reply.status.s = field_getstr(r, 12, &reply.status.len);
	reply.text.s = field_getstr(r, REMOTE_TEXTMAX, &reply.text.len);
	l->done = field_getu32(r);
	octets = field_getu64(r);
	event_lane(l, (char)reason, &reply, octets);
	return_jobs(l, r);
	judge(l->site, l, reason, &reply);
	lane_free(l);
}

/* Its dray-remote is gone. */
void
lane_lost(struct lane *l)
{
	struct job *j;

	while ((j = TAILQ_FIRST(&l->jobs)))
		job_return(j, 1);
	lane_free(l);
}

/* Deadlines are kept here too: a dray-remote that overstays one is not
 * trusted any more, and everything it has is given to others. */
void
lane_watch(void)
{
	struct lane *l;
	uint32_t i;

	for (i = 1; i < self.nlane; i++) {
		l = self.lane[i];
		if (!l || l->deadline > ev_now(self.loop) || l->worker->dead)
			continue;
		strerr_warnw("a dray-remote missed a deadline, dropping it");
		l->worker->dead = l->worker->overdue = 1;
	}
}
