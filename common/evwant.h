/*
 * evwant - what a descriptor is watched for, when that may change at any time.
 *
 *   evwant(loop, w, fd, events)   w, which has been initialised, watches fd for
 *                                 events from now on: EV_READ, EV_WRITE, both,
 *                                 or 0 for nothing.  When it does already, that
 *                                 costs no system call
 */
#ifndef DRAY_EVWANT_H
#define DRAY_EVWANT_H

#include <ev.h>

void evwant(struct ev_loop *loop, ev_io *w, int fd, int events);

#endif
