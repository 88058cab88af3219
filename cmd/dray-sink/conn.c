#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <skalibs/strerr.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "listen.h"
#include "reply.h"
#include "smtp.h"
#include "store.h"
#include "tls.h"

/* How long we wait for the peer's end of file after ours, in seconds. */
enum { LINGER = 5 };

static void
stop_watchers(struct conn *c)
{
	struct ev_loop *l = c->sink->loop;

	ev_io_stop(l, &c->rd);
	ev_io_stop(l, &c->wr);
	ev_timer_stop(l, &c->due);
	ev_timer_stop(l, &c->idle);
}

static void
conn_free(struct conn *c)
{
	stop_watchers(c);
	if (c->mode == MODE_DATA || c->t.chunks)
		c->sink->counts.aborted++;
	store_abort(c);
	reply_drop(c);
	if (c->prev)
		c->prev->next = c->next;
	else
		c->sink->conns = c->next;
	if (c->next)
		c->next->prev = c->prev;
	if (c->counted)
		c->sink->open--;
	close(c->fd);
	tls_free(c);
	buf_free(&c->out);
	buf_free(&c->plain);
	free(c->env);
	free(c);
}

void
conn_dead(struct conn *c, enum mode how)
{
	if (c->mode == MODE_DATA || c->t.chunks)
		c->sink->counts.aborted++;
	store_abort(c);
	c->t.chunks = 0;
	c->mode = how;
}

static void
uncount(struct conn *c)
{
	if (c->counted)
		c->sink->open--;
	c->counted = 0;
}

static void
reset(struct conn *c)
{
	struct linger hard = { 1, 0 };

	setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
	conn_free(c);
}

/*
 * A close() with input unread makes the kernel send a RST, which may destroy
 * replies that the peer has not read yet.  So we end our side only, and wait
 * a little for its end.
 */
static void
linger(struct conn *c)
{
	if (c->eof || shutdown(c->fd, SHUT_WR) == -1) {
		conn_free(c);
		return;
	}
	uncount(c);
	c->linger = 1;
	conn_dead(c, MODE_DEAD);
	ev_timer_stop(c->sink->loop, &c->due);
	ev_timer_stop(c->sink->loop, &c->idle);
	ev_timer_set(&c->idle, LINGER, 0);
	ev_timer_start(c->sink->loop, &c->idle);
	ev_io_start(c->sink->loop, &c->rd);
}

/* Reading stops while too much waits to be written. */
static void
balance(struct conn *c)
{
	int full = c->out.len >= SINK_OUTHIGH || c->queued >= SINK_QUEUEHIGH;

	if (c->eof || c->mode == MODE_FROZEN || full)
		ev_io_stop(c->sink->loop, &c->rd);
	else
		ev_io_start(c->sink->loop, &c->rd);
}

/* Writes what is due, then sees whether the connection goes on. */
static void
advance(struct conn *c)
{
	if (c->linger)
		return;
	if (reply_flush(c) == -1) {
		conn_free(c);
		return;
	}
	if (c->closing && !c->out.len && !c->plain.len) {
		if (c->closing == 3)
			reset(c);
		else if (c->closing == 2)
			conn_free(c);
		else
			linger(c);
		return;
	}
	/* Whoever has gone gets the replies that are still to come, but does
	   not keep a connection on which nothing will ever be said. */
	if (c->eof && (reply_idle(c) || c->mode >= MODE_DEAD)) {
		conn_free(c);
		return;
	}
	balance(c);
}

void
conn_kick(struct conn *c)
{
	advance(c);
}

/* Appends to the line in the making, as far as there is room. */
static void
keep_line(struct conn *c, const char *s, size_t n)
{
	size_t room = sizeof c->line - c->linelen;

	if (!n)
		return;
	if (n > room) {
		c->longline = 1;
		n = room;
	}
	memcpy(c->line + c->linelen, s, n);
	c->linelen += n;
}

static void
end_line(struct conn *c, const char *s, size_t n)
{
	const char *line = s;
	int bad = c->badline;

	if (c->linelen || c->longline) {
		keep_line(c, s, n);
		line = c->line;
		n = c->linelen;
	} else if (n > SINK_LINE) {
		c->longline = 1;
	}
	n -= 2;
	if (memchr(line, '\r', n) || memchr(line, '\0', n))
		bad = 1;
	if (c->longline)
		smtp_bad(c, "line too long");
	else if (bad)
		smtp_bad(c, "control character in a command");
	else
		smtp_line(c, line, n);
	c->linelen = 0;
	c->badline = c->longline = 0;
}

