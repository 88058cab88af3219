/*
 * dray-send - decides what goes where, when and how fast.  See dray-send(8).
 *
 * Promises: every recipient that is not done is tried again until it is
 * delivered, has failed for good or has expired; the done bit is set after
 * the event is on its way to dray-log, and a bundle is removed after its
 * events are durable.
 *
 * The order of a turn of the loop (prepare, below) carries these promises:
 * what came in was decided; now new work is handed out, then the events go,
 * then the done bits, then the jobs.
 *
 * Timing: nothing polls.  One timer stands for the earliest of all retries
 * and wake-ups; the trigger tells of new mail at once; a watch on the policy's
 * directory tells of a new policy.
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/control.h"
#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/judge.h"
#include "cmd/dray-send/path.h"
#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/signer.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/way.h"
#include "cmd/dray-send/stream.h"
#include "cmd/dray-send/suppressed.h"
#include "cmd/dray-send/warmup.h"
#include "cmd/dray-send/why.h"
#include "common/base.h"
#include "common/dir.h"
#include "common/regain.h"

#define USAGE "dray-send [-b base] [-d fd]"
#define WATCH 10 /* seconds between looks at the lanes' deadlines */
#define LARGE 131072 /* octets that are given back to the system */
#define SLICE 0.01 /* seconds of a turn for destinations that changed */

struct send self;

static void
take_policy(void)
{
	policy_retry(&self.policy, &self.retry);
	policy_node(&self.policy, &self.node);
	policy_notices(&self.policy, &self.notices);
	stream_policy();
	judge_policy();
	path_policy();
	way_policy();
	restream_policy();
	signer_policy();
}

static void
on_policy(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	dir_watch_clear(w->fd);
	if (!policy_renew(&self.policy))
		return;
	take_policy();
	walk_policy();
}

static void
on_trigger(struct ev_loop *loop, ev_io *w, int revents)
{
	char b[512];

	(void)loop;
	(void)revents;
	while (read(w->fd, b, sizeof b) == sizeof b)
		;
	scan_new();
}

static void
on_deadline(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	lane_watch();
}

static void
on_idle(struct ev_loop *loop, ev_idle *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
}

/* 1 when nothing is out any more and everything is in the log. */
static int
all_quiet(void)
{
	uint32_t i;

	for (i = 1; i < self.nlane; i++)
		if (self.lane[i] && self.lane[i]->njobs)
			return 0;
	return logclient_backlog(&self.log) == 0;
}

/* Bits of what was delivered are written even where the log is behind: a
 * missing event is better than a duplicate.  What an operator removes was not
 * delivered, so there the event comes first, whatever is killed. */
static void
flush_bits(void)
{
	if (self.careful && self.log.fd != -1 && loglink_behind())
		return;
	self.careful = 0;
	open_flush();
}

static void
turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	ev_tstamp until;
	int more = scan_some(), late;

	(void)w;
	(void)revents;
	more |= command_turn();
	more |= why_turn();
	more |= bend_turn();
	more |= overflow_turn();
	way_turn();
	more |= restream_turn();
	loglink_unbusy();
	more |= walk_turn();
	more |= lane_feed();
	until = ev_time() + SLICE;
	do {
		late = dest_turn(until);
		site_turn();
		group_turn();
	} while (self.todo.len && !late && ev_time() < until);
	relief_turn();
	dnslink_turn();
	if (delay_turn(!more && !self.rescan))
		more = 1;
	notice_turn();
	daily_turn();
	loglink_turn();
	flush_bits();
	punch_turn();
	more |= runs_cool(&self.runs);
	worker_flush();
	more |= hold_turn();
	/* Losing a worker in the flush may have made new work. */
	if (self.todo.len || self.sitetodo.len || !TAILQ_EMPTY(&self.grouptodo))
		more = 1;
	store_remove_some();
	gauge_set();
	if (self.rescan)
		timer_set();
	if (self.ending && all_quiet())
		ev_break(loop, EVBREAK_ALL);
	/* While there is more the loop does not sleep. */
	if (more)
		ev_idle_start(loop, &self.idle);
	else
		ev_idle_stop(loop, &self.idle);
}

