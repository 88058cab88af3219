/*
 * dray-sign - signs with private keys of DKIM.  See dray-sign(8).
 *
 * It promises that a key leaves it by no way: what asks gets signatures.  It has
 * no network and no spool; nobody but dray-remote can ask, which strangers can
 * reach.
 *
 * It keeps nothing.  Killed and started anew it has the same keys, and whoever
 * waits for an answer asks again.
 *
 * Timing: threads sign, one for each processor; the loop waits for nothing but
 * for files of keys that are new.
 */
#include <errno.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include <skalibs/strerr.h>

#include "cmd/dray-sign/client.h"
#include "cmd/dray-sign/keys.h"
#include "common/base.h"
#include "common/dir.h"
#include "common/drop.h"
#include "common/sock.h"
#include "common/tlsctx.h"

#define USAGE "dray-sign [-b base] [-d fd]"
#define SETTLE 0.3 /* seconds, for files that are still being written */
#define HOUR 3600.
#define LEAST 1048576 /* octets of memory for keys that is never in swap */
#define OCTETS 2048 /* of it for each key */

static ev_timer settle;
static unsigned int most; /* keys that there is room for */

static void
look(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	if (keys_load(most) == 0)
		return;
	strerr_warni("there are many more keys: starting anew");
	_exit(0);
}

static void
on_files(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)revents;
	dir_watch_clear(w->fd);
	if (ev_is_active(&settle))
		return;
	ev_timer_set(&settle, SETTLE, 0.);
	ev_timer_start(loop, &settle);
}

static void
on_hup(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)w;
	look(loop, NULL, revents);
}

static void
on_end(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	_exit(0);
}

/* Keys are not for core files, debuggers or swap. */
static void
hide(void)
{
	unsigned int n = keys_estimate();
	size_t octets = LEAST;

	most = n + n / 4 + LEAST / OCTETS / 2;
	while (octets < (size_t)most * OCTETS)
		octets *= 2;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		strerr_diefusys(111, "keep memory out of core files");
	if (CRYPTO_secure_malloc_init(octets, 32) != 1)
		strerr_warnw("memory cannot be locked: "
			     "keys may be written to swap");
}

static void
shut_in(int listener)
{
	struct drop_dir dir = { .fd = keys_dir(), .may = DROP_DIR_READ };
	struct drop d = {
		.promises = DROP_LOOP | DROP_ACCEPT | DROP_DIRS,
		.listener = &listener,
		.nlistener = 1,
		.dir = &dir,
		.ndir = 1,
	};

	drop_enter(&d);
}

static void
watch(struct ev_loop *loop)
{
	static ev_signal term, intr, hup;
	static ev_io files;
	static ev_timer hour;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd == -1)
		strerr_diefusys(111, "watch directories");
	keys_watch(fd);
	ev_io_init(&files, on_files, fd, EV_READ);
	ev_init(&settle, look);
	/* Not every file system tells of changes. */
	ev_timer_init(&hour, look, HOUR, HOUR);
	ev_signal_init(&term, on_end, SIGTERM);
	ev_signal_init(&intr, on_end, SIGINT);
	ev_signal_init(&hup, on_hup, SIGHUP);
	ev_io_start(loop, &files);
	ev_timer_start(loop, &hour);
	ev_signal_start(loop, &term);
	ev_signal_start(loop, &intr);
	ev_signal_start(loop, &hup);
}

static void
run(unsigned int ready)
{
	static const struct drop thread = { .promises = 0 };
	struct ev_loop *loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
	int fd;

	if (!loop)
		strerr_dief(111, "no event loop");
	keys_open();
	watch(loop);
	hide();
	fd = sock_listen("sock/sign", 0660);
	if (fd == -1)
		strerr_diefusys(111, "listen on sock/sign");
	client_start(loop, fd, &thread);
	shut_in(fd);
	look(loop, NULL, 0);
	base_ready(ready);
	ev_run(loop, 0);
}

int
main(int argc, char const *const *argv)
{
	const char *base;
	unsigned int ready;

	PROG = "dray-sign";
	base = base_daemon(argc, argv, USAGE, &ready);
	if (chdir(base) == -1)
		strerr_diefusys(111, "enter ", base);
	tlsctx_init();
	run(ready);
	_exit(101);
}
