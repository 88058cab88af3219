#include <stddef.h>
#include <stdlib.h>

#include "cmd/dray-send/send.h"
#include "cmd/dray-send/stream.h"
#include "common/mem.h"

#define LONGEST 3600 /* seconds of a timer */

/*
 * How fast mail may leave to a group.  What a rate holds back stays in the
 * group's lists, and a timer serves the group again.
 */

uint64_t
rates_now(void)
{
	return (uint64_t)(ev_now(self.loop) * 1e9);
}

/* The site of a group that has no name is kept for its rates alone. */
static void
on_rate(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct group *g = w->data;

	(void)loop;
	(void)revents;
	group_again(g);
	if (!g->provider)
		site_todo(TAILQ_FIRST(&g->sites));
}

static struct gate_limit
limit_of(uint64_t rate, uint64_t burst)
{
	struct gate_limit l = { POLICY_RATE_COUNT(rate),
		POLICY_RATE_SECONDS(rate), burst };

	return l;
}

void
rates_drop(struct group *g)
{
	if (!g->rates)
		return;
	ev_timer_stop(self.loop, &g->rates->timer);
	free(g->rates);
	g->rates = NULL;
}

/* Where a limit has changed, what passed under the old one does not hold back
 * for long. */
static void
clip(struct group *g, const struct policy_limits *old)
{
	const struct policy_limits *p = g->limits;
	const struct gate_limit m = limit_of(p->message_rate, p->message_burst);
	const struct gate_limit b = limit_of(p->byte_rate, 0);
	const struct gate_limit c = limit_of(p->connection_rate, 0);
	uint64_t now = rates_now();

	if (p->message_rate != old->message_rate ||
	    p->message_burst != old->message_burst)
		gate_clip(&g->rates->message, &m, now);
	if (p->byte_rate != old->byte_rate)
		gate_clip(&g->rates->byte, &b, now);
	if (p->connection_rate != old->connection_rate)
		gate_clip(&g->rates->connection, &c, now);
}

static void
start(struct group *g)
{
	g->rates = mem_alloc(sizeof *g->rates);
	ev_init(&g->rates->timer, on_rate);
	g->rates->timer.data = g;
}

/* After its limits have changed from the old ones, if there were any. */
void
rates_set(struct group *g, const struct policy_limits *old)
{
	const struct policy_limits *p = g->limits;

	if (!p->message_rate && !p->byte_rate && !p->connection_rate) {
		rates_drop(g);
		return;
	}
	if (g->rates) {
		clip(g, old);
		return;
	}
	start(g);
}

/* Serves it again then. */
void
rates_wait(struct group *g, uint64_t when)
{
	double in = ((double)when - (double)rates_now()) / 1e9;

	if (!g->rates)
		start(g);
	if (in < 0)
		in = 0;
	/* The clock may be set meanwhile. */
	if (in > LONGEST)
		in = LONGEST;
	/* Something else may be due earlier. */
	if (ev_is_active(&g->rates->timer) &&
	    ev_timer_remaining(self.loop, &g->rates->timer) <= in)
		return;
	ev_timer_stop(self.loop, &g->rates->timer);
	ev_timer_set(&g->rates->timer, in, 0);
	ev_timer_start(self.loop, &g->rates->timer);
}

/* What passed is not forgotten before its time is over: what comes then would
 * pass at once.  1: the timer tells when that is. */
int
rates_last(struct group *g)
{
	uint64_t end;

	if (!g || !g->rates)
		return 0;
	end = g->rates->message.clock;
	if (g->rates->byte.clock > end)
		end = g->rates->byte.clock;
	if (g->rates->connection.clock > end)
		end = g->rates->connection.clock;
	if (end <= rates_now())
		return 0;
	rates_wait(g, end);
	return 1;
}

/* When a message of this stream may leave, and what it waits for; 0 now. */
uint64_t
rates_message(const struct group *g, uint8_t stream, enum held_by *by_r)
{
	const struct policy_limits *p = g->limits;
	struct gate_limit m, b;
	unsigned int kept;
	uint64_t now, x, y;

	if (!g->rates)
		return 0;
	m = limit_of(p->message_rate, p->message_burst);
	b = limit_of(p->byte_rate, 0);
	kept = stream_kept_rate(stream);
	now = rates_now();
	x = gate_when(&g->rates->message, &m, now, kept);
	y = gate_when(&g->rates->byte, &b, now, kept);
	*by_r = x > y ? HELD_MESSAGE_RATE : HELD_BYTE_RATE;
	return x > y ? x : y;
}

/* When a connection may be opened; 0 now. */
uint64_t
rates_connection(const struct group *g)
{
	struct gate_limit c;

	if (!g->rates)
		return 0;
	c = limit_of(g->limits->connection_rate, 0);
	return gate_when(&g->rates->connection, &c, rates_now(), 0);
}

void
rates_passed(struct group *g, const struct job *j)
{
	struct gate_limit m, b;

	if (!g->rates)
		return;
	m = limit_of(g->limits->message_rate, g->limits->message_burst);
	b = limit_of(g->limits->byte_rate, 0);
	gate_pass(&g->rates->message, &m, rates_now(), 1);
	gate_pass(&g->rates->byte, &b, rates_now(), j->octets);
}

void
rates_connected(struct group *g)
{
	struct gate_limit c;

	if (!g->rates)
		return;
	c = limit_of(g->limits->connection_rate, 0);
	gate_pass(&g->rates->connection, &c, rates_now(), 1);
}
