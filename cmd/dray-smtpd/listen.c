#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-smtpd/crowd.h"
#include "cmd/dray-smtpd/foyer.h"
#include "cmd/dray-smtpd/limit.h"
#include "cmd/dray-smtpd/listen.h"
#include "cmd/dray-smtpd/net.h"
#include "cmd/dray-smtpd/passed.h"
#include "cmd/dray-smtpd/refusal.h"
#include "cmd/dray-smtpd/session.h"

#define BACKLOG 4096 /* the kernel cuts it to net.core.somaxconn */
#define AT_ONCE 64 /* clients that one turn takes; 1 where others want some */
#define REST 0.2 /* seconds, when there are no descriptors left */
#define YIELD 0.001 /* to processes that have fewer sessions */

#define FULL "421 4.3.2 too many connections, come again"
#define FULL_NET "421 4.7.0 too many connections from your network"

static struct listener {
	struct policy_listener l;
	struct smtpd *sm;
	ev_io io;
	ev_timer rest;
	int yielded; /* to other processes, just now */
} listeners[POLICY_LISTENERMAX];
static int fds[POLICY_LISTENERMAX];
static unsigned int nlistener;

static socklen_t
address(struct sockaddr_storage *sa, const struct policy_listener *l)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in in = { .sin_family = AF_INET };

	memset(sa, 0, sizeof *sa);
	if (l->family == 6) {
		in6.sin6_port = htons(l->port);
		memcpy(&in6.sin6_addr, l->ip, 16);
		memcpy(sa, &in6, sizeof in6);
		return sizeof in6;
	}
	in.sin_port = htons(l->port);
	memcpy(&in.sin_addr, l->ip, 4);
	memcpy(sa, &in, sizeof in);
	return sizeof in;
}

static int
open_one(const struct policy_listener *l)
{
	struct sockaddr_storage sa;
	socklen_t n = address(&sa, l);
	int one = 1, fd = passed_take(l), ispassed = fd != -1;

	if (!ispassed)
		fd = socket(sa.ss_family,
		    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	if (l->family == 6 && !ispassed)
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if ((!ispassed && bind(fd, (struct sockaddr *)&sa, n) == -1) ||
	    listen(fd, BACKLOG) == -1) {
		close(fd);
		return -1;
	}
	return fd;
}

void
listen_open(const struct policy_listener *l, unsigned int n)
{
	passed_start();
	for (nlistener = 0; nlistener < n; nlistener++) {
		listeners[nlistener].l = l[nlistener];
		fds[nlistener] = open_one(&l[nlistener]);
		if (fds[nlistener] == -1)
			strerr_diefusys(
			    111, "open [listener ", l[nlistener].name, "]");
	}
	passed_finish();
}

const int *
listen_fds(unsigned int *n_r)
{
	*n_r = nlistener;
	return fds;
}

/* It goes into an empty buffer, so it is not waited for. */
static void
refuse(const struct listener *w, int fd, const struct net_addr *a,
    struct crowd *c, const char *reply)
{
	char line[256];
	int n = snprintf(line, sizeof line, "%s\r\n", reply);

	(void)!send(fd, line, (size_t)n, MSG_NOSIGNAL);
	close(fd);
	refusal_connection(w->sm, &w->l, a, c, reply);
}

static void
greet(void *listener, int fd, const struct net_addr *a)
{
	struct listener *w = listener;
	struct crowd *crowd;
	const char *wrong;

	crowd = crowd_enter(a, w->sm->limit.network);
	if (!crowd) {
		refuse(w, fd, a, NULL, FULL_NET);
		return;
	}
	wrong = limit_connection(w->sm, &w->l, crowd);
	if (!wrong) {
		session_new(w->sm, fd, &w->l, a, crowd);
		return;
	}
	refuse(w, fd, a, crowd, wrong);
	crowd_leave(crowd);
}

/* Of a proxy it is the client that counts. */
static void
admit(struct listener *w, int fd, const struct sockaddr_storage *sa)
{
	struct net_addr a;

	net_of(&a, sa);
	if (session_count() + foyer_count() + w->sm->sessions >=
	    w->sm->limit.connections)
		refuse(w, fd, &a, NULL, FULL);
	else if (net_in(w->l.proxy, w->l.nproxy, &a))
		foyer_enter(w->sm->loop, fd, &a, greet, w);
	else
		greet(w, fd, &a);
}

static void
rest(struct listener *w, ev_tstamp time)
{
	struct ev_loop *loop = w->sm->loop;

	ev_io_stop(loop, &w->io);
	ev_timer_set(&w->rest, time, 0);
	ev_timer_start(loop, &w->rest);
}

static void
on_rest(struct ev_loop *loop, ev_timer *t, int revents)
{
	struct listener *w = t->data;

	(void)revents;
	ev_io_start(loop, &w->io);
}

/* Of processes that wait it is mostly the same that comes first. */
static int
yields(struct listener *w)
{
	unsigned int least = w->sm->least;

	w->yielded = !w->yielded && w->sm->processes > 1 &&
	    session_count() > least / 8 * 9 + 1 && least != UINT_MAX;
	return w->yielded;
}

static void
accept_some(struct ev_loop *loop, ev_io *io, int revents)
{
	struct listener *w = io->data;
	struct sockaddr_storage sa;
	socklen_t n;
	int fd, i, most = w->sm->processes > 1 ? 1 : AT_ONCE;

	(void)loop;
	(void)revents;
	if (yields(w)) {
		rest(w, YIELD);
		return;
	}
	for (i = 0; i < most; i++) {
		n = sizeof sa;
		fd = accept4(io->fd, (struct sockaddr *)&sa, &n,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1)
			break;
		admit(w, fd, &sa);
	}
	if (i == most || errno == EAGAIN || errno == ECONNABORTED ||
	    errno == EINTR)
		return;
	/* They stay in the kernel's queue; the loop would spin. */
	rest(w, REST);
}

void
listen_start(struct smtpd *sm)
{
	struct listener *w;
	unsigned int i;

	for (i = 0; i < nlistener; i++) {
		w = &listeners[i];
		w->sm = sm;
		ev_io_init(&w->io, accept_some, fds[i], EV_READ);
		ev_init(&w->rest, on_rest);
		w->io.data = w->rest.data = w;
		ev_io_start(sm->loop, &w->io);
	}
}

void
listen_stop(void)
{
	struct listener *w;
	unsigned int i;

	foyer_close();
	for (i = 0; i < nlistener; i++) {
		w = &listeners[i];
		ev_io_stop(w->sm->loop, &w->io);
		ev_timer_stop(w->sm->loop, &w->rest);
		close(fds[i]);
	}
	nlistener = 0;
}

void
listen_trust(const struct policy_listener *l, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n && i < nlistener; i++)
		listeners[i].l = l[i];
}
