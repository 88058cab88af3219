#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"
#include "lane.h"
#include "report.h"
#include "transact.h"
#include "transport.h"
#include "worker.h"

#ifndef IP_BIND_ADDRESS_NO_PORT
#define IP_BIND_ADDRESS_NO_PORT 24
#endif

static char
phase(const struct lane *l)
{
	static const char phases[] = { 'c', 'g', 'e', 'e', 't', 't' };

	if (l->tls.up && !l->tls.proven)
		return 't';
	return phases[l->state];
}

static int
bind_source(const struct lane *l, int fd)
{
	struct sockaddr_storage sa;
	socklen_t n = ip_sockaddr(&l->source, 0, &sa);
	int one = 1;

	if (!n)
		return 0;
	/* So that the kernel picks a port for the pair of addresses, not for
	 * the source alone: there are more of those. */
	(void)setsockopt(
	    fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
	return bind(fd, (struct sockaddr *)&sa, n);
}

/* The socket of a connection that has been begun, or -1 errno. */
static int
begin(const struct lane *l, const struct target *t)
{
	struct sockaddr_storage sa;
	socklen_t n = ip_sockaddr(&t->ip, t->port, &sa);
	int fd, one = 1, saved;

	if (!n || (l->source.family && l->source.family != t->ip.family)) {
		errno = EAFNOSUPPORT;
		return -1;
	}
	fd =
	    socket(sa.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (bind_source(l, fd) == 0 &&
	    (connect(fd, (struct sockaddr *)&sa, n) == 0 ||
		errno == EINPROGRESS))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

static void
hang_up(struct lane *l)
{
	if (l->fd == -1)
		return;
	ev_io_stop(l->w->loop, &l->rd);
	ev_io_stop(l->w->loop, &l->wr);
	transport_close(l);
	l->deaf = 0;
	l->serial++;
	output_reset(l);
	l->octets += l->written;
	l->written = 0;
}

/* Keeps the reason why this address will not do. */
static void
remember(struct lane *l, const char *what)
{
	if (what && (l->last.code || l->last.phase == 't') && phase(l) != 't')
		return;
	if (what)
		lane_say(l, what);
	else
		lane_say_reply(l);
	l->last.address = l->at;
	l->last.phase = phase(l);
}

/* There is no further address. */
static void
exhausted(struct lane *l)
{
	if (!l->utf8) {
		lane_down(l, REMOTE_DOWN_CONNECT, l->last.phase);
		return;
	}
	transact_no_utf8(l);
	lane_say(l, "no server that offers SMTPUTF8");
	lane_down(l, REMOTE_DOWN_QUIT, 'e');
}

/* The address at l->at, or the next one that can be tried. */
static void
try(struct lane *l)
{
	for (; l->at < l->ntargets; l->at++) {
		l->state = LANE_CONNECT;
		l->fd = begin(l, &l->targets[l->at]);
		if (l->fd != -1)
			break;
		l->unreached = 1;
		remember(l, strerror(errno));
	}
	if (l->fd == -1) {
		exhausted(l);
		return;
	}
	l->opened = l->since = ev_now(l->w->loop);
	ev_io_set(&l->rd, l->fd, EV_READ);
	ev_io_set(&l->wr, l->fd, EV_WRITE);
	ev_io_start(l->w->loop, &l->wr);
	lane_touch(l);
}

void
dial_start(struct lane *l)
{
	l->at = 0;
	l->last.phase = 'c';
	try(l);
}

static void
next(struct lane *l)
{
	hang_up(l);
	l->at++;
	l->tls.clear = l->tls.fresh = 0;
	*l->notls = '\0';
	try(l);
}

/* STARTTLS, or what came of it, has failed: whether this address is worth
 * another connection.  Not at the end of the session's time. */
static int
once_more(struct lane *l)
{
	double now = ev_now(l->w->loop);
	uint16_t n = l->last.len < REMOTE_WHYMAX ? l->last.len : REMOTE_WHYMAX;

	if (phase(l) != 't' || now >= l->hard_end)
		return 0;
	if (l->tls.offered) {
		tls_forget(l);
		l->tls.fresh = 1;
	} else if (l->mode == REMOTE_TLS_MAY) {
		broken_add(&l->w->notls, &l->targets[l->at].ip, now, 1);
		l->tls.clear = 1;
		memcpy(l->notls, l->last.text, n);
		l->notls[n] = '\0';
	} else {
		return 0;
	}
	memset(&l->last, 0, sizeof l->last);
	l->last.phase = 'c';
	return 1;
}

void
dial_failed(struct lane *l, const char *what)
{
	remember(l, what);
	if (once_more(l)) {
		hang_up(l);
		try(l);
	} else {
		l->unreached = 1;
		next(l);
	}
}

/* The first address of a host of another name behind that of this one. */
static uint8_t
other_host(const struct lane *l)
{
	uint8_t i = l->at;

	while (i < l->ntargets &&
	    !strcasecmp(l->targets[i].host, l->targets[l->at].host))
		i++;
	return i;
}

int
dial_may_offer_utf8(const struct lane *l)
{
	return !(l->caps.bits & REMOTE_CAP_SMTPUTF8) &&
	    other_host(l) < l->ntargets;
}

void
dial_on(struct lane *l)
{
	output_add(l, "QUIT\r\n", 6);
	(void)output_flush(l);
	l->at = (uint8_t)(other_host(l) - 1);
	next(l);
}

void
dial_connected(struct lane *l)
{
	int e = 0;
	socklen_t n = sizeof e;

	ev_io_stop(l->w->loop, &l->wr);
	if (getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &e, &n) == -1)
		e = errno;
	if (e) {
		dial_failed(l, strerror(e));
		return;
	}
	l->connected = l->since = ev_now(l->w->loop);
	l->state = LANE_GREETING;
	smtpreply_init(&l->reply);
	ev_io_start(l->w->loop, &l->rd);
	lane_touch(l);
}

static void
hello(struct lane *l, const char *verb, enum lane_state state)
{
	output_add(l, verb, 5);
	output_add(l, l->helo, strlen(l->helo));
	output_add(l, "\r\n", 2);
	caps_init(&l->caps);
	l->state = state;
	lane_touch(l);
}

static void
ready(struct lane *l)
{
	uint32_t caps = l->caps.bits;
	const struct ip *ip = &l->targets[l->at].ip;

	if (l->utf8 && !(caps & REMOTE_CAP_SMTPUTF8)) {
		dial_on(l);
		return;
	}
	l->utf8 = 0;
	l->needreset = l->bdatworks = l->taken = 0;
	l->most = l->limit;
	if (l->caps.mailmax &&
	    (!l->most || l->caps.mailmax < l->most - l->started))
		l->most = l->started + l->caps.mailmax;
	l->state = LANE_READY;
	l->pipe =
	    caps & REMOTE_CAP_PIPELINING && !(l->flags & REMOTE_NO_PIPELINING);
	l->bdat = caps & REMOTE_CAP_CHUNKING &&
	    !(l->flags & REMOTE_NO_CHUNKING) &&
	    !broken_is(&l->w->broken, ip, ev_now(l->w->loop));
	memset(&l->last, 0, sizeof l->last);
	l->last.address = l->at;
	report_up(l);
	lane_touch(l);
}

static void
starttls(struct lane *l)
{
	output_add(l, "STARTTLS\r\n", 10);
	l->state = LANE_STARTTLS;
	l->tls_began = ev_now(l->w->loop);
	lane_touch(l);
}

static int
has_failed_lately(struct lane *l)
{
	if (!broken_is(&l->w->notls, &l->targets[l->at].ip, ev_now(l->w->loop)))
		return 0;
	if (!*l->notls)
		memcpy(l->notls, "it failed here lately", 22);
	return 1;
}

/* EHLO, or HELO, was taken. */
static void
greeted(struct lane *l)
{
	int offered = !!(l->caps.bits & REMOTE_CAP_STARTTLS);

	if (l->tls.up || l->mode == REMOTE_TLS_OFF) {
		ready(l);
	} else if (l->mode == REMOTE_TLS_MAY) {
		if (offered && !l->tls.clear && !has_failed_lately(l))
			starttls(l);
		else
			ready(l);
	} else if (offered) {
		starttls(l);
	} else {
		l->state = LANE_STARTTLS;
		dial_failed(l, "TLS is required, and STARTTLS not offered");
	}
}

/* The 220 to STARTTLS.  Until we have spoken again the server has nothing to
 * say: what it said nevertheless may be somebody else's. */
static void
shake_hands(struct lane *l)
{
	struct worker *w = l->w;

	if (recv(l->fd, w->read, sizeof w->read, MSG_DONTWAIT) == 0) {
		dial_failed(l, "connection closed");
		return;
	}
	l->serial++;
	l->state = LANE_HANDSHAKE;
	tls_begin(l);
	dial_handshake(l);
}

void
dial_handshake(struct lane *l)
{
	switch (tls_handshake(l)) {
	case 1:
		l->tls_done = l->since = ev_now(l->w->loop);
		smtpreply_init(&l->reply);
		hello(l, "EHLO ", LANE_EHLO);
		break;
	case -1:
		dial_failed(l, tls_why());
		break;
	}
	lane_touch(l);
}

void
dial_answer(struct lane *l)
{
	uint16_t code = l->reply.code;

	if (l->tls.up)
		l->tls.proven = 1;
	if (output_pending(l)) {
		dial_failed(l, "a reply to nothing");
	} else if (l->state == LANE_STARTTLS) {
		if (code == 220)
			shake_hands(l);
		else
			dial_failed(l, NULL);
	} else if (l->state == LANE_GREETING) {
		if (code == 220)
			hello(l, "EHLO ", LANE_EHLO);
		else
			dial_failed(l, NULL);
	} else if (code / 100 == 2) {
		/* The last line of EHLO's reply; the others came before. */
		if (l->state == LANE_EHLO)
			caps_line(&l->caps, l->reply.text + l->reply.line,
			    (size_t)(l->reply.len - l->reply.line));
		greeted(l);
	} else if (l->state == LANE_EHLO && code / 100 == 5) {
		hello(l, "HELO ", LANE_HELO);
	} else {
		dial_failed(l, NULL);
	}
}
