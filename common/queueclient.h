/*
 * queueclient - a blocking client of dray-queued (queueproto.h).
 *
 *   queueclient_open(path)     NULL with errno if nobody is there
 *   queueclient_start(q, m)    a new message
 *   queueclient_rcpt(q, addr, len, notify, orcpt)
 *   queueclient_row(q, addr, len, row, n)  the same with QUEUE_MERGE
 *   queueclient_data(q, b, n)  octets with CRLF line ends, dots not stuffed
 *   queueclient_end(q, v_r)    waits for the verdict
 *   queueclient_close(q)       a message not ended never was
 *
 * Or, for those who have many messages, instead of queueclient_end
 *
 *   queueclient_finish(q)      the message is whole; another may be started,
 *                              until QUEUECLIENT_AHEAD wait for their verdict
 *                              (then -1 EBUSY)
 *   queueclient_verdict(q, v_r)  waits for the verdict on the oldest of them
 *
 * dray-queued goes on reading from a client as long as fewer than 256 of its
 * messages wait for a verdict: with QUEUECLIENT_AHEAD nobody waits for the
 * other.
 *
 *   queueclient_ask(q, campaign, c_r)  what of it is queued; between messages, and
 *                              while none waits for its verdict
 *
 * And for those who have a loop and frames of their own
 *
 *   queueclient_take(v_r, type, data, len)  reads what a frame from dray-queued
 *                              says, of a message or of its state; -1: nothing
 *                              that it may say
 *
 * All return 0, or -1 with errno.  When dray-queued refuses early,
 * queueclient_rcpt and queueclient_data fail with EPIPE: no more of the message
 * is wanted.  It has to be ended all the same; if that succeeds, its verdict
 * comes in its turn, and the connection goes on.  After any other failure it is
 * of no use any more, but for queueclient_verdict, which gives what has come.
 */
#ifndef DRAY_QUEUECLIENT_H
#define DRAY_QUEUECLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "common/ledger.h"
#include "common/queueproto.h"

#define QUEUECLIENT_AHEAD 64

struct queueclient;

struct queueclient_msg {
	const char *sender; /* "" is the null path */
	const char *stream, *route, *tenant, *campaign; /* "" not set */
	const char *envid;
	uint8_t ret; /* 0, 'F' or 'H' */
	uint32_t flags; /* QUEUE_* */
	uint32_t lifetime; /* seconds, 0 as policy says */
	uint64_t start; /* QUEUE_TIMES: seconds since 1970, 0 at once */
	const char *windows; /* and when, as in bundle.h */
	size_t nwindows; /* octets of them */
	uint32_t chunk, chunks; /* QUEUE_CHUNK */
	const unsigned char *digest, *all; /* LEDGER_DIGEST octets each */
	uint64_t began;
};

struct queueclient_campaign {
	int known; /* 'C' of queueproto.h */
	uint64_t began;
	uint32_t chunks, accepted;
	uint64_t recipients;
	unsigned char digest[LEDGER_DIGEST];
	unsigned char bits[LEDGER_CHUNKS / 8];
};

struct queueclient_verdict {
	char code; /* 'A' accepted, 'T' temporary, 'P' permanent, 'S' state */
	char id[160];
	char status[12];
	char text[QUEUE_TEXTMAX + 1];
	uint8_t part; /* 'S': some streams have room */
	uint32_t suppressed; /* of a chunk: who will get nothing */
};

struct queueclient *queueclient_open(const char *path);
int queueclient_start(struct queueclient *q, const struct queueclient_msg *m)
    __attribute__((warn_unused_result));
int queueclient_rcpt(struct queueclient *q, const char *addr, size_t len,
    uint8_t notify, const char *orcpt) __attribute__((warn_unused_result));
int queueclient_row(struct queueclient *q, const char *addr, size_t len,
    const char *row, size_t n) __attribute__((warn_unused_result));
int queueclient_data(struct queueclient *q, const void *b, size_t n)
    __attribute__((warn_unused_result));
int queueclient_end(struct queueclient *q, struct queueclient_verdict *v_r)
    __attribute__((warn_unused_result));
int queueclient_finish(struct queueclient *q)
    __attribute__((warn_unused_result));
int queueclient_verdict(struct queueclient *q, struct queueclient_verdict *v_r)
    __attribute__((warn_unused_result));
int queueclient_take(struct queueclient_verdict *v_r, char type,
    const char *data, size_t len) __attribute__((warn_unused_result));
int queueclient_ask(struct queueclient *q, const char *campaign,
    struct queueclient_campaign *c_r) __attribute__((warn_unused_result));
void queueclient_close(struct queueclient *q);

#endif
