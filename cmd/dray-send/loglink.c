#include <errno.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/evwant.h"

/*
 * The connection to dray-log.  What is not durable there holds back new work.
 */

/* Deliveries that could not be logged are not started. */
int
loglink_busy(void)
{
	return logclient_backlog(&self.log) > LOG_BACKLOG || notice_busy();
}

/* 1 while lines could not even be handed to dray-log. */
int
loglink_behind(void)
{
	return self.log.fd == -1 || self.log_io.events & EV_WRITE;
}

static void
lost(void)
{
	strerr_warnw("dray-log is not there, trying again");
	ev_io_stop(self.loop, &self.log_io);
	ev_timer_again(self.loop, &self.log_retry);
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)w;
	if (revents & EV_READ && logclient_read(&self.log) == -1) {
		lost();
		return;
	}
	store_remove_some();
}

/* Once a turn: what was held back because lines or notices were not durable
 * goes on when they are. */
void
loglink_unbusy(void)
{
	static int busy;
	int was = busy;

	busy = loglink_busy();
	held_log(busy);
	if (was && !busy)
		walk_all();
}

/* What stands in the way is said once, not once a second. */
static void
connect_(struct ev_loop *loop, ev_timer *w, int revents)
{
	static int said;

	(void)revents;
	if (logclient_connect(&self.log) == 1) {
		ev_timer_stop(loop, w);
		evwant(self.loop, &self.log_io, self.log.fd, EV_READ);
		said = 0;
		return;
	}
	if (!said)
		strerr_warnwusys("connect to dray-log, trying again");
	said = 1;
	ev_timer_again(loop, w);
}

void
loglink_turn(void)
{
	int r = logclient_flush(&self.log);

	if (r == -1)
		lost();
	else if (self.log.fd != -1)
		evwant(self.loop, &self.log_io, self.log.fd,
		    EV_READ | (r == 0 ? EV_WRITE : 0));
}

void
loglink_start(void)
{
	ev_init(&self.log_io, ready);
	ev_init(&self.log_retry, connect_);
	self.log_retry.repeat = LOGCLIENT_PAUSE;
	connect_(self.loop, &self.log_retry, 0);
}
