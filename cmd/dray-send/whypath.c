#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/held.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/warmup.h"
#include "cmd/dray-send/way.h"
#include "cmd/dray-send/why.h"
#include "common/json.h"
#include "common/policykey.h"

#define ROOM 65536 /* octets; what comes then is left out */

/*
 * What holds back is told in the order in which it would have to go away: what
 * stops all mail of the destination first, then what stops a stream.
 */

struct place {
	stralloc *sa;
	struct dest *d;
	struct policy_where w;
	struct policy_limits written; /* for this destination */
};

static void
hold(const struct place *p, const char *what)
{
	json_obj(p->sa, NULL);
	json_text(p->sa, "what", what);
}

static void
word(const struct place *p, const char *what)
{
	hold(p, what);
	json_end(p->sa);
}

static void
put_override(const struct place *p, const struct rule *u, int all)
{
	hold(p, "override");
	override_json(p->sa, &u->o);
	json_bool(p->sa, "all", all);
	json_end(p->sa);
}

/* Those that hold all of it, or what they hold of it. */
static void
put_overrides(const struct place *p, int all)
{
	struct rule *u;

	TAILQ_FOREACH (u, &rules.list, link) {
		if (!*u->name || p->sa->len > ROOM)
			continue;
		if (all ? !u->match.rest && match_dest(&u->match, p->d)
			: u->match.rest && p->d->aside &&
			    p->d->aside->rules & u->bit)
			put_override(p, u, all);
	}
}

/* What changes its limits and servers, sends mail this way, or makes some of
 * it more or less urgent. */
static void
put_bends(const struct place *p)
{
	const struct rule *u;

	TAILQ_FOREACH (u, &rules.ways, link)
		if (*u->name && p->sa->len < ROOM && way_leads(u, p->d))
			put_override(p, u, 0);
	TAILQ_FOREACH (u, &rules.streams, link)
		if (*u->name && p->sa->len < ROOM && restream_meets(u, p->d))
			put_override(p, u, 0);
	TAILQ_FOREACH (u, &rules.bends, link)
		if (*u->name && p->sa->len < ROOM && bend_meets(u, p->d))
			put_override(p, u, 0);
}

static void
put_sleep(const struct place *p)
{
	const struct dest *d = p->d;
	const char *why = NULL;
	uint32_t until = dest_until(d, &why);
	int own = until == d->until;

	if (!until)
		return;
	hold(p, held_name(HELD_SLEEP));
	json_u64(p->sa, "until", until);
	json_text(p->sa, "of", own ? "destination" : "site");
	json_u64(p->sa, "failures", own ? d->fails : d->site->fails);
	if (why)
		json_text(p->sa, "reason", why);
	json_end(p->sa);
}

static void
put_log(const struct place *p)
{
	if (!loglink_busy())
		return;
	hold(p, held_name(HELD_LOG));
	json_u64(p->sa, "octets", logclient_backlog(&self.log));
	json_bool(p->sa, "notices", notice_busy());
	json_end(p->sa);
}

static int
put_value(const struct place *p, const struct fact *f)
{
	json_str(p->sa, "limit", f->value, f->nvalue);
	json_str(p->sa, "set_by", f->place, f->nplace);
	return 1;
}

/* The limit and who set it, if it is in force as it was written. */
static int
put_fact(const struct place *p, const char *key, int same)
{
	struct fact f;

	return same && fact_find(&p->w, key, &f) && put_value(p, &f);
}

static uint64_t
rate_of(const struct policy_limits *l, enum held_by by)
{
	if (by == HELD_BYTE_RATE)
		return l->byte_rate;
	return by == HELD_MESSAGE_RATE ? l->message_rate : l->connection_rate;
}

static void
put_limit(const struct place *p, uint64_t count, uint64_t seconds)
{
	char text[64];

	snprintf(text, sizeof text, "%" PRIu64 "/%" PRIu64 "s", count, seconds);
	json_text(p->sa, "limit", text);
}

static void
put_next(const struct place *p, uint64_t when)
{
	uint64_t now = rates_now();

	json_ms(p->sa, "next_ms", when > now ? (when - now) / 1000 : 0);
}

static void
put_rate(const struct place *p, const struct queue *q, enum held_by by,
    uint64_t when)
{
	uint64_t rate = rate_of(p->d->site->group->limits, by);
	unsigned int kept =
	    by == HELD_CONNECTION_RATE ? 0 : stream_kept_rate(q->stream);

	if (!put_fact(p, held_name(by), rate == rate_of(&p->written, by)))
		put_limit(
		    p, POLICY_RATE_COUNT(rate), POLICY_RATE_SECONDS(rate));
	put_next(p, when);
	if (kept)
		json_u64(p->sa, "kept_percent", kept);
}

