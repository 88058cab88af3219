#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>

#include "cmd/dray-send/level.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/way.h"
#include "common/mem.h"

#define FIRST_LANES 5 /* to a site that has not answered yet */
#define REASON_MAX 100
#define WAKE 1000 /* destinations of a site at a turn */

/*
 * Which destinations share their lanes: those with the same servers, which are
 * reached from the same source.  Where a static route says where mail goes each
 * destination has a site of its own, since the servers behind one address may
 * be many.
 */

/* Those in force, or those of its last group. */
const struct policy_limits *
site_limits(const struct site *s)
{
	if (!s)
		return NULL;
	return s->group ? s->group->limits : s->limits;
}

/* 1 if what is ready there is worth queues.  0: its servers sleep, or there is
 * no place for another lane; by then it is known where to go. */
int
site_admits(struct dest *d)
{
	static struct policy_route route;
	const struct site *s = d->site;

	if (s && d->generation == self.policy.generation) {
		if (s->until || s->nlanes)
			return !s->until;
	}
	if (worker_pick(d, queue_urgent(d)))
		return 1;
	if (servers_where(d, &route)) {
		lane_want(d, queue_urgent(d), WANT_PLACE);
		held_begin(&d->stopped, HELD_WORKERS, 0);
	}
	return 0;
}

/* Whose servers they are, as far as that is known; or "". */
const char *
site_provider(const struct site *s)
{
	return s && s->group && s->group->provider ? s->group->provider : "";
}

static struct site *
new_site(const struct dest *d, const unsigned char *key)
{
	struct site *s = mem_alloc(offsetof(struct site, name) + d->len + 1);

	memcpy(s->key, key, SITE_KEYLEN);
	s->number = numbers_take(&self.site, s);
	memcpy(s->name, d->name, d->len);
	TAILQ_INIT(&s->dests);
	TAILQ_INIT(&s->lanes);
	book_add(&self.sites, s->number, keyhash_of(key, SITE_KEYLEN));
	return s;
}

static struct site *
find_site(const unsigned char *key)
{
	struct site *s = book_look(&self.sites, keyhash_of(key, SITE_KEYLEN));

	while (s && memcmp(s->key, key, SITE_KEYLEN) != 0)
		s = book_more(&self.sites, s);
	return s;
}

/* What rules say of it, and its group because of it, is worked out anew. */
static void
renewed(struct dest *d)
{
	d->rules = 0;
	way_unsited(d);
	if (d->site->group && bend_concerns(d)) {
		d->site->group->bent = UINT64_MAX;
		group_todo(d->site->group);
	}
}

static void
join(struct dest *d, struct site *s)
{
	if (d->site == s)
		return;
	site_leave(d);
	if (s->ndests == 1)
		dest_todo(TAILQ_FIRST(&s->dests));
	d->site = s;
	s->ndests++;
	TAILQ_INSERT_TAIL(&s->dests, d, link);
	renewed(d);
}

/* The provider of its destinations is another. */
void
site_anew(struct site *s)
{
	struct dest *d;

	TAILQ_FOREACH (d, &s->dests, link)
		d->rules = 0;
}

static void
learn_anew(struct site *s)
{
	if (s->generation == self.policy.generation)
		return;
	s->generation = self.policy.generation;
	s->rcptmax = 0;
	if (s->allowed == 0)
		s->allowed = FIRST_LANES;
	if (s->allowed > s->group->limits->connections)
		s->allowed = s->group->limits->connections;
}

/* The site of a destination that is awake; NULL: not now. */
static struct site *
site_for(struct dest *d)
{
	static struct policy_route route;
	char provider[POLICY_LABELMAX + 1];
	unsigned char key[SITE_KEYLEN];
	struct site *s;

	if (d->site && d->site->group &&
	    d->generation == self.policy.generation)
		return d->site;
	if (!servers_where(d, &route))
		return NULL;
	servers_key(d, &route, key);
	s = find_site(key);
	if (!s)
		s = new_site(d, key);
	join(d, s);
	d->generation = self.policy.generation;
	servers_provider(d, &route, provider);
	group_join(s, d, provider);
	/* Its lifetime may be a shorter one. */
	if (s->group->limits->lifetime)
		dest_sweep(d);
	learn_anew(s);
	return s;
}

void
site_leave(struct dest *d)
{
	struct site *s = d->site;

	if (!s)
		return;
	site_withdraw(d);
	TAILQ_REMOVE(&s->dests, d, link);
	s->ndests--;
	renewed(d);
	d->site = NULL;
	site_todo(s);
}

static int
has_work(const struct queue *q)
{
	return q->nruns || q->nagain;
}

/* What is ready there has its turn from now on. */
void
site_offer(struct dest *d)
{
	struct site *s = site_for(d);
	struct queue *q;

	if (!s)
		return;
	held_end(&d->stopped);
	if (s->until) {
		queue_rest(d);
		return;
	}
	TAILQ_FOREACH (q, &d->queues, link)
		if (has_work(q))
			line_add(line_of(s, q->stream), q);
	site_todo(s);
}

