/* A bundle whose runs stay on disk tells the same as one that is all in
 * memory. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/bundlemake.h"
#include "common/mem.h"
#include "t/lib/tap.h"

#define ID "1700000000.M123456P99Q7.mx1"
#define MSGS 3

/* Messages to so many domains each. */
static int
make(unsigned int domains)
{
	int fd = memfd_create("bundle", MFD_CLOEXEC), r;
	struct bundlemake m[MSGS], *p[MSGS];
	struct bundle_rcpt p1 = { .local = { "local", 5 } };
	char domain[40], sender[40];
	unsigned int i, k;

	for (i = 0; i < MSGS; i++) {
		p[i] = &m[i];
		bundlemake_init(&m[i]);
		m[i].meta.number = i;
		m[i].meta.stored = m[i].meta.plain = 0;
		snprintf(sender, sizeof sender, "sender%u@example.com", i);
		bundlemake_set(
		    &m[i], BUNDLEMAKE_SENDER, sender, strlen(sender));
		for (k = 0; k < domains * (i + 1); k++) {
			snprintf(domain, sizeof domain, "d%u.example", k / 2);
			bundlemake_rcpt(&m[i], domain, strlen(domain), &p1);
		}
	}
	r = fd == -1 ? -1 : bundlemake_write(fd, ID, p, MSGS);
	for (i = 0; i < MSGS; i++)
		bundlemake_free(&m[i]);
	if (r == -1)
		exit(111);
	return fd;
}

static int
same(const struct bundle_str *a, const struct bundle_str *b)
{
	return a->len == b->len && memcmp(a->s, b->s, a->len) == 0;
}

static int
same_run(const struct bundle_run *a, const struct bundle_run *b)
{
	return same(&a->domain, &b->domain) && a->first == b->first &&
	    a->count == b->count && a->offset == b->offset &&
	    a->length == b->length && a->crc == b->crc;
}

/* By going through them and by their places: how many are the same. */
static unsigned int
compare_runs(const struct bundle *b, const struct bundle_msg *m,
    const struct bundle *thin, const struct bundle_msg *tm)
{
	struct field f = m->runs, tf = tm->runs;
	struct bundle_run x, y, z;
	char room[BUNDLE_RUNROOM];
	unsigned int n = 0;
	uint32_t where;

	for (;;) {
		where = (uint32_t)((const char *)f.p - b->index.s);
		if (bundle_run(b, &f, &x) != 1)
			break;
		n += bundle_run(thin, &tf, &y) == 1 && same_run(&x, &y) &&
		    bundle_run_at(thin, where, room, &z) == 0 &&
		    same_run(&x, &z) &&
		    bundle_run_at(b, where, room, &z) == 0 && same_run(&x, &z);
	}
	return n + field_left(&tf);
}

static void
compare(const struct bundle *b, const struct bundle *thin, unsigned int domains)
{
	struct bundle_msg m, tm;
	stralloc runs = STRALLOC_ZERO;
	unsigned int i, good = 0;

	for (i = 0; i < MSGS; i++) {
		good += bundle_msg(b, i, &m) == 0 &&
		    bundle_msg(thin, i, &tm) == 0 &&
		    same(&m.sender, &tm.sender) && m.number == tm.number &&
		    m.nrun == tm.nrun && m.offset == tm.offset &&
		    field_left(&tm.runs) == 0 &&
		    bundle_runs(thin, i, &tm, &runs) == 0 &&
		    compare_runs(b, &m, thin, &tm) == domains * (i + 1) / 2;
	}
	is_int(good, MSGS, "messages and their runs are the same");
	ok(bundle_msg(thin, MSGS, &tm) == -1, "there are no more");
	stralloc_free(&runs);
}

/* The file is cut behind our back: an error, nothing else. */
static void
cut_short(int fd, const struct bundle *thin)
{
	struct bundle_run r;
	struct bundle_msg m;
	stralloc runs = STRALLOC_ZERO;
	char room[BUNDLE_RUNROOM];

	errno = 0;
	ok(bundle_run_at(thin, (uint32_t)thin->index.len, room, &r) == -1 &&
		errno == EBADMSG,
	    "no run behind the index");
	if (ftruncate(fd, BUNDLE_HEADER) == -1)
		exit(111);
	errno = 0;
	ok(bundle_run_at(thin, 200, room, &r) == -1 && errno == EBADMSG,
	    "a run that is not there any more");
	ok(bundle_msg(thin, 0, &m) == 0, "the message is in memory");
	errno = 0;
	ok(bundle_runs(thin, 0, &m, &runs) == -1 && errno == EBADMSG,
	    "all of its runs");
	stralloc_free(&runs);
}

int
main(void)
{
	struct bundle b, thin;
	int fd = make(4000);

	if (bundle_open(&b, fd) == -1 || bundle_open(&thin, fd) == -1)
		exit(111);
	bundle_thin(&thin);
	ok(thin.head && thin.rest.a < b.index.len / 10, "it is thin");
	bundle_thin(&thin);
	compare(&b, &thin, 4000);
	cut_short(fd, &thin);
	bundle_close(&thin);
	bundle_close(&b);
	close(fd);
	fd = make(10);
	if (bundle_open(&b, fd) == -1)
		exit(111);
	bundle_thin(&b);
	ok(!b.head, "a small one stays as it is");
	bundle_close(&b);
	close(fd);
	return done_testing();
}
