/*
 * way - which route mail takes at this moment: that of the policy (path.h), or
 * the one that an override (reroute) has in its place.  When either changes,
 * what waits moves to the destination where it belongs now; what a lane has
 * stays there.
 *
 * What is deferred is looked at when its time comes.  What is ready is moved
 * some at a turn.  A route that the policy does not have is nobody's way.
 *
 *   way_changed()         rules.ways is not as it was
 *   way_policy()          the policy is new
 *   way_new(d)            a destination is new, and has nothing yet
 *   way_path(s, n, m, r)  the path of this run of message n of the bundle in
 *                         slot s, which path_begin was told of
 *   way_move(r)           run r, in no list, is of another destination from now
 *                         on: of its domain, by the path that path_begin or
 *                         path_take was told of.  0 if not: it is there, or its
 *                         bundle cannot be opened
 *   way_append(n, front)  run n, in no list, is ready where it belongs
 *   way_sift(d)           what is ready there and belongs elsewhere moves
 *   way_unsited(d)        nobody knows its provider any more
 *   way_leads(u, d)       1 if this rule sends mail there
 *   way_turn()            once a turn
 */
#ifndef DRAY_SEND_WAY_H
#define DRAY_SEND_WAY_H

#include <stdint.h>

#include "common/bundle.h"

struct dest;
struct rule;
struct run;
struct slot;

void way_changed(void);
void way_policy(void);
void way_new(struct dest *d);
uint16_t way_path(const struct slot *s, uint32_t n, const struct bundle_msg *m,
    const struct bundle_run *r);
int way_move(struct run *r);
void way_append(uint32_t n, int front);
void way_sift(struct dest *d);
void way_unsited(struct dest *d);
int way_leads(const struct rule *u, const struct dest *d);
void way_turn(void);

#endif
