/*
 * dray-tlskey - keeps the private keys of TLS.  See dray-tlskey(8).
 *
 * It promises that a key leaves it by no way: what asks gets certificates,
 * signatures, and secrets for session tickets.  Nobody but the processes of
 * dray-smtpd can ask, and those can be reached by strangers; this one cannot.
 *
 * It keeps nothing but those secrets, in memory: killed and started anew, TLS
 * sessions of before are not resumed any more.
 *
 * Files are read in the sandbox, so another directory needs a new process: when
 * the certificates of the policy have changed it exits 0, and is started anew.
 */
#include <errno.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-tlskey/client.h"
#include "cmd/dray-tlskey/place.h"
#include "cmd/dray-tlskey/secret.h"
#include "cmd/dray-tlskey/store.h"
#include "common/base.h"
#include "common/dir.h"
#include "common/drop.h"
#include "common/hide.h"
#include "common/keeper.h"
#include "common/policy.h"
#include "common/tlsctx.h"
#include "common/tlskeyproto.h"

#define USAGE "dray-tlskey [-b base] [-d fd]"
#define LOCKED 1048576 /* octets for keys that are never in swap */

static struct policy policy;

static void
look(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	if (store_load())
		client_tell();
}

static void
on_policy(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	if (w)
		dir_watch_clear(w->fd);
	if (!policy_renew(&policy) || store_same(&policy))
		return;
	strerr_warni("the certificates of the policy have changed: "
		     "starting anew");
	_exit(0);
}

/* The files are looked at as well: not every file system tells of changes. */
static void
on_hour(struct ev_loop *loop, ev_timer *w, int revents)
{
	secret_next();
	client_tickets();
	look(loop, w, revents);
}

/* The base directory is the working directory, as paths of sockets are short. */
static void
open_policy(const char *base)
{
	if (chdir(base) == -1)
		strerr_diefusys(111, "enter ", base);
	if (policy_open(&policy, "policy/policy.cdb") == -1)
		strerr_dief(100, "unable to read policy of ", base, ": ",
		    policy_why(errno));
}

static void
shut_in(int listener)
{
	static struct drop_dir dir[PLACE_MAX + 1];
	struct drop d = {
		.promises = DROP_LOOP | DROP_ACCEPT | DROP_DIRS,
		.listener = &listener,
		.nlistener = 1,
		.dir = dir,
	};

	dir[0].fd = base_dir(".", "policy");
	dir[0].may = DROP_DIR_READ;
	d.ndir = place_dirs(dir, 1);
	drop_enter(&d);
}

static void
watch(struct ev_loop *loop)
{
	static ev_io change;
	static ev_timer hour;
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (fd == -1)
		strerr_diefusys(111, "watch directories");
	place_watch(fd);
	keeper_files(loop, fd, look);
	fd = dir_watch("policy");
	if (fd == -1)
		strerr_diefusys(111, "watch the policy");
	ev_io_init(&change, on_policy, fd, EV_READ);
	ev_timer_init(&hour, on_hour, TLSKEY_LIFE, TLSKEY_LIFE);
	ev_io_start(loop, &change);
	ev_timer_start(loop, &hour);
}

static void
run(unsigned int ready)
{
	struct ev_loop *loop = keeper_loop();
	int fd;

	store_start(&policy);
	place_open();
	watch(loop);
	fd = keeper_listen("sock/tlskey");
	shut_in(fd);
	(void)store_load();
	secret_next();
	client_start(loop, fd);
	on_policy(loop, NULL, 0); /* it may have come before the watch */
	base_ready(ready);
	ev_run(loop, 0);
}

int
main(int argc, char const *const *argv)
{
	const char *base;
	unsigned int ready;

	PROG = "dray-tlskey";
	base = base_daemon(argc, argv, USAGE, &ready);
	open_policy(base);
	tlsctx_init();
	hide_memory(LOCKED);
	run(ready);
	_exit(101);
}