/*
 * A command ends with CRLF and nothing else.  A bare LF belongs to its line,
 * which is then refused: nobody can hide a command behind one.
 */
static size_t
take_line(struct conn *c, const char *s, size_t n)
{
	const char *p;
	size_t i = 0, k;

	while ((p = memchr(s + i, '\n', n - i))) {
		k = (size_t)(p - s);
		i = k + 1;
		if ((k ? s[k - 1] : c->lastoctet) == '\r') {
			c->lastoctet = '\n';
			end_line(c, s, i);
			return i;
		}
		c->sink->counts.barelf++;
		c->badline = 1;
		if (i == n)
			break;
	}
	keep_line(c, s, n);
	c->lastoctet = s[n - 1];
	return n;
}

static size_t
take_some(struct conn *c, const char *s, size_t n)
{
	switch (c->mode) {
	case MODE_LINE:
		return take_line(c, s, n);
	case MODE_DATA:
		return smtp_data(c, s, n);
	case MODE_BDAT:
		return smtp_bdat(c, s, n);
	case MODE_TLS:
		return smtp_tls(c, s, n);
	case MODE_DEAD:
	case MODE_FROZEN:
		break;
	}
	return n;
}

/* A turn of the network: the peer has waited for all of our replies. */
static void
count_turn(struct conn *c)
{
	int boundary = (c->mode == MODE_LINE && !c->linelen) ||
	    (c->mode == MODE_DATA && c->body.fresh);

	if (boundary && c->gave && reply_idle(c)) {
		c->sink->counts.turns++;
		c->gave = 0;
	}
}

void
conn_take(struct conn *c, const char *s, size_t n)
{
	size_t i = 0;

	count_turn(c);
	while (i < n)
		i += take_some(c, s + i, n - i);
}

static void
on_read(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct conn *c = w->data;
	struct sink *s = c->sink;
	ssize_t n;

	(void)events;
	n = recv(c->fd, s->buf, sizeof s->buf, 0);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n == -1 || (n == 0 && c->linger)) {
		conn_free(c);
		return;
	}
	if (n == 0) {
		c->eof = 1;
		advance(c);
		return;
	}
	c->lastinput = ev_now(loop);
	if (c->linger)
		return;
	s->counts.input += (uint64_t)n;
	if (c->tls)
		tls_input(c, s->buf, (size_t)n);
	else
		conn_take(c, s->buf, (size_t)n);
	advance(c);
}

static void
on_ready(struct ev_loop *loop, struct ev_io *w, int events)
{
	(void)loop;
	(void)events;
	advance(w->data);
}

static void
on_due(struct ev_loop *loop, struct ev_timer *w, int events)
{
	(void)loop;
	(void)events;
	advance(w->data);
}

/* Lazy: input does not touch this timer, it looks when it fires. */
static void
on_idle(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct conn *c = w->data;
	double left = c->lastinput + c->sink->conf.idle - ev_now(loop);

	(void)events;
	if (left <= 0 || c->linger) {
		conn_free(c);
		return;
	}
	ev_timer_set(w, left, 0);
	ev_timer_start(loop, w);
}

static void
init_watchers(struct conn *c)
{
	struct sink *s = c->sink;

	ev_io_init(&c->rd, on_read, c->fd, EV_READ);
	ev_io_init(&c->wr, on_ready, c->fd, EV_WRITE);
	ev_timer_init(&c->due, on_due, 0, 0);
	ev_timer_init(&c->idle, on_idle, s->conf.idle, 0);
	c->rd.data = c->wr.data = c->due.data = c->idle.data = c;
	ev_timer_start(s->loop, &c->idle);
	ev_io_start(s->loop, &c->rd);
}

void
conn_new(struct sink *s, int fd)
{
	struct conn *c = calloc(1, sizeof *c);
	int one = 1;

	if (!c)
		strerr_diefusys(111, "take a connection");
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	c->sink = s;
	c->fd = fd;
	c->lastinput = ev_now(s->loop);
	listen_names(fd, c->local, sizeof c->local, c->peer, sizeof c->peer);
	c->next = s->conns;
	if (c->next)
		c->next->prev = c;
	s->conns = c;
	init_watchers(c);
	if (s->conf.maxconn && s->open >= s->conf.maxconn) {
		s->counts.refused++;
		smtp_refuse(c);
	} else {
		c->serial = ++s->serial;
		c->counted = 1;
		s->counts.connections++;
		if (++s->open > s->counts.openmax)
			s->counts.openmax = s->open;
		smtp_greet(c);
	}
	advance(c);
}
