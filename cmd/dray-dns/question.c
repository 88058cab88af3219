#include <ev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd/dray-dns/cache.h"
#include "cmd/dray-dns/client.h"
#include "cmd/dray-dns/mx.h"
#include "cmd/dray-dns/question.h"
#include "cmd/dray-dns/resolver.h"
#include "common/field.h"
#include "common/mem.h"

struct question;

/* One thing that the library was asked. */
struct lookup {
	struct question *q;
	struct mx_addrs *to; /* NULL: the MX records */
	const char *name;
	int family;
};

STAILQ_HEAD(waiting, waiter);

struct question {
	UT_hash_handle hh;
	TAILQ_ENTRY(question) link; /* waiting, or active in order of start */
	TAILQ_ENTRY(question) due; /* ready */
	struct waiting waiters;
	struct mx *mx; /* since it is active */
	struct lookup first;
	struct lookup *lookup; /* two for each host */
	uint64_t start;
	unsigned int next; /* the host that is looked up next */
	unsigned int pending; /* with the library */
	uint8_t asked; /* the MX records are known */
	uint8_t ready; /* something has come */
	uint8_t slow;
	uint8_t left;
	size_t len;
	char name[];
};

TAILQ_HEAD(questions, question);

static struct {
	struct ev_loop *loop;
	ev_timer tick; /* while something is active */
	struct cache cache;
	struct question *table; /* waiting and active, by name */
	struct questions queue; /* waiting */
	struct questions active;
	struct questions ready;
	unsigned int nactive, nslow, nleft;
	uint32_t lookups; /* these two from the policy */
	uint32_t timeout;
} self;

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
become_ready(struct question *q)
{
	if (q->ready)
		return;
	q->ready = 1;
	TAILQ_INSERT_TAIL(&self.ready, q, due);
}

static void
release(struct question *q)
{
	if (q->mx)
		mx_free(q->mx);
	free(q->mx);
	free(q->lookup);
	free(q);
}

static void
on_result(void *ctx, const void *msg, size_t len, enum mx_trust trust)
{
	struct lookup *l = ctx;
	struct question *q = l->q;

	q->pending--;
	if (q->left) {
		if (!q->pending) {
			self.nleft--;
			release(q);
		}
		return;
	}
	if (l->to)
		mx_addrs(l->to, l->name, l->family, msg, len, trust);
	else
		q->asked = mx_hosts(q->mx, msg, len, trust);
	if (!q->pending || q->next < q->mx->n)
		become_ready(q);
}

static void
ask(struct question *q, struct lookup *l, const char *name, int type)
{
	l->q = q;
	l->name = name;
	q->pending++;
	resolver_ask(name, type, on_result, l);
}

static void
ask_host(struct question *q, struct mx_host *h, struct lookup *l)
{
	l[0].to = &h->v4;
	l[0].family = 4;
	ask(q, &l[0], h->name, DNSMSG_A);
	l[1].to = &h->v6;
	l[1].family = 6;
	ask(q, &l[1], h->name, DNSMSG_AAAA);
}

/* Everybody who waits gets the answer, and the next who asks within its ttl. */
static void
answer(struct question *q)
{
	static stralloc sa;
	struct waiter *w;

	sa.len = 0;
	mx_put(q->mx, &sa);
	cache_put(&self.cache, q->name, q->len, sa.s, sa.len,
	    now_ms() + q->mx->ttl * UINT64_C(1000));
	while ((w = STAILQ_FIRST(&q->waiters))) {
		STAILQ_REMOVE_HEAD(&q->waiters, next);
		if (w->client) {
			LIST_REMOVE(w, own);
			w->client->peer.open--;
			question_reply(
			    w->client, w->id, sa.s, sa.len, q->mx->ttl);
		}
		free(w);
	}
}

/* The end of a question that was active. */
static void
finish(struct question *q)
{
	answer(q);
	HASH_DEL(self.table, q);
	TAILQ_REMOVE(&self.active, q, link);
	if (q->ready)
		TAILQ_REMOVE(&self.ready, q, due);
	self.nactive--;
	self.nslow -= q->slow;
	if (!q->pending) {
		release(q);
		return;
	}
	q->left = 1;
	self.nleft++;
}

/* As far as it goes with what is known. */
static void
go_on(struct question *q)
{
	struct mx *m = q->mx;

	if (!q->asked) {
		finish(q);
		return;
	}
	if (!q->lookup)
		q->lookup = mem_array(2 * m->n, sizeof *q->lookup);
	for (; q->next < m->n && q->pending < QUESTION_AHEAD; q->next++)
		ask_host(q, &m->host[q->next], q->lookup + 2 * q->next);
	if (q->pending || q->next < m->n)
		return;
	mx_finish(m);
	finish(q);
}

static void
expire(struct question *q)
{
	char text[64];

	snprintf(text, sizeof text, "no answer within %u seconds",
	    (unsigned int)self.timeout);
	mx_fail(q->mx, text);
	finish(q);
}

