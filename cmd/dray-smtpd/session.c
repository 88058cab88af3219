#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <sodium.h>

#include "cmd/dray-smtpd/crowd.h"
#include "cmd/dray-smtpd/refusal.h"
#include "cmd/dray-smtpd/session.h"
#include "cmd/dray-smtpd/starttls.h"
#include "cmd/dray-smtpd/talk.h"
#include "cmd/dray-smtpd/transport.h"
#include "common/complain.h"
#include "common/evwant.h"
#include "common/mem.h"

#define LINGER 2 /* seconds for the client to close first */

struct session {
	TAILQ_ENTRY(session) in_all;
	struct smtpd *sm;
	struct transport link;
	ev_io io;
	ev_timer timer;
	stralloc in; /* read and not taken */
	size_t sent; /* of the replies in talk.out */
	uint64_t commands; /* of talk, when heard was set */
	ev_tstamp heard; /* a whole command */
	ev_tstamp begun; /* the message, or what is before it */
	ev_tstamp due; /* when more of the message has to be there */
	ev_tstamp wrote; /* octets of replies, or nothing waits */
	int inmessage;
	int waited; /* for us, when due was set */
	int closing; /* our side is shut */
	struct talk talk;
};

static TAILQ_HEAD(sessions, session) all = TAILQ_HEAD_INITIALIZER(all);
static unsigned int nsession;
static void (*when_none)(void);

unsigned int
session_count(void)
{
	return nsession;
}

static void
session_free(struct session *s)
{
	ev_io_stop(s->sm->loop, &s->io);
	ev_timer_stop(s->sm->loop, &s->timer);
	TAILQ_REMOVE(&all, s, in_all);
	nsession--;
	crowd_leave(s->talk.crowd);
	talk_free(&s->talk);
	stralloc_free(&s->in);
	transport_free(&s->link);
	free(s);
	if (!nsession && when_none)
		when_none();
}

/* When the client has been too slow, as things are now. */
static ev_tstamp
deadline(const struct session *s)
{
	const struct policy_smtpd *l = &s->sm->limit;
	enum talk_state state = s->talk.state;
	ev_tstamp at = s->heard + l->command_timeout,
		  most = s->begun + l->message_timeout;

	if (s->closing)
		return s->wrote + LINGER;
	if (s->talk.out.len)
		return s->wrote + l->command_timeout;
	if (transport_shaking(&s->link) && l->command_timeout > TRANSPORT_SHAKE)
		return s->heard + TRANSPORT_SHAKE;
	if (s->inmessage)
		at = state == TALK_WAIT || talk_waits(&s->talk) ? most : s->due;
	return at < most ? at : most;
}

/* The timer stays where it is when there is more time now: most of what it
 * would be moved for comes to nothing. */
static void
set_clock(struct session *s)
{
	struct ev_loop *loop = s->sm->loop;
	ev_tstamp left = deadline(s) - ev_now(loop);

	if (left < 0)
		left = 0;
	if (ev_is_active(&s->timer) &&
	    ev_timer_remaining(loop, &s->timer) <= left)
		return;
	ev_timer_stop(loop, &s->timer);
	ev_timer_set(&s->timer, left, 0);
	ev_timer_start(loop, &s->timer);
}

/* Octets of a message bring the time in which they would come at the minimal
 * speed, up to what a client may be silent; so who sends one now and then is
 * done for.  While the client waits for us that time stands still. */
static void
extend(struct session *s, size_t got, ev_tstamp now)
{
	const struct policy_smtpd *l = &s->sm->limit;
	ev_tstamp most = now + l->data_timeout;

	if (got && l->speed)
		s->due += (ev_tstamp)got / l->speed;
	if ((got && !l->speed) || s->due > most || s->waited)
		s->due = most;
	s->waited = s->talk.state == TALK_WAIT || talk_waits(&s->talk);
}

/* What the client did, for the clock. */
static void
note(struct session *s, size_t got)
{
	ev_tstamp now = ev_now(s->sm->loop);
	enum talk_state state = s->talk.state;
	int inmessage = state == TALK_DATA || state == TALK_CHUNK ||
	    state == TALK_WAIT || s->talk.chunked;

	if (inmessage != s->inmessage) {
		s->begun = s->heard = now;
		s->due = now + s->sm->limit.data_timeout;
		s->waited = 0;
	}
	s->inmessage = inmessage;
	if (s->commands != s->talk.commands)
		s->heard = now;
	s->commands = s->talk.commands;
	if (inmessage)
		extend(s, got, now);
}

/* 0, or -1: the connection is of no use any more. */
static int
send_some(struct session *s)
{
	stralloc *out = &s->talk.out;
	ssize_t n;

	while (s->sent < out->len) {
		n = transport_write(&s->link, out->s + s->sent,
		    out->len - s->sent, s->talk.state == TALK_END);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno == EAGAIN ? 0 : -1;
		s->sent += (size_t)n;
		s->wrote = ev_now(s->sm->loop);
	}
	if (out->a)
		stralloc_free(out);
	s->sent = 0;
	s->wrote = ev_now(s->sm->loop);
	return 0;
}

