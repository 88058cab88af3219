/*
 * dray-tune - slows, stops and lets go, by what the log tells.  See
 * dray-tune(8).
 *
 * It promises that what it does is a file of overrides/ with the reason in it,
 * and that nothing counts twice or is forgotten when it is killed.  It has no
 * network; it reads the log, writes into two directories, and hands mail to
 * dray-queued, events to dray-log.
 *
 * Timing: the log wakes it.  A clock runs only while something is under way
 * that has its time: a source that is slowed or held, or counts that are not
 * saved.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-tune/address.h"
#include "cmd/dray-tune/line.h"
#include "cmd/dray-tune/tell.h"
#include "cmd/dray-tune/tune.h"
#include "cmd/dray-tune/way.h"
#include "common/base.h"
#include "common/dir.h"
#include "common/drop.h"
#include "common/keyhash.h"

#define USAGE "dray-tune [-b base] [-d fd]"

struct tune self;

static volatile sig_atomic_t ending;

static void
on_end(int sig)
{
	(void)sig;
	ending = 1;
}

static void
catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_end };

	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGINT, &sa, NULL);
}

static int
watch_log(const char *base)
{
	char path[BASE_PATHMAX];
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	base_path(path, base, "log");
	if (fd == -1 ||
	    inotify_add_watch(fd, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) ==
		-1)
		strerr_diefusys(111, "watch ", path);
	return fd;
}

static void
open_dirs(const char *base)
{
	char path[BASE_PATHMAX];

	base_path(path, base, "tune");
	if (mkdir(path, 0700) == -1 && errno != EEXIST && errno != EACCES)
		strerr_diefusys(111, "make ", path);
	self.state = base_dir(base, "tune");
	self.overrides = base_dir(base, "overrides");
	if (flock(self.state, LOCK_EX | LOCK_NB) == -1)
		strerr_dief(111, "another dray-tune is running on ", base);
	logread_init(&self.log, base_dir(base, "log"));
}

static void
shut_in(int policy)
{
	const struct drop_dir dir[] = {
		{ self.log.dir, DROP_DIR_READ },
		{ policy, DROP_DIR_READ },
		{ self.state,
		    DROP_DIR_READ | DROP_DIR_FROM | DROP_DIR_INTO |
			DROP_DIR_MAKE },
		{ self.overrides,
		    DROP_DIR_READ | DROP_DIR_FROM | DROP_DIR_INTO |
			DROP_DIR_MAKE },
		{ address_dir(), DROP_DIR_READ },
	};
	unsigned int n = sizeof dir / sizeof *dir;

	drop_enter(&(struct drop){
	    .promises =
		DROP_LOCAL | DROP_DIRS | DROP_MAKE | DROP_FDS | DROP_APPEND,
	    .dir = dir,
	    .ndir = address_dir() == -1 ? n - 1 : n,
	});
}

static int
earlier(int a, int b)
{
	if (a < 0 || b < 0)
		return a < 0 ? b : a;
	return a < b ? a : b;
}

/* Until the log or the policy has something, or dray-log says something, or so
 * many milliseconds. */
static void
wait_for(int log, int policy, int ms)
{
	struct pollfd p[3] = {
		{ .fd = log, .events = POLLIN },
		{ .fd = policy, .events = POLLIN },
	};
	struct timespec t;
	sigset_t end, old;
	char b[4096];

	p[2].fd = line_turn(&p[2].events);
	ms = earlier(ms, line_wait());
	t.tv_sec = ms / 1000;
	t.tv_nsec = ms % 1000 * 1000000L;
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigaddset(&end, SIGINT);
	sigprocmask(SIG_BLOCK, &end, &old);
	if (!ending && ppoll(p, 3, ms < 0 ? NULL : &t, &old) == -1 &&
	    errno != EINTR)
		strerr_diefusys(111, "poll");
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (p[0].revents & POLLIN)
		while (read(log, b, sizeof b) > 0)
			;
	if (p[2].revents & ~POLLOUT)
		line_read();
	if (p[1].revents & POLLIN) {
		dir_watch_clear(policy);
		if (policy_renew(&self.policy) == 1) {
			policy_tune(&self.policy, &self.set);
			address_policy();
		}
	}
}

static void
run(int log, int policy)
{
	int more, ms;

	while (!ending) {
		self.now = stamp_now();
		more = follow_turn();
		ms = earlier(tell_turn(), way_turn());
		if (state_wait() == 0)
			state_save();
		ms = earlier(ms, state_wait());
		wait_for(log, policy, more ? 0 : ms);
	}
	state_save();
	line_end();
}

int
main(int argc, char const *const *argv)
{
	unsigned int ready;
	const char *base;
	int log, policy, watch;

	PROG = "dray-tune";
	base = base_daemon(argc, argv, USAGE, &ready);
	self.base = base;
	umask(022);
	catch_signals();
	keyhash_start();
	self.now = stamp_now();
	open_dirs(base);
	policy_start(&self.policy, base);
	policy_tune(&self.policy, &self.set);
	policy = base_dir(base, "policy");
	watch = base_watch(base, "policy");
	log = watch_log(base);
	tell_start(base);
	line_start(base);
	address_open(base);
	way_start();
	state_load();
	follow_catch_up();
	self.log.plain = 1;
	shut_in(policy);
	base_ready(ready);
	run(log, watch);
	_exit(0);
}
