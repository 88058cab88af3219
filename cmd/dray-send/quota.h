/*
 * quota - limits that do not count for a group: the totals of a provider over all
 * routes and of a route over all providers, what a tenant or a campaign may use
 * of the whole node, and what one remote address takes.
 *
 *   quota_total(g)        takes those of this group, whose limits are new
 *   quota_leave(g)        gives them back
 *   quota_lane(g, n)      n is 1 or -1: a lane of it came or went
 *   quota_job(owner, n)   the same for a job, of this owner (owner.c)
 *   quota_passed(l, owner)  one message leaves, by this lane
 *   quota_count(g, owner, stream, n)
 *                         so many recipients left the group, or, below 0, came
 *                         back as if they had not
 *   quota_when(g)         when a message of the group may leave; 0 now
 *   quota_day_when(g, stream, want)
 *                         when so many recipients may, by what a day limits
 *                         (daily.h)
 *   quota_room(g, owner, stream)
 *                         so many may now
 *   quota_wait_disk(g)    the group is served again after the next call of
 *   quota_written()       what daily.c had to write is written
 *   quota_connect(g)      1 if it may have another lane; if not, it is served
 *                         again when it may
 *   quota_full(g)         1 if it may not
 *   quota_owner(g, owner, stream, want, when_r)
 *                         1 if mail of this owner may leave now; 0 with the
 *                         time when it may, or UINT64_MAX: the group is served
 *                         again when something of it has come back
 *   quota_addresses(g, r) leaves out of r the addresses that have all the
 *                         connections that they may have; 0 there are no
 *                         others, and the group is served again when there are
 *   quota_reach(l)        the lane is, or is about to be, at its address
 *   quota_part(l)         it is not any more
 *   quota_lane_when(l)    when it may be given a message; 0 now
 *   quota_limits(owner)   1 if something of it is limited
 *   quota_holds(g, owner, stream, by, u_r)
 *                         which of them it is that holds (held.h) mail of this
 *                         stream in the group, or this owner's; 0 none
 *   quota_forget(o)       the owner goes
 */
#ifndef DRAY_SEND_QUOTA_H
#define DRAY_SEND_QUOTA_H

#include <stddef.h>
#include <stdint.h>

#include "common/gate.h"
#include "cmd/dray-send/held.h"

struct group;
struct lane;
struct owner;
struct policy_route;

struct quota_use {
	enum { QUOTA_PROVIDER, QUOTA_ROUTE, QUOTA_TENANT, QUOTA_CAMPAIGN } of;
	enum { QUOTA_LANES, QUOTA_RATE, QUOTA_DAY } by;
	const char *name;
	size_t len;
	uint64_t used, most; /* not of a rate */
	struct gate_limit rate;
	uint64_t when; /* the next one may leave; 0 not known */
};

void quota_total(struct group *g);
void quota_leave(struct group *g);
void quota_lane(struct group *g, int n);
void quota_job(uint16_t owner, int n);
void quota_passed(const struct lane *l, uint16_t owner);
uint64_t quota_when(const struct group *g);
int quota_full(const struct group *g);
int quota_connect(struct group *g);
int quota_addresses(struct group *g, struct policy_route *r);
void quota_reach(struct lane *l);
void quota_part(struct lane *l);
uint64_t quota_lane_when(const struct lane *l);
void quota_forget(struct owner *o);
int quota_limits(uint16_t owner);
int quota_owner(struct group *g, uint16_t owner, uint8_t stream, uint64_t want,
    uint64_t *when_r);
void quota_count(
    const struct group *g, uint16_t owner, uint8_t stream, int64_t n);
uint64_t quota_day_when(const struct group *g, uint8_t stream, uint64_t want);
uint64_t quota_room(const struct group *g, uint16_t owner, uint8_t stream);
void quota_wait_disk(struct group *g);
void quota_written(void);
int quota_holds(struct group *g, uint16_t owner, uint8_t stream,
    enum held_by by, struct quota_use *u_r);

#endif
