/* The suppression list: entries, journals, and what is left of both when
 * somebody is killed. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/keyhash.h"
#include "common/mem.h"
#include "common/suppress.h"
#include "common/suppressline.h"
#include "common/suppresslog.h"
#include "common/suppressrec.h"
#include "common/table.h"
#include "t/lib/tap.h"

#define KEYS                                                                 \
	"address "                                                           \
	"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n" \
	"0 ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\n"

static struct token_keys keys;
static char scratch[] = "/tmp/dray suppress.XXXXXX";
static int dir;

static struct suppress_entry
entry(const char *who, unsigned int reason)
{
	struct suppress_entry e;

	memset(&e, 0, sizeof e);
	e.reason = (uint8_t)reason;
	e.time = 1763850000;
	if (suppress_address(&e, &keys, who, strlen(who)) == -1)
		abort();
	return e;
}

static struct suppress_entry
listed(const char *who, unsigned int reason, enum suppress_scope scope,
    const char *name)
{
	struct suppress_entry e = entry(who, reason);

	if (suppress_scope(&e, &keys, scope, name, strlen(name)) == -1)
		abort();
	return e;
}

static struct suppress_query
query(const char *who, const char *list)
{
	struct suppress_query q = { .tenant = "acme",
		.stream = "bulk",
		.tenant_len = 4,
		.stream_len = 4,
		.reasons = SUPPRESS_ALL };
	struct suppress_entry e = entry(who, 0);

	memcpy(q.address, e.address, sizeof q.address);
	token_campaign(&keys, list, strlen(list), q.list);
	return q;
}

/* The reason for which mail does not leave, or -1. */
static int
why(struct suppress *s, const char *who, const char *list)
{
	struct suppress_query q = query(who, list);
	struct suppress_entry e;

	return suppress_lookup(s, &q, &e) == 1 ? e.reason : -1;
}

static int
add(struct suppress *s, const struct suppress_entry *e)
{
	return suppress_append(s, '+', e);
}

static void
must_add(struct suppress *s, const struct suppress_entry *e)
{
	if (add(s, e) != 1)
		abort();
}

static struct suppress *
must_open(unsigned int flags)
{
	struct suppress *s = suppress_open(dir, flags);

	if (!s)
		abort();
	return s;
}

static void
lines(void)
{
	struct suppress_entry e = listed("\"jos\xc3\xa9 x\"@x.example",
				  SUPPRESS_COMPLAINT, SUPPRESS_LIST, "a b=c"),
			      got;
	stralloc sa = STRALLOC_ZERO, again = STRALLOC_ZERO;
	char op;
	size_t i;
	int bad = 0;

	strcpy(e.note, "- said so");
	suppressline_put(&sa, '+', &e);
	is_int(suppressline_get(sa.s, sa.len - 1, &op, &got), 1, "a line");
	is_int(op, '+', "adds");
	suppressline_put(&again, op, &got);
	ok(sa.len == again.len && memcmp(sa.s, again.s, sa.len) == 0,
	    "it is read as it was written");
	is_str(got.name, "a b=c", "with a name");
	for (i = 0; i < sa.len - 1; i++)
		bad += suppressline_get(sa.s, i, &op, &got);
	is_int(bad, 0, "a part of one is none");
	sa.s[20] ^= 1;
	ok(!suppressline_get(sa.s, sa.len - 1, &op, &got),
	    "nor is another one");
	stralloc_free(&sa);
	stralloc_free(&again);
}

static void
addresses(void)
{
	struct suppress_entry a = entry("News@EXAMPLE.com", 0),
			      b = entry("news@example.COM", 0);

	ok(memcmp(a.address, b.address, sizeof a.address) == 0,
	    "an address in any case");
	is_str(a.text, "news@example.com", "is written in lower case");
	a = entry("x@b\xc3\xbc"
		  "cher.example",
	    0);
	is_str(a.text, "x@xn--bcher-kva.example", "its domain in A-labels");
	is_int(suppress_address(&a, &keys, "nobody", 6), -1, "a word is none");
	is_int(suppress_reason("soft", 4), SUPPRESS_SOFT, "a reason");
	is_int(suppress_reason("sof", 3), -1, "no reason");
}

static int
count(void *arg, const struct suppress_entry *e)
{
	(void)e;
	++*(int *)arg;
	return 0;
}

