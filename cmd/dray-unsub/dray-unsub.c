/*
 * dray-unsub - lets who has the link of a message leave its list (RFC 8058).  See
 * dray-unsub(8).
 *
 * It promises that somebody of whom it said so has left, durably; that nobody
 * leaves without a token, which only dray makes; and that who talks to it can
 * write nothing else: it has the suppression list to append to, and the log.
 *
 * One loop; an entry is synced before its answer leaves.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <ev.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>
#include <sodium.h>

#include "cmd/dray-unsub/cgi.h"
#include "cmd/dray-unsub/http.h"
#include "cmd/dray-unsub/leave.h"
#include "cmd/dray-unsub/line.h"
#include "cmd/dray-unsub/often.h"
#include "common/base.h"
#include "common/drop.h"
#include "common/sock.h"

#define USAGE "dray-unsub [-b base] [-d fd] [-l address:port] [-p proxy]"
#define LOOK 2 /* seconds between looks at the policy */
#define WAITING 512

struct options {
	const char *base, *listen, *proxy;
	unsigned int ready;
};

/* "127.0.0.1:80" or "[::1]:80". */
static socklen_t
parse_address(const char *s, struct sockaddr_storage *ss)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ss;
	const char *colon = strrchr(s, ':');
	char host[INET6_ADDRSTRLEN + 2];
	unsigned int port;
	size_t n;

	memset(ss, 0, sizeof *ss);
	n = colon ? (size_t)(colon - s) : 0;
	if (!n || n >= sizeof host || !uint0_scan(colon + 1, &port) || !port ||
	    port > 65535)
		return 0;
	memcpy(host, s, n);
	host[n] = '\0';
	if (inet_pton(AF_INET, host, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)port);
		return sizeof *in;
	}
	if (*host != '[' || host[n - 1] != ']')
		return 0;
	host[n - 1] = '\0';
	if (inet_pton(AF_INET6, host + 1, &in6->sin6_addr) != 1)
		return 0;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)port);
	return sizeof *in6;
}

static int
open_listener(const char *where)
{
	struct sockaddr_storage ss;
	socklen_t n = parse_address(where, &ss);
	int fd, yes = 1;

	if (!n)
		strerr_dief(100, "-l ", where, ": not an address and a port");
	fd =
	    socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) == -1 ||
	    bind(fd, (struct sockaddr *)&ss, n) == -1 ||
	    listen(fd, WAITING) == -1)
		strerr_diefusys(111, "listen on ", where);
	return fd;
}

static void
shut_in(int listener)
{
	struct drop_dir dirs[LEAVE_DIRS];
	struct drop d = { .promises = DROP_LOOP | DROP_FDS | DROP_DIRS |
		    DROP_LOCAL | DROP_APPEND,
		.dir = dirs,
		.ndir = LEAVE_DIRS };

	leave_dirs(dirs);
	if (listener != -1) {
		d.promises |= DROP_ACCEPT;
		d.listener = &listener;
		d.nlistener = 1;
	}
	drop_enter(&d);
}

static void
on_end(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static unsigned int port; /* that the policy named */

/* Who is shut in opens no port: that is for another process. */
static void
on_look(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	if (leave_port() != port)
		ev_break(loop, EVBREAK_ALL);
}

/* Where the options say, or the policy; -1: nowhere, until it does. */
static int
listen_on(const struct options *o, struct ev_loop *loop)
{
	static ev_timer look;
	char where[sizeof "127.0.0.1:" + UINT_FMT];

	if (o->listen)
		return open_listener(o->listen);
	port = leave_port();
	ev_timer_init(&look, on_look, LOOK, LOOK);
	ev_timer_start(loop, &look);
	if (!port)
		return -1;
	memcpy(where, "127.0.0.1:", 10);
	where[10 + uint_fmt(where + 10, port)] = '\0';
	return open_listener(where);
}

static void
serve(const struct options *o)
{
	static ev_signal term, intr;
	struct ev_loop *loop = ev_default_loop(0);
	int fd;

	if (!loop)
		strerr_dief(111, "no event loop");
	fd = listen_on(o, loop);
	often_start();
	if (fd != -1)
		http_start(loop, fd, o->proxy);
	line_start(loop);
	ev_signal_init(&term, on_end, SIGTERM);
	ev_signal_init(&intr, on_end, SIGINT);
	ev_signal_start(loop, &term);
	ev_signal_start(loop, &intr);
	shut_in(fd);
	base_ready(o->ready);
	ev_run(loop, 0);
}

/* As its peers are compared with it, in one form. */
static const char *
parse_proxy(const char *s)
{
	static char text[INET6_ADDRSTRLEN];
	unsigned char ip[sizeof(struct in6_addr)];
	int family = strchr(s, ':') ? AF_INET6 : AF_INET;

	if (inet_pton(family, s, ip) != 1)
		strerr_dief(100, "-p ", s, ": not an address");
	(void)inet_ntop(family, ip, text, sizeof text);
	return text;
}

static void
take_option(struct options *o, int opt, const char *value)
{
	switch (opt) {
	case 'b':
		o->base = value;
		return;
	case 'd':
		if (uint0_scan(value, &o->ready) && o->ready > 2)
			return;
		break;
	case 'l':
		o->listen = value;
		return;
	case 'p':
		o->proxy = parse_proxy(value);
		return;
	default:
		break;
	}
	strerr_dieusage(100, USAGE);
}

int
main(int argc, char const *const *argv)
{
	struct options o = { .base = base_default() };
	subgetopt l = SUBGETOPT_ZERO;
	int opt, cgi = cgi_wanted();

	PROG = "dray-unsub";
	/* A web server may hand the words of a query to its scripts. */
	while (!cgi && (opt = subgetopt_r(argc, argv, "b:d:l:p:", &l)) != -1)
		take_option(&o, opt, l.arg);
	if (!cgi && l.ind < argc)
		strerr_dieusage(100, USAGE);
	signal(SIGPIPE, SIG_IGN);
	if (sodium_init() == -1)
		strerr_dief(111, "no random numbers");
	if (chdir(o.base) == -1)
		strerr_diefusys(111, "enter ", o.base);
	leave_open();
	if (cgi) {
		shut_in(-1);
		return cgi_run();
	}
	base_files();
	serve(&o);
	return 0;
}
