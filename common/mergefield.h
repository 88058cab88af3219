/*
 * mergefield - a field of a header with tags in it.
 *
 *   mergefield_put(r, it, out)  appends, for an item 'H', 'U' or 'A', the
 *       field.  0, or -1 with errno: those of mergerun_text, EMSGSIZE, EINVAL a
 *       mailbox has no address, and then r->fault, if it is set, says in which
 *       field
 */
#ifndef DRAY_MERGEFIELD_H
#define DRAY_MERGEFIELD_H

#include <skalibs/stralloc.h>

#include "common/mergerun.h"

int mergefield_put(struct mergerun *r, const struct mergeprog_item *it,
    stralloc *out) __attribute__((warn_unused_result));

#endif