static void
on_tick(struct ev_loop *loop, ev_timer *t, int events)
{
	uint64_t now = now_ms();
	struct question *q, *next;

	(void)loop;
	(void)t;
	(void)events;
	for (q = TAILQ_FIRST(&self.active); q; q = next) {
		next = TAILQ_NEXT(q, link);
		if (now - q->start < QUESTION_SLOW * 1000)
			break;
		if (now - q->start >= self.timeout * UINT64_C(1000)) {
			expire(q);
		} else if (!q->slow) {
			q->slow = 1;
			self.nslow++;
		}
	}
}

static int
is_room(void)
{
	unsigned int aside = self.nslow + self.nleft;

	if (aside > QUESTION_ASIDE * self.lookups)
		aside = QUESTION_ASIDE * self.lookups;
	return self.nactive + self.nleft - aside < self.lookups;
}

static void
begin(struct question *q)
{
	TAILQ_REMOVE(&self.queue, q, link);
	TAILQ_INSERT_TAIL(&self.active, q, link);
	self.nactive++;
	q->start = now_ms();
	q->mx = mem_alloc(sizeof *q->mx);
	mx_start(q->mx, q->name);
	ask(q, &q->first, q->name, DNSMSG_MX);
}

void
question_run(void)
{
	struct question *q;

	do {
		while ((q = TAILQ_FIRST(&self.ready))) {
			TAILQ_REMOVE(&self.ready, q, due);
			q->ready = 0;
			go_on(q);
		}
		while ((q = TAILQ_FIRST(&self.queue)) && is_room())
			begin(q);
	} while (!TAILQ_EMPTY(&self.ready));
	if (TAILQ_EMPTY(&self.active))
		ev_timer_stop(self.loop, &self.tick);
	else if (!ev_is_active(&self.tick))
		ev_timer_again(self.loop, &self.tick);
}

static struct question *
make(const char *name, size_t len)
{
	struct question *q = mem_alloc(sizeof *q + len + 1);

	memcpy(q->name, name, len);
	q->len = len;
	STAILQ_INIT(&q->waiters);
	HASH_ADD_KEYPTR(hh, self.table, q->name, len, q);
	TAILQ_INSERT_TAIL(&self.queue, q, link);
	return q;
}

static void
wait_for(struct question *q, struct client *c, uint32_t id)
{
	struct waiter *w = mem_alloc(sizeof *w);

	w->client = c;
	w->id = id;
	c->peer.open++;
	STAILQ_INSERT_TAIL(&q->waiters, w, next);
	LIST_INSERT_HEAD(&c->waiters, w, own);
}

static void
refuse(struct client *c, uint32_t id)
{
	static stralloc sa;
	struct mx m;

	mx_start(&m, "");
	m.verdict = DNS_NODOMAIN;
	snprintf(m.text, sizeof m.text, "that is no domain name");
	sa.len = 0;
	mx_put(&m, &sa);
	question_reply(c, id, sa.s, sa.len, MX_NEGMAX);
}

void
question_ask(struct client *c, uint32_t id, const char *name, size_t len)
{
	const struct answer *a;
	struct question *q;
	uint64_t now;

	if (!dnsmsg_isname(name, len)) {
		refuse(c, id);
		return;
	}
	now = now_ms();
	a = cache_find(&self.cache, name, len, now);
	if (a) {
		question_reply(c, id, a->data, a->n,
		    (uint32_t)((a->until - now + 999) / 1000));
		return;
	}
	HASH_FIND(hh, self.table, name, len, q);
	if (!q)
		q = make(name, len);
	wait_for(q, c, id);
}

/* What nobody waits for any more and was not begun is dropped too: a client
 * that comes and goes cannot fill the queue. */
static void
sweep(void)
{
	struct question *q, *next;
	struct waiter *w;

	for (q = TAILQ_FIRST(&self.queue); q && self.table; q = next) {
		next = TAILQ_NEXT(q, link);
		while ((w = STAILQ_FIRST(&q->waiters)) && !w->client) {
			STAILQ_REMOVE_HEAD(&q->waiters, next);
			free(w);
		}
		if (w)
			continue;
		HASH_DEL(self.table, q);
		TAILQ_REMOVE(&self.queue, q, link);
		release(q);
	}
}

void
question_forget(struct client *c)
{
	struct waiter *w;

	if (LIST_EMPTY(&c->waiters))
		return;
	while ((w = LIST_FIRST(&c->waiters))) {
		LIST_REMOVE(w, own);
		w->client = NULL;
		c->peer.open--;
	}
	sweep();
}

void
question_start(struct ev_loop *loop, const struct policy_dns *p)
{
	self.loop = loop;
	self.lookups = p->lookups;
	self.timeout = p->timeout;
	TAILQ_INIT(&self.queue);
	TAILQ_INIT(&self.active);
	TAILQ_INIT(&self.ready);
	cache_init(&self.cache, p->answers);
	ev_init(&self.tick, on_tick);
	self.tick.repeat = QUESTION_TICK;
}
