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
#include <sys/inotify.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-sign/client.h"
#include "cmd/dray-sign/keys.h"
#include "common/base.h"
#include "common/drop.h"
#include "common/hide.h"
#include "common/keeper.h"
#include "common/tlsctx.h"

#define USAGE "dray-sign [-b base] [-d fd]"
#define HOUR 3600.
#define LEAST 1048576 /* octets of memory for keys that is never in swap */
#define OCTETS 2048 /* of it for each key */

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
on_hup(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)w;
	look(loop, NULL, revents);
}

static void
hide(void)
{
	unsigned int n = keys_estimate();
	size_t octets = LEAST;

	most = n + n / 4 + LEAST / OCTETS / 2;
	while (octets < (size_t)most * OCTETS)
		octets *= 2;
	hide_memory(octets);
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
	static ev_signal hup;
	static ev_timer hour;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd == -1)
		strerr_diefusys(111, "watch directories");
	keys_watch(fd);
	keeper_files(loop, fd, look);
	/* Not every file system tells of changes. */
	ev_timer_init(&hour, look, HOUR, HOUR);
	ev_signal_init(&hup, on_hup, SIGHUP);
	ev_timer_start(loop, &hour);
	ev_signal_start(loop, &hup);
}

static void
run(unsigned int ready)
{
	static const struct drop thread = { .promises = 0 };
	struct ev_loop *loop = keeper_loop();
	int fd;

	keys_open();
	watch(loop);
	hide();
	fd = keeper_listen("sock/sign");
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
