/*
 * restream - the stream that mail is delivered as: the one that its message
 * names, or the one that an override (restream) has in its place.  That is said
 * of a run, not of a message.  Priorities, reserved lanes and rates, and retry
 * schedules go by it; scopes, routes, events and counts by what the message
 * names.
 *
 * When the overrides change, what is ready moves to the queue of its stream,
 * some at a turn; what is deferred or held is looked at when it becomes ready,
 * and what a lane has stays there.
 *
 *   restream_changed()    rules.streams is not as it was
 *   restream_policy()     the policy is new
 *   restream_new(d)       a destination is new, and has nothing yet
 *   restream_set(r)       run r, in no list, becomes ready
 *   restream_sift(d)      what is ready there finds its stream
 *   restream_turn()       once a turn; 1 there is more to do
 *   restream_meets(u, d)  1 if this rule may be about mail of that destination
 *   run_stream(r)         a number of names.c
 */
#ifndef DRAY_SEND_RESTREAM_H
#define DRAY_SEND_RESTREAM_H

#include <stdint.h>

struct dest;
struct rule;
struct run;

void restream_changed(void);
void restream_policy(void);
void restream_new(struct dest *d);
void restream_set(struct run *r);
void restream_sift(struct dest *d);
int restream_turn(void);
int restream_meets(const struct rule *u, const struct dest *d);
uint8_t run_stream(const struct run *r);

#endif
