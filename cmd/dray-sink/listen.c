#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <skalibs/strerr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "conn.h"
#include "listen.h"
#include "sink.h"

enum { BACKLOG = 1024, ACCEPTS = 64 };

/* How long we do not accept when there are no descriptors left, in seconds. */
#define REST 0.2

struct listener {
	struct ev_io io;
	struct ev_timer rest;
	struct sink *sink;
};

union address {
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
};

static int
parse_port(const char *s, uint16_t *port_r)
{
	unsigned long n;
	char *end;

	if (*s < '0' || *s > '9')
		return -1;
	n = strtoul(s, &end, 10);
	if (*end || n > 65535)
		return -1;
	*port_r = htons((uint16_t)n);
	return 0;
}

static int
parse_spec(const char *spec, union address *a_r)
{
	const char *colon = strrchr(spec, ':');
	char host[64];
	size_t n;

	memset(a_r, 0, sizeof *a_r);
	n = colon ? (size_t)(colon - spec) : 0;
	if (!n || n >= sizeof host)
		return -1;
	memcpy(host, spec, n);
	host[n] = '\0';
	if (host[0] == '[' && host[n - 1] == ']') {
		host[n - 1] = '\0';
		a_r->in6.sin6_family = AF_INET6;
		if (inet_pton(AF_INET6, host + 1, &a_r->in6.sin6_addr) != 1)
			return -1;
		return parse_port(colon + 1, &a_r->in6.sin6_port);
	}
	a_r->in.sin_family = AF_INET;
	if (inet_pton(AF_INET, host, &a_r->in.sin_addr) != 1)
		return -1;
	return parse_port(colon + 1, &a_r->in.sin_port);
}

static int
is_loopback(const union address *a)
{
	if (a->sa.sa_family == AF_INET6)
		return IN6_IS_ADDR_LOOPBACK(&a->in6.sin6_addr);
	return ntohl(a->in.sin_addr.s_addr) >> 24 == 127;
}

static socklen_t
address_len(const union address *a)
{
	return a->sa.sa_family == AF_INET6 ? sizeof a->in6 : sizeof a->in;
}

static void
format_address(const union address *a, char *d, size_t n)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (a->sa.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &a->in6.sin6_addr, host, sizeof host);
		snprintf(d, n, "[%s]:%u", host, ntohs(a->in6.sin6_port));
	} else {
		inet_ntop(AF_INET, &a->in.sin_addr, host, sizeof host);
		snprintf(d, n, "%s:%u", host, ntohs(a->in.sin_port));
	}
}

void
listen_names(int fd, char *local, size_t nl, char *peer, size_t np)
{
	union address a;
	socklen_t len = sizeof a;

	memset(&a, 0, sizeof a);
	if (getsockname(fd, &a.sa, &len) == 0)
		format_address(&a, local, nl);
	len = sizeof a;
	if (getpeername(fd, &a.sa, &len) == 0)
		format_address(&a, peer, np);
}

static void
on_rest(struct ev_loop *loop, struct ev_timer *w, int events)
{
	struct listener *l = w->data;

	(void)events;
	ev_io_start(loop, &l->io);
}

static void
on_accept(struct ev_loop *loop, struct ev_io *w, int events)
{
	struct listener *l = w->data;
	int fd, i;

	(void)events;
	for (i = 0; i < ACCEPTS; i++) {
		fd = accept4(w->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd != -1) {
			conn_new(l->sink, fd);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		    errno == ENOMEM) {
			/* They stay in the backlog; do not spin meanwhile. */
			ev_io_stop(loop, w);
			ev_timer_set(&l->rest, REST, 0);
			ev_timer_start(loop, &l->rest);
		}
		return;
	}
}

static int
open_socket(const union address *a, const char *spec)
{
	int one = 1;
	int fd = socket(
	    a->sa.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		strerr_diefusys(111, "make a socket");
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (a->sa.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
	if (bind(fd, &a->sa, address_len(a)) == -1 || listen(fd, BACKLOG) == -1)
		strerr_diefusys(111, "listen on ", spec);
	return fd;
}

void
listen_on(struct sink *s, const char *spec, int any)
{
	struct listener *l;
	union address a;
	socklen_t len = sizeof a;
	char name[80];
	int fd;

	if (parse_spec(spec, &a) == -1)
		strerr_dief(100, "not an address and port: ", spec);
	if (!any && !is_loopback(&a))
		strerr_dief(100, spec,
		    " is not a loopback address, and -a was not given");
	fd = open_socket(&a, spec);
	if (getsockname(fd, &a.sa, &len) == -1)
		strerr_diefusys(111, "name a socket");
	format_address(&a, name, sizeof name);
	printf("listening %s\n", name);
	l = calloc(1, sizeof *l);
	if (!l)
		strerr_diefusys(111, "listen on ", spec);
	l->sink = s;
	ev_io_init(&l->io, on_accept, fd, EV_READ);
	ev_timer_init(&l->rest, on_rest, REST, 0);
	l->io.data = l->rest.data = l;
	ev_io_start(s->loop, &l->io);
}
