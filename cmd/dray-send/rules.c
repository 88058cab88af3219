#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/restream.h"
#include "cmd/dray-send/steer.h"
#include "cmd/dray-send/way.h"
#include "common/base.h"
#include "common/dir.h"
#include "common/json.h"
#include "common/mem.h"

/*
 * The files of overrides/.  Whenever one of them changes, the directory is
 * gone through, and files that are new or not as they were are read.  A file
 * that is none of ours is reported once, and means nothing; one that was good
 * and became malformed means what it meant, so that a slip while editing does
 * not set free what is paused.
 */
#define FILES_MAX 1000
#define SHOWN 100 /* in the statistics */

struct rules_now rules;

static struct rule *files; /* by name */
static int dir = -1;
static ev_io watcher;
static ev_timer expiry;
static uint64_t changed; /* bits of those that ended in this reading */
static int ischanged, toomany;
static int isbent; /* of rules.bends: 1 one began, 2 one ended */
static int isrouted; /* of rules.ways */
static int isrestreamed; /* of rules.streams */

static void
in_force(struct rule *u)
{
	static unsigned int bits;

	match_init(&u->match, &u->o.scope);
	u->inforce = 1;
	switch (u->o.action) {
	case OVERRIDE_PAUSE:
		u->bit = UINT64_C(1) << bits % 64;
		held_rule((uint8_t)(bits++ % 64), u->o.id);
		TAILQ_INSERT_TAIL(&rules.list, u, link);
		ischanged = 1;
		break;
	case OVERRIDE_REROUTE:
		TAILQ_INSERT_HEAD(&rules.ways, u, link);
		isrouted = 1;
		break;
	case OVERRIDE_RESTREAM:
		TAILQ_INSERT_HEAD(&rules.streams, u, link);
		u->target = UINT8_MAX;
		isrestreamed = 1;
		break;
	default:
		TAILQ_INSERT_TAIL(&rules.bends, u, link);
		isbent |= 1;
	}
}

static void
not_in_force(struct rule *u)
{
	if (!u->inforce)
		return;
	u->inforce = 0;
	switch (u->o.action) {
	case OVERRIDE_PAUSE:
		TAILQ_REMOVE(&rules.list, u, link);
		changed |= u->bit;
		ischanged = 1;
		break;
	case OVERRIDE_REROUTE:
		TAILQ_REMOVE(&rules.ways, u, link);
		isrouted = 1;
		break;
	case OVERRIDE_RESTREAM:
		TAILQ_REMOVE(&rules.streams, u, link);
		isrestreamed = 1;
		break;
	default:
		TAILQ_REMOVE(&rules.bends, u, link);
		isbent |= 2;
	}
}

/* After changes: destinations are looked at anew. */
static void
settle(void)
{
	if (ischanged) {
		rules.generation++;
		hold_release(changed);
	}
	if (isbent)
		bend_changed(isbent >> 1);
	if (isrouted)
		way_changed();
	if (isrestreamed)
		restream_changed();
	changed = 0;
	ischanged = isbent = isrouted = isrestreamed = 0;
}

struct rule *
rules_add(const struct scope *scope)
{
	struct rule *u = mem_alloc(sizeof *u);

	u->o.scope = *scope;
	in_force(u);
	settle();
	return u;
}

void
rules_del(struct rule *u)
{
	not_in_force(u);
	settle();
	free(u);
}

static void
forget(struct rule *u)
{
	if (u->bad)
		rules.bad--;
	else
		rules.n--;
	HASH_DEL(files, u);
	free(u);
}

/* The file is gone, or its time has come. */
static void
end_file(struct rule *u, const char *state)
{
	if (u->inforce)
		event_override(&u->o, state);
	not_in_force(u);
	forget(u);
}

/* Up to one octet more than a file may have, so that longer ones are seen.
 * -1 errno. */
