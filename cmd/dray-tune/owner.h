/*
 * owner - whose mail it was that came back: of which stream, tenant and campaign.
 * A token (token.h) has a short hash of these; their names stand in the events of
 * the deliveries before.
 *
 *   owner_learn(e)       from an attempt, or what became of it
 *   owner_tell(e)        fills in what an event of something that came back does
 *                        not say, as far as it is known; valid until the next
 *                        owner_learn()
 *   owner_save(sa), owner_load(line)  a line for each; load returns -1 if it is
 *                        none
 *
 * OWNER_MAX are known; the one that had no mail for longest gives way.  Of
 * several with the same hash it is the one whose mail was injected at about that
 * time, and which has that name; if there are two of these it stays unknown.
 */
#ifndef DRAY_TUNE_OWNER_H
#define DRAY_TUNE_OWNER_H

#include <skalibs/stralloc.h>

#include "common/logevent.h"

#define OWNER_MAX 20000

void owner_learn(const struct logevent *e);
void owner_tell(struct logevent *e);
void owner_save(stralloc *sa);
int owner_load(const char *line);

#endif
