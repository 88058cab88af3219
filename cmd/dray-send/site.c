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

/*
 * Which destinations share their lanes: those with the same servers, which are
 * reached from the same source.  Where a static route says where mail goes each
 * destination has a site of its own, since the servers behind one address may
 * be many.
 */

static const char damaged[] = "the policy is damaged";

/* 1 the answer of dray-dns is there and names servers.  0: not now; the answer
 * is awaited, or was that there are none. */
static int
known(struct dest *d)
{
	const struct mx *m;

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
	return 1;
}

/* From the source of its path.  Addresses of a static route that cannot be
 * reached from there are left out; if there are no others the system chooses. */
static void
take_source(const struct dest *d, struct policy_route *r)
{
	const struct policy_source *s = &path_at(d->path)->now;
	unsigned int i, n = 0;

	if (!s->family)
		return;
	r->source_family = s->family;
	memcpy(r->source, s->ip, sizeof r->source);
	if (!r->helo[0])
		memcpy(r->helo, s->helo, sizeof r->helo);
	for (i = 0; i < r->n; i++)
		if (r->addr[i].family == s->family)
			r->addr[n++] = r->addr[i];
	if (n || !r->n)
		r->n = n;
	else
		r->source_family = 0;
}

/* The static route, or an empty one; 0 it cannot be read. */
static int
find_route(struct dest *d, struct policy_route *r)
{
	int found = policy_route(&self.policy, d->name, d->len, r);

	if (found == -1) {
		dest_sleep(d, damaged, sizeof damaged - 1);
		return 0;
	}
	if (found == 0)
		memset(r, 0, sizeof *r);
	if (!r->source_family)
		take_source(d, r);
	return 1;
}

/* Of a static route.  0: nothing is left. */
static int
leave_out(struct dest *d, struct policy_route *r)
{
	unsigned int i, n = 0;

	for (i = 0; i < r->n; i++)
		if (!bend_skips(d->site, r->addr[i].host, r->addr[i].family,
			r->addr[i].ip))
			r->addr[n++] = r->addr[i];
	if (n)
		r->n = n;
	else
		dest_sleep(d, MX_SKIPPED, sizeof MX_SKIPPED - 1);
	return n != 0;
}

/* Where to connect to, from where, with which HELO.  0: not now. */
int
site_servers(struct dest *d, struct policy_route *r)
{
	const struct mx_choice c = { .limits = d->site->group->limits,
		.hostname = self.node.hostname,
		.is_own = own_address,
		.is_skipped = bend_skips,
		.ctx = d->site };
	const char *why;

	if (!find_route(d, r))
		return 0;
	if (r->n && leave_out(d, r))
		return 1;
	if (r->n || !known(d))
		return 0;
	if (mx_route(d->mx, &c, r, &why))
		return 1;
	dest_sleep(d, why, strlen(why));
	return 0;
}

static void
add(stralloc *sa, const void *s, size_t len)
{
	mem_check(stralloc_catb(sa, s, len));
}

/* What tells sites apart, and is the same after a restart: daily.h. */
static void
make_key(const struct dest *d, const struct policy_route *r,
    unsigned char key[SITE_KEYLEN])
{
	static const unsigned char zero[crypto_generichash_KEYBYTES];
	static stralloc sa;
	const struct path *p = path_at(d->path);
	const struct mx *m = d->mx;
	uint16_t i;

	sa.len = 0;
	add(&sa, p->route, strlen(p->route) + 1);
	add(&sa, &p->source.family, 1);
	add(&sa, p->source.ip, sizeof p->source.ip);
	add(&sa, r->helo, strlen(r->helo) + 1);
	add(&sa, &r->source_family, 1);
	add(&sa, r->source, sizeof r->source);
	if (r->name[0])
		add(&sa, d->name, d->len + 1);
	for (i = 0; i < r->n; i++) {
		add(&sa, r->addr[i].ip, sizeof r->addr[i].ip);
		add(&sa, &r->addr[i].family, sizeof r->addr[i].family);
		add(&sa, &r->addr[i].port, sizeof r->addr[i].port);
		add(&sa, r->addr[i].host, strlen(r->addr[i].host) + 1);
	}
	for (i = 0; !r->n && i < m->n; i++) {
		if (i && m->addr[i].host == m->addr[i - 1].host)
			continue;
		add(&sa, &m->addr[i].preference, sizeof m->addr[i].preference);
		add(&sa, m->names + m->addr[i].host,
		    strlen(m->names + m->addr[i].host) + 1);
	}
	(void)crypto_generichash(
	    key, SITE_KEYLEN, (unsigned char *)sa.s, sa.len, zero, sizeof zero);
}

