/*
 * dray-log - makes events durable.  See dray-log(8).
 *
 * It promises that a line which it has acknowledged is on disk, and that no
 * part of a line is ever followed by another one.  It is in one of these
 * states:
 *
 *   idle        all is acknowledged; waits for clients, no timer runs
 *   collecting  lines are in the file, but the last sync is less than PACE ago:
 *               goes on reading, and looks at the clients only every SLICE, so
 *               that a busy one costs few wake-ups
 *   stuck       the disk is full, or fails: nobody is read from, and another
 *               attempt is made every PAUSE.  What has come is kept
 *
 * Timing: a line that comes in idleness is synced at once.  Under load there is
 * one sync every PACE, so that a line is durable PACE and one sync after it
 * came.  All clients are acknowledged after it.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/selfpipe.h>
#include <skalibs/strerr.h>

#include "cmd/dray-log/archive.h"
#include "cmd/dray-log/clients.h"
#include "cmd/dray-log/logfile.h"
#include "cmd/dray-log/options.h"
#include "common/base.h"
#include "common/sock.h"

#define PACE 100 /* milliseconds between syncs */
#define SLICE 4
#define PAUSE 1000
#define BUFMAX (4u << 20) /* octets taken in before they are written */
#define OTHERS 3 /* descriptors that are watched besides the clients */

struct logd {
	struct options o;
	struct logfile file;
	struct archive archive;
	struct clients clients;
	stralloc buf; /* lines that are not in the file yet */
	int signals;
	int listener[2]; /* sock/log, and the door */
	int stuck; /* nothing can be written now */
	int told; /* and that was reported */
	int abandon; /* the file has to be replaced */
	int deaf; /* the system refused a new client */
	int rotate; /* asked for by a signal */
	int ending;
	uint64_t synced; /* when, in milliseconds */
	uint64_t hold; /* no attempt to rotate before */
};

static uint64_t
clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Trouble is told once, and its end too. */
static void
trouble(struct logd *d, const char *what)
{
	if (!d->told)
		strerr_warnwusys(
		    what, "; no event is accepted until this is mended");
	d->stuck = d->told = 1;
}

static void
all_is_well(struct logd *d)
{
	if (d->told)
		strerr_warni("the log can be written again");
	d->told = 0;
}

static int
unfinished(const struct logd *d)
{
	return d->buf.len || logfile_dirty(&d->file);
}

static int
time_to_sync(const struct logd *d)
{
	return d->ending || clock_ms(CLOCK_MONOTONIC) - d->synced >= PACE;
}

static void
rotate(struct logd *d)
{
	if (logfile_rotate(&d->file) == -1) {
		strerr_warnwusys("rotate the log; will try again in a minute");
		d->hold = clock_ms(CLOCK_MONOTONIC) + 60000;
		return;
	}
	archive_prune(&d->archive);
	archive_start(&d->archive);
}

static void
rotate_if_due(struct logd *d)
{
	uint64_t now = clock_ms(CLOCK_REALTIME) * 1000;

	if (d->rotate || clock_ms(CLOCK_MONOTONIC) >= d->hold) {
		if (logfile_due(
			&d->file, d->rotate ? 0 : d->o.size, d->o.age, now))
			rotate(d);
	}
	d->rotate = 0;
}

/* After a failed sync the kernel may have thrown away what it could not write,
 * and the next sync would not tell.  So nothing of it is acknowledged, the file
 * is left alone, and the clients send again. */
static void
abandon(struct logd *d)
{
	clients_drop(&d->clients);
	d->buf.len = 0;
	d->abandon = logfile_abandon(&d->file) == -1;
}

static void
sync_log(struct logd *d)
{
	if (logfile_sync(&d->file) == -1) {
		trouble(d, "sync the log");
		abandon(d);
		return;
	}
	d->synced = clock_ms(CLOCK_MONOTONIC);
	if (d->buf.len)
		return;
	all_is_well(d);
	clients_acknowledge(&d->clients);
	rotate_if_due(d);
}

/* Writes what came; syncs and acknowledges if it is time. */
static void
write_log(struct logd *d)
{
	d->stuck = 0;
	if (d->abandon)
		abandon(d);
	if (d->abandon)
		trouble(d, "begin a new log file");
	else if (d->buf.len &&
	    logfile_append(&d->file, &d->buf, d->o.minfree) == -1)
		trouble(d, "write the log");
	if (!d->abandon && logfile_dirty(&d->file) && time_to_sync(d))
		sync_log(d);
}

static void
take_signals(struct logd *d)
{
	int s;

	while ((s = selfpipe_read()) > 0) {
		if (s == SIGCHLD)
			archive_reap(&d->archive);
		else if (s == SIGALRM || s == SIGHUP)
			d->rotate = 1;
		else
			d->ending = 1;
	}
	if (s == -1)
		strerr_diefusys(111, "read signals");
}

/* Milliseconds until something has to be done, -1 nothing. */
static int
patience(const struct logd *d)
{
	uint64_t since;

	if (d->stuck)
		return PAUSE;
	if (d->rotate)
		return 0;
	if (unfinished(d)) {
		since = clock_ms(CLOCK_MONOTONIC) - d->synced;
		return since >= PACE ? 0 : (int)(PACE - since);
	}
	return d->deaf ? PAUSE : -1;
}

