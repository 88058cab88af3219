#include <errno.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-smtpd/journal.h"
#include "cmd/dray-smtpd/refusal.h"
#include "cmd/dray-smtpd/tally.h"
#include "common/evwant.h"
#include "common/logclient.h"

#define FUTILE 5 /* connections that brought nothing, one after the other */

static struct smtpd *sm;
static struct logclient log_;
static ev_io io;
static ev_timer retry, minute;
static ev_prepare prepare;
static unsigned int futile;
static int told; /* that nobody is there */

static void
put_row(void *arg, const struct tally_row *r)
{
	(void)arg;
	refusal_summary(sm, r);
}

/* What nobody takes is dropped, and that is said when somebody does. */
static void
tell_rows(void)
{
	if (logclient_backlog(&log_) > JOURNAL_MAX)
		tally_spill();
	else
		tally_rows(put_row, NULL);
}

static void
on_minute(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	tell_rows();
}

/* It would be sent again for ever, whatever is wrong with it. */
static void
give_up(void)
{
	const char *path = log_.path;

	tally_drop(log_.seq - logclient_durable(&log_));
	logclient_free(&log_);
	logclient_init(&log_, path);
	futile = 0;
}

static void
lost(void)
{
	ev_io_stop(sm->loop, &io);
	if (++futile >= FUTILE)
		give_up();
	if (logclient_backlog(&log_))
		ev_timer_again(sm->loop, &retry);
}

static void
ready(struct ev_loop *loop, ev_io *w, int revents)
{
	int r = 0;

	(void)loop;
	(void)w;
	if (revents & EV_READ)
		r = logclient_read(&log_);
	if (r == 1)
		futile = 0;
	if (r == -1)
		lost();
}

static int
reach(void)
{
	if (logclient_connect(&log_) == 1) {
		told = 0;
		return 1;
	}
	if (!told)
		strerr_warnwusys(
		    "reach dray-log, refusals will be missing there");
	told = 1;
	return 0;
}

static void
on_retry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)revents;
	if (reach())
		ev_timer_stop(loop, w);
}

static void
count(const struct net_addr *a)
{
	tally_add(a);
	if (ev_is_active(&minute))
		return;
	ev_timer_set(&minute, JOURNAL_MINUTE, 0);
	ev_timer_start(sm->loop, &minute);
}

int
journal_may(struct crowd *c, const struct net_addr *a, int known)
{
	if (logclient_backlog(&log_) > JOURNAL_MAX) {
		tally_drop(1);
		return 0;
	}
	if (crowd_tell(c, known ? JOURNAL_KNOWN : JOURNAL_NETWORK,
		known ? 0 : JOURNAL_ALL))
		return 1;
	count(a);
	return 0;
}

void
journal_put(const char *line, size_t len)
{
	if (!logclient_add(&log_, line, len))
		strerr_dief(101, "an event line is malformed");
}

static void
flush(void)
{
	int r = logclient_flush(&log_);

	if (r == -1)
		lost();
	else if (log_.fd != -1)
		evwant(
		    sm->loop, &io, log_.fd, EV_READ | (r == 0 ? EV_WRITE : 0));
}

/* The last one before the loop sleeps: what others do then may be refusals. */
static void
before_sleep(struct ev_loop *loop, ev_prepare *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	if (log_.fd != -1 && logclient_backlog(&log_) <= JOURNAL_MAX / 2)
		tally_dropped(put_row, NULL);
	if (!logclient_backlog(&log_) || ev_is_active(&retry))
		return;
	if (reach())
		flush();
	else
		ev_timer_again(sm->loop, &retry);
}

void
journal_start(struct smtpd *s, const char *path)
{
	sm = s;
	logclient_init(&log_, path);
	ev_init(&io, ready);
	ev_init(&retry, on_retry);
	retry.repeat = LOGCLIENT_PAUSE;
	ev_init(&minute, on_minute);
	ev_prepare_init(&prepare, before_sleep);
	ev_set_priority(&prepare, EV_MINPRI);
	ev_prepare_start(sm->loop, &prepare);
}

void
journal_end(void)
{
	tell_rows();
	tally_dropped(put_row, NULL);
	(void)!logclient_wait(&log_, JOURNAL_LAST);
}
