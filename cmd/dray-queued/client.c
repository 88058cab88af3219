#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-queued/queued.h"
#include "common/evwant.h"
#include "common/field.h"
#include "common/mem.h"
#include "common/queueproto.h"
#include "common/sock.h"

#define OUT_MAX 65536 /* octets of verdicts that a client does not read */

static void
forget_message(struct client *c, struct message *g)
{
	TAILQ_REMOVE(&c->waiting, g, in_client);
	c->nwaiting--;
}

/* Messages that ended are still committed, and left to the thread: the client
 * may have gone for good after END. */
static void
client_free(struct client *c)
{
	struct queued *q = c->q;
	struct message *g;

	ev_io_stop(q->loop, &c->io);
	campaign_lost(c);
	while ((g = TAILQ_FIRST(&c->waiting))) {
		forget_message(c, g);
		g->client = NULL;
		if (g->state != COMMITTING && g != c->taking)
			message_free(q, g);
	}
	if (c->taking)
		message_free(q, c->taking);
	TAILQ_REMOVE(&q->clients, c, in_order);
	q->nclients--;
	q->nasked -= c->asked != 0;
	streamscan_end(&c->scan);
	frame_free(&c->f);
	free(c);
}

static void
put_verdict(struct client *c, const struct message *g)
{
	stralloc *out = &c->f.out;

	frame_begin(&c->f, g->state == ACCEPTED ? 'A' : 'N');
	if (g->state == ACCEPTED) {
		field_putstr(out, g->id, strlen(g->id));
		if (g->campaign)
			field_putu32(out, g->suppressed);
	} else {
		field_putu8(out, (uint8_t)g->class);
		field_putstr(out, g->status, strlen(g->status));
		field_putstr(out, g->text, strlen(g->text));
	}
	if (frame_end(&c->f) == -1)
		strerr_dief(101, "a verdict does not fit into a frame");
}

/* Not behind words that it has not read: it hears of what is true then. */
static void
put_state(struct client *c)
{
	const char *text = c->q->state ? c->q->state : "";
	const char *status = room_status(c->q->state);

	if (!c->asked || (c->told == c->q->state && c->asked > 1) ||
	    frame_pending(&c->f))
		return;
	c->asked = 2;
	c->told = c->q->state;
	frame_begin(&c->f, 'S');
	field_putstr(&c->f.out, status, strlen(status));
	field_putstr(&c->f.out, text, strlen(text));
	field_putu8(&c->f.out, (uint8_t)room_part(c->q->state));
	if (frame_end(&c->f) == -1)
		strerr_dief(101, "a state does not fit into a frame");
}

/* What to wait for: a client that is far ahead, or that does not read its
 * verdicts, is not read from; nobody is when the end has come. */
static void
watch(struct client *c, int full)
{
	int events = full ? EV_WRITE : 0;

	if (!c->q->ending && c->nwaiting < CLIENT_AHEAD &&
	    frame_pending(&c->f) < OUT_MAX)
		events |= EV_READ;
	evwant(c->q->loop, &c->io, c->f.fd, events);
}

/* Sends the verdicts that are known, in the order of the messages.  The
 * message being taken may have been refused already: its verdict goes out,
 * the message itself stays until its END. */
void
client_verdicts(struct client *c)
{
	struct message *g;
	int r;

	while ((g = TAILQ_FIRST(&c->waiting)) &&
	    (g->state == ACCEPTED || g->state == REFUSED)) {
		put_verdict(c, g);
		forget_message(c, g);
		g->told = 1;
		if (g != c->taking)
			message_free(c->q, g);
	}
	put_state(c);
	r = frame_flush(&c->f);
	if (r == -1)
		client_free(c);
	else
		watch(c, r == 0);
}

/* To all who want to know. */
void
client_tell(struct queued *q)
{
	struct client *c, *next;

	for (c = TAILQ_FIRST(&q->clients); c; c = next) {
		next = TAILQ_NEXT(c, in_order);
		if (c->asked && c->told != q->state)
			client_verdicts(c);
	}
}

static void
heard(struct client *c)
{
	struct queued *q = c->q;

	c->last = ev_now(q->loop);
	TAILQ_REMOVE(&q->clients, c, in_order);
	TAILQ_INSERT_TAIL(&q->clients, c, in_order);
}

static void
start_slow(struct queued *q)
{
	struct client *c;
	ev_tstamp now = ev_now(q->loop), at = 0;

	if (ev_is_active(&q->slow))
		return;
	TAILQ_FOREACH (c, &q->clients, in_order) {
		if (c->taking) {
			at = c->last + q->limit.client_timeout - now;
			ev_timer_set(&q->slow, at > 0 ? at : 0, 0);
			ev_timer_start(q->loop, &q->slow);
			return;
		}
	}
}