/* Jobs that are out are lost with us, so that they may be sent twice: rather
 * wait a little for their replies, but not for ever. */
static void
on_grace(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void
on_end(struct ev_loop *loop, ev_signal *w, int revents)
{
	static ev_timer grace;
	uint32_t i;

	(void)w;
	(void)revents;
	if (self.ending)
		ev_break(loop, EVBREAK_ALL);
	self.ending = 1;
	for (i = 1; i < self.nlane; i++)
		if (self.lane[i])
			lane_close(self.lane[i]);
	ev_timer_init(&grace, on_grace, 5, 0);
	ev_timer_start(loop, &grace);
}

static void
watch_policy(void)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, self.base, "policy");
	fd = dir_watch(path);
	if (fd == -1) {
		strerr_warnwusys("watch the policy, changes need a restart");
		return;
	}
	ev_io_init(&self.watch, on_policy, fd, EV_READ);
	ev_io_start(self.loop, &self.watch);
}

/* Open for writing too, so that it never reads as ended. */
static void
open_trigger(void)
{
	int fd =
	    openat(self.spool.dir, "trigger", O_RDWR | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		strerr_diefusys(111, "open the trigger of ", self.base);
	ev_io_init(&self.trigger, on_trigger, fd, EV_READ);
	ev_io_start(self.loop, &self.trigger);
}

static void
open_spool(void)
{
	if (spool_open(&self.spool, self.base) == -1)
		strerr_diefusys(111, "open spool directory ", self.spool.where,
		    " of ", self.base);
	if (flock(self.spool.cur, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EWOULDBLOCK)
			strerr_dief(
			    111, "another dray-send is running on ", self.base);
		strerr_diefusys(111, "lock the spool of ", self.base);
	}
	if (regain_start(&self.spool, 0) == -1)
		strerr_diefusys(111, "look through the spool of ", self.base);
	if (faccessat(self.spool.dir, "cur", W_OK, AT_EACCESS) == -1 ||
	    faccessat(self.spool.dir, "new", W_OK, AT_EACCESS) == -1)
		strerr_diefusys(111, "write to the spool of ", self.base);
}

static void
start(void)
{
	static ev_signal term, intr;
	static char logpath[BASE_PATHMAX];

	self.started = ev_now(self.loop);
	timer_init();
	ev_timer_init(&self.deadline, on_deadline, 0, WATCH);
	ev_idle_init(&self.idle, on_idle);
	ev_prepare_init(&self.prepare, turn);
	ev_prepare_start(self.loop, &self.prepare);
	ev_signal_init(&term, on_end, SIGTERM);
	ev_signal_init(&intr, on_end, SIGINT);
	ev_signal_start(self.loop, &term);
	ev_signal_start(self.loop, &intr);
	base_path(logpath, self.base, "sock/log");
	logclient_init(&self.log, logpath);
	loglink_start();
	disk_start();
	dnslink_init();
	watch_policy();
	open_trigger();
	worker_listen();
	control_listen();
	rules_start();
	suppressed_start();
	scan_start();
}

/* Otherwise the first large index that is given back makes all that come after
 * it part of the heap, among things that stay. */
static void
tune_memory(void)
{
#ifdef M_MMAP_THRESHOLD
	(void)mallopt(M_MMAP_THRESHOLD, LARGE);
#endif
}

int
main(int argc, char const *const *argv)
{
	unsigned int readyfd;

	PROG = "dray-send";
	tune_memory();
	self.base = base_daemon(argc, argv, USAGE, &readyfd);
	self.loop = ev_default_loop(0);
	if (!self.loop)
		strerr_dief(111, "no event loop");
	open_spool();
	policy_start(&self.policy, self.base);
	take_policy();
	base_sweep(self.spool.bounce_tmp);
	dest_init();
	store_init();
	daily_start();
	start();
	base_ready(readyfd);
	ev_run(self.loop, 0);
	/* What the last turn learnt. */
	loglink_turn();
	open_flush();
	daily_end();
	return 0;
}
