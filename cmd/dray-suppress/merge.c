#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-suppress/merge.h"
#include "common/mem.h"
#include "common/suppressrec.h"

#define WAIT 600 /* seconds for somebody else */

struct side {
	struct merge *m;
	struct ops *ops;
	int hashed;
	unsigned char last[TOKEN_ADDRESS]; /* of the old table */
	int begun;
	stralloc rec;
};

void
merge_start(struct merge *m, int dirfd)
{
	int tries;

	memset(m, 0, sizeof *m);
	m->dir = dirfd;
	for (tries = 0; tries < WAIT; tries++) {
		m->make = table_make_start(dirfd, SUPPRESS_TABLE);
		if (m->make || errno != EAGAIN)
			break;
		sleep(1);
	}
	if (!m->make)
		strerr_diefusys(111, "make " SUPPRESS_TABLE);
}

void
merge_leave(struct merge *m)
{
	if (m->make)
		table_make_abort(m->make);
	m->make = NULL;
}

static int
count(void *arg, const struct suppress_entry *e)
{
	(void)e;
	++*(uint64_t *)arg;
	return 0;
}

/* Half a table would keep a disk full that is. */
static void
die_write(struct merge *m)
{
	int e = errno;

	merge_leave(m);
	errno = e;
	strerr_diefusys(111, "write " SUPPRESS_TABLE);
}

static void
add(struct side *d, const void *key, size_t keylen, const void *s, size_t n)
{
	if (table_make_add(d->m->make, key, keylen, s, n) == -1)
		die_write(d->m);
}

static void
die_malformed(struct merge *m)
{
	merge_leave(m);
	strerr_dief(111,
	    SUPPRESS_TABLE " is malformed; move it away, and import what it "
			   "was made of");
}

/* What is left of an address. */
static void
put(struct side *d, const unsigned char *address)
{
	size_t n;

	if (!suppressrec_some(&d->rec))
		return;
	if (suppressrec_get(d->rec.s, d->rec.len, count, &d->m->entries) == -1)
		die_malformed(d->m);
	n = d->hashed ? suppressrec_bare(d->rec.s, d->rec.len) : d->rec.len;
	add(d, address, TOKEN_ADDRESS, d->rec.s, n);
	d->m->addresses++;
}

/* All changes of the address, which is the next one. */
static void
apply(struct side *d, const unsigned char *address)
{
	const unsigned char *next;
	struct suppress_entry e;
	char op;

	while ((next = ops_next(d->ops)) &&
	    memcmp(next, address, TOKEN_ADDRESS) == 0) {
		op = ops_take(d->ops, &e);
		if (suppressrec_apply(&d->rec, op, &e) == -1)
			die_malformed(d->m);
	}
}

/* Of addresses in front of this one; NULL: all that are left. */
static void
apply_until(struct side *d, const unsigned char *address)
{
	unsigned char at[TOKEN_ADDRESS];
	const unsigned char *next;

	while ((next = ops_next(d->ops)) &&
	    (!address || memcmp(next, address, TOKEN_ADDRESS) < 0)) {
		memcpy(at, next, sizeof at);
		d->rec.len = 0;
		apply(d, at);
		put(d, at);
	}
}

static int
old_record(void *arg, const void *key, size_t keylen, const void *s, size_t n)
{
	struct side *d = arg;

	if (keylen != TOKEN_ADDRESS)
		return 0; /* that of the key, which is made anew */
	if (d->begun && memcmp(key, d->last, sizeof d->last) <= 0)
		die_malformed(d->m);
	memcpy(d->last, key, sizeof d->last);
	d->begun = 1;
	apply_until(d, key);
	d->rec.len = 0;
	mem_check(stralloc_catb(&d->rec, s, n));
	apply(d, key);
	put(d, key);
	return 0;
}

static void
put_key(struct side *d, const struct token_keys *k)
{
	unsigned char known[TOKEN_ADDRESS];

	token_address(k, "", 0, "", 0, known);
	add(d, MERGE_KEY, strlen(MERGE_KEY), known, sizeof known);
}

/* Who has lost the key cannot find anybody, nor tell who is meant. */
static void
check_key(const struct table *t, const struct token_keys *k)
{
	unsigned char known[TOKEN_ADDRESS];
	const void *was;
	size_t n;

	token_address(k, "", 0, "", 0, known);
	if (table_find(t, MERGE_KEY, strlen(MERGE_KEY), &was, &n) != 1 ||
	    n != sizeof known || memcmp(was, known, n) != 0)
		strerr_dief(111,
		    SUPPRESS_TABLE " was made with another key than that of "
				   "keys/token");
}

void
merge_end(
    struct merge *m, struct ops *ops, const struct token_keys *k, int hashed)
{
	struct side d = { .m = m, .ops = ops, .hashed = hashed };
	struct table *old = table_openat(m->dir, SUPPRESS_TABLE);
	struct table_make *make;

	if (!old && errno != ENOENT)
		strerr_diefusys(111, "read " SUPPRESS_TABLE);
	put_key(&d, k);
	if (old) {
		check_key(old, k);
		if (!table_sealed(old) || table_each(old, old_record, &d) == -1)
			die_malformed(m);
	}
	apply_until(&d, NULL);
	if (table_make_mode(m->make, 0640) == -1)
		die_write(m);
	make = m->make;
	m->make = NULL;
	if (table_make_finish(make) == -1)
		die_write(m);
	table_close(old);
	stralloc_free(&d.rec);
}