/* A client that stopped inside a message is dropped, so that it cannot hold
 * memory for ever.  One between messages may stay, and so may one that is not
 * read from because the disk is slow. */
void
client_slow(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct queued *q = w->data;
	struct client *c, *next;

	(void)loop;
	(void)revents;
	for (c = TAILQ_FIRST(&q->clients); c; c = next) {
		next = TAILQ_NEXT(c, in_order);
		if (c->last + q->limit.client_timeout > ev_now(q->loop))
			break;
		if (c->taking && c->nwaiting >= CLIENT_AHEAD)
			heard(c);
		else if (c->taking)
			client_free(c);
	}
	start_slow(q);
}

/* Refusing takes memory, too: who goes on beginning messages while there is
 * none loses the connection. */
static int
begin(struct client *c, const char *data, size_t len)
{
	struct message *g;

	room_look(c->q);
	if (c->q->memory / 2 > c->q->limit.memory)
		return -1;
	g = message_new(c, data, len);
	if (!g)
		return -1;
	c->taking = g;
	TAILQ_INSERT_TAIL(&c->waiting, g, in_client);
	c->nwaiting++;
	start_slow(c->q);
	return 0;
}

static int
end(struct client *c, const char *data, size_t len)
{
	struct message *g = c->taking;

	if (message_end(g, data, len) == -1)
		return -1;
	c->taking = NULL;
	if (g->state == COMMITTING) {
		TAILQ_INSERT_TAIL(&c->q->pending, g, in_batch);
		c->q->taken++;
	} else if (g->told)
		message_free(c->q, g);
	return 0;
}

/* Told even if nothing has changed. */
static void
ask(struct client *c)
{
	room_look(c->q);
	c->q->nasked += !c->asked;
	c->asked = 1;
}

static int
take(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct client *c = ctx;
	int r = 0;

	(void)fd; /* none is accepted */
	if (type == 'M' && !c->taking)
		r = begin(c, data, len);
	else if (type == 'R' && c->taking && !c->taking->taken)
		r = message_rcpts(c->taking, data, len);
	else if (type == 'D' && c->taking)
		message_data(c->taking, data, len);
	else if (type == 'E' && c->taking)
		r = end(c, data, len);
	else if (type == 'L' && !len)
		ask(c);
	else if (type == 'Q' && !c->taking)
		r = campaign_ask(c, data, len);
	else
		r = -1;
	if (c->taking && c->taking->state == REFUSED)
		message_shed(c->q, c->taking);
	return r;
}

/* Gone in the middle of a message, or between two: both are fine.  A client
 * that breaks the protocol is reported, without what it sent. */
static void
lost(struct client *c)
{
	if (errno == EPROTO || errno == ECANCELED)
		queued_complain(c->q,
		    "hung up on a client that broke the "
		    "protocol, or took too much memory");
	client_free(c);
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct client *c = w->data;

	(void)loop;
	heard(c);
	if (revents & EV_READ && frame_pump(&c->f, take, c) == -1)
		lost(c);
	else
		client_verdicts(c);
}

/* Something has come that was not read yet. */
static int
has_input(const struct client *c)
{
	char b;

	return recv(c->f.fd, &b, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

/* Makes room by hanging up on the client that has been silent longest and
 * has nothing under way; 0 if there is none. */
int
client_evict(struct queued *q)
{
	struct client *c;

	TAILQ_FOREACH (c, &q->clients, in_order) {
		if (!c->taking && TAILQ_EMPTY(&c->waiting) && !has_input(c)) {
			client_free(c);
			return 1;
		}
	}
	return 0;
}

void
client_new(struct queued *q, int fd)
{
	struct client *c;
	uid_t uid;
	pid_t pid;

	if (q->nclients >= q->limit.clients)
		(void)client_evict(q);
	if (q->nclients >= q->limit.clients) {
		close(fd); /* the client takes it for a temporary error */
		return;
	}
	c = mem_alloc(sizeof *c);
	c->q = q;
	c->uid = sock_peer(fd, &uid, &pid) == 0 ? uid : UINT32_MAX;
	c->last = ev_now(q->loop);
	frame_init(&c->f, fd, QUEUE_FRAMEMAX, 0);
	TAILQ_INIT(&c->waiting);
	TAILQ_INSERT_TAIL(&q->clients, c, in_order);
	q->nclients++;
	ev_io_init(&c->io, ready, fd, EV_READ);
	c->io.data = c;
	ev_io_start(q->loop, &c->io);
}
