/*
 * dray-auth - checks passwords, and counts what users send.  See dray-auth(8).
 *
 * It promises that no program which talks to the network sees a hash; that who
 * guesses passwords is slowed down, and does not lock out who knows them; that
 * a user who does not exist takes as long as one who does.
 *
 * It keeps today's counts, in a file that is never behind by more than what the
 * last second brought, and that only if the system dies.  All else that it knows
 * it can lose.
 *
 * Timing: passwords are checked by threads (worker.h), and the loop waits for
 * nothing.  Answers leave before it sleeps.
 */
#include <errno.h>
#include <ev.h>
#include <fcntl.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <sodium.h>

#include "cmd/dray-auth/check.h"
#include "cmd/dray-auth/client.h"
#include "cmd/dray-auth/count.h"
#include "cmd/dray-auth/users.h"
#include "common/base.h"
#include "common/drop.h"
#include "common/keeper.h"
#include "common/keyhash.h"

#define USAGE "dray-auth [-b base] [-d fd]"

static void
on_change(struct ev_loop *loop, ev_io *w, int revents)
{
	char b[4096];

	(void)loop;
	(void)revents;
	while (read(w->fd, b, sizeof b) > 0)
		;
	users_refresh();
}

static int
watch(void)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd == -1 ||
	    inotify_add_watch(fd, "auth", IN_MOVED_TO | IN_DELETE) == -1)
		strerr_diefusys(111, "watch auth");
	return fd;
}

/* The threads can do no more than the counts need. */
static void
shut_in(struct ev_loop *loop, int listener)
{
	static const struct drop thread = {
		.promises = DROP_FILE,
		.filemax = COUNTFILE_OCTETS,
	};
	struct drop_dir dir = { .may = DROP_DIR_READ };
	struct drop d = {
		.promises = DROP_LOOP | DROP_ACCEPT | DROP_DIRS | DROP_FILE,
		.listener = &listener,
		.nlistener = 1,
		.dir = &dir,
		.ndir = 1,
		.filemax = COUNTFILE_OCTETS,
	};

	dir.fd = open("auth", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir.fd == -1)
		strerr_diefusys(111, "open auth");
	check_start(loop, &thread);
	drop_enter(&d);
}

static void
run(unsigned int ready)
{
	static ev_io change;
	struct ev_loop *loop = keeper_loop();
	int fd;

	ev_io_init(&change, on_change, watch(), EV_READ);
	ev_io_start(loop, &change);
	users_open();
	count_start(loop);
	fd = keeper_listen("sock/auth");
	client_start(loop, fd);
	shut_in(loop, fd);
	base_ready(ready);
	ev_run(loop, 0);
}

int
main(int argc, char const *const *argv)
{
	const char *base;
	unsigned int ready;

	PROG = "dray-auth";
	base = base_daemon(argc, argv, USAGE, &ready);
	if (chdir(base) == -1)
		strerr_diefusys(111, "enter ", base);
	if (sodium_init() == -1)
		strerr_dief(111, "no random numbers");
	keyhash_start();
	run(ready);
	strerr_dief(101, "the loop ended");
}
