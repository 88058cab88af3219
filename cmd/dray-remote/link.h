/*
 * link - the connection with dray-send: its orders come in, what report.h has
 * queued goes out.
 *
 *   link_start(w, fd)   takes over the socket
 *   link_flush(w)       sends what can be sent; while dray-send does not read,
 *                       no more replies are read from servers (w->choked)
 *   link_leave(w)       sends the last words and exits 0
 *
 * When dray-send goes away the process exits 0 at once; on a malformed frame
 * 111.  A job for a lane that is not there is dropped: the lane's DOWN crossed
 * it on the way, and a job which that does not name was not begun.
 */
#ifndef DRAY_REMOTE_LINK_H
#define DRAY_REMOTE_LINK_H

struct worker;

void link_start(struct worker *w, int fd);
void link_flush(struct worker *w);
void link_leave(struct worker *w) __attribute__((noreturn));

#endif
