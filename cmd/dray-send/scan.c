#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-send/send.h"
#include "common/dir.h"
#include "common/mem.h"

/* Bundles taken at a turn of the loop: new mail first, and never so much that
 * what is under way has to wait. */
#define SOME_NEW 64
#define SOME_CUR 32

/* A failure that comes again and again does not put off what waits. */
void
scan_later(void)
{
	if (!self.rescan)
		self.rescan = dest_now() + RESCAN;
}

static void
begin(struct scan *s)
{
	s->again = s->failed = 0;
	s->dir = dir_read(s->fd);
	if (!s->dir) {
		strerr_warnwusys("read the spool, trying again later");
		s->failed = 1;
		scan_later();
	}
}

/* What this process itself moved to cur/ must not be taken twice. */
struct seen {
	UT_hash_handle hh;
	char name[SPOOL_IDMAX + 1];
};

static int
have_seen(const char *name)
{
	struct seen *e;

	HASH_FIND_STR(self.seen, name, e);
	return e != NULL;
}

static void
note_seen(const char *name)
{
	struct seen *e = mem_alloc(sizeof *e);

	memcpy(e->name, name, strlen(name) + 1);
	HASH_ADD_STR(self.seen, name, e);
}

static void
forget_seen(void)
{
	struct seen *e, *next;

	HASH_ITER (hh, self.seen, e, next) {
		HASH_DEL(self.seen, e);
		free(e);
	}
}

/* Bundles that could not be loaded, of cur/ and of new/, each once: those of
 * new/ are found by every scan again, those of cur/ by none. */
struct failed {
	UT_hash_handle hh;
	char name[SPOOL_IDMAX + 1];
};

static struct failed *failed[2];

static void
note_failed(const char *name, int fresh)
{
	struct failed *e;

	scan_later();
	HASH_FIND_STR(failed[fresh], name, e);
	if (e)
		return;
	strerr_warnwusys("read bundle ", name, ", trying again later");
	e = mem_alloc(sizeof *e);
	memcpy(e->name, name, strlen(name) + 1);
	HASH_ADD_STR(failed[fresh], name, e);
}

static void
forget_failed(const char *name, int fresh)
{
	struct failed *e;

	HASH_FIND_STR(failed[fresh], name, e);
	if (e) {
		HASH_DEL(failed[fresh], e);
		free(e);
	}
}

/* The name may be that of an entry of failed. */
static void
load(const char *name, int fresh)
{
	int r = store_load(name, fresh);

	if (r == -1) {
		note_failed(name, fresh);
		return;
	}
	if (r == 1 && fresh && self.curscan.dir)
		note_seen(name);
	forget_failed(name, fresh);
}

/* A name that is not ours is left alone: an editor's or a copy under way. */
static void
take(const struct scan *s, const char *name)
{
	struct spool_id id;

	if (name[0] == '.' || !spool_idparse(name, &id))
		return;
	if (s->fresh || !have_seen(name))
		load(name, s->fresh);
}

static void
some(struct scan *s, int n)
{
	struct dirent *e;

	while (s->dir && n--) {
		errno = 0;
		e = readdir(s->dir);
		if (e) {
			take(s, e->d_name);
			(void)runs_cool(&self.runs);
			continue;
		}
		closedir(s->dir);
		s->dir = NULL;
		s->done = 1;
		if (s == &self.curscan)
			forget_seen();
		if (s->again)
			begin(s);
	}
}

void
scan_new(void)
{
	if (self.newscan.dir)
		self.newscan.again = 1;
	else
		begin(&self.newscan);
}

/* What failed has its next try. */
void
scan_failed(void)
{
	struct failed *e, *next;
	int fresh;

	if (self.newscan.failed)
		begin(&self.newscan);
	if (self.curscan.failed)
		begin(&self.curscan);
	for (fresh = 0; fresh < 2; fresh++)
		HASH_ITER (hh, failed[fresh], e, next)
			load(e->name, fresh);
}

/* 1 while there is more to do.  Nothing is taken whose reception could not be
 * logged. */
int
scan_some(void)
{
	if (loglink_busy())
		return 0;
	some(&self.newscan, SOME_NEW);
	some(&self.curscan, SOME_CUR);
	return self.newscan.dir || self.curscan.dir;
}

/* All that was there at the start is known. */
int
scan_done(void)
{
	return self.newscan.done && self.curscan.done;
}

void
scan_start(void)
{
	self.newscan.fd = self.spool.fresh;
	self.newscan.fresh = 1;
	self.curscan.fd = self.spool.cur;
	begin(&self.newscan);
	begin(&self.curscan);
}
