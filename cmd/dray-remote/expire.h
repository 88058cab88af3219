/*
 * expire - mail whose time is over goes no further.
 *
 *   expire_due(l)     when something of the lane's may expire; EXPIRE_NEVER
 *                     if nothing can
 *   expire_some(l)    it has: jobs that were not begun get our own verdict.  If
 *                     the one that is being sent has expired, and its end has
 *                     not been sent, the connection is given up: nothing that
 *                     it still could do is wanted
 *   expire_is(l, j)   1 if the job has
 *   expire_verdict()  what is said of it
 *
 * A message whose end has been sent waits for its reply, whatever the time: the
 * server may have taken it, and nobody is told that it was not delivered before
 * that is known.  The timeouts, and the end of the lane's time, bound that.
 */
#ifndef DRAY_REMOTE_EXPIRE_H
#define DRAY_REMOTE_EXPIRE_H

#include "job.h"
#include "lane.h"

#define EXPIRE_NEVER 1e300

double expire_due(const struct lane *l);
void expire_some(struct lane *l);
int expire_is(const struct lane *l, const struct job *j);
struct verdict expire_verdict(void);

#endif
