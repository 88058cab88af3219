#include <math.h>
#include <stdio.h>
#include <string.h>

#include "cmd/dray-tune/act.h"
#include "cmd/dray-tune/tune.h"
#include "cmd/dray-tune/way.h"

/*
 * How fast a provider likes it, found out by what it refuses.  Too fast: down at
 * once, to what it took meanwhile, or by the factor of the policy, whatever is
 * lower.  Then a rest; then up in equal steps, as long as all that the rate
 * allows is used and nothing is refused.  Above the knee, where it was too fast
 * the last time, the limit seems to be gone, and each step is twice the one
 * before.  Who is found too fast at about the same place again rests twice as
 * long: it is the place.
 */
#define TAKEN 0.97 /* of what was taken */
#define LEAST 0.1 /* not lower than that at once */
#define ABOVE 1.15 /* the knee is passed */
#define GROWS 2.
#define MOST 0.5 /* of the rate: the largest step */
#define GONE 20. /* times the knee: there is no limit any more */
#define USED 0.7 /* of the rate: less says nothing about it */
#define SAME 0.25 /* this near is the same knee */
#define RESTS 4 /* times the rest, at most */
#define SETTLE 400 /* milliseconds until a change can be seen */
#define SECOND 1000 /* what came in less was for this long */
#define FEWEST 2 /* refusals */
#define SHOWS 3 /* messages that tell whether a rate is used */
#define LONGEST 60000 /* milliseconds to wait for them */
#define KEPT 3600 /* seconds until an override that is not used ends */

static double
per_second(uint64_t rate)
{
	return rate ? (double)POLICY_RATE_COUNT(rate) /
		(double)POLICY_RATE_SECONDS(rate)
		    : 0;
}

static uint64_t
interval(void)
{
	return self.set.interval * UINT64_C(1000);
}

static double
bound(double rate)
{
	double floor = per_second(self.set.floor);
	double ceiling = per_second(self.set.ceiling);

	if (rate < floor)
		rate = floor;
	if (ceiling > 0 && rate > ceiling)
		rate = ceiling;
	return rate > 1. / 3600 ? rate : 1. / 3600;
}

static void
put_rate(struct way *w, const struct way_sum *s, double seconds)
{
	static struct override o;
	double rate = w->slope.rate;
	int minutes = rate * 60 >= 10;
	unsigned long long all = s->ok + s->slow;
	char b[48];
	int n = snprintf(b, sizeof b, "%.0f/%s",
	    floor(rate * (minutes ? 60 : 3600) + 0.5), minutes ? "min" : "h");

	memset(&o, 0, sizeof o);
	o.action = OVERRIDE_RATE;
	if (override_value(&o, b, (size_t)n) != NULL ||
	    way_scope(w, &o, "rate") == -1)
		return;
	w->slope.expires = self.now / 1000 + KEPT;
	o.expires = w->slope.expires;
	snprintf(o.reason, sizeof o.reason,
	    "%llu of %llu messages in %.1f s were refused as too fast at "
	    "%.2f/s; going up from there by %.2f/s",
	    (unsigned long long)s->slow, all, seconds, w->slope.knee,
	    w->slope.step);
	memcpy(o.reply, w->reply, sizeof o.reply);
	(void)act_put(&o);
}

static void
end_rate(struct way *w)
{
	static struct override o;

	if (w->slope.rate <= 0)
		return;
	w->slope.rate = 0;
	if (way_scope(w, &o, "rate") == 0)
		act_end(o.id);
}

static int
is_too_much(const struct way_sum *s)
{
	return s->slow &&
	    s->slow * POLICY_WHOLE >= (s->ok + s->slow) * self.set.refusals;
}

/* Where it was too fast; about there again? */
static void
set_knee(struct slope *s, double knee)
{
	uint64_t rest = self.set.rest * UINT64_C(1000);

	if (s->knee > 0 && fabs(knee - s->knee) < SAME * s->knee &&
	    s->rest * 2 <= RESTS * rest)
		s->rest *= 2;
	else if (s->knee <= 0 || fabs(knee - s->knee) >= SAME * s->knee)
		s->rest = rest;
	s->knee = knee;
	s->step = knee * self.set.increase / 100;
}

static void
lower(struct way *w, const struct way_sum *s, double seconds)
{
	struct slope *p = &w->slope;
	double taken = (double)s->ok / seconds;
	double tried = (double)(s->ok + s->slow) / seconds;
	double base = p->rate > 0 && p->rate < tried ? p->rate : tried;
	double to = base * self.set.decrease / 100;

	if (taken * TAKEN < to)
		to = taken * TAKEN;
	/* What is refused in a rate that is nearly right is little. */
	if (taken > base * self.set.decrease / 100 && p->rate > 0)
		to = fmin(taken, base) * TAKEN;
	if (to < base * LEAST)
		to = base * LEAST;
	set_knee(p, bound(taken > base * LEAST ? taken : base * LEAST));
	p->rate = bound(to);
	p->lowered = p->raised = self.now;
	put_rate(w, s, seconds);
}

/* From when on attempts were made at the rate that is in force. */
static uint64_t
began(const struct way *w)
{
	uint64_t from = self.now > interval() ? self.now - interval() : 0;
	uint64_t changed = w->slope.raised ? w->slope.raised + SETTLE : 0;

	if (w->since > from)
		from = w->since;
	return changed > from ? changed : from;
}

