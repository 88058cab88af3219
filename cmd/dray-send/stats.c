#include <skalibs/strerr.h>

#include "cmd/dray-send/control.h"
#include "cmd/dray-send/steer.h"
#include "common/json.h"
#include "common/mem.h"

/* What dray-stat shows: sums, and the destinations that most wait for. */
#define TOP 100 /* destinations shown */

static uint64_t
waiting(const struct dest *d)
{
	return (uint64_t)d->nready + dest_held(d) + d->ndeferred;
}

/* The least of them is the last one. */
static size_t
take(struct dest **top, size_t n, struct dest *d)
{
	size_t i;

	if (n == TOP && waiting(d) <= waiting(top[TOP - 1]))
		return n;
	if (n < TOP)
		n++;
	for (i = n - 1; i && waiting(top[i - 1]) < waiting(d); i--)
		top[i] = top[i - 1];
	top[i] = d;
	return n;
}

static void
put_dests(stralloc *sa)
{
	struct dest *d, *top[TOP];
	const char *why;
	uint32_t until, k;
	size_t n = 0, i;

	for (k = 1; k < self.dest.n; k++)
		if ((d = numbers_at(&self.dest, k)))
			n = take(top, n, d);
	json_arr(sa, "destinations");
	for (i = 0; i < n; i++) {
		d = top[i];
		json_obj(sa, NULL);
		json_str(sa, "name", d->name, d->len);
		json_u64(sa, "recipients", waiting(d));
		json_u64(sa, "deferred", d->ndeferred);
		json_u64(sa, "held", hold_dest(d) ? waiting(d) : dest_held(d));
		until = dest_until(d, &why);
		json_u64(sa, "lanes", d->site ? d->site->nlanes : 0);
		json_u64(sa, "asleep_until", until);
		if (until && why)
			json_text(sa, "reason", why);
		else if (d->isasking && !d->mx)
			json_text(sa, "reason", "waits for dray-dns");
		json_end(sa);
	}
	json_arrend(sa);
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
	json_u64(sa, "removed", c->removed);
	json_u64(sa, "suppressed", c->suppressed);
	json_u64(sa, "uptime", (uint64_t)(ev_now(self.loop) - self.started));
	json_u64(sa, "lanes", self.lanes);
	json_u64(sa, "in_flight", self.jobs);
	json_u64(sa, "workers", self.nworker);
	json_u64(sa, "bundles", self.slots.used);
	json_u64(sa, "finished", self.finished.len);
	json_u64(sa, "log_backlog", logclient_backlog(&self.log));
	json_u64(sa, "policy", self.policy.generation);
	json_bool(sa, "loading", self.newscan.dir || self.curscan.dir);
	rules_put(sa);
	names_put(sa);
	put_dests(sa);
	put_ages(sa);
	json_end(sa);
}

void
stats_answer(struct control *c)
{
	stralloc sa = STRALLOC_ZERO;

	put_stat(&sa);
	frame_begin(&c->f, 'S');
	mem_check(stralloc_cat(&c->f.out, &sa));
	stralloc_free(&sa);
	if (frame_end(&c->f) == -1)
		strerr_warnw("the statistics do not fit into a frame");
}