static void
records(void)
{
	struct suppress_entry e = entry("a@x.example", SUPPRESS_HARD);
	stralloc sa = STRALLOC_ZERO;
	char name[32];
	int i, n = 0;

	ok(!suppressrec_some(&sa), "nothing is a record of nobody");
	for (i = 0; i < 3; i++)
		is_int(suppressrec_apply(&sa, '+', &e), 1, "added");
	is_int(suppressrec_get(sa.s, sa.len, count, &n), 0, "a record");
	is_int(n, 1, "one of a kind");
	for (i = 0; i < 9000; i++) {
		snprintf(name, sizeof name, "list %d", i);
		e = listed(
		    "a@x.example", SUPPRESS_UNSUBSCRIBE, SUPPRESS_LIST, name);
		if (suppressrec_apply(&sa, '+', &e) != 1)
			abort();
	}
	n = 0;
	is_int(suppressrec_get(sa.s, sa.len, count, &n), 0, "a full record");
	ok(sa.len <= SUPPRESSREC_MAX && n > 2000, "has an end");
	e.scope = e.reason = SUPPRESS_ANY;
	is_int(suppressrec_apply(&sa, '-', &e), 1, "removed");
	ok(!suppressrec_some(&sa), "all of it is taken away");
	is_int(suppressrec_get("\x05", 1, count, &n), -1, "half an entry");
	stralloc_free(&sa);
}

static void
scopes(struct suppress *s)
{
	struct suppress_entry e;

	e = listed("t@x.example", SUPPRESS_MANUAL, SUPPRESS_TENANT, "acme");
	must_add(s, &e);
	e = listed("u@x.example", SUPPRESS_MANUAL, SUPPRESS_TENANT, "other");
	must_add(s, &e);
	e = listed("l@x.example", SUPPRESS_UNSUBSCRIBE, SUPPRESS_LIST, "news");
	must_add(s, &e);
	e = listed("s@x.example", SUPPRESS_MANUAL, SUPPRESS_STREAM, "regular");
	must_add(s, &e);
	is_int(suppress_refresh(s), 1, "something new");
	is_int(suppress_refresh(s), 0, "nothing new");
	is_int(why(s, "t@x.example", ""), SUPPRESS_MANUAL, "of a tenant");
	is_int(why(s, "u@x.example", ""), -1, "of another tenant");
	is_int(why(s, "l@x.example", "news"), SUPPRESS_UNSUBSCRIBE, "a list");
	is_int(why(s, "l@x.example", "offers"), -1, "another list");
	is_int(why(s, "s@x.example", ""), -1, "another stream");
}

static void
reasons(struct suppress *s)
{
	struct suppress_query q = query("r@x.example", "");
	struct suppress_entry e = entry("r@x.example", SUPPRESS_SOFT), got;

	must_add(s, &e);
	e.reason = SUPPRESS_COMPLAINT;
	must_add(s, &e);
	(void)suppress_refresh(s);
	q.reasons = SUPPRESS_BIT(SUPPRESS_COMPLAINT);
	is_int(suppress_lookup(s, &q, &got), 1, "one of two reasons counts");
	is_int(got.reason, SUPPRESS_COMPLAINT, "that one");
	is_str(got.text, "r@x.example", "with its address");
	q.reasons = SUPPRESS_BIT(SUPPRESS_HARD);
	is_int(suppress_lookup(s, &q, &got), 0, "none of two does");
}

static void
appending(void)
{
	struct suppress *s = must_open(SUPPRESS_WRITE | SUPPRESS_MAKE);
	struct suppress *r = must_open(0);
	struct suppress_entry e = entry("a@x.example", SUPPRESS_HARD);

	ok(suppress_empty(r), "at first nobody is on it");
	is_int(add(s, &e), 1, "added");
	is_int(add(s, &e), 0, "not twice");
	is_int(suppress_sync(s), 0, "synced");
	is_int(suppress_refresh(r), 1, "a reader hears of it");
	is_int(why(r, "A@x.example", ""), SUPPRESS_HARD, "and knows him");
	is_int(why(r, "b@x.example", ""), -1, "and nobody else");
	e.reason = SUPPRESS_ANY;
	is_int(suppress_append(s, '-', &e), 1, "removed");
	is_int(suppress_append(s, '-', &e), 0, "not twice");
	(void)suppress_refresh(r);
	is_int(why(r, "a@x.example", ""), -1, "gone");
	scopes(s);
	reasons(s);
	suppress_close(s);
	suppress_close(r);
}

static void
put(const char *name, const char *s, size_t n)
{
	int fd = openat(dir, name, O_WRONLY | O_APPEND);

	if (fd == -1 || write(fd, s, n) != (ssize_t)n)
		abort();
	close(fd);
}