/* While a sync is not due yet, lets the clients' sockets fill. */
static int
nap(struct logd *d, int wait)
{
	struct pollfd p = { d->signals, POLLIN, 0 };

	if (!unfinished(d) || d->stuck || wait <= 0)
		return wait;
	poll(&p, 1, wait < SLICE ? wait : SLICE);
	return 0;
}

static int
may_read(const struct logd *d)
{
	return !d->stuck && d->buf.len < BUFMAX;
}

static unsigned int
watch(struct logd *d, struct pollfd *p, unsigned int *slot)
{
	int reading = may_read(d);
	unsigned int i, n = OTHERS;

	p[0].fd = d->signals;
	for (i = 0; i < 2; i++)
		p[i + 1].fd = clients_room(&d->clients, (int)i) && !d->deaf
		    ? d->listener[i]
		    : -1;
	p[0].events = p[1].events = p[2].events = POLLIN;
	for (i = 0; i < CLIENTS_MAX; i++) {
		if (d->clients.slot[i].f.fd == -1)
			continue;
		slot[n] = i;
		p[n].fd = d->clients.slot[i].f.fd;
		p[n].events = reading ? POLLIN : 0;
		if (frame_pending(&d->clients.slot[i].f))
			p[n].events |= POLLOUT;
		/* A hang-up is always told; while nobody is read it would be
		 * told all the time. */
		if (!p[n].events)
			p[n].fd = -1;
		n++;
	}
	return n;
}

static void
serve_client(struct logd *d, unsigned int i, int revents)
{
	struct frame *f = &d->clients.slot[i].f;

	if ((revents & ~POLLIN) && frame_pending(f))
		clients_write(&d->clients, i);
	if ((revents & ~POLLOUT) && f->fd != -1 && may_read(d))
		clients_read(&d->clients, i, &d->buf);
}

static void
turn(struct logd *d)
{
	static struct pollfd p[CLIENTS_MAX + OTHERS];
	static unsigned int slot[CLIENTS_MAX + OTHERS];
	int wait = nap(d, patience(d));
	unsigned int i, n;

	n = watch(d, p, slot);
	if (poll(p, n, wait) == -1) {
		if (errno != EINTR)
			strerr_diefusys(111, "poll");
		return;
	}
	d->deaf = 0;
	if (p[0].revents)
		take_signals(d);
	for (i = OTHERS; i < n; i++)
		if (p[i].revents)
			serve_client(d, slot[i], p[i].revents);
	for (i = 0; i < 2; i++)
		if (p[i + 1].revents)
			d->deaf |= clients_accept(&d->clients, d->listener[i],
				       (int)i) == -1;
	if (unfinished(d) || d->stuck)
		write_log(d);
	if (d->rotate && !unfinished(d) && !d->stuck)
		rotate_if_due(d);
}

/* A lock of the kind that a child does not inherit: one that outlives us must
 * not keep the next dray-log away. */
static void
lock_log(int dir, const char *path)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd;

	fd = openat(
	    dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		strerr_diefusys(111, "open file lock in ", path);
	if (fcntl(fd, F_SETLK, &l) == -1)
		strerr_diefusys(
		    111, "lock (is another dray-log running?) ", path);
}

static void
open_log(struct logd *d)
{
	char path[BASE_PATHMAX];

	base_path(path, d->o.base, "log");
	d->file.dir = base_dir(d->o.base, "log");
	lock_log(d->file.dir, path);
	if (logfile_open(&d->file, d->file.dir) == -1)
		strerr_diefusys(111, "open or begin the log in ", path);
	d->archive.dir = d->file.dir;
	d->archive.pack = d->o.pack;
	d->archive.files = d->o.files;
	d->archive.total = d->o.total;
	archive_prune(&d->archive);
}

/* We have the lock, so whoever has the socket is on its way out. */
static int
listen_at(const struct logd *d, const char *name)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, d->o.base, name);
	unlink(path);
	fd = sock_listen(path, 0660);
	if (fd == -1)
		strerr_diefusys(111, "listen on ", path);
	return fd;
}

/* The group of the directory, which the socket gets, is that of who may
 * connect; dray-setup sees to that. */
static void
make_door(const struct logd *d)
{
	char path[BASE_PATHMAX];

	base_path(path, d->o.base, "sock/door");
	if (mkdir(path, 0750) == -1 && errno != EEXIST)
		strerr_diefusys(111, "make ", path);
}

static void
start(struct logd *d)
{
	static const int caught[] = { SIGTERM, SIGINT, SIGHUP, SIGALRM,
		SIGCHLD };
	size_t i;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	d->signals = selfpipe_init();
	if (d->signals == -1)
		strerr_diefusys(111, "watch for signals");
	for (i = 0; i < sizeof caught / sizeof *caught; i++)
		if (selfpipe_trap(caught[i]) == 0)
			strerr_diefusys(111, "watch for a signal");
	d->listener[0] = listen_at(d, "sock/log");
	make_door(d);
	d->listener[1] = listen_at(d, "sock/door/rejections");
}

int
main(int argc, char const *const *argv)
{
	static struct logd d;

	PROG = "dray-log";
	umask(027);
	options_read(&d.o, argc, argv);
	clients_init(&d.clients);
	base_files();
	open_log(&d);
	start(&d);
	archive_start(&d.archive);
	base_ready(d.o.ready);
	while (!d.ending)
		turn(&d);
	write_log(&d);
	archive_stop(&d.archive);
	return 0;
}
