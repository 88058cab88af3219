#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/allreadwrite.h>
#include <skalibs/strerr.h>

#include "cmd/dray-bounce/dsn.h"
#include "cmd/dray-bounce/group.h"
#include "cmd/dray-bounce/work.h"
#include "common/base.h"
#include "common/bundle.h"
#include "common/dir.h"
#include "common/drop.h"
#include "common/mem.h"

#define STREAM "notices"

static int
open_dir(struct work *w, const char *name)
{
	char path[BASE_PATHMAX];

	w->where = name;
	base_path(path, w->base, name);
	return open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* bad/ may be written to, but not read. */
static int
open_bad(struct work *w)
{
	char path[BASE_PATHMAX];

	w->where = "spool/bad";
	base_path(path, w->base, "spool/bad");
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

int
work_open(struct work *w, const char *base)
{
	TAILQ_INIT(&w->files);
	w->base = base;
	w->fresh = open_dir(w, "spool/bounce/new");
	if (w->fresh == -1)
		return -1;
	w->cur = open_dir(w, "spool/bounce/cur");
	if (w->cur == -1)
		return -1;
	w->bad = open_bad(w);
	if (w->bad == -1)
		return -1;
	w->where = "spool/bounce/cur";
	return flock(w->cur, LOCK_EX | LOCK_NB);
}

void
work_shut_in(struct work *w, int policy)
{
	const struct drop_dir dir[] = {
		{ w->fresh, DROP_DIR_READ | DROP_DIR_FROM },
		{ w->cur, DROP_DIR_READ | DROP_DIR_FROM | DROP_DIR_INTO },
		{ w->bad, DROP_DIR_INTO },
		{ policy, DROP_DIR_READ },
	};

	drop_enter(&(struct drop){
	    .promises = DROP_LOCAL | DROP_DIRS,
	    .dir = dir,
	    .ndir = sizeof dir / sizeof *dir,
	});
}

static int
is_listed(const struct work *w, const char *name)
{
	const struct file *f;

	TAILQ_FOREACH (f, &w->files, link)
		if (strcmp(f->name, name) == 0)
			return 1;
	return 0;
}

static void
list(struct work *w, const char *name)
{
	struct file *f = mem_alloc(sizeof *f);

	memcpy(f->name, name, strlen(name) + 1);
	TAILQ_INSERT_TAIL(&w->files, f, link);
	w->nfile++;
}

/* Only files: what else is there stays, and dray-fsck tells of it. */
static int
is_file(int dir, const char *name)
{
	struct spool_id id;
	struct stat st;

	return spool_idparse(name, &id) &&
	    fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISREG(st.st_mode);
}

/* Those of one directory; from new/ they move first.  One that cannot be
 * moved does not keep the others. */
static int
take_from(struct work *w, int dir)
{
	DIR *d = dir_read(dir);
	struct dirent *e;
	int error = 0, full = 0;

	if (!d)
		return -1;
	while (!full && (e = readdir(d))) {
		if (!is_file(dir, e->d_name) || is_listed(w, e->d_name))
			continue;
		full = w->nfile == WORK_MAX;
		if (full)
			break;
		if (dir == w->cur || spool_move(dir, w->cur, e->d_name) == 0)
			list(w, e->d_name);
		else if (errno != ENOENT)
			error = errno;
	}
	closedir(d);
	errno = error;
	return error ? -1 : full;
}

int
work_take(struct work *w, int all)
{
	int r = all ? take_from(w, w->cur) : 0;

	return r == 0 ? take_from(w, w->fresh) : r;
}

static void
forget(struct work *w, struct file *f)
{
	TAILQ_REMOVE(&w->files, f, link);
	w->nfile--;
	free(f->done);
	free(f);
}

/* What comes again and again is said once. */
static void
later(struct work *w, const char *what, const char *why)
{
	if (!w->told)
		strerr_warnw(what, why, ", trying again later");
	w->told = 1;
	w->again = 1;
}

/* A notice is in the queue, or it will not be. */
static void
settle(struct file *f, size_t group)
{
	if (f->done[group])
		return;
	f->done[group] = 1;
	f->left--;
}

static void
take_verdict(struct work *w)
{
	struct queueclient_verdict v;
	struct sent *s = &w->sent[w->first];

	if (queueclient_verdict(w->queue, &v) == -1) {
		later(w, "lost dray-queued: ", strerror(errno));
		queueclient_close(w->queue);
		w->queue = NULL;
		w->nsent = 0;
		return;
	}
	w->first = (w->first + 1) % QUEUECLIENT_AHEAD;
	w->nsent--;
	if (v.code == 'T') {
		later(w, "a notice is refused for the time being: ", v.text);
		return;
	}
	if (v.code == 'P') {
		s->file->isbad = 1;
		strerr_warnw("a notice of ", s->file->name,
		    " is refused for good: ", v.status, " ", v.text);
	}
	settle(s->file, s->group);
}

static void
drain(struct work *w)
{
	while (w->queue && w->nsent)
		take_verdict(w);
}

/* As a whole; -1 errno. */
static int
read_file(struct work *w, const char *name, stralloc *text)
{
	int fd = openat(
	    w->cur, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct stat st;
	size_t n;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    (uint64_t)st.st_size > NOTICE_FILEMAX) {
		close(fd);
		errno = EFBIG;
		return -1;
	}
	n = (size_t)st.st_size;
	mem_check(stralloc_ready(text, n + 1));
	errno = 0;
	text->len = allread(fd, text->s, n);
	close(fd);
	if (text->len == n || errno == 0 || errno == EPIPE)
		return 0;
	return -1;
}

static void
found(struct file *f, const struct groups *g)
{
	char line[32];

	f->isread = 1;
	f->ngroup = f->left = g->n;
	f->done = mem_alloc(g->n + 1);
	if (g->nbad == 0)
		return;
	f->isbad = 1;
	snprintf(line, sizeof line, "%zu", g->badline);
	strerr_warnw("notices ", f->name, ", line ", line, ": ", g->why);
}

/* The envelope id is that of the message which the notice is about, so that
 * the events of one lead to the other.  RET: should it fail, the postmaster
 * sees all of it. */
static int
hand_in(struct queueclient *q, const struct dsn *d, const stralloc *octets)
{
	const struct notice *n = d->n;
	const char *to = dsn_to(d);
	struct queueclient_msg m = {
		.flags = QUEUE_NOTICE | (n->isnotice ? QUEUE_LAST : 0),
		.ret = 'F',
		.sender = "",
		.envid = strlen(n->id) > BUNDLE_ENVIDMAX ? "" : n->id,
		.stream = STREAM,
		.tenant = n->tenant,
		.campaign = n->campaign,
	};

	if (queueclient_start(q, &m) == -1 ||
	    queueclient_rcpt(q, to, strlen(to), 0, "") == -1)
		return -1;
	return queueclient_data(q, octets->s, octets->len);
}

static void
send_group(struct work *w, struct file *f, struct groups *g, size_t i)
{
	static stralloc octets;
	char unique[SPOOL_IDMAX + 32];
	struct dsn d = { .node = w->node,
		.policy = w->policy,
		.unique = unique,
		.now = (uint64_t)time(NULL) };
	int r;

	snprintf(unique, sizeof unique, "%s-%zu", f->name, i);
	group_load(g, i, &d);
	dsn_make(&octets, &d);
	r = hand_in(w->queue, &d, &octets);
	/* One that was refused early has to be ended, too. */
	if (r == 0 || errno == EPIPE)
		r = queueclient_finish(w->queue);
	if (r == 0) {
		w->sent[(w->first + w->nsent++) % QUEUECLIENT_AHEAD] =
		    (struct sent){ f, i };
	} else {
		/* Its last words may still be there. */
		drain(w);
		if (w->queue)
			queueclient_close(w->queue);
		w->queue = NULL;
		later(w, "lost dray-queued", "");
	}
	group_unload(g);
}

static void
send_file(struct work *w, struct file *f)
{
	static struct groups g;
	stralloc text = STRALLOC_ZERO;
	size_t i;

	if (read_file(w, f->name, &text) == -1) {
		if (errno == ENOENT || errno == EFBIG || errno == ELOOP) {
			f->isread = f->isbad = 1;
			strerr_warnwusys("use notices ", f->name);
		} else {
			later(w, "cannot read notices: ", strerror(errno));
		}
		stralloc_free(&text);
		return;
	}
	group_read(&g, text.s, text.len);
	if (!f->isread)
		found(f, &g);
	for (i = 0; i < g.n && i < f->ngroup && w->queue; i++) {
		if (f->done[i])
			continue;
		if (w->nsent == QUEUECLIENT_AHEAD)
			take_verdict(w);
		if (w->queue)
			send_group(w, f, &g, i);
	}
	group_free(&g);
	stralloc_free(&text);
}

/* All notices of it are in the queue. */
static void
finish(struct work *w, struct file *f)
{
	int r;

	if (!f->isbad) {
		r = unlinkat(w->cur, f->name, 0);
	} else {
		strerr_warnw(
		    "notices ", f->name, " are set aside in spool/bad");
		r = spool_move(w->cur, w->bad, f->name);
	}
	/* What was done of it is known as long as it is listed. */
	if (r == -1 && errno != ENOENT) {
		later(w,
		    f->isbad ? "cannot set aside notices: "
			     : "cannot remove notices: ",
		    strerror(errno));
		return;
	}
	forget(w, f);
}

static int
connect_queue(struct work *w)
{
	char path[BASE_PATHMAX];

	if (w->queue)
		return 0;
	base_path(path, w->base, "sock/queue");
	w->queue = queueclient_open(path);
	w->first = w->nsent = 0;
	if (w->queue)
		return 0;
	later(w, "cannot connect to dray-queued: ", strerror(errno));
	return -1;
}

int
work_do(struct work *w)
{
	struct file *f, *next;

	w->again = 0;
	if (w->nfile == 0)
		return 0;
	if (connect_queue(w) == -1)
		return -1;
	TAILQ_FOREACH (f, &w->files, link) {
		if (!w->queue || *w->ending)
			break;
		if (!f->isread || f->left)
			send_file(w, f);
	}
	drain(w);
	for (f = TAILQ_FIRST(&w->files); f; f = next) {
		next = TAILQ_NEXT(f, link);
		if (f->isread && f->left == 0)
			finish(w, f);
	}
	/* Between messages dray-queued may hang up on us any time. */
	if (w->queue)
		queueclient_close(w->queue);
	w->queue = NULL;
	if (!w->again)
		w->told = 0;
	return w->again ? -1 : 0;
}