static void
put_connections(const struct place *p, const struct queue *q)
{
	const struct group *g = p->d->site->group;
	uint32_t most = g->limits->connections;

	(void)put_fact(
	    p, held_name(HELD_CONNECTIONS), most == p->written.connections);
	json_u64(p->sa, "used", g->nlanes);
	json_u64(p->sa, "most", most);
	json_u64(p->sa, "kept",
	    stream_keeps(q->stream)
		? 0
		: (uint64_t)most * stream_kept_lanes(q->stream) / 100);
}

static void
put_day(const struct place *p, const struct queue *q, uint64_t when)
{
	const struct group *g = p->d->site->group;

	(void)put_fact(p, held_name(HELD_DAY), 1);
	why_day(p->sa, daily_used(g->daily), g->limits->daily_messages,
	    q->stream, when);
}

static void
put_warmup(const struct place *p, uint64_t when)
{
	const struct group *g = p->d->site->group;
	const char *name = warmup_put(p->sa, g, when);
	struct fact f;

	if (fact_of("warmup", name, strlen(name), "table", &f))
		json_str(p->sa, "set_by", f.place, f.nplace);
}

static void
put_workers(const struct place *p)
{
	uint64_t places = 0;
	unsigned int i;

	for (i = 0; i < WORKERS_MAX; i++)
		places += self.worker[i] ? self.worker[i]->capacity : 0;
	json_u64(p->sa, "workers", self.nworker);
	json_u64(p->sa, "places", places);
	json_u64(p->sa, "lanes", self.lanes);
}

/* 1 if its totals are as they were written. */
static int
as_written(const struct group *g)
{
	const struct policy_limits *a = g->set, *b = g->limits;

	return policykey_same(
		   &policykey_total, &a->provider_total, &b->provider_total) &&
	    policykey_same(&policykey_total, &a->route_total, &b->route_total);
}

/* What routes or providers have together, or a tenant or a campaign. */
static void
put_quota(
    const struct place *p, const struct queue *q, const struct quota_use *u)
{
	static const char *const kinds[] = { "provider", "route", "tenant",
		"campaign" };
	int own = u->of == QUOTA_TENANT || u->of == QUOTA_CAMPAIGN;
	static const char *const keys[] = { "connections", "message-rate",
		"daily-messages" };
	static const enum held_by totals[] = { HELD_TOTAL, HELD_TOTAL_RATE,
		HELD_TOTAL_DAY };
	const char *key = own ? keys[u->by] : held_name(totals[u->by]);
	struct fact f;

	json_text(p->sa, "of", kinds[u->of]);
	json_str(p->sa, "name", u->name, u->len);
	if ((own || as_written(p->d->site->group)) &&
	    (fact_of(kinds[u->of], u->name, u->len, key, &f) ||
		(own && fact_of(kinds[u->of], "*", 1, key, &f))))
		(void)put_value(p, &f);
	else if (u->by == QUOTA_RATE)
		put_limit(p, u->rate.count, u->rate.period);
	if (u->by == QUOTA_DAY) {
		why_day(p->sa, u->used, u->most, q->stream, u->when);
	} else if (u->by == QUOTA_LANES) {
		json_u64(p->sa, "used", u->used);
		json_u64(p->sa, "most", u->most);
	} else {
		put_next(p, u->when);
	}
}

static uint16_t
owner(const struct queue *q)
{
	uint32_t n = queue_first(q);

	return n ? run_msg(run_at(n))->owner : 0;
}

/* What of its site and its group holds a stream back. */
static void
put_queue(const struct place *p, const struct queue *q)
{
	struct group *g = p->d->site->group;
	uint64_t when = 0;
	enum held_by by = held_group(q, &when);
	struct bundle_str name;
	struct quota_use u;
	int shared;

	if (by == HELD_NOT)
		by = HELD_SHARE;
	shared = by == HELD_TOTAL || by == HELD_TOTAL_RATE ||
	    by == HELD_TOTAL_DAY || by == HELD_SHARE;
	if (shared && !quota_holds(g, owner(q), q->stream, by, &u))
		return;
	hold(p, held_name(by));
	(void)names_at(NAMES_STREAM, q->stream, &name);
	json_str(p->sa, "stream", name.s, name.len);
	if (by == HELD_MESSAGE_RATE || by == HELD_BYTE_RATE ||
	    by == HELD_CONNECTION_RATE)
		put_rate(p, q, by, when);
	else if (by == HELD_CONNECTIONS)
		put_connections(p, q);
	else if (shared)
		put_quota(p, q, &u);
	else if (by == HELD_DAY)
		put_day(p, q, when);
	else if (by == HELD_WARMUP)
		put_warmup(p, when);
	else if (by == HELD_SERVERS)
		json_u64(p->sa, "most", p->d->site->allowed);
	else if (by == HELD_WORKERS)
		put_workers(p);
	json_end(p->sa);
}

