#include <stdio.h>
#include <string.h>

#include "cmd/dray-send/level.h"
#include "cmd/dray-send/send.h"
#include "common/json.h"
#include "common/override.h"

#define RULES 64 /* the bits of aside.rules */

static struct span log_span;
static char rule_id[RULES][OVERRIDE_IDMAX + 1];

const char *
held_name(enum held_by by)
{
	static const char *const names[HELD_N] = { "", "message-rate",
		"byte-rate", "connection-rate", "connections",
		"total-message-rate", "total-connections", "daily-messages",
		"total-daily-messages", "warm-up", "share", "servers",
		"workers", "sleep", "override", "dns", "log" };

	return names[by < HELD_N ? by : HELD_NOT];
}

static uint64_t
clock_ms(void)
{
	return (uint64_t)(ev_now(self.loop) * 1e3);
}

void
held_begin(struct span *s, enum held_by by, uint8_t rule)
{
	uint64_t now = clock_ms();

	if (!s->from || (s->to && s->to < now))
		s->from = now;
	s->to = 0;
	s->by = by & 0xff;
	s->rule = rule;
}

void
held_end(struct span *s)
{
	if (s->from && !s->to)
		s->to = clock_ms();
}

void
held_log(int on)
{
	if (on)
		held_begin(&log_span, HELD_LOG, 0);
	else
		held_end(&log_span);
}

void
held_rule(uint8_t n, const char *id)
{
	snprintf(rule_id[n % RULES], sizeof *rule_id, "%s", id);
}

/* How long of the time since then. */
static void
overlap(struct job *j, const struct span *s, uint64_t ready)
{
	uint64_t to = s->to ? s->to : clock_ms();
	uint64_t from = s->from > ready ? s->from : ready;

	if (!s->from || to <= from || to - from <= j->held)
		return;
	j->held = to - from < UINT32_MAX ? (uint32_t)(to - from) : UINT32_MAX;
	j->held_by = s->by;
	j->held_rule = s->rule;
}

void
held_job(struct job *j, const struct queue *q, uint64_t arrival)
{
	const struct run *r = run_at(j->run);
	const struct dest *d = q->dest;
	uint64_t ready =
	    r->wasdeferred ? run_ready(r) * UINT64_C(1000) : arrival / 1000;

	j->held = 0;
	overlap(j, &log_span, ready);
	overlap(j, &d->stopped, ready);
	if (r->washeld && d->aside)
		overlap(j, &d->aside->held, ready);
	if (d->site)
		overlap(j, &d->site->asleep, ready);
	if (!q->line)
		return;
	overlap(j, &q->line->held, ready);
	if (q->line->level)
		overlap(j, &q->line->level->held, ready);
}

void
held_put(stralloc *sa, const struct job *j)
{
	char by[OVERRIDE_IDMAX + 16];

	if (!j->held)
		return;
	json_ms(sa, "held", j->held * UINT64_C(1000));
	if (j->held_by == HELD_OVERRIDE)
		snprintf(by, sizeof by, "override %s",
		    rule_id[j->held_rule % RULES]);
	else
		snprintf(by, sizeof by, "%s", held_name(j->held_by));
	json_text(sa, "held_by", by);
}
