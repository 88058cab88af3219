/*
 * dray-smtpd - takes mail over SMTP.  See dray-smtpd(8).
 *
 * It promises that a message to whose end it has answered 250 is in the queue,
 * on disk: the reply waits for dray-queued's.  It keeps nothing: killed at any
 * moment, what had no reply is the client's to send again.
 *
 * Timing: nothing polls.  Frames for dray-queued leave once a turn, so that
 * what many clients sent meanwhile goes together.
 *
 * Sockets are opened first, then the rights go that this took, then all others
 * (common/drop.h).  So a listener that the policy adds or changes needs a new
 * process: this one finishes what is under way, ends, and is started anew.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-smtpd/authclient.h"
#include "cmd/dray-smtpd/crew.h"
#include "cmd/dray-smtpd/crowd.h"
#include "cmd/dray-smtpd/journal.h"
#include "cmd/dray-smtpd/keys.h"
#include "cmd/dray-smtpd/listen.h"
#include "cmd/dray-smtpd/queue.h"
#include "cmd/dray-smtpd/session.h"
#include "cmd/dray-smtpd/tls.h"
#include "common/base.h"
#include "common/dir.h"
#include "common/drop.h"
#include "common/keyhash.h"
#include "common/mem.h"

#define USAGE "dray-smtpd [-b base] [-d fd]"
#define ADDED 4096 /* octets that a message may become larger by, here */
#define GRACE 20 /* seconds to finish what is under way */
#define KEEP (32 << 20) /* octets of memory that are free and stay */

static struct smtpd self;
static struct policy policy;
static struct policy_listener listeners[POLICY_LISTENERMAX];
static unsigned int nlistener;
static int ending;

static void
take_limits(void)
{
	struct policy_returns r;
	struct policy_queue q;

	policy_smtpd(&policy, &self.limit);
	policy_node(&policy, &self.node);
	policy_queue(&policy, &q);
	policy_returns(&policy, &r);
	self.max_return = r.max_message > 2 * ADDED ? r.max_message - ADDED
						    : r.max_message / 2;
	self.max_message = q.max_message > 2 * ADDED ? q.max_message - ADDED
						     : q.max_message / 2;
}

static void
none_left(void)
{
	ev_break(self.loop, EVBREAK_ALL);
}

static void
on_grace(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)w;
	(void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void
end(void)
{
	static ev_timer grace;

	if (ending)
		return;
	ending = 1;
	listen_stop();
	ev_timer_init(&grace, on_grace, GRACE, 0);
	ev_timer_start(self.loop, &grace);
	session_last(none_left);
}

static void
on_end(struct ev_loop *loop, ev_signal *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	end();
}

/* The same sockets, whomever they trust. */
static int
same(const struct policy_listener *l, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n && i < nlistener; i++)
		if (strcmp(l[i].name, listeners[i].name) != 0 ||
		    l[i].role != listeners[i].role ||
		    l[i].family != listeners[i].family ||
		    l[i].port != listeners[i].port ||
		    memcmp(l[i].ip, listeners[i].ip, sizeof l[i].ip) != 0)
			return 0;
	return n == nlistener;
}

static void
take_policy(void)
{
	struct policy_listener l[POLICY_LISTENERMAX];
	unsigned int n;

	if (!policy_renew(&policy))
		return;
	take_limits();
	keys_want(policy_certificates(&policy));
	n = policy_listeners(&policy, l);
	if (same(l, n) && self.limit.processes == self.processes) {
		listen_trust(l, n);
		return;
	}
	strerr_warni("listeners or processes have changed: starting "
		     "anew");
	end();
}

static void
on_policy(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	dir_watch_clear(w->fd);
	take_policy();
}

/* The base directory is the working directory, so that no path is too long for
 * a socket once directories cannot be opened any more. */
static int
open_policy(const char *base)
{
	int fd;

	if (chdir(base) == -1)
		strerr_diefusys(111, "enter ", base);
	if (policy_open(&policy, "policy/policy.cdb") == -1)
		strerr_dief(100, "unable to read policy of ", base, ": ",
		    policy_why(errno));
	fd = open("policy", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		strerr_diefusys(111, "open the policy of ", base);
	take_limits();
	nlistener = policy_listeners(&policy, listeners);
	if (!nlistener)
		strerr_warni("there is no [listener] in the policy: nobody "
			     "can connect");
	return fd;
}

static unsigned int
number(const char *name)
{
	const char *s = getenv(name);
	unsigned int n;

	if (!s || !uint0_scan(s, &n) || !n)
		strerr_dief(100, "there is no good number in ", name);
	return n;
}

/* Started as root, for ports below 1024, by something like s6-envuidgid. */
static void
take_user(void)
{
	unsigned int uid, gid;
	gid_t group;

	if (getuid() != 0 || !getenv("UID"))
		return;
	uid = number("UID");
	gid = number("GID");
	group = gid;
	if (setgroups(1, &group) == -1 || setgid(gid) == -1 ||
	    setuid(uid) == -1)
		strerr_diefusys(111, "become the user that UID names");
}

static int
watch_policy(void)
{
	int fd = dir_watch("policy");

	if (fd == -1)
		strerr_diefusys(111, "watch the policy");
	return fd;
}

static void
shut_in(int dirfd)
{
	struct drop_dir dir = { dirfd, DROP_DIR_READ };
	struct drop d = {
		.promises = DROP_LOOP | DROP_ACCEPT | DROP_LOCAL | DROP_DIRS,
		.dir = &dir,
		.ndir = 1,
	};

	d.listener = listen_fds(&d.nlistener);
	drop_enter(&d);
}

static void
turn(struct ev_loop *loop, ev_prepare *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	crew_turn(&self, session_count());
}

static void
run(int dirfd, unsigned int ready)
{
	static ev_signal term, intr;
	static ev_prepare prepare;
	static ev_io change;

	self.loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
	if (!self.loop)
		strerr_dief(111, "no event loop");
	ev_prepare_init(&prepare, turn);
	ev_prepare_start(self.loop, &prepare);
	self.policy = &policy;
	self.returns = queue_new(&self, "sock/returns");
	self.queue = queue_new(&self, "sock/queue");
	(void)queue_ready(self.queue);
	journal_start(&self, "sock/door/rejections");
	tls_start();
	keys_start(self.loop, "sock/tlskey");
	keys_want(policy_certificates(&policy));
	self.auth = authclient_new(self.loop, "sock/auth");
	ev_signal_init(&term, on_end, SIGTERM);
	ev_signal_init(&intr, on_end, SIGINT);
	ev_signal_start(self.loop, &term);
	ev_signal_start(self.loop, &intr);
	ev_io_init(&change, on_policy, watch_policy(), EV_READ);
	ev_io_start(self.loop, &change);
	listen_start(&self);
	shut_in(dirfd);
	take_policy(); /* it may have come before the watch */
	base_ready(ready);
	if (!ending)
		ev_run(self.loop, 0);
	journal_end();
}

int
main(int argc, char const *const *argv)
{
	const char *base;
	unsigned int ready;
	int dirfd;

	PROG = "dray-smtpd";
	mem_keep(KEEP);
	base = base_daemon(argc, argv, USAGE, &ready);
	dirfd = open_policy(base);
	listen_open(listeners, nlistener);
	take_user();
	keyhash_start();
	crowd_start();
	self.processes = self.limit.processes;
	(void)crew_split(self.processes, &ready);
	run(dirfd, ready);
	/* Not by way of what a library has registered: it is shut in, too. */
	_exit(0);
}
