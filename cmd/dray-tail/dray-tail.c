/*
 * dray-tail - follows the log.  See dray-tail(1).
 *
 * What was written to standard output is passed; the cursor is saved after
 * that, at most once in SAVE_MS and before it waits for longer.  So a line may be
 * written twice after a crash, but none is left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-tail/cursor.h"
#include "common/logread.h"
#include "common/base.h"

#define USAGE "dray-tail [-af] [-b base] [-c file] [-n lines]"
#define SAVE_MS 1000

struct tail {
	const char *base;
	const char *cursor;
	int all, follow, counted;
	uint64_t n;
	int inotify;
	int unsaved;
	uint64_t saved; /* when, in milliseconds */
	struct logread s;
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
put(const char *s, size_t len)
{
	if (allwrite(1, s, len) < len)
		strerr_diefusys(111, "write output");
}

/* If standard output is a file, what the cursor leaves behind has to be on
 * disk. */
static void
save(struct tail *t)
{
	if (!t->cursor || !t->unsaved)
		return;
	if (fdatasync(1) == -1 && errno != EINVAL && errno != EROFS)
		strerr_diefusys(111, "sync output");
	if (cursor_save(t->cursor, t->s.id, t->s.offset) == -1)
		strerr_diefusys(111, "save cursor ", t->cursor);
	t->unsaved = 0;
	t->saved = now_ms();
}

static void
die_reading(const struct tail *t)
{
	if (errno == EBADMSG)
		strerr_dief(111, "unable to read all of ", t->s.id,
		    ".log.zst: it is damaged, or zstd is not installed");
	strerr_diefusys(111, "read the log of ", t->base);
}

/* 1 if the place is that of a cursor. */
static int
start_at_cursor(struct tail *t)
{
	char id[LOGNAME_ID + 1];
	uint64_t offset;
	int r = t->cursor ? cursor_load(t->cursor, id, &offset) : 0;

	if (r == -1 && errno == EPROTO)
		strerr_dief(100, t->cursor, " is not a cursor");
	if (r == -1)
		strerr_diefusys(111, "read cursor ", t->cursor);
	if (r == 0)
		return 0;
	r = logread_seek(&t->s, id, offset);
	if (r == -1)
		die_reading(t);
	if (r == 0)
		strerr_warnw("the log does not go back to the cursor: lines "
			     "may be missing, or come again");
	return 1;
}

static void
start(struct tail *t)
{
	if (start_at_cursor(t))
		return;
	if (t->all || (t->cursor && !t->counted))
		return;
	if (logread_last(&t->s, t->n) == -1)
		die_reading(t);
	t->unsaved = 1;
}

/* Until something happens in the directory, or the reader of the output goes,
 * or the cursor has to be saved. */
static void
wait_for_more(struct tail *t)
{
	struct pollfd p[2] = { { t->inotify, POLLIN, 0 }, { 1, 0, 0 } };
	char b[4096];
	uint64_t since = now_ms() - t->saved;
	int wait = -1;

	if (t->cursor && t->unsaved && since >= SAVE_MS)
		save(t);
	if (t->cursor && t->unsaved)
		wait = (int)(SAVE_MS - since);
	if (poll(p, 2, wait) == -1 && errno != EINTR)
		strerr_diefusys(111, "poll");
	if (p[1].revents & (POLLERR | POLLHUP | POLLNVAL)) {
		errno = EPIPE;
		strerr_diefusys(111, "write output");
	}
	if (p[0].revents & POLLIN)
		while (read(t->inotify, b, sizeof b) > 0)
			;
}

static void
run(struct tail *t)
{
	const char *p;
	size_t n;
	int r;

	for (;;) {
		r = logread_read(&t->s, &p, &n);
		if (r == -1)
			die_reading(t);
		if (r == 1) {
			put(p, n);
			logread_done(&t->s, n);
			t->unsaved = 1;
			if (now_ms() - t->saved >= SAVE_MS)
				save(t);
		} else if (t->follow) {
			wait_for_more(t);
		} else {
			break;
		}
	}
	save(t);
}

static void
open_log(struct tail *t)
{
	char path[BASE_PATHMAX];

	base_path(path, t->base, "log");
	logread_init(&t->s, base_dir(t->base, "log"));
	if (!t->follow)
		return;
	t->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (t->inotify == -1 ||
	    inotify_add_watch(
		t->inotify, path, IN_MODIFY | IN_CREATE | IN_MOVED_TO) == -1)
		strerr_diefusys(111, "watch ", path);
}

static void
take(struct tail *t, int opt, const char *arg)
{
	if (opt == 'a')
		t->all = 1;
	else if (opt == 'f')
		t->follow = 1;
	else if (opt == 'b')
		t->base = arg;
	else if (opt == 'c')
		t->cursor = arg;
	else if (opt == 'n' && uint640_scan(arg, &t->n))
		t->counted = 1;
	else
		strerr_dieusage(100, USAGE);
}

int
main(int argc, char const *const *argv)
{
	static struct tail t;
	subgetopt l = SUBGETOPT_ZERO;
	int opt;

	PROG = "dray-tail";
	t.base = base_default();
	t.n = 10;
	while ((opt = subgetopt_r(argc, argv, "afb:c:n:", &l)) != -1)
		take(&t, opt, l.arg);
	if (l.ind != argc || (t.all && t.counted))
		strerr_dieusage(100, USAGE);
	signal(SIGPIPE, SIG_IGN);
	open_log(&t);
	start(&t);
	run(&t);
	return 0;
}
