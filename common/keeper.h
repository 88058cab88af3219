/*
 * keeper - the start of a daemon that keeps secrets and nothing else: it may end
 * at any moment.
 *
 *   keeper_loop()         an event loop; SIGTERM and SIGINT end the process, with
 *                         exit code 0
 *   keeper_listen(path)   a local socket for its group, close-on-exec
 *   keeper_files(loop, fd, fn)
 *                         fn is called when files have changed, of which the
 *                         inotify descriptor fd tells, KEEPER_SETTLE seconds
 *                         after the first of them; they may still be written.
 *                         Once a process
 *
 * They die (111) with a message.
 */
#ifndef DRAY_KEEPER_H
#define DRAY_KEEPER_H

#include <ev.h>

#define KEEPER_SETTLE 0.3

struct ev_loop *keeper_loop(void);
int keeper_listen(const char *path);
void keeper_files(struct ev_loop *loop, int fd,
    void (*fn)(struct ev_loop *loop, ev_timer *w, int revents));

#endif
