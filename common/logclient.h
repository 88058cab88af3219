/*
 * logclient - hands event lines to dray-log (logproto.h); but for logclient_wait
 * without ever blocking, for programs with an event loop.
 *
 * Lines are numbered from 1 in the order in which they are added, whatever
 * happens to the connection.  They are collected into frames; a frame is kept
 * until dray-log says that it is durable, and goes out again on the next
 * connection if that did not come.  So what was added is in the log once or,
 * after a broken connection, several times.
 *
 *   logclient_init(l, path)  path is kept, not copied
 *   logclient_connect(l)     1 connected (or was already), 0 not now (errno;
 *                            EAGAIN: dray-log's queue of clients is full).
 *                            Try again after LOGCLIENT_PAUSE seconds
 *   logclient_add(l, line, len)  line with its newline, as logline.h wants it.
 *                            Returns its number, or 0 with errno EINVAL when
 *                            dray-log would refuse it: a bug in the caller
 *   logclient_flush(l)       once a turn of the loop: makes a frame of what was
 *                            collected and sends.  1 there is nothing left to
 *                            send, or no connection; 0 wait until l->fd is
 *                            writable; -1 the connection was lost (errno, 0:
 *                            closed by dray-log; l->fd is -1 now)
 *   logclient_read(l)        when l->fd is readable.  1 something became
 *                            durable, 0 nothing, -1 lost, as above
 *   logclient_durable(l)     all lines up to this number are durable
 *   logclient_backlog(l)     octets of lines not yet durable: callers stop
 *                            making new ones above a bound of theirs
 *   logclient_wait(l, ms)    for programs without a loop, and at the end of those
 *                            with one: connects if need be, and waits until all
 *                            that was added is durable, at most so many
 *                            milliseconds.  0, or -1 with errno (ETIMEDOUT): what
 *                            is not stays, but may have been sent
 *   logclient_free(l)        forgets what is not durable
 *
 * l->fd changes with every connection, -1 while there is none: watchers of an
 * event loop have to be stopped when flush or read return -1.
 */
#ifndef DRAY_LOGCLIENT_H
#define DRAY_LOGCLIENT_H

#include <stddef.h>
#include <stdint.h>

#include <skalibs/stralloc.h>

#include "common/frame.h"

#define LOGCLIENT_PAUSE 1

struct logclient_frame;

struct logclient {
	int fd; /* -1 not connected */
	const char *path;
	stralloc open; /* lines being collected */
	struct logclient_frame *head; /* frames that are not durable */
	struct logclient_frame *tail;
	struct logclient_frame *next; /* first one not sent here */
	uint64_t sent, acked; /* frames of this connection */
	uint64_t seq, durable;
	size_t backlog;
	struct frame f;
};

void logclient_init(struct logclient *l, const char *path);
int logclient_connect(struct logclient *l) __attribute__((warn_unused_result));
uint64_t logclient_add(struct logclient *l, const char *line, size_t len);
int logclient_flush(struct logclient *l) __attribute__((warn_unused_result));
int logclient_read(struct logclient *l) __attribute__((warn_unused_result));
uint64_t logclient_durable(const struct logclient *l);
size_t logclient_backlog(const struct logclient *l);
int logclient_wait(struct logclient *l, int ms)
    __attribute__((warn_unused_result));
void logclient_free(struct logclient *l);

#endif
