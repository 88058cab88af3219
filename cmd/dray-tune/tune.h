/*
 * tune - the parts of dray-tune.
 *
 *   follow.c   the log: which events there are, and how far it has come
 *   stamp.c    the time of an event
 *   tally.c    counts by campaign, tenant and source, over a window
 *   breaker.c  what is stopped because of them
 *   way.c      each source at each provider
 *   slope.c    how fast it may be
 *   hold.c     whether it may send at all
 *   address.c  recipients who are given up
 *   line.c     events about them
 *   owner.c    whose mail came back
 *   act.c      the overrides that are in force by its doing
 *   tell.c     mail to the postmaster
 *   state.c    what is kept over a restart, with the place in the log
 *
 * The log is the only thing that it learns from, and files of overrides/ and
 * entries of the suppression list are the only thing that it does.  Counts belong to a place in the log, and both
 * are saved together; so after a crash nothing counts twice.
 */
#ifndef DRAY_TUNE_H
#define DRAY_TUNE_H

#include <stdint.h>

#include "common/logevent.h"
#include "common/logread.h"
#include "common/policy.h"
#include "common/token.h"

struct tune {
	const char *base;
	struct policy policy;
	struct policy_tune set; /* [tune] */
	struct token_keys keys; /* first -1: there are none */
	int overrides, state; /* directories */
	uint64_t now; /* milliseconds since 1970 */
	struct logread log;
};

extern struct tune self;

/* follow.c */
int follow_turn(void); /* 1 there may be more, 0 not now */
void follow_catch_up(void); /* to the end; before it is shut in */

/* stamp.c */
uint64_t stamp_ms(const char *s); /* since 1970; 0 it is none */
uint64_t stamp_now(void);

/* state.c */
void state_load(void);
void state_save(void);
void state_changed(void);
int state_wait(void); /* milliseconds until it wants to be saved, -1 never */

#endif
