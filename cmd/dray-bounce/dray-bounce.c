/*
 * dray-bounce - tells senders what became of their mail.  See dray-bounce(8).
 *
 * It promises that every notice which dray-send has left in spool/bounce/new is
 * in the queue before its file is removed, and that it makes no notice of its
 * own accord.  It may be killed at any time: what was in bounce/cur is made
 * again, with the same Message-IDs.
 *
 * Timing: nothing polls.  A watch on bounce/new wakes it; only what dray-queued
 * would not take is tried again by the clock, after PAUSE_MIN seconds at first
 * and PAUSE_MAX at most.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-bounce/back.h"
#include "cmd/dray-bounce/parse.h"
#include "cmd/dray-bounce/returns.h"
#include "cmd/dray-bounce/take.h"
#include "cmd/dray-bounce/work.h"
#include "common/base.h"
#include "common/dir.h"

#define USAGE                                                              \
	"dray-bounce [-b base] [-d fd | -t | -r recipient | -m maildir | " \
	"--parse file ...]"
#define PARSE "--parse"
#define PAUSE_MIN 1
#define PAUSE_MAX 60
#define GRACE 5 /* seconds to finish what is under way */

static volatile int ending;
static int returns = -1; /* to the process that takes what comes back */
static int back = -1; /* and to the one that reads it */

static void
on_end(int sig)
{
	(void)sig;
	ending = 1;
	alarm(GRACE);
}

static void
on_alarm(int sig)
{
	(void)sig;
	_exit(0);
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_end, .sa_flags = SA_RESTART };

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
	sa.sa_handler = on_alarm;
	sigaction(SIGALRM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* Until something comes, or for so many seconds; 0 for ever. */
static void
wait_for(int fd, unsigned int seconds)
{
	struct pollfd p[3] = {
		{ .fd = seconds ? -1 : fd, .events = POLLIN },
		{ .fd = returns, .events = POLLIN },
		{ .fd = back, .events = POLLIN },
	};
	struct timespec t = { .tv_sec = (time_t)seconds };
	sigset_t end, old;

	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	sigprocmask(SIG_BLOCK, &end, &old);
	if (!ending)
		(void)ppoll(p, 3, seconds ? &t : NULL, &old);
	sigprocmask(SIG_SETMASK, &old, NULL);
	dir_watch_clear(fd);
	if ((p[1].revents || p[2].revents) && !ending)
		strerr_dief(111, "a process for returns has ended");
}

/* It finishes what is whole. */
static void
end_returns(void)
{
	struct pollfd p[2] = { { .fd = back, .events = POLLIN },
		{ .fd = returns, .events = POLLIN } };
	int i;

	alarm(0);
	for (i = 0; i < 2; i++) {
		if (p[i].fd == -1)
			continue;
		shutdown(p[i].fd, SHUT_WR);
		(void)poll(&p[i], 1, GRACE * 1000);
	}
}

static void
take_policy(
    struct policy *p, struct policy_node *node, struct policy_notices *notices)
{
	(void)policy_renew(p);
	policy_node(p, node);
	policy_notices(p, notices);
}

static unsigned int
longer(unsigned int pause)
{
	if (pause == 0)
		return PAUSE_MIN;
	return pause * 2 > PAUSE_MAX ? PAUSE_MAX : pause * 2;
}

static void
run(struct work *w, struct policy *p, int fd)
{
	static struct policy_node node;
	static struct policy_notices notices;
	unsigned int pause = 0;
	int all = 1, told = 0, more;

	w->node = &node;
	w->policy = &notices;
	w->ending = &ending;
	while (!ending) {
		more = work_take(w, all);
		if (more == -1 && !told)
			strerr_warnwusys("take notices, trying again later");
		told = more == -1;
		all = all && more != 0;
		take_policy(p, &node, &notices);
		if (work_do(w) == -1 || more == -1)
			pause = longer(pause);
		else
			pause = 0;
		if (more != 1 || pause)
			wait_for(fd, pause);
	}
}

/* What came back, in the hands of somebody who says no more than that.  What a
 * supervisor gives to a daemon is neither. */
static int
has_message(void)
{
	struct stat st;

	return fstat(0, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode));
}

struct options {
	const char *base;
	const char *to, *maildir;
	int take;
	unsigned int readyfd;
};

/* Those who are not to be the daemon do not come back. */
static void
read_options(struct options *o, int argc, char const *const *argv)
{
	subgetopt l = SUBGETOPT_ZERO;
	int opt, ways;

	while ((l.ind >= argc || strcmp(argv[l.ind], PARSE) != 0) &&
	    (opt = subgetopt_r(argc, argv, "b:d:m:r:t", &l)) != -1) {
		if (opt == 'b')
			o->base = l.arg;
		else if (opt == 'm')
			o->maildir = l.arg;
		else if (opt == 'r')
			o->to = l.arg;
		else if (opt == 't')
			o->take = 1;
		else if (opt != 'd' || !uint0_scan(l.arg, &o->readyfd))
			strerr_dieusage(100, USAGE);
	}
	ways = (o->readyfd != 0) + (o->take || o->to) + (o->maildir != NULL);
	if (l.ind + 1 < argc && !strcmp(argv[l.ind], PARSE) && !ways)
		parse_main(
		    o->base, argv + l.ind + 1, (size_t)(argc - l.ind - 1));
	if (l.ind != argc || ways > 1)
		strerr_dieusage(100, USAGE);
	if (o->maildir)
		take_maildir(o->base, o->maildir);
	if (o->take || o->to || (!ways && has_message()))
		take_main(o->base, o->to);
}

int
main(int argc, char const *const *argv)
{
	static struct policy policy;
	static struct work w;
	struct options o = { .base = base_default() };
	const char *base;
	int fd, dir;

	PROG = "dray-bounce";
	read_options(&o, argc, argv);
	base = o.base;
	catch_signals();
	if (work_open(&w, base) == -1) {
		if (errno == EWOULDBLOCK)
			strerr_dief(
			    111, "another dray-bounce is running on ", base);
		strerr_diefusys(111, "use ", w.where, " of ", base);
	}
	policy_start(&policy, base);
	dir = base_dir(base, "policy");
	fd = base_watch(base, "spool/bounce/new");
	/* Its table is keyed, since others choose what is in it; without this
	 * it would look for randomness in a file, later. */
	json_object_seed(0);
	returns = returns_start(base);
	if (returns != -1)
		back = back_start(base);
	work_shut_in(&w, dir);
	base_ready(o.readyfd);
	run(&w, &policy, fd);
	end_returns();
	/* Not by way of what a library has registered: it is shut in, too. */
	_exit(0);
}
