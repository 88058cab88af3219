#include <signal.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "common/dir.h"
#include "common/keeper.h"
#include "common/sock.h"

static ev_timer settle;

static void
on_end(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	_exit(0);
}

struct ev_loop *
keeper_loop(void)
{
	static ev_signal term, intr;
	struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);

	if (!loop)
		strerr_dief(111, "no event loop");
	ev_signal_init(&term, on_end, SIGTERM);
	ev_signal_init(&intr, on_end, SIGINT);
	ev_signal_start(loop, &term);
	ev_signal_start(loop, &intr);
	return loop;
}

int
keeper_listen(const char *path)
{
	int fd = sock_listen(path, 0660);

	if (fd == -1)
		strerr_diefusys(111, "listen on ", path);
	return fd;
}

static void
on_files(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)revents;
	dir_watch_clear(w->fd);
	if (ev_is_active(&settle))
		return;
	ev_timer_set(&settle, KEEPER_SETTLE, 0.);
	ev_timer_start(loop, &settle);
}

void
keeper_files(struct ev_loop *loop, int fd,
    void (*fn)(struct ev_loop *loop, ev_timer *w, int revents))
{
	static ev_io files;

	ev_init(&settle, fn);
	ev_io_init(&files, on_files, fd, EV_READ);
	ev_io_start(loop, &files);
}
