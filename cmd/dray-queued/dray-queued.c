/*
 * dray-queued - makes messages durable.  See dray-queued(8).
 *
 * It promises that a message it has accepted is on disk, its directory too,
 * and that one it has not accepted is either whole in the spool or not there.
 *
 * Timing: nothing polls.  The main loop never waits for the disk but to write
 * the pieces of a large message; syncing is the thread's (commit.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-queued/queued.h"
#include "common/base.h"
#include "common/mem.h"
#include "common/regain.h"
#include "common/sock.h"

#define USAGE "dray-queued [-b base] [-d fd]"
#define KEEP (32 << 20) /* octets of memory that are free and stay */

/* What a client can bring about is said at most once a second, or it could
 * fill the log. */
void
queued_complain(struct queued *q, const char *text)
{
	ev_tstamp now = ev_now(q->loop);

	if (q->said + 1 > now && q->said <= now)
		return;
	q->said = now;
	strerr_warnw(text);
}

static void
resume(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct queued *q = w->data;

	(void)revents;
	if (!q->ending)
		ev_io_start(loop, &q->listener);
}

/* When there is no descriptor for the next client, an idle one goes.  If none
 * is idle, callers wait a second in the kernel's queue: without that the loop
 * would spin. */
static void
accept_some(struct ev_loop *loop, ev_io *w, int revents)
{
	struct queued *q = w->data;
	int fd, i;

	(void)revents;
	for (i = 0; i < 64 && (fd = sock_accept(w->fd)) != -1; i++)
		client_new(q, fd);
	if (i == 64 || errno == EAGAIN || client_evict(q))
		return;
	queued_complain(q,
	    "cannot take more clients: out of descriptors or "
	    "memory");
	ev_io_stop(loop, w);
	ev_timer_set(&q->resume, 1, 0);
	ev_timer_start(loop, &q->resume);
}

/* Clients are not read from any more; what has ended is still committed and
 * acknowledged. */
static void
on_end(struct ev_loop *loop, ev_signal *w, int revents)
{
	struct queued *q = w->data;
	struct client *c;

	(void)revents;
	ev_io_stop(loop, &q->listener);
	TAILQ_FOREACH (c, &q->clients, in_order)
		ev_io_stop(loop, &c->io);
	q->ending = 1;
	if (!q->busy && TAILQ_EMPTY(&q->pending))
		ev_break(loop, EVBREAK_ALL);
}

static void
open_all(struct queued *q, const char *base)
{
	int r;

	if (spool_open(&q->spool, base) == -1)
		strerr_diefusys(
		    111, "open spool directory ", q->spool.where, " of ", base);
	r = regain_start(&q->spool, 1);
	if (r == 0)
		strerr_dief(111,
		    "unable to lock the spool (is another dray-queued "
		    "running?) of ",
		    base);
	if (r == -1)
		strerr_diefusys(111, "look through the spool of ", base);
	if (faccessat(q->spool.dir, "tmp", W_OK, AT_EACCESS) == -1 ||
	    faccessat(q->spool.dir, "new", W_OK, AT_EACCESS) == -1)
		strerr_diefusys(111, "write to the spool of ", base);
	policy_start(&q->policy, base);
	policy_queue(&q->policy, &q->limit);
	stream_policy(q);
}

static void
listen_here(struct queued *q, const char *base)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, base, "sock/queue");
	fd = sock_listen(path, 0666);
	if (fd == -1)
		strerr_diefusys(111, "listen on ", path);
	ev_io_init(&q->listener, accept_some, fd, EV_READ);
	q->listener.data = q;
	ev_io_start(q->loop, &q->listener);
}

static void
run(struct queued *q, const char *base, unsigned int readyfd)
{
	static ev_signal term, intr;

	TAILQ_INIT(&q->clients);
	TAILQ_INIT(&q->pending);
	TAILQ_INIT(&q->campaigns);
	q->loop = ev_default_loop(0);
	if (!q->loop)
		strerr_dief(111, "no event loop");
	ev_async_init(&q->committed, commit_done);
	q->committed.data = q;
	ev_async_start(q->loop, &q->committed);
	ev_init(&q->resume, resume);
	q->resume.data = q;
	ev_init(&q->slow, client_slow);
	q->slow.data = q;
	ev_signal_init(&term, on_end, SIGTERM);
	ev_signal_init(&intr, on_end, SIGINT);
	term.data = intr.data = q;
	ev_signal_start(q->loop, &term);
	ev_signal_start(q->loop, &intr);
	q->commit = commit_start(q);
	room_start(q);
	suppressed_start(q, base);
	listen_here(q, base);
	ledgers_start(q);
	base_sweep(q->spool.tmp);
	base_ready(readyfd);
	ev_run(q->loop, 0);
}

int
main(int argc, char const *const *argv)
{
	static struct queued q;
	const char *base;
	unsigned int readyfd;

	PROG = "dray-queued";
	mem_keep(KEEP);
	base = base_daemon(argc, argv, USAGE, &readyfd);
	open_all(&q, base);
	run(&q, base, readyfd);
	return 0;
}
