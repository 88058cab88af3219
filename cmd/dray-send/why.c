#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/control.h"
#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/why.h"
#include "common/field.h"
#include "common/json.h"
#include "common/mem.h"

#define SLICE 0.002 /* seconds of a turn for all questions */
#define CHECK 1024 /* runs or destinations until the clock is looked at */
#define ROOM 65536 /* octets of an answer; what comes then is left out */
#define STREAMS 256 /* names.c */

struct sums {
	uint64_t ready, held, deferred, flying;
};

struct why {
	size_t len;
	char name[CONTROL_NAMEMAX];
	uint32_t at_dest, at_run; /* the next ones */
	uint32_t *dest; /* numbers of those that have this name */
	size_t ndest, room;
	unsigned char *is; /* the same as bits, by number */
	uint32_t nis;
	struct sums stream[STREAMS];
	uint32_t next; /* attempt of what is deferred, 0 none */
};

int
why_begin(struct control *c, const char *data, size_t len)
{
	struct field f;
	const char *s;
	size_t n;

	field_start(&f, data, len);
	s = field_getstr(&f, CONTROL_NAMEMAX, &n);
	if (!field_end(&f) || n == 0)
		return -1;
	c->why = mem_alloc(sizeof *c->why);
	memcpy(c->why->name, s, n);
	c->why->len = n;
	return 0;
}

void
why_end(struct control *c)
{
	if (!c->why)
		return;
	free(c->why->dest);
	free(c->why->is);
	free(c->why);
	c->why = NULL;
}

static struct dest *
named(const struct why *y, uint32_t n)
{
	struct dest *d = numbers_at(&self.dest, n);

	return d && d->len == y->len && memcmp(d->name, y->name, y->len) == 0
	    ? d
	    : NULL;
}

static void
look_at_dest(struct why *y, uint32_t n)
{
	if (!named(y, n))
		return;
	if (y->ndest == y->room) {
		y->room = y->room ? y->room * 2 : 4;
		y->dest = mem_grow(y->dest, y->room, sizeof *y->dest);
	}
	y->dest[y->ndest++] = n;
	if (!y->is) {
		y->nis = self.dest.n;
		y->is = mem_array(y->nis / 8 + 1, 1);
	}
	if (n < y->nis)
		y->is[n / 8] |= (unsigned char)(1u << n % 8);
}

static void
look_at_run(struct why *y, const struct run *r)
{
	struct sums *s;
	uint64_t rest;

	if (!r->count || r->dead || r->dest >= y->nis ||
	    !(y->is[r->dest / 8] >> r->dest % 8 & 1))
		return;
	s = &y->stream[run_stream(r)];
	rest = run_uncut(r);
	s->flying += run_flying(r);
	if (r->where == RUN_READY)
		s->ready += rest;
	else if (r->where == RUN_HELD)
		s->held += rest;
	else if (r->where == RUN_DEFERRED)
		s->deferred += r->count;
	if (r->where == RUN_DEFERRED && (!y->next || r->next < y->next))
		y->next = r->next;
}

/* 1 all was looked at. */
static int
slice(struct why *y, ev_tstamp until)
{
	while (y->at_dest < self.dest.n) {
		look_at_dest(y, y->at_dest++);
		if (y->at_dest % CHECK == 0 && ev_time() >= until)
			return 0;
	}
	while (y->ndest && y->at_run < self.runs.next) {
		look_at_run(y, run_at(y->at_run++));
		if (y->at_run % CHECK == 0 && ev_time() >= until)
			return 0;
	}
	return 1;
}

static void
put_sums(stralloc *sa, const struct sums *s)
{
	json_u64(sa, "ready", s->ready);
	json_u64(sa, "held", s->held);
	json_u64(sa, "deferred", s->deferred);
	json_u64(sa, "in_flight", s->flying);
}

static void
put_streams(stralloc *sa, const struct why *y)
{
	const struct sums *s;
	struct bundle_str name;
	unsigned int i;

	json_arr(sa, "streams");
	for (i = 0; i < STREAMS; i++) {
		s = &y->stream[i];
		if (!(s->ready + s->held + s->deferred + s->flying) ||
		    sa->len > ROOM / 2)
			continue;
		(void)names_at(NAMES_STREAM, (uint8_t)i, &name);
		json_obj(sa, NULL);
		json_str(sa, "name", name.s, name.len);
		put_sums(sa, s);
		json_end(sa);
	}
	json_arrend(sa);
}

static void
put_paths(stralloc *sa, const struct why *y)
{
	struct dest *d;
	size_t i;

	json_arr(sa, "paths");
	for (i = 0; i < y->ndest && sa->len < ROOM; i++)
		if ((d = named(y, y->dest[i])))
			why_path(sa, d);
	json_arrend(sa);
}

static void
put_answer(stralloc *sa, const struct why *y)
{
	struct sums all = { 0, 0, 0, 0 };
	unsigned int i;

	for (i = 0; i < STREAMS; i++) {
		all.ready += y->stream[i].ready;
		all.held += y->stream[i].held;
		all.deferred += y->stream[i].deferred;
		all.flying += y->stream[i].flying;
	}
	json_open(sa);
	json_str(sa, "destination", y->name, y->len);
	json_u64(sa, "policy", self.policy.generation);
	json_bool(sa, "loading", !scan_done());
	put_sums(sa, &all);
	if (y->next)
		json_u64(sa, "next_attempt", y->next);
	put_streams(sa, y);
	put_paths(sa, y);
	json_end(sa);
}

static void
answer(struct control *c)
{
	stralloc sa = STRALLOC_ZERO;

	put_answer(&sa, c->why);
	frame_begin(&c->f, CONTROL_WHY);
	mem_check(stralloc_cat(&c->f.out, &sa));
	stralloc_free(&sa);
	if (frame_end(&c->f) == -1)
		strerr_warnw("an answer does not fit into a frame");
	why_end(c);
	control_write(c);
}

int
why_turn(void)
{
	ev_tstamp until = 0;
	struct control *c;
	int more = 0;

	TAILQ_FOREACH (c, &self.controls, link) {
		if (!c->why)
			continue;
		if (until == 0)
			until = ev_time() + SLICE;
		if (slice(c->why, until))
			answer(c);
		else
			more = 1;
	}
	return more;
}
