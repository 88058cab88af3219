#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sodium.h>

#include "cmd/dray-smtpd/charge.h"
#include "cmd/dray-smtpd/message.h"
#include "cmd/dray-smtpd/queue.h"
#include "common/field.h"
#include "common/maildate.h"
#include "common/mem.h"

#define TOO_MANY "452 4.3.1 too many messages at a time"
#define TOO_LARGE "552 5.3.4 message is too large"

struct message *
message_new(struct smtpd *sm, const struct message_owner *who, void *owner)
{
	struct message *m = mem_alloc(sizeof *m);

	m->sm = sm;
	m->who = who;
	m->owner = owner;
	m->queue = sm->queue;
	m->max = sm->max_message;
	return m;
}

static void
shed(struct message *m)
{
	head_free(&m->head);
	stralloc_free(&m->out);
	stralloc_free(&m->rcpts);
}

/* Counted until it is freed, since what was handed on waits in a connection
 * then. */
static void
account(struct message *m)
{
	struct smtpd *sm = m->sm;
	size_t now = sizeof *m + m->head.raw.a + m->out.a + m->rcpts.a;

	if (now > m->accounted) {
		sm->memory += now - m->accounted;
		m->accounted = now;
	}
	if (sm->memory + sm->others > sm->limit.memory)
		message_refuse(m, TOO_MANY);
}

static void
release(struct message *m)
{
	m->sm->memory -= m->accounted;
	charge_back(m);
	shed(m);
	stralloc_free(&m->sender);
	stralloc_free(&m->envid);
	stralloc_free(&m->first);
	free(m->refusal);
	free(m);
}

void
message_free(struct message *m)
{
	m->owner = NULL;
	if (m->conn && m->state == MESSAGE_ENDED && !m->told)
		return; /* its verdict is still to come */
	if (m->conn)
		queue_abort(m);
	release(m);
}

void
message_refuse(struct message *m, const char *reply)
{
	if (m->refusal)
		return;
	m->refusal = mem_dup(reply, strlen(reply));
	if (m->conn && !m->told)
		queue_abort(m);
	shed(m);
	m->sm->memory -= m->accounted;
	m->accounted = 0;
}

void
message_sender(struct message *m, const struct path *p)
{
	mem_check(stralloc_copyb(&m->sender, p->addr, p->len) &&
	    stralloc_copyb(&m->envid, p->envid ? p->envid : "", p->envid_len));
	m->ret = p->ret;
	m->utf8 = p->utf8;
	account(m);
}

void
message_rcpt(
    struct message *m, const char *addr, size_t len, const struct path *p)
{
	if (m->refusal)
		return;
	if (!m->nrcpt)
		mem_check(stralloc_copyb(&m->first, addr, len));
	field_putstr(&m->rcpts, addr, len);
	field_putu8(&m->rcpts, p->notify);
	field_putstr(&m->rcpts, p->orcpt ? p->orcpt : "", p->orcpt_len);
	m->nrcpt++;
	account(m);
}

void
message_start(struct message *m, const char *s, size_t n)
{
	if (!m->refusal)
		mem_check(stralloc_copyb(&m->out, s, n));
	m->state = MESSAGE_HEAD;
}

/* What a submission needs and does not have (RFC 6409 8.2, 8.3). */
static size_t
missing(struct message *m, char *d, size_t max)
{
	const char *at = memchr(m->sender.s, '@', m->sender.len);
	const char *right = at ? at + 1 : m->sm->node.hostname;
	size_t len =
	    at ? m->sender.len - (size_t)(right - m->sender.s) : strlen(right);
	char date[MAILDATE_MAX], hex[33];
	unsigned char random[16];
	int n = 0;

	if (!m->head.date && maildate(date, time(NULL)) == 0)
		n += snprintf(d, max, "Date: %s\r\n", date);
	if (!m->head.msgid) {
		randombytes_buf(random, sizeof random);
		sodium_bin2hex(hex, sizeof hex, random, sizeof random);
		n += snprintf(d + n, max - (size_t)n,
		    "Message-ID: <%s@%.*s>\r\n", hex, (int)len, right);
	}
	return (size_t)n;
}

static void
head_over(struct message *m)
{
	char add[512], reply[128];
	const char *wrong;
	size_t n = 0;

	m->state = MESSAGE_BODY;
	m->head.deaf = m->foreign || (m->user && !m->user->a.control);
	if (head_read(&m->head) == -1) {
		snprintf(reply, sizeof reply, "554 5.6.0 %s: bad value",
		    m->head.wrong);
		message_refuse(m, reply);
		return;
	}
	if (m->head.received > m->sm->limit.hops) {
		message_refuse(m, "554 5.4.6 too many hops: a loop");
		return;
	}
	wrong = user_head(m->user, &m->head);
	if (wrong) {
		message_refuse(m, wrong);
		return;
	}
	if (m->complete)
		n = missing(m, add, sizeof add);
	head_write(&m->head, &m->out, add, n);
	head_free(&m->head);
}

static void
take(struct message *m, const char *s, size_t n)
{
	int r;

	if (m->conn) {
		queue_data(m, s, n);
		return;
	}
	if (m->state == MESSAGE_BODY) {
		mem_room(&m->out, n);
		mem_check(stralloc_catb(&m->out, s, n));
		return;
	}
	r = head_feed(&m->head, s, n);
	if (r == -1)
		message_refuse(m, "552 5.3.4 the header is too large");
	else if (r == 1)
		head_over(m);
}

void
message_data(struct message *m, const char *s, size_t n)
{
	m->size += n;
	if (m->refusal || !n)
		return;
	if (m->size > m->max) {
		message_refuse(m, TOO_LARGE);
		return;
	}
	take(m, s, n);
	if (!m->refusal)
		account(m);
	if (m->refusal || m->conn || m->state != MESSAGE_BODY ||
	    m->out.len <= MESSAGE_HOLD || queue_open(m) == -1)
		return;
	queue_data(m, m->out.s, m->out.len);
	stralloc_free(&m->out);
}

int
message_full(const struct message *m)
{
	return m->conn && queue_full(m);
}

int
message_end(struct message *m)
{
	if (!m->refusal && m->state == MESSAGE_HEAD)
		head_over(m);
	m->state = MESSAGE_ENDED;
	if (m->refusal)
		return 0;
	if (!m->conn)
		return queue_whole(m) == 0;
	queue_end(m);
	return 1;
}

/* Refused before its end: whoever sends it may go on, for nothing. */
static void
early(struct message *m, const char *refusal)
{
	message_refuse(m, refusal);
	m->who->room(m->owner);
}

void
message_verdict(struct message *m, const char *id, const char *refusal)
{
	if (m->state != MESSAGE_ENDED) {
		early(m, refusal ? refusal : "451 4.3.0 the queue is confused");
		return;
	}
	if (id) {
		free(m->payer);
		m->payer = NULL;
	}
	if (!m->owner) {
		release(m);
		return;
	}
	if (!id && !m->refusal)
		m->refusal = mem_dup(refusal, strlen(refusal));
	m->who->verdict(m->owner, id);
}
