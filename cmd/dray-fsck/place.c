#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/dray-fsck/fsck.h"
#include "common/daycount.h"
#include "common/dir.h"
#include "common/regain.h"
#include "common/spool.h"

#define OTHERS_WRITE (S_IWGRP | S_IWOTH)

typedef void look_fn(struct fsck *k, int fd, const struct stat *st);

struct place {
	const char *name;
	enum { LEFTOVER, QUEUE, FREE, ASIDE, EMPTY, LEDGERS, KEPT } holds;
	look_fn *look; /* of QUEUE */
	const char *also; /* where the same name must not be */
	int shared; /* with the group of dray-bounce */
	int late; /* it comes when it is needed */
	int own; /* of dray-bounce, and what is in it */
};

static const struct place places[] = {
	{ "tmp", LEFTOVER, NULL, NULL, 0, 0, 0 },
	{ "new", QUEUE, bundle_look, "cur", 0, 0, 0 },
	{ "cur", QUEUE, bundle_look, NULL, 0, 0, 0 },
	{ "free", FREE, NULL, NULL, 0, 0, 0 },
	{ "bad", ASIDE, NULL, NULL, 1, 0, 0 },
	{ "bounce", EMPTY, NULL, NULL, 0, 0, 0 },
	{ "bounce/tmp", LEFTOVER, NULL, NULL, 0, 0, 0 },
	{ "bounce/new", QUEUE, notice_look, "bounce/cur", 1, 0, 0 },
	{ "bounce/cur", QUEUE, notice_look, NULL, 1, 0, 0 },
	{ "campaigns", LEDGERS, NULL, NULL, 0, 1, 0 },
	{ "returns", EMPTY, NULL, NULL, 0, 1, 1 },
	{ "returns/tmp", LEFTOVER, NULL, NULL, 0, 1, 1 },
	{ "returns/new", QUEUE, return_look, NULL, 0, 1, 1 },
	{ "returns/kept", KEPT, NULL, NULL, 0, 1, 1 },
};

/* Gone: it was there a moment ago, and may be when a daemon runs (-f). */
static int
gone(struct fsck *k)
{
	if (errno != ENOENT)
		say_unread(k);
	return -1;
}

static void
look_mode(struct fsck *k, const struct stat *st, mode_t never)
{
	if (st->st_mode & never)
		say(k, "others may write to it (mode %04o)",
		    (unsigned int)st->st_mode & 07777);
	if (st->st_uid != k->owner)
		say(k, "its owner is uid %lu, not that of the spool",
		    (unsigned long)st->st_uid);
}

/* O_NONBLOCK: it may be a fifo by now. */
static int
open_file(struct fsck *k, int dir, struct stat *st)
{
	int fd = openat(
	    dir, k->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd == -1)
		return gone(k);
	if (fstat(fd, st) == 0)
		return fd;
	say_unread(k);
	close(fd);
	return -1;
}

