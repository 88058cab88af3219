/*
 * child - a process of its own beside dray-bounce, which ends with it.
 *
 *   child_start(run, arg)  starts it: run(arg, parent), which does not come back.
 *                        The result is a socket to it: when it can be read it
 *                        has ended, and when it is closed here, parent can be
 *                        read there.  Dies (111) if there is none to be had
 *   child_alone(keep, n) in it: what else its parent has open is closed, all but
 *                        the first three and these n descriptors; -1 is none.
 *                        Signals that end dray-bounce do not end it: its parent
 *                        tells it
 */
#ifndef DRAY_BOUNCE_CHILD_H
#define DRAY_BOUNCE_CHILD_H

#include <stddef.h>

int child_start(void (*run)(void *arg, int parent), void *arg);
void child_alone(const int *keep, size_t n);

#endif
