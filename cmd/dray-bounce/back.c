#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-bounce/back.h"
#include "cmd/dray-bounce/child.h"
#include "common/base.h"
#include "common/dir.h"
#include "common/drop.h"
#include "common/mem.h"
#include "common/ruleset.h"

#define PAUSE 5 /* seconds until something is tried again */

struct file {
	char name[SPOOL_IDMAX + 1];
	enum back_fate fate;
};

static struct back back;
static int parent, watch;
static struct file files[BACK_BATCH];
static size_t nfile;
static struct stat keys_were;
static char keys_path[BASE_PATHMAX], log_path[BASE_PATHMAX];
static int again; /* something has to be tried again */
static int told; /* that was said */

static void
later(const char *what)
{
	if (!told)
		strerr_warnwusys(what, ", trying again later");
	told = again = 1;
}

/* Those of the policy, and the parser, which keeps a reference to them. */
static void
take_policy(struct back *b)
{
	struct report_options o = { .keys = &b->keys };
	struct rules *old = b->rules;
	const void *record;
	size_t n;

	policy_node(&b->policy, &b->node);
	if (policy_suppression(&b->policy, &b->rule) == -1 ||
	    policy_record(
		&b->policy, RULESET_KEY, strlen(RULESET_KEY), &record, &n) != 1)
		strerr_dief(100, "unable to use the policy");
	b->rules = ruleset_load(record, n);
	if (!b->rules)
		strerr_dief(100, "unable to use the rules of the policy");
	if (b->parser)
		report_close(b->parser);
	if (old)
		ruleset_free(old);
	o.rules = b->rules;
	b->parser = report_open(&o);
}

/* It may not read them again: it ends, and begins anew. */
static int
keys_changed(void)
{
	struct stat st;

	if (stat(keys_path, &st) == -1)
		return 0;
	return st.st_ino != keys_were.st_ino ||
	    st.st_mtim.tv_sec != keys_were.st_mtim.tv_sec ||
	    st.st_mtim.tv_nsec != keys_were.st_mtim.tv_nsec;
}

/* Without them nobody is believed. */
static void
load_keys(struct back *b)
{
	base_path(keys_path, b->base, "keys/token");
	(void)stat(keys_path, &keys_were);
	if (token_load_keys(&b->keys, keys_path) == -1)
		strerr_warnwusys("read ", keys_path,
		    ": nothing that comes back is attributed by its token");
}

static void
shut_in(const struct back *b)
{
	struct drop_dir dir[] = {
		{ b->fresh, DROP_DIR_READ | DROP_DIR_FROM },
		{ b->kept.dir, DROP_DIR_READ | DROP_DIR_INTO },
		{ b->policy_dir, DROP_DIR_READ },
		{ b->list_dir, DROP_DIR_READ },
	};

	drop_enter(&(struct drop){
	    .promises = DROP_LOCAL | DROP_DIRS | DROP_APPEND,
	    .dir = dir,
	    .ndir = sizeof dir / sizeof *dir - (b->list_dir == -1),
	});
}

/* -1: it stays where it is, and so does the rest for now. */
static int
read_one(struct back *b, const char *name)
{
	static struct back_mail m;
	struct file *f = &files[nfile];
	int r = backmail_read(b, name, &m);
	size_t n;

	if (r == -1 && errno == ENOENT)
		return 0; /* the operator may remove them */
	n = strnlen(name, SPOOL_IDMAX); /* it is an id */
	memcpy(f->name, name, n);
	f->name[n] = '\0';
	f->fate = BACK_KEEP;
	if (r == -1)
		strerr_warnwusys("read what came back, ", name);
	if (r != 1) {
		backcount(b, BACK_UNKNOWN);
	} else if (backtell(b, &m, &f->fate) == -1) {
		later("write to the suppression list");
		return -1;
	}
	backcount(b, BACK_MESSAGES);
	nfile++;
	return 0;
}

/* 1 there may be more, 0 */
static int
read_some(struct back *b)
{
	DIR *d = dir_read(b->fresh);
	struct dirent *e;
	struct spool_id id;
	int more = 0;

	nfile = 0;
	if (!d) {
		later("list what came back");
		return 0;
	}
	while (!more && (e = readdir(d))) {
		if (spool_idparse(e->d_name, &id) &&
		    read_one(b, e->d_name) == -1)
			break;
		more = nfile == BACK_BATCH;
	}
	closedir(d);
	return more;
}

/* Reading and writing as it is possible; -1 lost. */
static int
turn_log(struct logclient *l, int timeout)
{
	struct pollfd p[2] = { { .fd = -1 },
		{ .fd = parent, .events = POLLIN } };
	int r = logclient_flush(l);

	if (r == -1)
		return -1;
	p[0].fd = l->fd;
	p[0].events = (short)(POLLIN | (r == 0 ? POLLOUT : 0));
	(void)poll(p, 2, timeout);
	if (p[1].revents)
		_exit(0);
	if (p[0].revents & (POLLIN | POLLHUP | POLLERR))
		return logclient_read(l) == -1 ? -1 : 0;
	return 0;
}