static int
read_file(const char *name, stralloc *sa)
{
	int fd =
	    openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t r = -1;

	sa->len = 0;
	mem_check(stralloc_ready(sa, OVERRIDE_FILEMAX + 1));
	if (fd == -1)
		return -1;
	while (sa->len <= OVERRIDE_FILEMAX &&
	    (r = read(fd, sa->s + sa->len, OVERRIDE_FILEMAX + 1 - sa->len)) > 0)
		sa->len += (size_t)r;
	close(fd);
	return r == -1 ? -1 : 0;
}

static int
parse(const char *name, int regular, struct override *o, const char **why_r)
{
	stralloc sa = STRALLOC_ZERO;
	int r;

	*why_r = "its name cannot be an id";
	if (!override_idok(name))
		return -1;
	*why_r = "it is not a file";
	if (!regular)
		return -1;
	*why_r = "it cannot be read";
	r = read_file(name, &sa);
	if (r == 0)
		r = override_parse(o, sa.s, sa.len, why_r);
	stralloc_free(&sa);
	memcpy(o->id, name, r == 0 ? strlen(name) + 1 : 0);
	return r;
}

static int
same_file(const struct rule *u, const struct stat *st)
{
	return u->ino == st->st_ino && u->size == (uint64_t)st->st_size &&
	    memcmp(&u->mtime, &st->st_mtim, sizeof u->mtime) == 0 &&
	    memcmp(&u->ctime, &st->st_ctim, sizeof u->ctime) == 0;
}

static void
note_file(struct rule *u, const struct stat *st)
{
	u->ino = st->st_ino;
	u->size = (uint64_t)st->st_size;
	u->mtime = st->st_mtim;
	u->ctime = st->st_ctim;
}

static struct rule *
new_file(const char *name)
{
	struct rule *u;

	if (rules.n + rules.bad >= FILES_MAX) {
		if (!toomany++)
			strerr_warnw("there are too many overrides, "
				     "not all are in force");
		return NULL;
	}
	u = mem_alloc(sizeof *u);
	memcpy(u->name, name, strlen(name) + 1);
	u->bad = 1;
	rules.bad++;
	HASH_ADD_STR(files, name, u);
	return u;
}

static int
has_expired(const struct override *o)
{
	return o->expires && o->expires <= (uint64_t)ev_now(self.loop);
}

/* A file that is new, or not as it was. */
static void
take_file(struct rule *u, const struct stat *st)
{
	struct override *o = mem_alloc(sizeof *o);
	const char *why;

	note_file(u, st);
	if (parse(u->name, S_ISREG(st->st_mode), o, &why) == -1) {
		strerr_warnw("override ",
		    override_idok(u->name) ? u->name : "(odd name)",
		    u->bad ? " is not in force: " : " stays as it was: ", why);
	} else {
		not_in_force(u);
		if (u->bad) {
			rules.bad--;
			rules.n++;
		}
		u->bad = 0;
		u->o = *o;
		if (!has_expired(&u->o)) {
			in_force(u);
			event_override(&u->o, "begin");
		}
	}
	free(o);
}

