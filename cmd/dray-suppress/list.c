#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-suppress/list.h"
#include "cmd/dray-suppress/text.h"
#include "common/base.h"
#include "common/mem.h"
#include "common/policy.h"

/* Some programs put it in front of UTF-8: U+FEFF. */
static const char mark[] = "\xef\xbb\xbf";
#define MARK (sizeof mark - 1)

/* What root makes in there would be root's, and those who need it could not
 * read it. */
static void
become_owner(int dir)
{
	struct stat st;

	if (geteuid() != 0)
		return;
	if (fstat(dir, &st) == -1)
		strerr_diefusys(111, "look at the directory suppress");
	if (st.st_uid == 0)
		return;
	if (setgroups(0, NULL) == -1 || setgid(st.st_gid) == -1 ||
	    setuid(st.st_uid) == -1)
		strerr_diefusys(111, "become the owner of suppress");
}

/* As the policy says, if there is one yet. */
static int
is_hashed(const char *base)
{
	struct policy_suppression s = { .hashed = 0 };
	char path[BASE_PATHMAX];
	struct policy p;

	base_path(path, base, "policy/policy.cdb");
	if (policy_open(&p, path) == -1) {
		if (errno == ENOENT)
			return 0;
		strerr_dief(
		    111, "unable to read ", path, ": ", policy_why(errno));
	}
	if (policy_suppression(&p, &s) == -1)
		strerr_dief(111, path, " is malformed");
	policy_close(&p);
	return s.hashed;
}

void
list_open(struct list *l, const char *base, int write)
{
	char path[BASE_PATHMAX];
	unsigned int flags = 0;

	l->hashed = is_hashed(base);
	base_path(path, base, "keys/token");
	if (token_load_keys(&l->keys, path) == -1)
		strerr_dief(111, "unable to read ", path, ": ",
		    errno == EPROTO ? "malformed" : strerror(errno));
	l->dir = base_dir(base, "suppress");
	become_owner(l->dir);
	umask(027);
	if (write)
		flags = SUPPRESS_WRITE | SUPPRESS_MAKE;
	if (l->hashed)
		flags |= SUPPRESS_HASHED;
	l->s = suppress_open(l->dir, flags);
	if (!l->s)
		strerr_diefusys(111, "open the suppression list");
}

/* One that can be an entry; 0 the end. */
static int
next_line(struct list *l, stralloc *sa)
{
	int c;

	sa->len = 0;
	l->line++;
	while ((c = getc_unlocked(l->in)) != EOF && c != '\n') {
		if (sa->len <= TEXT_LINEMAX)
			mem_check(stralloc_append(sa, (char)c));
	}
	if (ferror(l->in))
		strerr_diefusys(111, "read ", l->in_name);
	if (sa->len && sa->s[sa->len - 1] == '\r')
		sa->len--;
	if (l->line == 1 && sa->len >= MARK && !memcmp(sa->s, mark, MARK)) {
		sa->len -= MARK;
		memmove(sa->s, sa->s + MARK, sa->len);
	}
	return sa->len || c != EOF;
}

static void
complain(struct list *l, const char *what)
{
	char number[UINT64_FMT];

	l->bad++;
	if (l->bad > LIST_COMPLAINTS)
		return;
	number[uint64_fmt(number, l->line)] = '\0';
	strerr_warnw(l->in_name, ":", number, ": ", what);
	if (l->bad == LIST_COMPLAINTS)
		strerr_warnw("no more of them is shown");
}

void
list_flush(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		strerr_diefusys(111, "write to standard output");
}

static void
change(struct list *l, char op, const struct suppress_entry *e)
{
	int r = suppress_append(l->s, op, e);

	if (r == -1)
		strerr_diefusys(111, "write a journal");
	l->good += (uint64_t)r;
}

static const char *
read_entry(
    const struct list *l, const char *s, size_t n, struct suppress_entry *e)
{
	*e = l->like;
	return n > TEXT_LINEMAX ? "the line is too long"
				: text_get(e, &l->keys, s, n);
}

int
list_next(struct list *l, stralloc *sa, struct suppress_entry *e)
{
	const char *wrong;

	while (next_line(l, sa)) {
		if (!sa->len || sa->s[0] == '#')
			continue;
		wrong = read_entry(l, sa->s, sa->len, e);
		if (!wrong)
			return 1;
		complain(l, wrong);
	}
	return 0;
}

static void
change_lines(struct list *l, char op)
{
	stralloc sa = STRALLOC_ZERO;
	struct suppress_entry e;

	while (list_next(l, &sa, &e))
		change(l, op, &e);
	stralloc_free(&sa);
}

static void
read_word(const struct list *l, const char *s, struct suppress_entry *e)
{
	const char *wrong = read_entry(l, s, strlen(s), e);

	if (wrong)
		strerr_dief(100, s, ": ", wrong);
}

/* Those named, all or none, or the lines of standard input. */
static int
change_all(struct list *l, char op, const char *const *words, int n)
{
	struct suppress_entry e;
	int i;

	if (n == 1 && strcmp(words[0], "-") == 0) {
		change_lines(l, op);
	} else {
		for (i = 0; i < n; i++)
			read_word(l, words[i], &e);
		for (i = 0; i < n; i++) {
			read_word(l, words[i], &e);
			change(l, op, &e);
		}
	}
	if (suppress_sync(l->s) == -1)
		strerr_diefusys(111, "sync a journal");
	return l->bad ? 100 : 0;
}

int
list_add(struct list *l, const char *const *words, int n)
{
	return change_all(l, '+', words, n);
}

int
list_remove(struct list *l, const char *const *words, int n)
{
	if (!l->reasoned)
		l->like.reason = SUPPRESS_ANY;
	if (!l->scoped)
		l->like.scope = SUPPRESS_ANY;
	return change_all(l, '-', words, n);
}

static int
show(void *arg, const struct suppress_entry *e)
{
	struct suppress_entry known = *e;
	stralloc sa = STRALLOC_ZERO;

	memcpy(known.address, arg, sizeof known.address);
	text_put(&sa, &known);
	fwrite(sa.s, 1, sa.len, stdout);
	stralloc_free(&sa);
	return 0;
}

static void
query(const struct list *l, const char *s)
{
	struct suppress_entry e;

	read_word(l, s, &e);
	if (suppress_each(l->s, e.address, show, e.address) == -1)
		strerr_diefusys(111, "read " SUPPRESS_TABLE);
}

int
list_query(struct list *l, const char *const *words, int n)
{
	int i;

	for (i = 0; i < n; i++)
		query(l, words[i]);
	list_flush();
	return 0;
}
