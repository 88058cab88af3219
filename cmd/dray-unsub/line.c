#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-unsub/leave.h"
#include "cmd/dray-unsub/line.h"
#include "common/logclient.h"

#define MINUTE 60

static struct logclient client;
static struct ev_loop *loop;
static ev_io io;
static ev_timer retry;
static ev_prepare prepare;
static uint64_t unknown; /* since it was said last */
static ev_timer said;

static void
lost(void)
{
	ev_io_stop(loop, &io);
	ev_timer_again(loop, &retry);
}

static void
watch(int events)
{
	if (io.events == events && ev_is_active(&io))
		return;
	ev_io_stop(loop, &io);
	ev_io_set(&io, client.fd, events);
	ev_io_start(loop, &io);
}

static void
flush(void)
{
	int r;

	if (client.fd == -1)
		return;
	r = logclient_flush(&client);
	if (r == -1)
		lost();
	else
		watch(r ? EV_READ : EV_READ | EV_WRITE);
}

static void
on_io(struct ev_loop *l, ev_io *w, int revents)
{
	(void)l;
	(void)w;
	if (revents & EV_READ && logclient_read(&client) == -1)
		lost();
}

static void
on_prepare(struct ev_loop *l, ev_prepare *w, int revents)
{
	(void)l;
	(void)w;
	(void)revents;
	flush();
}

static void
on_retry(struct ev_loop *l, ev_timer *w, int revents)
{
	(void)revents;
	if (logclient_connect(&client))
		ev_timer_stop(l, w);
}

static void
on_minute(struct ev_loop *l, ev_timer *w, int revents)
{
	char n[UINT64_FMT];

	(void)l;
	(void)w;
	(void)revents;
	if (!unknown)
		return;
	n[uint64_fmt(n, unknown)] = '\0';
	strerr_warnw("requests without a token of ours: ", n);
	unknown = 0;
}

void
line_start(struct ev_loop *l)
{
	loop = l;
	logclient_init(&client, "sock/log");
	ev_init(&io, on_io);
	ev_timer_init(&retry, on_retry, LOGCLIENT_PAUSE, LOGCLIENT_PAUSE);
	ev_timer_init(&said, on_minute, MINUTE, MINUTE);
	ev_timer_start(l, &said);
	ev_prepare_init(&prepare, on_prepare);
	ev_prepare_start(l, &prepare);
	if (!logclient_connect(&client))
		ev_timer_again(l, &retry);
}

static void
add(const struct token *t, int isnew, const char *how)
{
	static stralloc sa;

	leave_event(&sa, t, isnew, how);
	if (logclient_add(&client, sa.s, sa.len) == 0)
		strerr_dief(101, "an event line is malformed");
}

void
line_add(const struct token *t, int isnew, const char *how)
{
	if (logclient_backlog(&client) <= LINE_BACKLOG)
		add(t, isnew, how);
}

void
line_once(const struct token *t, int isnew, const char *how)
{
	logclient_init(&client, "sock/log");
	add(t, isnew, how);
	if (logclient_wait(&client, LINE_ONCE) == -1)
		strerr_warnwusys("log who has left");
}

void
line_unknown(void)
{
	unknown++;
}