/* The answer of dray-dns, as the policy looks at it. */
static void
provider_of_mx(const struct mx *m, struct policy_mx *q, char *name)
{
	static const char *host[UINT8_MAX];
	static struct policy_ip addr[UINT8_MAX];
	const struct mx_addr *a;
	uint16_t i;

	q->host = host;
	q->addr = addr;
	for (i = 0; i < m->n; i++) {
		a = &m->addr[i];
		if (q->naddr == UINT8_MAX || q->nhost == UINT8_MAX)
			break;
		if (!i || a->host != m->addr[i - 1].host)
			host[q->nhost++] = m->names + a->host;
		addr[q->naddr].family = a->family;
		memcpy(addr[q->naddr++].ip, a->ip, sizeof a->ip);
	}
	(void)policy_provider(&self.policy, q, name);
}

/* Whose servers they are; name is empty if nobody's whom the policy knows. */
static void
provider_of(const struct dest *d, const struct policy_route *r, char *name)
{
	static struct policy_ip addr[POLICY_ADDRMAX];
	struct policy_mx q = { .domain = d->name, .len = d->len };

	name[0] = '\0';
	if (r->provider[0]) {
		(void)policy_provider_named(&self.policy, r->provider, name);
		return;
	}
	if (!r->n) {
		provider_of_mx(d->mx, &q, name);
		return;
	}
	q.addr = addr;
	for (; q.naddr < r->n; q.naddr++) {
		addr[q.naddr].family = r->addr[q.naddr].family;
		memcpy(addr[q.naddr].ip, r->addr[q.naddr].ip, sizeof addr->ip);
	}
	(void)policy_provider(&self.policy, &q, name);
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
	struct site *s = mem_alloc(sizeof *s);

	memcpy(s->key, key, SITE_KEYLEN);
	s->number = numbers_take(&self.site, s);
	s->name = mem_dup(d->name, d->len);
	TAILQ_INIT(&s->dests);
	TAILQ_INIT(&s->lanes);
	HASH_ADD(hh, self.sites, key, SITE_KEYLEN, s);
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

	if (d->site && d->generation == self.policy.generation)
		return d->site;
	if (!find_route(d, &route) || (!route.n && !known(d)))
		return NULL;
	make_key(d, &route, key);
	HASH_FIND(hh, self.sites, key, SITE_KEYLEN, s);
	if (!s)
		s = new_site(d, key);
	join(d, s);
	d->generation = self.policy.generation;
	provider_of(d, &route, provider);
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
		TAILQ_INSERT_TAIL(&self.sitetodo, s, todo);
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
	HASH_DEL(self.sites, s);
	numbers_give(&self.site, s->number);
	free(s->reason);
	free(s->name);
	free(s);
}

/* Once a turn: sites where something changed have their lines served. */
void
site_turn(void)
{
	struct site *s;
	struct line *l;

	while ((s = TAILQ_FIRST(&self.sitetodo))) {
		TAILQ_REMOVE(&self.sitetodo, s, todo);
		s->istodo = 0;
		if (!s->ndests && !s->nlanes && !s->until) {
			if (!s->group || s->group->provider ||
			    !rates_last(s->group))
				forget(s);
			continue;
		}
		if (s->until || !s->group)
			continue;
		for (l = s->lines; l; l = l->next)
			if (l->nqueues)
				level_list(l);
		group_todo(s->group);
	}
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
	s->fails++;
	s->allowed = 1;
	free(s->reason);
	s->reason = mem_dup(why, len > REASON_MAX ? REASON_MAX : len);
	TAILQ_FOREACH (d, &s->dests, link) {
		d->fresh = 0;
		queue_uncut(d);
		job_dissolve(d);
	}
	held_begin(&s->asleep, HELD_SLEEP, 0);
	heap_add(&self.sitewake, s->until, s->number);
	dest_timer();
	event_site_sleep(s);
}

void
site_wake(struct site *s)
{
	s->until = 0;
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
		s->until = 0;
	site_todo(s);
}

void
site_wake_due(uint32_t now)
{
	uint32_t when, n;
	struct site *s;

	while (heap_first(&self.sitewake, &when, &n) && when <= now) {
		heap_drop(&self.sitewake);
		s = numbers_at(&self.site, n);
		if (s && s->until == when)
			site_wake(s);
	}
}

/* A new policy: what sleeps is tried, and all lines find their place anew. */
void
site_refresh(void)
{
	struct site *s, *next;
	struct line *l;

	HASH_ITER (hh, self.sites, s, next) {
		for (l = s->lines; l; l = l->next)
			level_unlist(l);
		s->until = 0;
		site_todo(s);
	}
}