/* Until all that was said is on disk, however long that takes: until then it
 * stays where it is. */
static void
wait_log(struct back *b)
{
	struct logclient *l = &b->log;
	int said = 0;

	while (logclient_durable(l) < l->seq) {
		if (logclient_connect(l) != 1) {
			if (!said)
				strerr_warnwusys("reach dray-log, what comes "
						 "back waits");
			said = 1;
			(void)turn_log(l, LOGCLIENT_PAUSE * 1000);
		} else if (turn_log(l, -1) == -1) {
			(void)turn_log(l, LOGCLIENT_PAUSE * 1000);
		}
	}
}

static int
sync_list(struct back *b)
{
	if (b->appended && suppress_sync(b->list) == -1) {
		later("sync the suppression list");
		return -1;
	}
	b->appended = 0;
	return 0;
}

static void
finish(struct back *b, const struct file *f)
{
	int r = 0;

	if (f->fate != BACK_REMOVE) {
		r = backkept_put(b, f->name, f->fate == BACK_KEEP_FORGED);
		if (r != -1)
			backcount(b, r ? BACK_PUT_BY : BACK_DROPPED);
	}
	if (r == 0)
		r = unlinkat(b->fresh, f->name, 0);
	if (r == -1 && errno != ENOENT)
		later("move what came back");
}

/* 1 there may be more */
static int
round_of(struct back *b)
{
	int more = read_some(b);
	size_t i;

	if (sync_list(b) == -1)
		return 0;
	wait_log(b);
	for (i = 0; i < nfile; i++)
		finish(b, &files[i]);
	if (backcount_due(b) == 0) {
		backevent_sums(b);
		wait_log(b);
	}
	return more;
}

/* Until something comes, or there is something to be done. */
static void
wait_for(struct back *b)
{
	int due = again ? PAUSE : backcount_due(b);
	struct pollfd p[2] = { { .fd = again ? -1 : watch, .events = POLLIN },
		{ .fd = parent, .events = POLLIN } };

	if (!again)
		told = 0;
	(void)poll(p, 2, due == -1 ? -1 : due * 1000);
	if (p[1].revents)
		_exit(0);
	again = 0;
	dir_watch_clear(watch);
}

static void
work(struct back *b)
{
	struct pollfd p = { .fd = parent, .events = POLLIN };

	while (poll(&p, 1, 0) != 1) {
		if (policy_renew(&b->policy))
			take_policy(b);
		if (keys_changed())
			strerr_dief(111, "the keys of tokens have changed");
		if (!round_of(b) || again)
			wait_for(b);
	}
	_exit(0);
}

/* Without it what comes back is only told.  A failure that may pass is no reason
 * for that. */
static void
open_list(struct back *b)
{
	if (b->list_dir != -1)
		b->list =
		    suppress_open(b->list_dir, SUPPRESS_WRITE | SUPPRESS_MAKE);
	else
		errno = ENOENT;
	if (b->list)
		return;
	if (errno != ENOENT && errno != EACCES && errno != EPERM)
		strerr_diefusys(111, "use the suppression list");
	strerr_warnwusys("use the suppression list: nobody is put there for "
			 "what comes back");
}

static void
run(void *arg, int to_parent)
{
	struct back *b = arg;
	const int keep[] = { b->fresh, b->policy_dir, b->list_dir, b->kept.dir,
		watch, to_parent };

	parent = to_parent;
	child_alone(keep, sizeof keep / sizeof *keep);
	signal(SIGPIPE, SIG_IGN);
	policy_start(&b->policy, b->base);
	open_list(b);
	load_keys(b);
	report_warm();
	b->octets = mem_alloc(BACK_OCTETS);
	base_path(log_path, b->base, "sock/log");
	logclient_init(&b->log, log_path);
	take_policy(b);
	shut_in(b);
	work(b);
}

static int
open_dir(const char *base, const char *name)
{
	char path[BASE_PATHMAX];

	base_path(path, base, name);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int
open_dirs(struct back *b)
{
	char path[BASE_PATHMAX];

	base_path(path, b->base, "spool/returns/kept");
	(void)mkdir(path, 0700); /* an instance may be older than it */
	b->fresh = open_dir(b->base, "spool/returns/new");
	b->kept.dir = open_dir(b->base, "spool/returns/kept");
	b->list_dir = open_dir(b->base, "suppress");
	base_path(path, b->base, "spool/returns/new");
	watch = dir_watch(path);
	b->policy_dir = base_dir(b->base, "policy");
	return b->fresh == -1 || b->kept.dir == -1 || watch == -1 ? -1 : 0;
}

static void
close_dirs(struct back *b)
{
	close(b->fresh);
	close(b->kept.dir);
	close(b->list_dir);
	close(b->policy_dir);
	close(watch);
}

int
back_start(const char *base)
{
	struct back *b = &back;
	int fd;

	b->base = base;
	if (open_dirs(b) == -1) {
		strerr_warnwusys("open spool/returns of ", base,
		    ": what comes back stays there (dray-setup makes it)");
		return -1;
	}
	fd = child_start(run, b);
	close_dirs(b);
	return fd;
}