/* A torn line at the end, and garbage. */
static void
torn(void)
{
	struct suppress *s, *r = must_open(0);
	struct suppress_entry e = entry("torn@x.example", SUPPRESS_HARD);
	stralloc sa = STRALLOC_ZERO;

	suppressline_put(&sa, '+', &e);
	put("journal.0", sa.s, sa.len / 2);
	(void)suppress_refresh(r);
	s = must_open(SUPPRESS_WRITE);
	e = entry("next@x.example", SUPPRESS_HARD);
	is_int(add(s, &e), 1, "behind a torn line");
	(void)suppress_refresh(r);
	is_int(why(r, "next@x.example", ""), SUPPRESS_HARD, "it is known");
	is_int(why(r, "torn@x.example", ""), -1, "the torn one is not");
	suppress_close(r);
	r = must_open(0);
	is_int(why(r, "next@x.example", ""), SUPPRESS_HARD, "read anew, too");
	suppress_close(r);
	suppress_close(s);
	stralloc_free(&sa);
}

/* What a fold does, up to a step at which it is killed. */
struct made {
	struct table_make *m;
};

static int
put_line(void *arg, char op, const struct suppress_entry *e)
{
	struct made *k = arg;
	stralloc sa = STRALLOC_ZERO;

	/* Those of the test are about different addresses. */
	if (suppressrec_apply(&sa, op, e) == -1 ||
	    table_make_add(k->m, e->address, sizeof e->address, sa.s, sa.len) ==
		-1)
		abort();
	stralloc_free(&sa);
	return 0;
}

static void
fold(int steps)
{
	struct suppresslog j;
	struct made k;
	off_t at = 0;
	int i;

	if (suppresslog_open(&j, dir, SUPPRESS_WRITE) == -1)
		abort();
	i = suppresslog_turn(&j);
	if (i < 0)
		abort();
	if (steps > 1) {
		k.m = table_make_start(dir, SUPPRESS_TABLE);
		if (!k.m || suppresslog_read(&j, i, &at, put_line, &k) == -1 ||
		    table_make_finish(k.m) == -1)
			abort();
	}
	if (steps > 2 && suppresslog_clear(&j, i) == -1)
		abort();
	suppresslog_close(&j);
}

/* a is in the old journal, b in the new one. */
static void
killed_fold(int steps)
{
	struct suppress_entry e = entry("a@x.example", SUPPRESS_HARD);
	struct suppress *s, *r;
	char name[64];
	int i;

	for (i = 0; i < 2; i++)
		(void)unlinkat(dir, i ? "journal.1" : "journal.0", 0);
	(void)unlinkat(dir, SUPPRESS_TABLE, 0);
	s = must_open(SUPPRESS_WRITE | SUPPRESS_MAKE);
	r = must_open(0);
	must_add(s, &e);
	(void)suppress_refresh(r);
	fold(steps);
	e = entry("b@x.example", SUPPRESS_SOFT);
	is_int(add(s, &e), 1, "appended while somebody folds");
	snprintf(name, sizeof name, "killed after step %d", steps);
	ok(suppress_refresh(r) == 1 &&
		why(r, "a@x.example", "") == SUPPRESS_HARD &&
		why(r, "b@x.example", "") == SUPPRESS_SOFT,
	    name);
	suppress_close(r);
	r = must_open(0);
	ok(why(r, "a@x.example", "") == SUPPRESS_HARD &&
		why(r, "b@x.example", "") == SUPPRESS_SOFT,
	    "and for who comes later");
	e = entry("a@x.example", SUPPRESS_HARD);
	is_int(suppress_append(s, '-', &e), 1, "what was folded is removed");
	(void)suppress_refresh(r);
	is_int(why(r, "a@x.example", ""), -1, "gone");
	suppress_close(r);
	suppress_close(s);
}

/* The older journal comes first, whoever was killed. */
static void
turns(void)
{
	struct suppresslog j;

	if (suppresslog_open(&j, dir, SUPPRESS_WRITE) == -1)
		abort();
	is_int(suppresslog_turn(&j), 1, "what is in use is folded");
	is_int(suppresslog_clear(&j, 1), 0, "and made empty");
	is_int(suppresslog_turn(&j), -1, "nothing is left to be folded");
	suppresslog_close(&j);
}

static void
sweep(void)
{
	(void)unlinkat(dir, "journal.0", 0);
	(void)unlinkat(dir, "journal.1", 0);
	(void)unlinkat(dir, SUPPRESS_TABLE, 0);
	close(dir);
	(void)rmdir(scratch);
}

int
main(void)
{
	int i;

	keyhash_start();
	if (token_read_keys(&keys, KEYS, sizeof KEYS - 1) == -1 ||
	    !mkdtemp(scratch))
		abort();
	dir = open(scratch, O_RDONLY | O_DIRECTORY);
	addresses();
	lines();
	records();
	appending();
	torn();
	for (i = 1; i <= 3; i++)
		killed_fold(i);
	turns();
	sweep();
	return done_testing();
}
