#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "common/field.h"
#include "common/sock.h"

#include "lane.h"
#include "order.h"
#include "report.h"
#include "worker.h"

#define WATCH 5.0   /* seconds between signs of life */
#define HANG 30	    /* seconds without one that end the process */
#define RESERVE 32  /* descriptors that are neither lanes nor bundles */
#define SPARE_MAX (1u << 20) /* octets of a buffer that is kept */

void
worker_spare(struct worker *w, struct buf *b_r)
{
	if (w->nspare)
		*b_r = w->spare[--w->nspare];
	else
		memset(b_r, 0, sizeof *b_r);
}

void
worker_give(struct worker *w, struct buf *b)
{
	b->len = b->pos = 0;
	if (w->nspare < WORKER_SPARES && b->room <= SPARE_MAX)
		w->spare[w->nspare++] = *b;
	else
		free(b->s);
	memset(b, 0, sizeof *b);
}

void
worker_came(struct worker *w)
{
	if (w->nlanes++)
		return;
	alarm(HANG);
	ev_timer_again(w->loop, &w->watchdog);
}

void
worker_gone(struct worker *w)
{
	if (--w->nlanes)
		return;
	ev_timer_stop(w->loop, &w->watchdog);
	alarm(0);
}

static void
on_watchdog(struct ev_loop *loop, ev_timer *t, int events)
{
	(void)loop;
	(void)t;
	(void)events;
	alarm(HANG);
}

static int
take_lane(struct worker *w, const char *data, size_t len)
{
	struct order o;

	if (order_read(&o, data, len) == -1 || lane_find(w, o.lane) ||
	    w->nlanes >= REMOTE_LANESMAX)
		return -1;
	lane_open(w, &o);
	return 0;
}

static int
take_job(struct worker *w, const char *data, size_t len)
{
	struct field r;
	struct lane *l;
	struct job *j = job_new(w);
	uint32_t lane;

	field_start(&r, data, len);
	lane = field_getu32(&r);
	j->id = field_getu32(&r);
	j->handle = handle_find(&w->handles, field_getu32(&r));
	l = lane_find(w, lane);
	if (j->handle)
		handle_use(j->handle);
	if (r.bad || job_read(j, &r) == -1 || !j->handle ||
	    (l && l->njobs == LANE_JOBSMAX)) {
		job_free(w, j);
		return -1;
	}
	/* A lane that has just gone down: its DOWN is on the way, and a job
	 * that is not in it was not begun. */
	if (l)
		lane_job(l, j);
	else
		job_free(w, j);
	return 0;
}

static int
take_number(const char *data, size_t len, uint32_t *n_r)
{
	struct field r;

	field_start(&r, data, len);
	*n_r = field_getu32(&r);
	return field_end(&r) ? 0 : -1;
}

static int
on_frame(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct worker *w = ctx;
	struct lane *l;
	uint32_t n;

	if ((fd != -1) != (type == 'B')) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	if (type == 'L')
		return take_lane(w, data, len);
	if (type == 'J')
		return take_job(w, data, len);
	if ((type != 'B' && type != 'D' && type != 'C') ||
	    take_number(data, len, &n) == -1)
		goto bad;
	if (type == 'B') {
		if (handle_add(&w->handles, n, fd) == -1)
			goto bad;
		return 0;
	}
	if (type == 'D')
		return handle_drop(&w->handles, n);
	l = lane_find(w, n);
	if (l)
		lane_close(l);
	return 0;
bad:
	if (fd != -1)
		close(fd);
	return -1;
}

static void
link_ended(void)
{
	if (errno == 0 || errno == ECONNRESET || errno == EPIPE)
		_exit(0);
	if (errno == EPROTO || errno == ECANCELED)
		strerr_dief(111, "malformed frame from dray-send");
	strerr_diefusys(111, "talk to dray-send");
}

static void
on_link(struct ev_loop *loop, ev_io *io, int events)
{
	struct worker *w = io->data;

	(void)loop;
	(void)events;
	if (frame_pump(&w->link, on_frame, w) == -1)
		link_ended();
}

/* Sends what can be sent to dray-send.  When it does not read, no more
 * replies are read either: their results would pile up here. */
