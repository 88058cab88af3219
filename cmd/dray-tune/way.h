/*
 * way - one source of a route at one provider, or at a destination that is
 * nobody's: what becomes of the mail that takes it, and what is done about that.
 *
 *   way_event(e, when)      an attempt, or a session that was refused, of this
 *                           time in milliseconds
 *   way_turn()              what is due; milliseconds until something is, -1
 *                           nothing
 *   way_ended(id)           an override of this id has ended
 *   way_start()             learns from overrides/ what it was doing
 *   way_sum(w, from, s_r)   what came since then, in pieces of WAY_SLOT ms
 *   way_scope(w, o, what)   o is about this way; gives it an id.  0, -1
 *
 *   slope_refused(w)        slope.c: too fast? then slower
 *   slope_turn(w)           up again; milliseconds until the next step, -1 none
 *   hold_listed(w)          hold.c: too often? then not at all for a while
 *   hold_turn(w)            likewise
 *
 * Messages are counted, not their recipients: a rate is one of messages.
 */
#ifndef DRAY_TUNE_WAY_H
#define DRAY_TUNE_WAY_H

#include <sys/queue.h>

#include "common/keyhash.h"
#include "common/logevent.h"
#include "common/override.h"

#define WAY_MAX 5000
#define WAY_KEYMAX 512
#define WAY_SLOT 250 /* milliseconds */
#define WAY_SLOTS 256 /* 64 seconds */
#define WAY_SESSIONS 64

struct way_sum {
	uint64_t ok, slow, listed; /* slow: refused because it was too fast */
};

/* A rate, in messages a second, and a number of connections: 0 not limited. */
struct slope {
	double rate, knee, step;
	uint64_t lowered, raised; /* milliseconds */
	uint64_t rest; /* milliseconds */
	uint64_t expires; /* of the override, seconds */
	unsigned int lanes, lanes_knee;
	uint64_t lanes_lowered;
};

struct hold {
	enum { HOLD_NOT, HOLD_HELD, HOLD_PROBE } state;
	uint64_t until; /* milliseconds */
	uint64_t seconds; /* that it lasts, or lasted */
	uint64_t since; /* of the probe, milliseconds */
	double rate; /* before */
};

struct way {
	UT_hash_handle hh;
	TAILQ_ENTRY(way) link; /* the newest in front */
	struct {
		uint64_t tick;
		uint32_t ok, slow, listed;
	} slot[WAY_SLOTS];
	struct {
		uint32_t name; /* a hash */
		uint64_t when;
	} session[WAY_SESSIONS];
	uint64_t since; /* when it was first seen */
	uint32_t last; /* a hash of the last transaction */
	struct slope slope;
	struct hold hold;
	char reply[OVERRIDE_TEXTMAX + 1];
	const char *pool, *source, *where;
	unsigned int len;
	char key[];
};

void way_event(const struct logevent *e, uint64_t when);
int way_turn(void);
void way_ended(const char *id);
void way_start(void);
void way_sum(const struct way *w, uint64_t from, struct way_sum *s_r);
int way_scope(const struct way *w, struct override *o, const char *what);

void slope_refused(struct way *w);
void slope_lanes(struct way *w);
int slope_turn(struct way *w);
int slope_ended(struct way *w, const char *id);
void slope_learn(struct way *w, const struct override *o);
void slope_set(struct way *w, double rate, double knee);
void hold_listed(struct way *w);
int hold_turn(struct way *w);
int hold_ended(struct way *w, const char *id);
void hold_learn(struct way *w, const struct override *o);

#endif
