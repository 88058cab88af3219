#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <skalibs/strerr.h>

#include "cmd/dray-suppress/list.h"
#include "cmd/dray-suppress/merge.h"
#include "cmd/dray-suppress/text.h"
#include "common/suppresslog.h"

static int
take_line(void *arg, char op, const struct suppress_entry *e)
{
	ops_add(arg, op, e);
	return 0;
}

/* What stands in the journal whose turn it is, which is not appended to any
 * more.  Its number, or -1: in neither there is anything. */
static int
take_journal(struct suppresslog *j, struct ops *ops)
{
	int i = suppresslog_turn(j);
	off_t at = 0;

	if (i == -2)
		strerr_diefusys(111, "change over to the other journal");
	if (i >= 0 && suppresslog_read(j, i, &at, take_line, ops) == -1)
		strerr_diefusys(111, "read a journal");
	return i;
}

static void
clear(struct suppresslog *j, int i)
{
	if (i >= 0 && suppresslog_clear(j, i) == -1)
		strerr_diefusys(111, "empty a journal");
}

static void
open_journals(struct list *l, struct suppresslog *j)
{
	if (suppresslog_open(j, l->dir, SUPPRESS_WRITE | SUPPRESS_MAKE) == -1)
		strerr_diefusys(111, "open the journals");
}

static uint64_t
octets(const struct suppresslog *j, int i)
{
	struct stat st;

	if (fstat(j->fd[i], &st) == -1)
		strerr_diefusys(111, "look at a journal");
	return st.st_size > SUPPRESSLOG_HEAD
	    ? (uint64_t)st.st_size - SUPPRESSLOG_HEAD
	    : 0;
}

/* One of the journals.  0: there was nothing in it. */
static int
fold(struct list *l, struct suppresslog *j)
{
	struct ops *ops = ops_new(l->dir);
	struct merge m;
	int i;

	merge_start(&m, l->dir);
	i = take_journal(j, ops);
	if (i >= 0)
		merge_end(&m, ops, &l->keys, l->hashed);
	else
		merge_leave(&m);
	clear(j, i);
	ops_free(ops);
	if (i >= 0)
		printf("%llu addresses, %llu entries\n",
		    (unsigned long long)m.addresses,
		    (unsigned long long)m.entries);
	return i >= 0;
}

/* Lines in both: who folded was killed. */
static int
is_left(const struct suppresslog *j)
{
	return octets(j, 0) && octets(j, 1);
}

int
list_fold(struct list *l, const char *const *words, int n)
{
	struct suppresslog j;

	(void)words;
	(void)n;
	open_journals(l, &j);
	if (octets(&j, 0) + octets(&j, 1) >= l->least) {
		if (is_left(&j))
			(void)fold(l, &j);
		(void)fold(l, &j);
	}
	suppresslog_close(&j);
	list_flush();
	return 0;
}

static void
take_input(struct list *l, struct ops *ops)
{
	stralloc sa = STRALLOC_ZERO;
	struct suppress_entry e;

	while (list_next(l, &sa, &e)) {
		ops_add(ops, '+', &e);
		l->good++;
	}
	stralloc_free(&sa);
}

/* It comes behind all that stands in the journals when it begins, and in front
 * of what is appended from then on. */
int
list_import(struct list *l, const char *const *words, int n)
{
	struct ops *ops = ops_new(l->dir);
	struct suppresslog j;
	struct merge m;
	int i;

	(void)words;
	(void)n;
	open_journals(l, &j);
	if (is_left(&j))
		(void)fold(l, &j);
	merge_start(&m, l->dir);
	i = take_journal(&j, ops);
	take_input(l, ops);
	merge_end(&m, ops, &l->keys, l->hashed);
	clear(&j, i);
	printf("%llu lines taken, %llu not; %llu addresses, %llu entries\n",
	    (unsigned long long)l->good, (unsigned long long)l->bad,
	    (unsigned long long)m.addresses, (unsigned long long)m.entries);
	ops_free(ops);
	suppresslog_close(&j);
	list_flush();
	return l->bad ? 100 : 0;
}

static int export(void *arg, const struct suppress_entry *e)
{
	stralloc *sa = arg;

	sa->len = 0;
	text_put(sa, e);
	return fwrite_unlocked(sa->s, 1, sa->len, stdout) < sa->len;
}

int
list_export(struct list *l, const char *const *words, int n)
{
	stralloc sa = STRALLOC_ZERO;

	(void)words;
	(void)n;
	if (suppress_walk(l->s, export, &sa) == -1)
		strerr_diefusys(111, "read " SUPPRESS_TABLE);
	stralloc_free(&sa);
	list_flush();
	return 0;
}
