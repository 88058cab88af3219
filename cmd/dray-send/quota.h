/*
 * quota - limits that several groups share: the totals of a provider over all
 * routes and of a route over all providers, and what a tenant or a campaign may
 * use of the whole node.
 *
 *   quota_total(g)        takes those of this group, whose limits are new
 *   quota_leave(g)        gives them back
 *   quota_lane(g, n)      n is 1 or -1: a lane of it came or went
 *   quota_job(owner, n)   the same for a job, of this owner (owner.c)
 *   quota_passed(g, owner)  one message leaves
 *   quota_when(g)         when a message of the group may leave; 0 now
 *   quota_connect(g)      1 if it may have another lane; if not, it is served
 *                         again when it may
 *   quota_full(g)         1 if it may not
 *   quota_owner(g, owner, when_r)
 *                         1 if mail of this owner may leave now; 0 with the
 *                         time when it may, or UINT64_MAX: the group is served
 *                         again when something of it has come back
 *   quota_limits(owner)   1 if something of it is limited
 *   quota_forget(o)       the owner goes
 */
#ifndef DRAY_SEND_QUOTA_H
#define DRAY_SEND_QUOTA_H

#include <stdint.h>

struct group;

struct owner;

void quota_total(struct group *g);
void quota_leave(struct group *g);
void quota_lane(struct group *g, int n);
void quota_job(uint16_t owner, int n);
void quota_passed(struct group *g, uint16_t owner);
uint64_t quota_when(const struct group *g);
int quota_full(const struct group *g);
int quota_connect(struct group *g);
void quota_forget(struct owner *o);
int quota_limits(uint16_t owner);
int quota_owner(struct group *g, uint16_t owner, uint64_t *when_r);

#endif
