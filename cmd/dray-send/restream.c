#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/stream.h"

/* What may be done at a turn, in runs looked at. */
#define COSTS 50000
#define OPENED 100 /* one whose bundle has to be opened */
#define MOVES 20000 /* runs of a destination that move at a turn */
#define TARGETS 31 /* what run.restream has room for */

static struct {
	uint32_t generation; /* of rules.streams, and of what they lead to */
	uint8_t name[TARGETS]; /* numbers of names.c */
	unsigned int n; /* of them */
	uint32_t walk; /* the next destination; 0: it is over */
	struct row later; /* destinations left over by this turn */
	unsigned int cost; /* in this turn */
} streams;

uint8_t
run_stream(const struct run *r)
{
	return r->restream ? streams.name[r->restream - 1] : run_msg(r)->stream;
}

/* Its number plus one; 0: there are too many. */
static uint8_t
target(const struct bundle_str *s)
{
	uint8_t name = names_get(NAMES_STREAM, s);
	struct bundle_str same;
	unsigned int i;

	if (!names_at(NAMES_STREAM, name, &same))
		return 0;
	for (i = 0; i < streams.n; i++)
		if (streams.name[i] == name)
			return (uint8_t)(i + 1);
	if (i == TARGETS)
		return 0;
	streams.name[streams.n++] = name;
	return (uint8_t)(i + 1);
}

/* 1 if one of them leads elsewhere now. */
static int
find_targets(void)
{
	struct rule *u;
	struct bundle_str s;
	uint8_t to;
	int any = 0;

	TAILQ_FOREACH (u, &rules.streams, link) {
		s.s = u->o.value;
		s.len = strlen(u->o.value);
		to = stream_there(s.s, s.len) ? target(&s) : 0;
		if (!to && u->target)
			strerr_warnw("override ", u->o.id,
			    " is not in force: there is no stream ",
			    u->o.value);
		any |= to != u->target;
		u->target = to;
	}
	return any;
}

void
restream_changed(void)
{
	(void)find_targets();
	streams.generation++;
	streams.walk = 1;
}

/* The walk of the policy leads to all destinations. */
void
restream_policy(void)
{
	if (find_targets())
		streams.generation++;
}

void
restream_new(struct dest *d)
{
	d->streams = streams.generation;
}

/* The same with its bundle, where memory does not tell. */
static int
look(const struct rule *u, const struct run *r)
{
	struct open *o = open_get(run_msg(r)->slot);
	struct bundle_msg m;

	streams.cost += OPENED;
	if (!o || bundle_msg(&o->b, run_msg(r)->number, &m) == -1)
		return MATCH_LOOK;
	return match_msg(&u->match, run_msg(r)->slot, run_dest(r), &m);
}

/* Of several the one that came last counts.  While it cannot be known the run
 * stays as it is. */
static unsigned int
choose(const struct run *r)
{
	const struct rule *u;
	int v;

	streams.cost++;
	TAILQ_FOREACH (u, &rules.streams, link) {
		if (!u->target)
			continue;
		v = match_run(&u->match, r);
		if (v == MATCH_LOOK)
			v = look(u, r);
		if (v == MATCH_LOOK)
			return r->restream;
		if (v == MATCH_YES)
			return u->target;
	}
	return 0;
}

void
restream_set(struct run *r)
{
	if (r->restream || !TAILQ_EMPTY(&rules.streams))
		r->restream = choose(r) & 31;
}

/* Those that have to move, in order, through their next. */
struct moving {
	uint32_t first, last;
	unsigned int n;
	int more;
};

static int
sifted(void *arg, uint32_t n)
{
	struct run *r = run_at(n);
	struct moving *m = arg;
	uint8_t was = run_stream(r);

	/* Those that stay are looked at again next time, so that they do not
	 * count. */
	if (m->n == MOVES) {
		m->more = 1;
		return 2;
	}
	if (r->dead)
		return 0;
	r->restream = choose(r) & 31;
	if (run_stream(r) == was)
		return 0;
	*dest_count(run_dest(r), r) -= run_uncut(r);
	r->where = RUN_OUT;
	m->n++;
	if (m->last)
		run_at(m->last)->next = n;
	else
		m->first = n;
	m->last = n;
	return 1;
}

/* 1: there are more than may move at a turn. */
static int
sift(struct dest *d)
{
	struct moving m = { 0 };
	uint32_t n, next;

	queue_sweep(d, sifted, &m);
	for (n = m.first; n; n = next) {
		next = run_at(n)->next;
		run_at(n)->next = 0;
		dest_append(n, 0);
	}
	return m.more;
}

void
restream_sift(struct dest *d)
{
	if (d->streams == streams.generation)
		return;
	if (queue_busy(d) && (streams.cost >= COSTS || sift(d)))
		row_last(&streams.later, d->number);
	else
		d->streams = streams.generation;
}

/* Not the walk of walk.c: a destination where nothing moves has nothing to
 * do. */
static int
walk(void)
{
	struct dest *d;

	while (streams.walk && streams.walk < self.dest.n) {
		if (++streams.cost >= COSTS)
			return 1;
		d = numbers_at(&self.dest, streams.walk++);
		if (d)
			restream_sift(d);
	}
	streams.walk = 0;
	return 0;
}

int
restream_turn(void)
{
	struct dest *d;
	uint32_t n;

	streams.cost = 0;
	while ((n = row_next(&streams.later))) {
		row_take(&streams.later);
		d = numbers_at(&self.dest, n);
		if (d)
			dest_todo(d);
	}
	return walk();
}

int
restream_meets(const struct rule *u, const struct dest *d)
{
	return u->target && match_dest(&u->match, d);
}
