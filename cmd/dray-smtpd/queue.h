/*
 * queue - connections to dray-queued (queueproto.h), without blocking.
 *
 *   queue_new(sm, path)   nobody is called yet
 *   queue_ready(q)        1 if dray-queued is there; it is asked how things are,
 *                         if that was not told of late
 *   queue_time(q)         now
 *   queue_state(q, refused)  the reply to who begins a message now, when there is
 *                         no room for it; or NULL.  As long as some streams have
 *                         room it is only for those of whom one was refused a
 *                         moment ago: nobody else's stream is known before the
 *                         data
 *   queue_whole(m)        hands over a message of which all is in m->out
 *   queue_open(m)         a connection of its own for a large one
 *   queue_data(m, s, n)   n octets go there
 *   queue_full(m)         1 if more is waiting to be sent than should
 *   queue_end(m)          its end; message_verdict() is called later
 *   queue_abort(m)        it never was.  If it was refused before its end, the
 *                         connection goes on without it
 *
 * queue_whole and queue_open return 0, or -1 if there is no connection for it,
 * which m->refusal then tells.  Frames leave before the loop sleeps, all that
 * belong to a connection at once.
 */
#ifndef DRAY_SMTPD_QUEUE_H
#define DRAY_SMTPD_QUEUE_H

#include "cmd/dray-smtpd/message.h"

struct queue *queue_new(struct smtpd *sm, const char *path);
int queue_ready(struct queue *q);
ev_tstamp queue_time(const struct queue *q);
const char *queue_state(const struct queue *q, ev_tstamp refused);
int queue_whole(struct message *m) __attribute__((warn_unused_result));
int queue_open(struct message *m) __attribute__((warn_unused_result));
void queue_data(struct message *m, const char *s, size_t n);
int queue_full(const struct message *m);
void queue_end(struct message *m);
void queue_abort(struct message *m);

#endif
