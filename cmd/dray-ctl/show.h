/*
 * show - what dray-ctl says, on standard output.
 *
 *   show_list(f, o, now)    overrides, one after the other: those that name
 *                           the selectors of o
 *   show_counts(o, c, ids)  what an action has done; ids of overrides, one a
 *                           line, or none
 *
 * With o->json one line of JSON each.  What others wrote has nothing in it
 * that a terminal obeys.
 */
#ifndef DRAY_CTL_SHOW_H
#define DRAY_CTL_SHOW_H

#include "cmd/dray-ctl/files.h"
#include "cmd/dray-ctl/options.h"

struct counts {
	int known; /* dray-send was there to count */
	uint64_t messages, recipients, in_flight;
	uint64_t expires; /* of a new override, 0 never */
};

void show_list(
    const struct override_files *f, const struct options *o, uint64_t now);
void show_counts(
    const struct options *o, const struct counts *c, const stralloc *ids);

#endif
