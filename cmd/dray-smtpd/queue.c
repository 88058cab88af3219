#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-smtpd/handover.h"
#include "cmd/dray-smtpd/queue.h"
#include "common/chars.h"
#include "common/evwant.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/queueclient.h"
#include "common/sock.h"

#define SHARED 4 /* connections for small messages */
#define LARGE 256 /* messages that have their own */
#define IDLE 64 /* of those are kept */
#define FULL 131072 /* octets that may wait to be sent */
#define FRESH 1 /* seconds that what was told of the state holds */
#define PATIENCE 1 /* seconds until one that was refused may try again */
#define REPLYMAX 300

#define GONE "451 4.3.0 the queue cannot be reached"
#define LOST "451 4.3.0 the queue gave no answer"
#define BUSY "451 4.3.2 too many large messages at a time"

TAILQ_HEAD(conns, queue_conn);
TAILQ_HEAD(messages, message);

struct queue_conn {
	TAILQ_ENTRY(queue_conn) in_queue;
	TAILQ_ENTRY(queue_conn) in_dirty;
	struct queue *q;
	struct frame f;
	ev_io io;
	struct messages waiting; /* for verdicts, in order */
	unsigned int nwaiting;
	struct message *own; /* a large one, before its end */
	int large;
	int dirty; /* has frames to flush, or is to be freed */
	int dead;
};

struct queue {
	struct smtpd *sm;
	const char *path;
	struct conns shared, large, dirty;
	unsigned int nshared, nlarge;
	struct queue_conn *asked; /* tells the state, or NULL */
	ev_tstamp looked; /* when dray-queued last had reason to look */
	char state[REPLYMAX]; /* "": there is room */
	int part; /* some streams have some left */
	ev_prepare flush;
	int told; /* that nobody is there */
};

static void
soil(struct queue_conn *c)
{
	if (!c->dirty)
		TAILQ_INSERT_TAIL(&c->q->dirty, c, in_dirty);
	c->dirty = 1;
}

/* Taken out at once, freed before the loop sleeps: its caller may be in it. */
static void
kill_conn(struct queue_conn *c)
{
	if (c->dead)
		return;
	c->dead = 1;
	TAILQ_REMOVE(c->large ? &c->q->large : &c->q->shared, c, in_queue);
	*(c->large ? &c->q->nlarge : &c->q->nshared) -= 1;
	ev_io_stop(c->q->sm->loop, &c->io);
	if (c->q->asked == c) {
		c->q->asked = NULL;
		c->q->state[0] = '\0';
	}
	soil(c);
}

/* There is room for a few that do nothing. */
static void
keep(struct queue_conn *c)
{
	struct queue_conn *o;
	unsigned int idle = 0;

	TAILQ_FOREACH (o, &c->q->large, in_queue)
		idle += !o->own && !o->nwaiting;
	if (idle > IDLE)
		kill_conn(c);
}

static void
settle(struct queue_conn *c, const char *id, const char *refusal)
{
	struct message *m = TAILQ_FIRST(&c->waiting);

	TAILQ_REMOVE(&c->waiting, m, in_conn);
	c->nwaiting--;
	if (c->own == m && !c->dead) {
		m->told = 1;
	} else {
		m->conn = NULL;
		c->own = c->own == m ? NULL : c->own;
	}
	if (c->large && !c->own)
		keep(c);
	message_verdict(m, id, refusal);
}

static void
lost(struct queue_conn *c)
{
	kill_conn(c);
	while (!TAILQ_EMPTY(&c->waiting))
		settle(c, NULL, LOST);
	if (c->own)
		c->own->conn = NULL;
	c->own = NULL;
}

/* Basic codes as RFC 5321 4.2.3 has them. */
static unsigned int
code_of(char class, const char *status)
{
	if (class == '5')
		return strcmp(status, "5.3.4") == 0 ? 552 : 554;
	return strcmp(status, "4.3.1") == 0 ? 452 : 451;
}

static void
put_reply(char *d, char class, struct queueclient_verdict *v)
{
	chars_mask(v->status);
	chars_mask(v->text);
	snprintf(d, REPLYMAX, "%u %s %s", code_of(class, v->status), v->status,
	    v->text);
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct queueclient_verdict v;
	struct queue_conn *c = ctx;
	char reply[REPLYMAX];

	(void)fd; /* none is accepted */
	if (queueclient_take(&v, type, data, len) == -1)
		return -1;
	if (v.code == 'S') {
		c->q->part = v.part;
		c->q->state[0] = '\0';
		if (*v.status)
			put_reply(c->q->state, *v.status, &v);
		return 0;
	}
	if (TAILQ_EMPTY(&c->waiting) ||
	    (v.code == 'A' && c->own == TAILQ_FIRST(&c->waiting)))
		return -1;
	chars_mask(v.id);
	if (v.code != 'A')
		put_reply(reply, v.code == 'P' ? '5' : '4', &v);
	settle(c, v.code == 'A' ? v.id : NULL, reply);
	return c->dead ? -1 : 0;
}

static void
watch(struct queue_conn *c)
{
	evwant(c->q->sm->loop, &c->io, c->f.fd,
	    EV_READ | (frame_pending(&c->f) ? EV_WRITE : 0));
}

static void
flush(struct queue_conn *c)
{
	struct message *m;

	if (frame_flush(&c->f) == -1) {
		lost(c);
		return;
	}
	watch(c);
	m = c->own;
	if (m && m->owner && !queue_full(m))
		m->who->room(m->owner);
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct queue_conn *c = w->data;

	(void)loop;
	if (revents & EV_READ && frame_pump(&c->f, take, c) == -1) {
		lost(c);
		return;
	}
	if (revents & EV_WRITE && !c->dead)
		soil(c);
}