static void
watch(struct session *s)
{
	int events = s->talk.out.len ? EV_WRITE : 0;

	if (s->closing || (s->talk.state < TALK_TLS && !talk_waits(&s->talk)))
		events |= EV_READ;
	evwant(s->sm->loop, &s->io, s->link.fd,
	    transport_events(&s->link, events));
}

/* As much of what was kept as can be taken now. */
static void
take_kept(struct session *s)
{
	size_t used = talk_feed(&s->talk, s->in.s, s->in.len);

	if (used == s->in.len) {
		stralloc_free(&s->in);
		return;
	}
	memmove(s->in.s, s->in.s + used, s->in.len - used);
	s->in.len -= used;
	sodium_memzero(s->in.s + s->in.len, used);
}

/* After whatever has happened: what was kept is taken while the replies leave,
 * and what is next is waited for.  s may be gone afterwards. */
static void
go_on(struct session *s)
{
	size_t before;
	int waited;

	do {
		waited = talk_waits(&s->talk);
		before = s->in.len;
		if (before && s->talk.state < TALK_TLS)
			take_kept(s);
		note(s, 0);
		if (send_some(s) == -1) {
			session_free(s);
			return;
		}
	} while (s->in.len && s->talk.state < TALK_TLS &&
	    !talk_waits(&s->talk) && (waited || s->in.len < before));
	if (s->talk.state == TALK_END && !s->talk.out.len && !s->closing) {
		transport_end(&s->link);
		s->closing = 1;
	}
	if (s->talk.state == TALK_TLS && !s->talk.out.len && !s->link.tls)
		transport_secure(&s->link);
	watch(s);
	set_clock(s);
}

static void
kick(void *arg)
{
	go_on(arg);
}

static void
heard(struct session *s, char *b, size_t n)
{
	size_t used = 0;

	if (s->talk.state >= TALK_TLS)
		return;
	if (!s->in.len)
		used = talk_feed(&s->talk, b, n);
	/* A password may be in what is kept: it is to be in one place only. */
	if (used < n) {
		mem_check(stralloc_catb(&s->in, b + used, n - used));
		sodium_memzero(b + used, n - used);
	}
	note(s, n);
}

/* TLS with it has failed: it may still read why. */
static void
broken(struct session *s)
{
	if (transport_shaking(&s->link)) {
		complain_client("failed in a TLS handshake");
		refusal_reply(&s->talk, "000 the TLS handshake failed");
	}
	talk_reset(&s->talk);
	s->talk.out.len = s->sent = s->in.len = 0;
	s->talk.state = TALK_END;
}

/* 0, or -1: the connection is of no use any more. */
static int
receive(struct session *s, int revents)
{
	static char b[TRANSPORT_ROOM];
	ssize_t n = transport_read(&s->link, revents, b);
	int error = n == -1 ? errno : 0;

	if (n == 0 || (error && error != EAGAIN && error != EPROTO))
		return -1;
	if (s->talk.state == TALK_TLS && s->link.tls && tls_up(s->link.tls)) {
		talk_secure(&s->talk, tls_version(s->link.tls),
		    tls_cipher(s->link.tls));
		s->heard = ev_now(s->sm->loop);
	}
	if (n > 0)
		heard(s, b, (size_t)n);
	if (error == EPROTO)
		broken(s);
	return error != EPROTO && transport_ended(&s->link) ? -1 : 0;
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	struct session *s = w->data;

	(void)loop;
	if (receive(s, revents) == -1)
		session_free(s);
	else
		go_on(s);
}

static void
on_time(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct session *s = w->data;

	(void)revents;
	if (deadline(s) > ev_now(loop)) {
		set_clock(s);
		return;
	}
	if (s->closing || s->talk.out.len || transport_shaking(&s->link)) {
		session_free(s);
		return;
	}
	talk_late(&s->talk);
	go_on(s);
}

void
session_new(struct smtpd *sm, int fd, const struct policy_listener *l,
    const struct net_addr *a, struct crowd *crowd)
{
	static unsigned int serial;
	struct session *s = mem_alloc(sizeof *s);

	s->sm = sm;
	s->link.fd = fd;
	s->heard = s->wrote = s->begun = ev_now(sm->loop);
	s->talk.sm = sm;
	s->talk.crowd = crowd;
	s->talk.began = (int64_t)ev_now(sm->loop);
	s->talk.serial = ++serial;
	s->talk.l = l;
	s->talk.addr = *a;
	s->talk.xclient = net_in(l->xclient, l->nxclient, a);
	net_fmt(s->talk.peer, a);
	s->talk.kick = kick;
	s->talk.arg = s;
	TAILQ_INSERT_TAIL(&all, s, in_all);
	nsession++;
	ev_io_init(&s->io, ready, fd, EV_READ);
	s->io.data = s;
	ev_init(&s->timer, on_time);
	s->timer.data = s;
	if (l->tls == POLICY_LISTEN_IMPLICIT)
		s->talk.state = TALK_TLS;
	else
		talk_start(&s->talk);
	go_on(s);
}

void
session_last(void (*done)(void))
{
	struct session *s, *next;

	when_none = done;
	if (!nsession) {
		done();
		return;
	}
	for (s = TAILQ_FIRST(&all); s; s = next) {
		next = TAILQ_NEXT(s, in_all);
		talk_last(&s->talk);
		go_on(s);
	}
}
