/*
 * dray-dns - answers where mail for a domain goes.  See dray-dns(8).
 *
 * It promises: every question is answered, by DNS_TEMP if need be, within the
 * time that the policy gives after its turn has come; a definite "no" is said
 * only where the DNS says so; identical questions are asked once; a client can
 * hurt nobody but itself.
 *
 * It keeps nothing that matters.  When its section of the policy changes it
 * exits 0, and its supervisor starts it with the new one; clients connect
 * again and ask again.
 *
 * A turn: events are taken in, first of all those of the library; then
 * question_run() goes on with every question that they concern and starts as
 * many as there is room for; then all answers leave together.
 */
#include <errno.h>
#include <ev.h>
#include <signal.h>
#include <unistd.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-dns/client.h"
#include "cmd/dray-dns/question.h"
#include "cmd/dray-dns/resolver.h"
#include "cmd/dray-dns/watch.h"
#include "common/base.h"
#include "common/drop.h"
#include "common/keyhash.h"
#include "common/sock.h"

#define USAGE "dray-dns [-b base] [-d fd]"
#define PORTS_MAX 1024 /* more than fit into the lists */

static void
on_change(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)io;
	(void)events;
	strerr_warni("the policy has changed; starting again");
	_exit(0);
}

static void
on_term(struct ev_loop *loop, ev_signal *s, int events)
{
	(void)loop;
	(void)s;
	(void)events;
	_exit(0);
}

static void
before_sleep(struct ev_loop *loop, ev_prepare *p, int events)
{
	(void)loop;
	(void)p;
	(void)events;
	question_run();
}

static int
listen_on(const char *base)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, base, "sock/dns");
	fd = sock_listen(path, 0660);
	if (fd == -1)
		strerr_diefusys(111, "listen on ", path);
	return fd;
}

/* The library has read and opened what it needs. */
static void
shut_in(const struct policy_dns *p, int listener)
{
	uint16_t port[PORTS_MAX];
	struct drop d = {
		.promises = DROP_LOOP | DROP_INET | DROP_UDP | DROP_ACCEPT,
		.listener = &listener,
		.nlistener = 1,
		.port = port,
	};

	d.nport = resolver_ports(p, port, PORTS_MAX);
	drop_enter(&d);
}

static void
run(const char *base, unsigned int ready)
{
	static struct policy policy;
	static struct policy_dns p;
	struct ev_loop *loop;
	ev_prepare before;
	ev_signal term;
	ev_io change;
	int fd;

	policy_start(&policy, base);
	policy_dns(&policy, &p);
	ev_io_init(&change, on_change, watch_start(&policy, ready), EV_READ);
	policy_close(&policy);
	loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!loop)
		strerr_dief(111, "no event loop");
	keyhash_start();
	resolver_start(loop, &p);
	question_start(loop, &p);
	fd = listen_on(base);
	client_start(loop, fd);
	ev_prepare_init(&before, before_sleep);
	ev_signal_init(&term, on_term, SIGTERM);
	ev_prepare_start(loop, &before);
	ev_signal_start(loop, &term);
	ev_io_start(loop, &change);
	shut_in(&p, fd);
	base_ready(ready);
	ev_run(loop, 0);
	strerr_dief(101, "the loop ended");
}

int
main(int argc, char const *const *argv)
{
	const char *base = base_default();
	subgetopt l = SUBGETOPT_ZERO;
	unsigned int ready = 0;
	int opt;

	PROG = "dray-dns";
	while ((opt = subgetopt_r(argc, argv, "b:d:", &l)) != -1) {
		if (opt == 'b')
			base = l.arg;
		else if (opt != 'd' || !uint0_scan(l.arg, &ready) || ready < 3)
			strerr_dieusage(100, USAGE);
	}
	if (l.ind != argc)
		strerr_dieusage(100, USAGE);
	signal(SIGPIPE, SIG_IGN);
	base_files();
	run(base, ready);
}
