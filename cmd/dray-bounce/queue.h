/*
 * queue - hands notices to dray-queued (queueproto.h), the next one before the
 * verdict on the last has come.
 *
 *   queue_open(path)       NULL with errno if nobody is there
 *   queue_send(q, d, octets)  one notice, made of d.  0, or -1 with errno
 *   queue_verdict(q, v_r)  waits for the verdict on the oldest of those that
 *                          have none yet.  0, or -1 with errno: no more will
 *                          come on this connection
 *   queue_close(q)
 *
 * It blocks.  dray-queued goes on reading from a client as long as fewer than
 * 256 of its messages wait for a verdict: with QUEUE_AHEAD at most nobody waits
 * for the other.
 */
#ifndef DRAY_BOUNCE_QUEUE_H
#define DRAY_BOUNCE_QUEUE_H

#include <skalibs/stralloc.h>

#include "cmd/dray-bounce/dsn.h"
#include "common/queueclient.h"

#define QUEUE_AHEAD 64

struct queue;

struct queue *queue_open(const char *path);
int queue_send(struct queue *q, const struct dsn *d, const stralloc *octets)
    __attribute__((warn_unused_result));
int queue_verdict(struct queue *q, struct queueclient_verdict *v_r)
    __attribute__((warn_unused_result));
void queue_close(struct queue *q);

#endif