static void
flush_link(struct worker *w)
{
	int r = frame_flush(&w->link);
	size_t pending;

	if (r == -1)
		link_ended();
	if (r == 0)
		ev_io_start(w->loop, &w->wr);
	else
		ev_io_stop(w->loop, &w->wr);
	pending = frame_pending(&w->link);
	if (pending > WORKER_HIGH) {
		w->choked = 1;
	} else if (w->choked && pending < WORKER_LOW) {
		w->choked = 0;
		lane_unchoke(w);
	}
}

static void
on_link_writable(struct ev_loop *loop, ev_io *io, int events)
{
	(void)loop;
	(void)events;
	flush_link(io->data);
}

static void
leave(struct worker *w)
{
	if (frame_flush(&w->link) != 1)
		strerr_warnw("dray-send did not take all results");
	_exit(0);
}

static void
before_sleep(struct ev_loop *loop, ev_prepare *p, int events)
{
	struct worker *w = p->data;
	struct lane *l;

	(void)events;
	while ((l = TAILQ_FIRST(&w->dirty))) {
		TAILQ_REMOVE(&w->dirty, l, list);
		l->listed = 0;
		lane_run(l);
	}
	if (!TAILQ_EMPTY(&w->again) && !ev_is_active(&w->soon)) {
		ev_timer_set(&w->soon, 0., 0.);
		ev_timer_start(loop, &w->soon);
	}
	flush_link(w);
	if (w->stopping && !w->nlanes)
		leave(w);
}

static void
on_soon(struct ev_loop *loop, ev_timer *t, int events)
{
	struct worker *w = t->data;
	struct lane *l;

	(void)loop;
	(void)events;
	while ((l = TAILQ_FIRST(&w->again)))
		lane_touch(l);
}

static void
on_stop(struct ev_loop *loop, ev_timer *t, int events)
{
	(void)loop;
	(void)events;
	leave(t->data);
}

static void
on_term(struct ev_loop *loop, ev_signal *s, int events)
{
	struct worker *w = s->data;
	struct lane *l;
	unsigned int i;

	(void)events;
	if (w->stopping)
		return;
	w->stopping = 1;
	ev_timer_start(loop, &w->stop);
	for (i = 0; i < LANE_CHAINS; i++)
		LIST_FOREACH(l, &w->chains[i], chain)
			lane_close(l);
}

/* As many as there are descriptors for, with as many for bundles. */
static unsigned int
room(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) == -1 || lim.rlim_cur < 2 * RESERVE)
		return 1;
	if (lim.rlim_cur / 2 > REMOTE_LANESMAX + RESERVE)
		return REMOTE_LANESMAX;
	return (unsigned int)(lim.rlim_cur / 2 - RESERVE);
}

static void
start_watchers(struct worker *w, int fd)
{
	ev_io_init(&w->rd, on_link, fd, EV_READ);
	ev_io_init(&w->wr, on_link_writable, fd, EV_WRITE);
	ev_prepare_init(&w->before, before_sleep);
	ev_init(&w->soon, on_soon);
	ev_timer_init(&w->watchdog, on_watchdog, 0., WATCH);
	ev_timer_init(&w->stop, on_stop, WORKER_STOP, 0.);
	ev_signal_init(&w->term, on_term, SIGTERM);
	w->rd.data = w->wr.data = w->before.data = w->soon.data = w;
	w->watchdog.data = w->stop.data = w->term.data = w;
	ev_io_start(w->loop, &w->rd);
	ev_prepare_start(w->loop, &w->before);
	ev_signal_start(w->loop, &w->term);
}

void
worker_start(struct worker *w, int fd)
{
	if (sock_nonblock(fd) == -1)
		strerr_diefusys(111, "set up the socket");
	w->loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!w->loop)
		strerr_dief(111, "no event loop");
	frame_init(&w->link, fd, REMOTE_FRAME_MAX, FRAME_FDMAX);
	TAILQ_INIT(&w->dirty);
	TAILQ_INIT(&w->again);
	TAILQ_INIT(&w->waiting);
	STAILQ_INIT(&w->jobs);
	w->lanesmax = room();
	start_watchers(w, fd);
	report_hello(w);
	flush_link(w);
}

void
worker_run(struct worker *w)
{
	ev_run(w->loop, 0);
	strerr_dief(101, "the loop ended");
	_exit(101);
}
