#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
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
	const struct policy_limits *p = &l->dest->limits;
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

static struct lane *
lane_new(struct dest *d, struct worker *w, struct policy_route *route)
{
	struct lane *l = mem_alloc(sizeof *l);
	const struct policy_limits *p = &d->limits;

	l->dest = d;
	l->worker = w;
	l->route = route;
	l->depth = p->depth ? p->depth : 1;
	l->slots = l->depth + (l->depth > 1 ? l->depth / 2 : 1);
	l->limit = p->messages;
	l->opened = ev_now(self.loop);
	l->deadline = l->opened + p->connect * route->n + p->session + GRACE;
	l->session = ++self.sessions;
	TAILQ_INIT(&l->jobs);
	TAILQ_INSERT_TAIL(&d->lanes, l, link);
	d->nlanes++;
	w->nlanes++;
	number(l);
	if (self.lanes++ == 0)
		ev_timer_again(self.loop, &self.deadline);
	return l;
}

static void
lane_free(struct lane *l)
{
	struct dest *d = l->dest;

	/* It fell asleep while this lane was still busy. */
	if (d->until)
		job_dissolve(d);
	TAILQ_REMOVE(&d->lanes, l, link);
	d->nlanes--;
	if (l->state == UP)
		d->nup--;
	l->worker->nlanes--;
	self.lane[l->number] = NULL;
	while (self.nlane && !self.lane[self.nlane - 1])
		self.nlane--;
	if (--self.lanes == 0)
		ev_timer_stop(self.loop, &self.deadline);
	free(l->route);
	free(l);
	dest_todo(d);
}

/* Waits for a place.  Mail that was never tried goes before what has been
 * waiting for its destination anyway. */
void
lane_want(struct dest *d)
{
	if (d->iswanting)
		return;
	if (d->fresh)
		TAILQ_INSERT_HEAD(&self.wanting, d, wanting);
	else
		TAILQ_INSERT_TAIL(&self.wanting, d, wanting);
	d->iswanting = 1;
}

/* A place came free. */
void
lane_served(void)
{
	struct dest *d = TAILQ_FIRST(&self.wanting);

	if (!d)
		return;
	TAILQ_REMOVE(&self.wanting, d, wanting);
	d->iswanting = 0;
	dest_todo(d);
}

/* Where there is no static route, the servers that DNS gives.  0: not now; the
 * answer is awaited, or was that there are none. */
static int
find_servers(struct dest *d, struct policy_route *route)
{
	struct mx_choice c = { &d->limits, self.node.hostname, own_address };
	const struct mx *m;
	const char *why;

	if (!d->mx && d->name[0] == '[')
		d->mx = mx_literal(d->name);
	m = d->mx;
	if (!m || m->until <= dest_now()) {
		dnslink_ask(d);
		return 0;
	}
	if (m->refresh <= dest_now())
		dnslink_ask(d);
	if (m->verdict == DNS_TEMP || m->verdict == DNS_NOADDR) {
		dest_sleep(d, m->text, strlen(m->text));
		return 0;
	}
	if (m->verdict != DNS_OK) {
		d->isrefused = 1;
		dest_todo(d);
		return 0;
	}
	if (mx_route(m, &c, route, &why))
		return 1;
	dest_sleep(d, why, strlen(why));
	return 0;
}

/* Where to connect to, from where, with which HELO. */
static int
find_route(struct dest *d, struct policy_route *route)
{
	static const char bad[] = "the policy is damaged";
	int r = policy_route(&self.policy, d->name, d->len, route);

	if (r == -1) {
		dest_sleep(d, bad, strlen(bad));
		return 0;
	}
	if (r == 0)
		memset(route, 0, offsetof(struct policy_route, addr));
	return route->n || find_servers(d, route);
}

/* NULL: not now; the destination sleeps, or waits for its servers' addresses
 * or for a place. */
static struct lane *
open_lane(struct dest *d)
{
	static struct policy_route route;
	struct worker *w;
	struct lane *l;
	size_t size;

	/* Before there is a place, so that the answer is there when it is. */
	if (!find_route(d, &route))
		return NULL;
	w = worker_pick(d);
	if (!w) {
		lane_want(d);
		return NULL;
	}
	/* Only the addresses that there are: lanes may be thousands. */
	size =
	    offsetof(struct policy_route, addr) + route.n * sizeof *route.addr;
	l = lane_new(d, w, (struct policy_route *)mem_dup(&route, size));
	put_lane(l);
	return l;
}

static int
has_room(const struct lane *l)
{
	return l->state != CLOSING && l->njobs < l->slots &&
	    (l->limit == 0 || l->given < l->limit);
}

/* The one with the least to do. */
static struct lane *
best(const struct dest *d)
{
	struct lane *l, *b = NULL;

	TAILQ_FOREACH (l, &d->lanes, link)
		if (has_room(l) && (!b || l->njobs < b->njobs))
			b = l;
	return b;
}

static unsigned int
usable(const struct dest *d)
{
	const struct lane *l;
	unsigned int n = 0;

	TAILQ_FOREACH (l, &d->lanes, link)
		n += l->state != CLOSING &&
		    (l->limit == 0 || l->given < l->limit);
	return n;
}

/* Two jobs a lane are reason enough for another lane, as far as allowed: a
 * slow site is then met with its full number of connections, and a fast one
 * is done with the first ones before the others are up. */
static void
open_some(struct dest *d)
{
	uint64_t per = d->limits.recipients ? d->limits.recipients : 1;
	uint64_t work = d->nagain + (d->nready + per - 1) / per;
	const struct lane *l;
	uint64_t wanted;
	unsigned int n = usable(d);

	TAILQ_FOREACH (l, &d->lanes, link)
		work += l->njobs;
	wanted = (work + 1) / 2;
	while (n < wanted && d->nlanes < d->allowed && !d->until &&
	    !d->isrefused && open_lane(d))
		n++;
}

void
lane_fill(struct dest *d)
{
	struct lane *l;

	if ((!d->first && !d->nagain) || self.ending || loglink_busy())
		return;
	dest_limits(d);
	open_some(d);
	while (!d->until && (d->first || d->nagain) && (l = best(d)))
		if (!job_hand(d, l))
			break;
}

void
lane_close(struct lane *l)
{
	struct frame *f = &l->worker->f;

	if (l->state == CLOSING)
		return;
	if (l->state == UP)
		l->dest->nup--;
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
	if (l->state == CONNECTING) {
		l->state = UP;
		l->dest->nup++;
	}
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
judge(struct dest *d, const struct lane *l, uint8_t reason,
    const struct reply *reply)
{
	/* CHUNKING that does not work: dray-remote knows now, and the next
	 * lane to that host uses DATA. */
	if (reason == REMOTE_DOWN_PROTOCOL && reply->phase == 'd')
		reason = REMOTE_DOWN_QUIT;
	if (l->done || reason == REMOTE_DOWN_QUIT ||
	    reason == REMOTE_DOWN_IDLE) {
		dest_todo(d);
		return;
	}
	if (d->nup - (l->state == UP) > 0)
		d->allowed = d->nup - (l->state == UP);
	else
		dest_sleep(d, reply->text.s, reply->text.len);
}

void
lane_down(struct lane *l, struct field *r)
{
	struct dest *d = l->dest;
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
	judge(d, l, reason, &reply);
	lane_free(l);
	lane_served();
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
