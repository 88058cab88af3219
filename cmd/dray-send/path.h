/*
 * path - the way out of this machine: one source address of one route
 * (dray-routes(5)), with the name to give there.
 *
 * Paths have numbers, small enough for a run's destination to be of one path.
 * Number 0 is the default: no route, and whatever address the system takes.
 * A path keeps its number while dray-send runs.  When the policy has no such
 * source any more it stands for another one of its route, so that what is
 * queued goes on; without the route, for the default.
 *
 *   path_policy()          the policy is new
 *   path_begin(m)          the route of this message, for path_pick: the one
 *                          that it names, else what the policy chooses by
 *                          stream, tenant and sender
 *   path_take(route)       the same for a route by its name
 *   path_route(s_r)        its name; empty if it has none
 *   path_pick(seed, n)     the number of a path of that route, by the weights
 *                          of its sources.  The same seed gives the same one as
 *                          long as the source is there, also after a restart: a
 *                          server that puts off who it does not know
 *                          (greylisting) sees the same address again
 *   path_at(n)             what it is
 *   path_name(n)           the number of its route's name (names.c)
 */
#ifndef DRAY_SEND_PATH_H
#define DRAY_SEND_PATH_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#include "common/bundle.h"
#include "common/policy.h"

struct path {
	char route[POLICY_LABELMAX + 1]; /* "": the default */
	struct policy_source source; /* as the policy had it first */
	struct policy_source now; /* what it stands for; family 0: any */
	char from[INET6_ADDRSTRLEN]; /* that address, "" any */
	uint8_t name; /* of the route: names.c */
};

void path_policy(void);
void path_begin(const struct bundle_msg *m);
void path_take(const char *route);
void path_route(struct bundle_str *s_r);
uint16_t path_pick(const void *seed, size_t n);
const struct path *path_at(uint16_t n);
uint8_t path_name(uint16_t n);

#endif