void
slope_refused(struct way *w)
{
	struct way_sum s;
	uint64_t from = began(w), ms;

	ms = self.now > from ? self.now - from : 0;
	if (w->hold.state != HOLD_NOT || (w->slope.rate > 0 && ms < SECOND))
		return;
	way_sum(w, from, &s);
	if (is_too_much(&s) && s.slow >= FEWEST)
		lower(w, &s, (double)(ms < SECOND ? SECOND : ms) / 1000);
}

/* Connections that were seen lately. */
static unsigned int
open_now(const struct way *w)
{
	unsigned int i, n = 0;

	for (i = 0; i < WAY_SESSIONS; i++)
		n += w->session[i].when + interval() * 2 > self.now;
	return n;
}

static void
put_lanes(struct way *w)
{
	static struct override o;
	char b[16];
	int n = snprintf(b, sizeof b, "%u", w->slope.lanes);

	memset(&o, 0, sizeof o);
	o.action = OVERRIDE_CONNECTIONS;
	if (override_value(&o, b, (size_t)n) != NULL ||
	    way_scope(w, &o, "connections") == -1)
		return;
	o.expires = self.now / 1000 + KEPT;
	snprintf(o.reason, sizeof o.reason,
	    "connections were refused while %u were there",
	    w->slope.lanes_knee);
	memcpy(o.reply, w->reply, sizeof o.reply);
	(void)act_put(&o);
}

static void
end_lanes(struct way *w)
{
	static struct override o;

	if (!w->slope.lanes)
		return;
	w->slope.lanes = 0;
	if (way_scope(w, &o, "connections") == 0)
		act_end(o.id);
}

void
slope_lanes(struct way *w)
{
	struct slope *s = &w->slope;
	unsigned int n = open_now(w);

	if (w->hold.state != HOLD_NOT ||
	    (s->lanes && self.now < s->lanes_lowered + interval()))
		return;
	if (s->lanes && n > s->lanes)
		n = s->lanes;
	s->lanes_knee = n ? n : 1;
	s->lanes = n * self.set.decrease / 100;
	if (!s->lanes)
		s->lanes = 1;
	s->lanes_lowered = self.now;
	put_lanes(w);
}

/* One more after each rest. */
static int
lanes_turn(struct way *w)
{
	struct slope *s = &w->slope;
	uint64_t rest = self.set.rest * UINT64_C(1000);

	if (!s->lanes)
		return -1;
	if (self.now < s->lanes_lowered + rest)
		return (int)(s->lanes_lowered + rest - self.now);
	s->lanes_lowered = self.now;
	if (open_now(w) < s->lanes)
		return (int)rest;
	if (++s->lanes > 2 * s->lanes_knee) {
		end_lanes(w);
		return -1;
	}
	put_lanes(w);
	return (int)rest;
}

static void
raise_rate(struct way *w, const struct way_sum *s, double seconds)
{
	struct slope *p = &w->slope;

	p->rate += p->step;
	if (p->rate > p->knee * ABOVE && p->step < p->rate * MOST)
		p->step = fmin(p->step * GROWS, p->rate * MOST);
	p->raised = self.now;
	if (p->rate > p->knee * GONE ||
	    (self.set.ceiling && p->rate >= per_second(self.set.ceiling)))
		end_rate(w);
	else
		put_rate(w, s, seconds);
}

/* Milliseconds in which a rate shows. */
static uint64_t
enough(double rate)
{
	double ms = rate > 0 ? SHOWS * 1000 / rate : 0;

	if (ms > LONGEST)
		ms = LONGEST;
	return ms > (double)interval() ? (uint64_t)ms : interval();
}

static int
rate_turn(struct way *w)
{
	struct slope *p = &w->slope;
	uint64_t ms = enough(p->rate), due = p->raised + ms;
	struct way_sum s;
	double seconds;

	if (p->rate <= 0 || w->hold.state != HOLD_NOT)
		return -1;
	if (due < p->lowered + p->rest)
		due = p->lowered + p->rest;
	if (self.now < due)
		return (int)(due - self.now);
	seconds = (double)ms / 1000;
	way_sum(w, self.now - ms, &s);
	/* Where few are sent, a few refused are not the share of many. */
	if (is_too_much(&s) ||
	    (double)(s.ok + s.slow) < USED * p->rate * seconds)
		return (int)ms;
	raise_rate(w, &s, seconds);
	return (int)ms;
}

int
slope_turn(struct way *w)
{
	int a = rate_turn(w), b = lanes_turn(w);

	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

int
slope_ended(struct way *w, const char *id)
{
	static struct override o;

	if (way_scope(w, &o, "rate") == 0 && strcmp(o.id, id) == 0) {
		if (!act_stands(id))
			w->slope.rate = 0;
		return 1;
	}
	if (way_scope(w, &o, "connections") == 0 && strcmp(o.id, id) == 0) {
		if (!act_stands(id))
			w->slope.lanes = 0;
		return 1;
	}
	return 0;
}

void
slope_set(struct way *w, double rate, double knee)
{
	static const struct way_sum none;

	set_knee(&w->slope, bound(knee));
	w->slope.rate = bound(rate);
	w->slope.lowered = w->slope.raised = self.now;
	put_rate(w, &none, 0);
}

void
slope_learn(struct way *w, const struct override *o)
{
	if (o->action == OVERRIDE_RATE) {
		w->slope.rate = per_second(o->rate);
		set_knee(&w->slope, w->slope.rate);
		w->slope.lowered = w->slope.raised = self.now;
	} else if (o->action == OVERRIDE_CONNECTIONS) {
		w->slope.lanes = w->slope.lanes_knee = o->number;
		w->slope.lanes_lowered = self.now;
	}
}
