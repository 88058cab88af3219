/*
 * queueclient - a blocking client of dray-queued (queueproto.h), for programs
 * that hand in one message at a time.
 *
 *   queueclient_open(path)     NULL with errno if nobody is there
 *   queueclient_start(q, m)    a new message
 *   queueclient_rcpt(q, addr, len, notify, orcpt)
 *   queueclient_data(q, b, n)  octets with CRLF line ends, dots not stuffed
 *   queueclient_end(q, v_r)    waits for the verdict
 *   queueclient_close(q)       a message not ended never was
 *
 * All return 0, or -1 with errno.  When dray-queued refuses early,
 * queueclient_rcpt and queueclient_data fail with EPIPE, and queueclient_end
 * still gives the verdict.  Then, as after any failure, the connection is of no
 * use any more: the message was not ended on it.
 */
#ifndef DRAY_QUEUECLIENT_H
#define DRAY_QUEUECLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/queueproto.h"

struct queueclient;

struct queueclient_msg {
	const char *sender; /* "" is the null path */
	const char *stream, *route, *tenant, *campaign; /* "" not set */
	const char *envid;
	uint8_t ret; /* 0, 'F' or 'H' */
	uint32_t flags; /* QUEUE_* */
	uint32_t lifetime; /* seconds, 0 as policy says */
};

struct queueclient_verdict {
	char code; /* 'A' accepted, 'T' temporary, 'P' permanent */
	char id[160];
	char status[12];
	char text[QUEUE_TEXTMAX + 1];
};

struct queueclient *queueclient_open(const char *path);
int queueclient_start(struct queueclient *q, const struct queueclient_msg *m)
    __attribute__((warn_unused_result));
int queueclient_rcpt(struct queueclient *q, const char *addr, size_t len,
    uint8_t notify, const char *orcpt) __attribute__((warn_unused_result));
int queueclient_data(struct queueclient *q, const void *b, size_t n)
    __attribute__((warn_unused_result));
int queueclient_end(struct queueclient *q, struct queueclient_verdict *v_r)
    __attribute__((warn_unused_result));
void queueclient_close(struct queueclient *q);

#endif