static void
look_queue(struct fsck *k, const struct place *p, int spool, int dir)
{
	char also[SPOOL_IDMAX + 20];
	struct spool_id id;
	struct stat st;
	int fd;

	if (!spool_idparse(k->name, &id)) {
		say(k, "not the name of a %s, nobody takes it",
		    p->own ? "message that came back" : "bundle");
		return;
	}
	fd = open_file(k, dir, &st);
	if (fd == -1)
		return;
	look_mode(k, &st, OTHERS_WRITE);
	p->look(k, fd, &st);
	close(fd);
	if (!p->also)
		return;
	snprintf(also, sizeof also, "%s/%s", p->also, k->name);
	if (faccessat(spool, also, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		say(k, "it is in %s/ too", p->also);
}

/* A file that is written over must not be another one under a second name.  It
 * may hold a bundle that gets its name at the next start (regain.h). */
static void
look_free(struct fsck *k, int dir)
{
	char id[SPOOL_IDMAX + 1];
	const char *name = k->name;
	struct spool_id parsed;
	struct stat st;
	int fd = open_file(k, dir, &st), r = 0;

	if (fd == -1)
		return;
	look_mode(k, &st, OTHERS_WRITE);
	if (st.st_nlink != 1)
		say(k, "it has %lu names", (unsigned long)st.st_nlink);
	if (spool_idparse(name, &parsed))
		r = regain_is(fd, name, id);
	if (r == -1)
		say_unread(k);
	if (r == 1) {
		k->name = id;
		bundle_look(k, fd, &st);
		k->name = name;
	}
	k->reusable += r == 0;
	close(fd);
}

/* One that was not finished begins with a dot. */
static void
look_ledger(struct fsck *k, int dir)
{
	struct stat st;
	int fd;

	if (k->name[0] == '.') {
		k->leftover++;
		return;
	}
	fd = open_file(k, dir, &st);
	if (fd == -1)
		return;
	look_mode(k, &st, OTHERS_WRITE);
	campaign_look(k, fd, &st);
	close(fd);
}

static void
look_entry(struct fsck *k, const struct place *p, int spool, int dir)
{
	struct stat st;

	if (fstatat(dir, k->name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		(void)gone(k);
		return;
	}
	if (p->holds == EMPTY) {
		if (!S_ISDIR(st.st_mode))
			say(k, "does not belong here");
		return;
	}
	if (!S_ISREG(st.st_mode)) {
		say(k, "not a file");
		return;
	}
	switch (p->holds) {
	case QUEUE:
		look_queue(k, p, spool, dir);
		break;
	case FREE:
		look_free(k, dir);
		break;
	case LEDGERS:
		look_ledger(k, dir);
		break;
	case KEPT:
		k->kept++;
		break;
	case ASIDE:
		k->aside++;
		say(k, "something damaged was set aside");
		break;
	default:
		k->leftover++;
	}
}

static void
look_entries(struct fsck *k, const struct place *p, int spool, int dir)
{
	DIR *d = dir_read(dir);
	struct dirent *e;

	if (!d) {
		say_unread(k);
		return;
	}
	while (errno = 0, (e = readdir(d))) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		k->name = e->d_name;
		look_entry(k, p, spool, dir);
	}
	k->name = NULL;
	if (errno)
		say_unread(k);
	closedir(d);
}

static void
look_place(struct fsck *k, const struct place *p, int spool)
{
	struct stat st;
	int fd;

	k->dir = p->name;
	fd = openat(
	    spool, p->name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1 && errno == ENOENT) {
		if (!p->late)
			say(k, "there is no such directory");
	} else if (fd == -1 && (errno == ENOTDIR || errno == ELOOP)) {
		say(k, "not a directory");
	} else if (fd == -1 || fstat(fd, &st) == -1) {
		say_unread(k);
	} else {
		if (p->own && !strchr(p->name, '/'))
			k->owner = st.st_uid;
		look_mode(k, &st, p->shared ? S_IWOTH : OTHERS_WRITE);
		if ((st.st_mode & S_IRWXU) != S_IRWXU)
			say(k, "its owner may not use it (mode %04o)",
			    (unsigned int)st.st_mode & 07777);
		look_entries(k, p, spool, fd);
	}
	if (fd != -1)
		close(fd);
}

/* The gauge comes with the first start of dray-send. */
static void
look_special(struct fsck *k, int spool, const char *name, mode_t type,
    const char *what, int needed)
{
	struct stat st;

	k->dir = name;
	if (fstatat(spool, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		if (errno != ENOENT)
			say_unread(k);
		else if (needed)
			say(k, "there is no such %s", what);
	} else if ((st.st_mode & S_IFMT) != type) {
		say(k, "not a %s", what);
	} else {
		look_mode(k, &st, OTHERS_WRITE);
	}
}

/* It comes with the first limit of a day.  What was to take its place is no
 * finding. */
static void
look_daily(struct fsck *k, int spool)
{
	struct stat st;
	int fd;

	look_special(k, spool, DAYCOUNT_FILE, S_IFREG, "file", 0);
	if (fstatat(spool, DAYCOUNT_FILE, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    !S_ISREG(st.st_mode))
		return;
	k->name = DAYCOUNT_FILE;
	k->dir = "spool";
	fd = open_file(k, spool, &st);
	if (fd != -1) {
		daily_look(k, fd, &st);
		close(fd);
	}
	k->name = NULL;
}

void
place_all(struct fsck *k, int spool)
{
	struct stat st;
	size_t i;

	k->dir = "spool";
	k->name = NULL;
	k->msg = -1;
	if (fstat(spool, &st) == -1) {
		say_unread(k);
		return;
	}
	k->owner = st.st_uid;
	look_mode(k, &st, OTHERS_WRITE);
	look_special(k, spool, "trigger", S_IFIFO, "fifo", 1);
	look_special(k, spool, "gauge", S_IFREG, "file", 0);
	look_daily(k, spool);
	for (i = 0; i < sizeof places / sizeof *places; i++)
		look_place(k, &places[i], spool);
}
