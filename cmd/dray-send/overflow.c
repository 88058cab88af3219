#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/send.h"
#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/warmup.h"
#include "cmd/dray-send/way.h"

/*
 * What the plan of a group cannot take today goes by another route.
 *
 * While something waits for its place, a walk over all destinations lets as many
 * recipients stay as there are places left, and moves the runs of the others to
 * the destination of the same name on the other path.  Mail that must not wait
 * stays only if it may leave now.  A run that was tried stays: a server that
 * puts off who it does not know (greylisting) shall see the same address again.
 * So does the part of a run that is in flight; what is left of it comes back,
 * and is moved then.
 */
#define SLICE 20000 /* destinations of a turn, */
#define SOME 200 /* runs that are moved in it */
#define PAUSE 0.1 /* seconds between two walks, and */
#define SHARE 10 /* times as long as a walk took */

static struct {
	uint32_t at; /* the next destination, 0: none under way */
	uint32_t number; /* of the walk */
	unsigned int some; /* left in this turn */
	int wanted;
	ev_tstamp began, next; /* not before then */
	ev_timer timer;
} walk;

void
overflow_want(void)
{
	walk.wanted = 1;
}

/* Nothing of it is out.  0: it stays, for now. */
static int
move(uint32_t n, const char *route)
{
	struct run *r = run_at(n);
	struct dest *from = run_dest(r);

	path_take(route);
	if (!way_move(r))
		return 0;
	from->nready -= run_uncut(r);
	run_setcut(r, 0);
	r->deferred = 0;
	r->overflowed = 1;
	r->where = RUN_OUT;
	run_dest(r)->fresh = 1;
	dest_append(n, 0);
	return 1;
}

/* What is in flight decides first. */
static int
call_back(struct run *r)
{
	run_dest(r)->nready -= run_uncut(r);
	r->where = RUN_OUT;
	r->again = 1;
	run_setcut(r, (uint16_t)r->count);
	return 1;
}

struct sift {
	const struct group *group;
	const char *route;
	uint64_t places, before; /* as in struct warmup */
	double each;
};

/* 1 if it has a place, and lives so long. */
static int
stays(struct sift *s, const struct run *r)
{
	uint32_t uncut = run_uncut(r);
	uint8_t stream = run_stream(r);
	uint64_t places = s->places, room = warmup_room(s->group, stream);
	double in = (double)(s->before + uncut) * s->each;

	if (stream_keeps(stream) && room < places)
		places = room;
	if (r->wasdeferred)
		places = UINT64_MAX;
	if (uncut > places || run_expiry(r) < ev_now(self.loop) + in)
		return 0;
	s->places -= uncut < s->places ? uncut : s->places;
	s->before += uncut;
	return 1;
}

/* 1 it leaves the list; 2 enough for this turn. */
static int
sift(void *arg, uint32_t n)
{
	struct run *r = run_at(n);
	struct sift *s = arg;

	if (!walk.some)
		return 2;
	if (!run_uncut(r) || r->doom || stays(s, r))
		return 0;
	walk.some--;
	return run_flying(r) ? call_back(r) : move(n, s->route);
}

static int
has_urgent(const struct dest *d)
{
	const struct queue *q;

	if (d->nrest && stream_keeps(d->stream))
		return 1;
	TAILQ_FOREACH (q, &d->queues, link)
		if (q->nruns && stream_keeps(q->stream))
			return 1;
	return 0;
}

/* Of a walk, the first time that it comes to the group. */
static void
begin(struct group *g)
{
	struct warmup *w = g->warmup;

	if (w->walk == walk.number)
		return;
	w->walk = walk.number;
	w->places = warmup_places(g);
	w->before = 0;
}

/* 0: there is more to do here. */
static int
visit(struct dest *d)
{
	struct group *g = d->site ? d->site->group : NULL;
	struct sift s = { .group = g };

	if (!g || !d->nready || d->until || d->site->until || d->isrefused ||
	    d->paused)
		return 1;
	s.route = warmup_overflow(g);
	if (!s.route)
		return 1;
	begin(g);
	if (d->nready <= g->warmup->places && !has_urgent(d) &&
	    d->min_expiry > ev_now(self.loop) + daily_rest()) {
		g->warmup->places -= d->nready;
		g->warmup->before += d->nready;
		return 1;
	}
	s.places = g->warmup->places;
	s.before = g->warmup->before;
	s.each = warmup_each(g);
	queue_sweep(d, sift, &s);
	dest_todo(d);
	if (!walk.some)
		return 0;
	g->warmup->places = s.places;
	g->warmup->before = s.before;
	return 1;
}

static void
on_timer(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

/* 0: not now. */
static int
start(void)
{
	double in = walk.next - ev_now(self.loop);

	if (walk.at || !walk.wanted)
		return walk.at != 0;
	if (in > 0) {
		ev_timer_stop(self.loop, &walk.timer);
		ev_timer_init(&walk.timer, on_timer, in, 0);
		ev_timer_start(self.loop, &walk.timer);
		return 0;
	}
	walk.wanted = 0;
	walk.at = 1;
	walk.number++;
	walk.began = ev_time();
	return 1;
}

int
overflow_turn(void)
{
	unsigned int n = SLICE;
	struct dest *d;

	if (!start())
		return 0;
	for (walk.some = SOME; n && walk.at < self.dest.n; n--) {
		d = numbers_at(&self.dest, walk.at);
		if (d && !visit(d))
			return 1;
		walk.at++;
	}
	if (walk.at < self.dest.n)
		return 1;
	walk.at = 0;
	walk.next = ev_time() + PAUSE + SHARE * (ev_time() - walk.began);
	return 0;
}