/* What rests because there is no place for a lane. */
static void
put_resting(const struct place *p)
{
	const struct dest *d = p->d;
	struct bundle_str name;

	if (!d->nrest || d->iswanting != WANT_PLACE)
		return;
	hold(p, held_name(HELD_WORKERS));
	(void)names_at(NAMES_STREAM, d->stream, &name);
	json_str(p->sa, "stream", name.s, name.len);
	put_workers(p);
	json_end(p->sa);
}

static void
put_queues(const struct place *p)
{
	const struct queue *q;

	put_resting(p);
	if (!p->d->site || !p->d->site->group)
		return;
	TAILQ_FOREACH (q, &p->d->queues, link)
		if ((q->nruns || q->nagain) && p->sa->len < ROOM)
			put_queue(p, q);
}

static void
put_refused(const struct place *p)
{
	hold(p, "refused");
	json_text(p->sa, "reason", p->d->mx ? p->d->mx->text : "");
	json_end(p->sa);
}

static void
put_holds(const struct place *p)
{
	struct dest *d = p->d;
	const char *why;
	int all = hold_dest(d);

	json_arr(p->sa, "holds");
	if (self.ending)
		word(p, "ending");
	if (all)
		put_overrides(p, 1);
	if (d->isrefused)
		put_refused(p);
	put_sleep(p);
	if (d->isasking && !d->mx)
		word(p, held_name(HELD_DNS));
	put_log(p);
	if (!all && !d->isrefused && !dest_until(d, &why))
		put_queues(p);
	put_bends(p);
	put_overrides(p, 0);
	json_arrend(p->sa);
}

static void
put_group(stralloc *sa, const struct group *g)
{
	if (g->provider)
		json_text(sa, "provider", g->provider);
	json_u64(sa, "group_lanes", g->nlanes);
	json_u64(sa, "group_most", g->limits->connections);
}

/* The same where there is none until it is needed. */
static void
put_limits(stralloc *sa, const struct policy_limits *p)
{
	json_u64(sa, "group_lanes", 0);
	json_u64(sa, "group_most", p->connections);
}

/* That of its path, or else the one that the system took last. */
static void
put_source(stralloc *sa, const struct dest *d)
{
	const struct policy_source *from = &path_at(d->path)->now;
	const struct lane *l = d->site ? TAILQ_FIRST(&d->site->lanes) : NULL;
	char text[INET6_ADDRSTRLEN] = "";

	if (from->family)
		(void)inet_ntop(from->family == 4 ? AF_INET : AF_INET6,
		    from->ip, text, sizeof text);
	else if (l && l->local[0])
		memcpy(text, l->local, strnlen(l->local, sizeof text - 1));
	if (text[0])
		json_text(sa, "source_address", text);
}

static void
put_site(stralloc *sa, const struct site *s)
{
	uint32_t now = dest_now();

	json_text(sa, "site", s->name);
	json_u64(sa, "destinations", s->ndests);
	if (s->group)
		put_group(sa, s->group);
	else if (s->limits)
		put_limits(sa, s->limits);
	json_u64(sa, "lanes", s->nlanes);
	json_u64(sa, "connecting", s->nconnecting);
	json_u64(sa, "in_flight", s->njobs);
	json_ms(sa, "per_second", pace_rate(&s->pace, now));
	if (s->pace.reply_us)
		json_ms(sa, "reply_ms", s->pace.reply_us);
}

void
why_path(stralloc *sa, struct dest *d)
{
	const struct site *s = d->site;
	struct place p = { .sa = sa, .d = d };

	p.w.domain = d->name;
	p.w.len = d->len;
	p.w.route = path_at(d->path)->route;
	p.w.provider = site_provider(s);
	policy_limits(&self.policy, &p.w, &p.written);
	json_obj(sa, NULL);
	json_u64(sa, "recipients",
	    (uint64_t)d->nready + dest_held(d) + d->ndeferred);
	json_u64(sa, "deferred", d->ndeferred);
	if (p.w.route[0])
		json_text(sa, "route", p.w.route);
	put_source(sa, d);
	if (s)
		put_site(sa, s);
	put_holds(&p);
	json_end(sa);
}
