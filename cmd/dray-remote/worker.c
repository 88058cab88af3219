#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "compose.h"
#include "event.h"
#include "lane.h"
#include "link.h"
#include "report.h"
#include "worker.h"

#define WATCH 5.0 /* seconds between signs of life */
#define HANG 30 /* seconds without one that end the process */
#define RESERVE 32 /* descriptors that are neither lanes nor bundles */
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
	compose_flush(w->composer);
	link_flush(w);
	if (w->stopping && !w->nlanes)
		link_leave(w);
}

static void
on_soon(struct ev_loop *loop, ev_timer *t, int events)
{
	struct worker *w = t->data;
	struct lane *l;

	(void)loop;
	(void)events;
	while ((l = TAILQ_FIRST(&w->again))) {
		lane_touch(l);
		if (l->tls.unread && !l->dead && !l->choked)
			event_read(l);
	}
}

static void
on_stop(struct ev_loop *loop, ev_timer *t, int events)
{
	(void)loop;
	(void)events;
	link_leave(t->data);
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
		for (l = LIST_FIRST(&w->chains[i]); l; l = LIST_NEXT(l, chain))
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
start_watchers(struct worker *w)
{
	ev_prepare_init(&w->before, before_sleep);
	ev_init(&w->soon, on_soon);
	ev_timer_init(&w->watchdog, on_watchdog, 0., WATCH);
	ev_timer_init(&w->stop, on_stop, WORKER_STOP, 0.);
	ev_signal_init(&w->term, on_term, SIGTERM);
	w->before.data = w->soon.data = w;
	w->watchdog.data = w->stop.data = w->term.data = w;
	ev_prepare_start(w->loop, &w->before);
	ev_signal_start(w->loop, &w->term);
}

void
worker_init(struct worker *w)
{
	broken_init(&w->broken, BROKEN_CHUNKING);
	broken_init(&w->notls, BROKEN_TLS);
	w->tls = tls_new();
}

void
worker_start(struct worker *w, int fd)
{
	w->loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!w->loop)
		strerr_dief(111, "no event loop");
	w->composer = compose_new(w->loop);
	TAILQ_INIT(&w->dirty);
	TAILQ_INIT(&w->again);
	TAILQ_INIT(&w->waiting);
	STAILQ_INIT(&w->jobs);
	w->lanesmax = room();
	start_watchers(w);
	link_start(w, fd);
	report_hello(w);
	link_flush(w);
}

void
worker_run(struct worker *w)
{
	ev_run(w->loop, 0);
	strerr_dief(101, "the loop ended");
	_exit(101);
}
