#include <stdio.h>
#include <string.h>

#include "cmd/dray-tune/act.h"
#include "cmd/dray-tune/tune.h"
#include "cmd/dray-tune/way.h"

/*
 * A source that a provider has on a list gets nothing to do there for a while.
 * Then a probe: one connection, few messages.  What it says decides: it is let
 * go, and comes back up its slope, or it is held for twice as long.
 */
#define LATELY 60000 /* milliseconds in which replies are counted */
#define SHARE 20 /* one of so many messages is listed */
#define FEW "6/min"
#define FEWER 0.1 /* messages a second: the same */
#define BACK 4 /* it begins with this part of its old rate */
#define AGAIN 1000 /* milliseconds until a probe is tried again */
#define SLACK 600 /* seconds that a probe stays in force if we are not there */

static int
put(struct way *w, enum override_action action, const char *what,
    const char *value, uint64_t seconds, const char *why)
{
	static struct override o;

	memset(&o, 0, sizeof o);
	o.action = action;
	if ((value && override_value(&o, value, strlen(value)) != NULL) ||
	    way_scope(w, &o, what) == -1)
		return 0;
	o.expires = self.now / 1000 + seconds;
	snprintf(o.reason, sizeof o.reason, "%s", why);
	memcpy(o.reply, w->reply, sizeof o.reply);
	return act_put(&o);
}

static void
end(struct way *w, const char *what)
{
	static struct override o;

	if (way_scope(w, &o, what) == 0)
		act_end(o.id);
}

static void
begin(struct way *w, const struct way_sum *s)
{
	struct hold *h = &w->hold;
	unsigned long long all = s->listed + s->ok + s->slow;
	uint64_t seconds = h->seconds ? h->seconds * 2 : self.set.hold;
	char why[200];

	if (seconds > self.set.hold_max)
		seconds = self.set.hold_max;
	snprintf(why, sizeof why,
	    "%llu of %llu messages in a minute were refused because of the "
	    "source; held for %llu s",
	    (unsigned long long)s->listed, all, (unsigned long long)seconds);
	if (put(w, OVERRIDE_PAUSE, "hold", NULL, seconds, why) == -1)
		return; /* the next refusal tries again */
	h->seconds = seconds;
	h->until = self.now + seconds * 1000;
	h->state = HOLD_HELD;
}

/* How fast it was. */
static double
speed(const struct way *w)
{
	uint64_t ms = LATELY;
	struct way_sum s;

	if (w->slope.rate > 0)
		return w->slope.rate;
	if (self.now < w->since + LATELY)
		ms = self.now > w->since + 1000 ? self.now - w->since : 1000;
	way_sum(w, self.now - ms, &s);
	return (double)(s.ok + s.slow + s.listed) * 1000 / (double)ms;
}

void
hold_listed(struct way *w)
{
	struct hold *h = &w->hold;
	uint64_t from = self.now - LATELY;
	struct way_sum s;

	if (h->state == HOLD_HELD)
		return;
	if (h->state == HOLD_PROBE && h->since > from)
		from = h->since;
	way_sum(w, from, &s);
	if (h->state == HOLD_NOT) {
		if (s.listed < self.set.listed ||
		    s.listed * SHARE < s.listed + s.ok + s.slow)
			return;
		if (h->rate <= 0)
			h->rate = speed(w);
	}
	begin(w, &s);
}

/* The probe stands before the pause ends. */
static void
probe(struct way *w)
{
	struct hold *h = &w->hold;

	if (put(w, OVERRIDE_CONNECTIONS, "connections", "1",
		self.set.probe + SLACK, "a probe, after it was held") == -1 ||
	    put(w, OVERRIDE_RATE, "rate", FEW, self.set.probe + SLACK,
		"a probe, after it was held") == -1) {
		h->until = self.now + AGAIN;
		return;
	}
	h->state = HOLD_PROBE;
	h->since = self.now;
	h->until = self.now + self.set.probe * UINT64_C(1000);
	end(w, "hold");
}

static void
let_go(struct way *w)
{
	struct hold *h = &w->hold;
	double rate = h->rate;

	h->state = HOLD_NOT;
	h->rate = 0;
	h->seconds = 0;
	end(w, "connections");
	slope_set(w, rate / BACK > FEWER ? rate / BACK : FEWER,
	    rate > FEWER ? rate : FEWER);
}

int
hold_turn(struct way *w)
{
	struct hold *h = &w->hold;
	struct way_sum s;

	if (h->state == HOLD_NOT)
		return -1;
	if (self.now < h->until)
		return (int)(h->until - self.now);
	if (h->state == HOLD_HELD) {
		probe(w);
	} else {
		way_sum(w, h->since, &s);
		if (s.ok)
			let_go(w);
		else
			probe(w); /* there was no mail */
	}
	return h->state == HOLD_NOT ? -1 : (int)(h->until - self.now);
}

/* By somebody else, or by its time, which is ours, too. */
int
hold_ended(struct way *w, const char *id)
{
	static struct override o;

	if (way_scope(w, &o, "hold") == -1 || strcmp(o.id, id) != 0)
		return 0;
	if (w->hold.state == HOLD_HELD && !act_stands(id)) {
		if (self.now + 2000 < w->hold.until)
			w->hold.state = HOLD_NOT;
		else
			w->hold.until = self.now;
	}
	return 1;
}

void
hold_learn(struct way *w, const struct override *o)
{
	w->hold.state = HOLD_HELD;
	w->hold.until = o->expires * 1000;
	w->hold.seconds =
	    o->expires > o->created ? o->expires - o->created : self.set.hold;
}
