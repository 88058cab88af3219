/*
 * act - the overrides that are in force by the doing of dray-tune.
 *
 *   act_start()              learns which there are
 *   act_id(o, what, key, len)  gives o an id: "tune-", what, and a number that
 *                            follows from the key, so that it is the same after
 *                            a restart
 *   act_put(o)               makes o in force; created and author are filled in.
 *                            0, or -1: it could not be written, which was said
 *   act_end(id)              ends it
 *   act_stands(id)           1 if its file is there
 *   act_where(sc, pool, source, where)  the scope of a source at a provider, or,
 *                            if where begins with '@', at a destination.  0, or
 *                            -1: it cannot be one
 */
#ifndef DRAY_TUNE_ACT_H
#define DRAY_TUNE_ACT_H

#include "common/override.h"

#define ACT_AUTHOR "dray-tune"

void act_id(struct override *o, const char *what, const void *key, size_t len);
int act_put(struct override *o);
void act_end(const char *id);
int act_stands(const char *id);
int act_where(
    struct scope *sc, const char *pool, const char *source, const char *where);

#endif
