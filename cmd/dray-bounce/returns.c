#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-bounce/child.h"
#include "cmd/dray-bounce/returns.h"
#include "common/base.h"
#include "common/drop.h"
#include "common/sock.h"

#define AGAIN 1 /* seconds between looks at the clients */

static const char *
find_full(const struct returns *r)
{
	struct statvfs st;

	if (fstatvfs(r->tmp, &st) == -1)
		return "free disk space is unknown";
	if ((uint64_t)st.f_bavail * st.f_frsize < r->queue.min_free)
		return "disk space is short";
	if (st.f_files && st.f_favail < r->queue.min_inodes)
		return "inodes are short";
	return NULL;
}

static void
take_policy(struct returns *r)
{
	policy_returns(&r->policy, &r->limit);
	policy_queue(&r->policy, &r->queue);
}

void
returns_look(struct returns *r)
{
	ev_tstamp now = ev_now(r->loop);

	if (r->looked + 1 > now && r->looked <= now)
		return;
	if (policy_renew(&r->policy))
		take_policy(r);
	r->full = find_full(r);
	r->looked = now;
}

static void
on_clock(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct returns *r = w->data;

	(void)loop;
	(void)revents;
	if (!r->nconn)
		ev_timer_stop(loop, w);
	if (r->full)
		returns_look(r);
	conn_clock(r);
}

static void
rested(struct ev_loop *loop, ev_timer *w, int revents)
{
	struct returns *r = w->data;

	(void)revents;
	if (!r->ending)
		ev_io_start(loop, &r->listener);
}

static void
accept_some(struct ev_loop *loop, ev_io *w, int revents)
{
	struct returns *r = w->data;
	int fd, i;

	(void)revents;
	for (i = 0; i < 64 && (fd = sock_accept(w->fd)) != -1; i++)
		conn_new(r, fd);
	if (r->nconn && !ev_is_active(&r->clock))
		ev_timer_again(loop, &r->clock);
	if (i == 64 || errno == EAGAIN)
		return;
	ev_io_stop(loop, w);
	ev_timer_set(&r->rest, AGAIN, 0);
	ev_timer_start(loop, &r->rest);
}

/* dray-bounce ends, or is gone.  The next one listens on the same path. */
static void
on_parent(struct ev_loop *loop, ev_io *w, int revents)
{
	struct returns *r = w->data;

	(void)revents;
	r->ending = 1;
	close(r->listener.fd);
	mail_commit(r);
	ev_break(loop, EVBREAK_ALL);
}

static void
before_sleep(struct ev_loop *loop, ev_prepare *w, int revents)
{
	(void)loop;
	(void)revents;
	mail_commit(w->data);
}

static void
shut_in(const struct returns *r)
{
	const struct drop_dir dir[] = {
		{ r->tmp, DROP_DIR_MAKE | DROP_DIR_FROM },
		{ r->fresh, DROP_DIR_INTO | DROP_DIR_FROM },
		{ r->policy_dir, DROP_DIR_READ },
	};

	drop_enter(&(struct drop){
	    .promises = DROP_LOOP | DROP_ACCEPT | DROP_DIRS | DROP_MAKE,
	    .listener = &r->listener.fd,
	    .nlistener = 1,
	    .dir = dir,
	    .ndir = sizeof dir / sizeof *dir,
	});
}

static void
run(void *arg, int parent)
{
	struct returns *r = arg;
	const int keep[] = { r->tmp, r->fresh, r->policy_dir, r->listener.fd,
		parent };

	child_alone(keep, sizeof keep / sizeof *keep);
	base_files();
	r->loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!r->loop)
		strerr_dief(111, "no event loop");
	ev_io_init(&r->parent, on_parent, parent, EV_READ);
	ev_init(&r->rest, rested);
	ev_init(&r->clock, on_clock);
	r->clock.repeat = AGAIN;
	ev_prepare_init(&r->commit, before_sleep);
	r->listener.data = r->parent.data = r->rest.data = r->clock.data =
	    r->commit.data = r;
	ev_io_start(r->loop, &r->parent);
	ev_io_start(r->loop, &r->listener);
	ev_prepare_start(r->loop, &r->commit);
	base_sweep(r->tmp);
	shut_in(r);
	ev_run(r->loop, 0);
	_exit(0);
}

/* Made, where that is allowed: an instance may be older than it. */
static int
open_dir(const char *base, const char *name)
{
	char path[BASE_PATHMAX];

	base_path(path, base, name);
	(void)mkdir(path, 0700);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
open_dirs(struct returns *r, const char *base)
{
	int fd = open_dir(base, "spool/returns");

	if (fd == -1)
		return -1;
	close(fd);
	r->tmp = open_dir(base, "spool/returns/tmp");
	r->fresh = open_dir(base, "spool/returns/new");
	return r->tmp == -1 || r->fresh == -1 ? -1 : 0;
}

/* Another dray-bounce may just be ending. */
static int
listen_there(const char *path)
{
	int fd, i;

	for (i = 0; i < 50; i++) {
		fd = sock_listen(path, 0666);
		if (fd != -1 || errno != EADDRINUSE)
			return fd;
		usleep(20000);
	}
	return -1;
}

int
returns_start(const char *base)
{
	static struct returns r;
	char path[BASE_PATHMAX];
	int fd, child;

	TAILQ_INIT(&r.conns);
	TAILQ_INIT(&r.ended);
	if (open_dirs(&r, base) == -1) {
		strerr_warnwusys("open spool/returns of ", base,
		    ": nothing that comes back is taken (dray-setup makes it)");
		return -1;
	}
	policy_start(&r.policy, base);
	take_policy(&r);
	r.policy_dir = base_dir(base, "policy");
	base_path(path, base, "sock/returns");
	fd = listen_there(path);
	if (fd == -1)
		strerr_diefusys(111, "listen on ", path);
	ev_io_init(&r.listener, accept_some, fd, EV_READ);
	child = child_start(run, &r);
	close(fd);
	close(r.tmp);
	close(r.fresh);
	close(r.policy_dir);
	policy_close(&r.policy);
	return child;
}
