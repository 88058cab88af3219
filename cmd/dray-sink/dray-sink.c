/*
 * dray-sink - receives mail as providers do, and throws it away.
 * See dray-sink(8).
 *
 * One process, one loop.  Connections are independent of each other: each has
 * its input (conn.c), its dialogue (smtp.c, message.c) and its queue of
 * replies (reply.c).  What is to be answered otherwise than usual is decided
 * by rules (script.c).
 *
 * The promise that tests rest on: a message is in the ledger, and its file has
 * its name, before the reply to its end is written to the socket.
 */
#include <fcntl.h>
#include <signal.h>
#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "control.h"
#include "crc.h"
#include "listen.h"
#include "options.h"
#include "script.h"
#include "sink.h"
#include "store.h"
#include "tlsconf.h"

#define USAGE                                                          \
	"dray-sink [-aiv] [-3 | -d fd] [-c ledger] [-D ms] [-H name] " \
	"[-l addr:port] [-m conns] [-n messages] [-o dir] [-r rate] "  \
	"[-s script] [-T tls] [-t seconds] [-x extensions] [-z seed]"

enum { LISTEN_MAX = 256 };

struct flags {
	int any, control, verbose;
	int ready; /* -1: no notification */
	const char *dir, *ledger, *script;
	const char *listen[LISTEN_MAX];
	unsigned listens;
	const char *tls[SINK_TLS];
	unsigned tlses;
};

static struct sink sink;

static void
add_listen(struct flags *g, const char *spec)
{
	if (g->listens == LISTEN_MAX)
		strerr_dief(100, "too many addresses to listen on");
	g->listen[g->listens++] = spec;
}

static void
add_tls(struct flags *g, const char *list)
{
	if (g->tlses == SINK_TLS)
		strerr_dief(100, "too many of -T");
	g->tls[g->tlses++] = list;
}

/* The options that are settings of the sink.  1 when it was one. */
static int
setting(struct conf *f, int opt, const char *arg)
{
	switch (opt) {
	case 'D':
		f->delay = options_seconds(arg, "-D") / 1000;
		break;
	case 'H':
		f->name = arg;
		break;
	case 'm':
		f->maxconn = (unsigned)options_number(arg, 1000000, "-m");
		break;
	case 'n':
		f->silentafter = options_number(arg, UINT64_MAX, "-n");
		break;
	case 'r':
		f->rate = options_seconds(arg, "-r");
		break;
	case 't':
		f->idle = options_seconds(arg, "-t");
		break;
	case 'x':
		options_ext(f, arg);
		break;
	case 'z':
		f->seed = options_number(arg, UINT64_MAX, "-z");
		break;
	default:
		return 0;
	}
	return 1;
}

static void
flag(struct flags *g, int opt, const char *arg)
{
	switch (opt) {
	case '3':
		g->ready = 3;
		break;
	case 'a':
		g->any = 1;
		break;
	case 'c':
		g->ledger = arg;
		break;
	case 'd':
		g->ready = (int)options_number(arg, 1 << 20, "-d");
		break;
	case 'i':
		g->control = 1;
		break;
	case 'l':
		add_listen(g, arg);
		break;
	case 'o':
		g->dir = arg;
		break;
	case 's':
		g->script = arg;
		break;
	case 'T':
		add_tls(g, arg);
		break;
	case 'v':
		g->verbose = 1;
		break;
	default:
		strerr_dieusage(100, USAGE);
	}
}

static void
options(struct flags *g, struct conf *f, int argc, char const *const *argv)
{
	subgetopt l = SUBGETOPT_ZERO;
	int opt;

	g->ready = -1;
	while ((opt = subgetopt_r(
		    argc, argv, "3ac:d:D:H:il:m:n:o:r:s:T:t:vx:z:", &l)) != -1)
		if (!setting(f, opt, l.arg))
			flag(g, opt, l.arg);
	if (l.ind != argc)
		strerr_dieusage(100, USAGE);
	if (!g->listens)
		add_listen(g, "127.0.0.1:0");
}

/* As many descriptors as we may have: one a connection, one a file. */
static void
raise_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == -1)
		return;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_NOFILE, &r);
}

static void
on_signal(struct ev_loop *loop, struct ev_signal *w, int events)
{
	(void)w;
	(void)events;
	ev_break(loop, EVBREAK_ALL);
}

static void
on_usr1(struct ev_loop *loop, struct ev_signal *w, int events)
{
	(void)loop;
	(void)events;
	control_stat(w->data);
}

static void
catch_signals(struct sink *s)
{
	static struct ev_signal term, intr, usr1;

	signal(SIGPIPE, SIG_IGN);
	ev_signal_init(&term, on_signal, SIGTERM);
	ev_signal_init(&intr, on_signal, SIGINT);
	ev_signal_init(&usr1, on_usr1, SIGUSR1);
	usr1.data = s;
	ev_signal_start(s->loop, &term);
	ev_signal_start(s->loop, &intr);
	ev_signal_start(s->loop, &usr1);
}

static void
load_script(struct sink *s, const char *file)
{
	char err[400];

	s->script = script_load(file, s->conf.seed, err, sizeof err);
	if (!s->script)
		strerr_dief(100, err);
}

static void
notify(int fd)
{
	if (fcntl(fd, F_GETFD) == -1 || write(fd, "\n", 1) != 1)
		strerr_diefusys(111, "notify readiness");
	if (fd > 2)
		close(fd);
}

int
main(int argc, char const *const *argv)
{
	struct flags g;
	struct sink *s = &sink;
	unsigned i;

	PROG = "dray-sink";
	memset(&g, 0, sizeof g);
	options_defaults(&s->conf);
	options(&g, &s->conf, argc, argv);
	for (i = 0; i < g.tlses; i++)
		tlsconf_add(s, g.tls[i]);
	if (g.tlses)
		s->conf.ext |= EXT_STARTTLS;
	else if (s->conf.ext & EXT_STARTTLS)
		tlsconf_default(s);
	options_ehlo(&s->conf, 0, s->ehlo, sizeof s->ehlo);
	options_ehlo(&s->conf, EXT_STARTTLS, s->ehlotls, sizeof s->ehlotls);
	crc_init();
	raise_limit();
	s->loop = ev_default_loop(EVFLAG_AUTO);
	if (!s->loop)
		strerr_diefusys(111, "make an event loop");
	s->start = ev_now(s->loop);
	if (g.script)
		load_script(s, g.script);
	if (g.dir || g.ledger) {
		s->store = store_open(g.dir, g.ledger);
		if (!s->store)
			strerr_diefusys(111, "open the store");
	}
	catch_signals(s);
	for (i = 0; i < g.listens; i++)
		listen_on(s, g.listen[i], g.any);
	if (fflush(stdout))
		strerr_diefusys(111, "write to standard output");
	if (g.ready != -1)
		notify(g.ready);
	if (g.control)
		control_start(s);
	ev_run(s->loop, 0);
	if (g.control || g.verbose)
		control_stat(s);
	return 0;
}