static void
free_conn(struct queue_conn *c)
{
	frame_free(&c->f);
	free(c);
}

static void
before_sleep(struct ev_loop *loop, ev_prepare *w, int revents)
{
	struct queue *q = w->data;
	struct queue_conn *c;

	(void)loop;
	(void)revents;
	while ((c = TAILQ_FIRST(&q->dirty))) {
		TAILQ_REMOVE(&q->dirty, c, in_dirty);
		c->dirty = 0;
		if (c->dead)
			free_conn(c);
		else
			flush(c);
	}
}

struct queue *
queue_new(struct smtpd *sm, const char *path)
{
	struct queue *q = mem_alloc(sizeof *q);

	q->sm = sm;
	q->path = path;
	TAILQ_INIT(&q->shared);
	TAILQ_INIT(&q->large);
	TAILQ_INIT(&q->dirty);
	ev_prepare_init(&q->flush, before_sleep);
	q->flush.data = q;
	ev_prepare_start(sm->loop, &q->flush);
	return q;
}

static struct queue_conn *
connect_one(struct queue *q, int large)
{
	struct queue_conn *c;
	int fd = sock_connect_nonblock(q->path);

	if (fd == -1) {
		if (!q->told)
			strerr_warnwusys("reach the server of ", q->path);
		q->told = 1;
		return NULL;
	}
	q->told = 0;
	c = mem_alloc(sizeof *c);
	c->q = q;
	c->large = large;
	frame_init(&c->f, fd, QUEUE_FRAMEMAX, 0);
	TAILQ_INIT(&c->waiting);
	TAILQ_INSERT_TAIL(large ? &q->large : &q->shared, c, in_queue);
	*(large ? &q->nlarge : &q->nshared) += 1;
	ev_io_init(&c->io, ready, fd, EV_READ);
	c->io.data = c;
	ev_io_start(q->sm->loop, &c->io);
	return c;
}

/* One that nobody waits at, else a new one, else that with the fewest. */
static struct queue_conn *
pick_shared(struct queue *q)
{
	struct queue_conn *c, *best = NULL, *fresh = NULL;

	TAILQ_FOREACH (c, &q->shared, in_queue)
		if (!best || c->nwaiting < best->nwaiting)
			best = c;
	if ((!best || best->nwaiting) && q->nshared < SHARED)
		fresh = connect_one(q, 0);
	return fresh ? fresh : best;
}

/* Whoever hands in a message makes dray-queued look, too; then it tells what is
 * new without being asked. */
static void
ask(struct queue *q, struct queue_conn *c)
{
	ev_tstamp now = ev_now(q->sm->loop);

	if (q->asked && q->looked + FRESH > now && q->looked <= now)
		return;
	if (!q->asked)
		q->asked = c;
	q->looked = now;
	frame_begin(&q->asked->f, 'L');
	if (frame_end(&q->asked->f) == -1)
		strerr_dief(101, "a frame is too large");
	soil(q->asked);
}

int
queue_ready(struct queue *q)
{
	struct queue_conn *c = pick_shared(q);

	if (c)
		ask(q, c);
	return c != NULL;
}

ev_tstamp
queue_time(const struct queue *q)
{
	return ev_now(q->sm->loop);
}

const char *
queue_state(const struct queue *q, ev_tstamp refused)
{
	if (q->part && refused + PATIENCE <= queue_time(q))
		return NULL;
	return q->state[0] ? q->state : NULL;
}

static void
begin(struct queue_conn *c, struct message *m)
{
	handover_begin(&c->f, m);
	m->queue->looked = ev_now(m->sm->loop);
	soil(c);
	m->conn = c;
	TAILQ_INSERT_TAIL(&c->waiting, m, in_conn);
	c->nwaiting++;
}

int
queue_whole(struct message *m)
{
	struct queue_conn *c = pick_shared(m->queue);

	if (!c) {
		message_refuse(m, GONE);
		return -1;
	}
	begin(c, m);
	handover_data(&c->f, m, m->out.s, m->out.len);
	handover_end(&c->f, m);
	stralloc_free(&m->out);
	return 0;
}

static struct queue_conn *
find_idle(struct queue *q)
{
	struct queue_conn *c;

	TAILQ_FOREACH (c, &q->large, in_queue)
		if (!c->own && !c->nwaiting)
			return c;
	return NULL;
}

int
queue_open(struct message *m)
{
	struct queue *q = m->queue;
	struct queue_conn *c = find_idle(q);

	if (!c && q->nlarge < LARGE)
		c = connect_one(q, 1);
	if (!c) {
		message_refuse(m, q->nlarge < LARGE ? GONE : BUSY);
		return -1;
	}
	c->own = m;
	begin(c, m);
	return 0;
}

void
queue_data(struct message *m, const char *s, size_t n)
{
	handover_data(&m->conn->f, m, s, n);
	soil(m->conn);
}

int
queue_full(const struct message *m)
{
	return frame_pending(&m->conn->f) > FULL;
}

void
queue_end(struct message *m)
{
	handover_end(&m->conn->f, m);
	soil(m->conn);
	m->conn->own = NULL;
}

void
queue_abort(struct message *m)
{
	struct queue_conn *c = m->conn;

	m->conn = NULL;
	c->own = NULL;
	if (m->told) {
		handover_end(&c->f, m);
		soil(c);
		keep(c);
		return;
	}
	TAILQ_REMOVE(&c->waiting, m, in_conn);
	c->nwaiting--;
	kill_conn(c);
}