void
site_withdraw(struct dest *d)
{
	struct queue *q;

	TAILQ_FOREACH (q, &d->queues, link)
		line_del(q);
}

void
site_todo(struct site *s)
{
	if (!s->istodo)
		row_last(&self.sitetodo, s->number);
	s->istodo = 1;
}

static void
forget(struct site *s)
{
	struct line *l;

	for (l = s->lines; l; l = l->next)
		level_unlist(l);
	group_leave(s);
	line_free_all(s);
	limits_drop(s->limits);
	book_del(&self.sites, s->number);
	numbers_give(&self.site, s->number);
	words_drop(s->reason);
	free(s);
}

/* Where nothing is ready, or all of it sleeps, there is no need for lines, nor
 * for a group that is nobody else's. */
static void
rest(struct site *s)
{
	struct group *g = s->group;
	struct line *l;

	for (l = s->lines; l; l = l->next)
		if (l->nqueues)
			return;
	line_free_all(s);
	if (!g || g->provider || rates_last(g))
		return;
	limits_drop(s->limits);
	s->limits = limits_take(g->limits);
	group_leave(s);
}

/* Its destinations go on, some at a turn. */
static void
wake_some(struct site *s)
{
	struct dest *d;
	unsigned int i;

	for (i = 0; i < WAKE && s->nwake; i++) {
		s->nwake--;
		d = TAILQ_FIRST(&s->dests);
		if (!d)
			continue;
		TAILQ_REMOVE(&s->dests, d, link);
		TAILQ_INSERT_TAIL(&s->dests, d, link);
		dest_todo(d);
	}
	if (s->nwake)
		site_todo(s);
}

static void
list_lines(struct site *s)
{
	struct line *l;

	if (s->until || !s->group)
		return;
	for (l = s->lines; l; l = l->next)
		if (l->nqueues)
			level_list(l);
	group_todo(s->group);
}

static int
is_over(const struct site *s)
{
	return !s->ndests && !s->nlanes && !s->until &&
	    (!s->group || s->group->provider || !rates_last(s->group));
}

/* Once a turn: sites where something changed have their lines served. */
void
site_turn(void)
{
	uint32_t some = self.sitetodo.len;
	struct site *s;

	for (; some; some--) {
		s = numbers_at(&self.site, row_next(&self.sitetodo));
		row_take(&self.sitetodo);
		if (!s || !s->istodo)
			continue;
		s->istodo = 0;
		if (is_over(s)) {
			forget(s);
			continue;
		}
		wake_some(s);
		if (!s->nlanes)
			rest(s);
		list_lines(s);
	}
}

/* Sites come and go, and a new policy wakes those that are left. */
static int
applies(uint32_t when, uint32_t n)
{
	const struct site *s = numbers_at(&self.site, n);

	return s && s->until == when;
}

/* The site as a whole is left alone for a while: one timer, however much waits
 * for it. */
void
site_sleep(struct site *s, const char *why, size_t len)
{
	const struct policy_limits *p = s->group->limits;
	uint32_t now = dest_now();
	struct dest *d;

	if (s->until)
		return;
	s->until = now + dest_pause(p, s->fails);
	s->fails = (uint16_t)(s->fails + (s->fails < UINT16_MAX));
	s->allowed = 1;
	words_drop(s->reason);
	s->reason = words_take(why, len > REASON_MAX ? REASON_MAX : len);
	TAILQ_FOREACH (d, &s->dests, link) {
		d->fresh = 0;
		queue_uncut(d);
		job_dissolve(d);
		queue_rest(d);
	}
	s->nwake = 0;
	held_begin(&s->asleep, HELD_SLEEP, 0);
	heap_add(&self.sitewake, s->until, s->number);
	heap_tidy(&self.sitewake, applies);
	timer_set();
	event_site_sleep(s);
}

void
site_wake(struct site *s)
{
	s->until = 0;
	s->nwake = s->ndests;
	site_todo(s);
}

/* It answered: what was learnt from its failures is forgotten. */
void
site_awake(struct site *s)
{
	s->fails = 0;
	held_end(&s->asleep);
	if (s->allowed < s->group->limits->connections)
		s->allowed++;
	if (s->until)
		site_wake(s);
	site_todo(s);
}

void
site_wake_due(uint32_t now)
{
	unsigned int some = WAKE;
	uint32_t when, n;
	struct site *s;

	while (heap_first(&self.sitewake, &when, &n) && when <= now && some--) {
		heap_drop(&self.sitewake);
		s = numbers_at(&self.site, n);
		if (s && s->until == when)
			site_wake(s);
	}
}

/* A new policy: what sleeps is tried. */
void
site_refresh(struct site *s)
{
	if (s->until)
		site_wake(s);
}

/* Its lines find their place anew. */
void
site_relist(struct site *s)
{
	struct line *l;

	for (l = s->lines; l; l = l->next) {
		level_unlist(l);
		if (l->nqueues && !s->until)
			level_list(l);
	}
}