static void
look_at(const char *name)
{
	struct rule *u;
	struct stat st;

	if (strlen(name) >= sizeof u->name ||
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	HASH_FIND_STR(files, name, u);
	if (u && same_file(u, &st)) {
		u->seen = 1;
		return;
	}
	if (!u)
		u = new_file(name);
	if (!u)
		return;
	take_file(u, &st);
	u->seen = 1;
}

/* The file of an override whose time has come goes too, so that ls shows what
 * is in force.  Not one that was changed at this moment. */
static void
end_expired(struct rule *u)
{
	struct stat st;

	if (fstatat(dir, u->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    same_file(u, &st) && unlinkat(dir, u->name, 0) == -1 &&
	    errno != ENOENT && u->inforce)
		strerr_warnwusys(
		    "remove the override ", u->name, ", which has expired");
	if (u->inforce)
		event_override(&u->o, "expired");
	not_in_force(u);
}

static void
on_expiry(struct ev_loop *loop, ev_timer *w, int revents)
{
	(void)loop;
	(void)w;
	(void)revents;
	rules_read();
}

static uint64_t
first_end(const struct rules *list, uint64_t first)
{
	const struct rule *u;

	TAILQ_FOREACH (u, list, link)
		if (u->o.expires && u->o.expires < first)
			first = u->o.expires;
	return first;
}

static void
set_timer(void)
{
	uint64_t first = first_end(&rules.list, UINT64_MAX);
	ev_tstamp in;

	first = first_end(&rules.bends, first);
	first = first_end(&rules.ways, first);
	first = first_end(&rules.streams, first);
	ev_timer_stop(self.loop, &expiry);
	if (first == UINT64_MAX)
		return;
	/* Not longer than an hour: the clock may be set. */
	in = (ev_tstamp)first - ev_now(self.loop);
	ev_timer_set(&expiry, in > 3600 ? 3600 : in > 0 ? in : 0, 0);
	ev_timer_start(self.loop, &expiry);
}

static int
go_through(void)
{
	DIR *d = dir_read(dir);
	struct dirent *e;
	int error;

	if (!d)
		return -1;
	errno = 0;
	while ((e = readdir(d)) && errno == 0) {
		if (e->d_name[0] != '.')
			look_at(e->d_name);
		errno = 0;
	}
	error = errno;
	closedir(d);
	errno = error;
	return error ? -1 : 0;
}

void
rules_read(void)
{
	struct rule *u, *next;
	int whole;

	if (dir == -1)
		return;
	toomany = toomany && rules.n + rules.bad >= FILES_MAX;
	HASH_ITER (hh, files, u, next)
		u->seen = 0;
	whole = go_through() == 0;
	if (!whole)
		strerr_warnwusys("read the overrides, they stay as they were");
	HASH_ITER (hh, files, u, next) {
		if (whole && !u->seen)
			end_file(u, "end");
		else if (!u->bad && has_expired(&u->o))
			end_expired(u);
	}
	settle();
	set_timer();
}

static void
on_change(struct ev_loop *loop, ev_io *w, int revents)
{
	(void)loop;
	(void)revents;
	dir_watch_clear(w->fd);
	rules_read();
}

static void
put_rules(stralloc *sa, const struct rules *list, unsigned int *n)
{
	const struct rule *u;

	TAILQ_FOREACH (u, list, link) {
		if (!*u->name || (*n)++ >= SHOWN)
			continue;
		json_obj(sa, NULL);
		override_json(sa, &u->o);
		json_end(sa);
	}
}

void
rules_put(stralloc *sa)
{
	unsigned int n = 0;

	json_arr(sa, "overrides");
	put_rules(sa, &rules.list, &n);
	put_rules(sa, &rules.bends, &n);
	put_rules(sa, &rules.ways, &n);
	put_rules(sa, &rules.streams, &n);
	json_arrend(sa);
	json_u64(sa, "overrides_in_force", n);
	json_u64(sa, "overrides_malformed", rules.bad);
}

/* An instance that was made before there were overrides gets the directory,
 * if we may. */
void
rules_start(void)
{
	char path[BASE_PATHMAX];
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	TAILQ_INIT(&rules.list);
	TAILQ_INIT(&rules.bends);
	TAILQ_INIT(&rules.ways);
	TAILQ_INIT(&rules.streams);
	ev_timer_init(&expiry, on_expiry, 0, 0);
	base_path(path, self.base, "overrides");
	if (mkdir(path, 0755) == -1 && errno != EEXIST && errno != EACCES)
		strerr_warnwusys("make ", path);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1) {
		strerr_warnwusys("open ", path, ", none is in force");
		return;
	}
	if (fd == -1 ||
	    inotify_add_watch(fd, path,
		IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CLOSE_WRITE |
		    IN_ATTRIB) == -1) {
		strerr_warnwusys("watch the overrides");
	} else {
		ev_io_init(&watcher, on_change, fd, EV_READ);
		ev_io_start(self.loop, &watcher);
	}
	rules_read();
}
