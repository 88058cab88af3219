#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/strerr.h>
#include <sodium.h>

#include "cmd/dray-send/daily.h"
#include "cmd/dray-send/quota.h"
#include "cmd/dray-send/send.h"
#include "common/daycount.h"
#include "common/mem.h"

#define NS UINT64_C(1000000000)
#define BLOCK 100 /* that part of the day's is written in advance */
#define DAMAGED '!' /* the kind of a record that says so */
#define SPARE 4096 /* records beyond twice those that are needed */

struct daily {
	UT_hash_handle hh;
	TAILQ_ENTRY(daily) link; /* of those that have to be written, or are */
	enum { CLEAN, DIRTY, WRITING } state;
	uint8_t urgent; /* mail has left today */
	uint32_t refs;
	uint32_t day;
	uint64_t used;
	uint64_t safe; /* stands in the file */
	uint64_t writing; /* is on its way there */
	uint64_t asked; /* shall stand there */
	unsigned char key[DAYCOUNT_KEYLEN];
};

TAILQ_HEAD(dailies, daily);

static struct daily *counts;
static struct dailies dirty = TAILQ_HEAD_INITIALIZER(dirty);
static struct dailies writing = TAILQ_HEAD_INITIALIZER(writing);

static struct {
	size_t records; /* in the file */
	int busy; /* it is being written */
	int anew; /* it has to be written as a whole */
	int failed; /* that was said */
	struct daily *damaged; /* records of a day are missing, of which so
				* many millionths were over; or NULL */
} file;

uint32_t
daily_today(void)
{
	return (uint32_t)(ev_now(self.loop) / DAILY_SECONDS);
}

double
daily_rest(void)
{
	return (daily_today() + 1.0) * DAILY_SECONDS - ev_now(self.loop);
}

static void
make_key(
    unsigned char key[DAYCOUNT_KEYLEN], char kind, const void *name, size_t n)
{
	crypto_generichash_state h;

	(void)crypto_generichash_init(&h, NULL, 0, DAYCOUNT_KEYLEN);
	(void)crypto_generichash_update(&h, (const unsigned char *)&kind, 1);
	(void)crypto_generichash_update(&h, name, n);
	(void)crypto_generichash_final(&h, key, DAYCOUNT_KEYLEN);
}

static struct daily *
find(const unsigned char *key)
{
	struct daily *d;

	HASH_FIND(hh, counts, key, DAYCOUNT_KEYLEN, d);
	return d;
}

static struct daily *
make(const unsigned char *key)
{
	struct daily *d = mem_alloc(sizeof *d);

	memcpy(d->key, key, DAYCOUNT_KEYLEN);
	d->day = daily_today();
	HASH_ADD(hh, counts, key, DAYCOUNT_KEYLEN, d);
	return d;
}

/* Of another day.  A clock that is set back a little at midnight is not. */
static int
is_over(const struct daily *d)
{
	uint32_t today = daily_today();

	return d->day < today || d->day > today + 1;
}

/* Those of another day that nobody asks for any more. */
static void
tidy(void)
{
	struct daily *d, *next;

	HASH_ITER (hh, counts, d, next) {
		if (d->refs || d->state != CLEAN || !is_over(d))
			continue;
		HASH_DEL(counts, d);
		free(d);
	}
}

struct daily *
daily_take(char kind, const void *name, size_t n)
{
	static unsigned int mark = 1024;
	unsigned char key[DAYCOUNT_KEYLEN];
	struct daily *d;

	make_key(key, kind, name, n);
	if (!find(key) && HASH_COUNT(counts) >= mark) {
		tidy();
		mark = 2 * HASH_COUNT(counts) + 1024;
	}
	/* Beyond the most that there can be they share one. */
	if (!find(key) && HASH_COUNT(counts) >= DAYCOUNT_KEYS - 1)
		memset(key, 0, sizeof key);
	d = find(key);
	if (!d)
		d = make(key);
	d->refs++;
	return d;
}

void
daily_drop(struct daily *d)
{
	if (d)
		d->refs--;
}

static void
soil(struct daily *d)
{
	if (d->state == CLEAN) {
		TAILQ_INSERT_TAIL(&dirty, d, link);
		d->state = DIRTY;
	}
}

static void
roll(struct daily *d)
{
	if (!is_over(d))
		return;
	d->day = daily_today();
	d->used = d->safe = d->asked = d->writing = 0;
	d->urgent = 0;
}

uint64_t
daily_used(struct daily *d)
{
	roll(d);
	return d->used;
}

/* Where records are missing, as much counts as used as there was day. */
static void
suspect(struct daily *d, uint64_t most)
{
	const struct daily *bad = file.damaged;
	uint64_t n = bad ? most / 1000000 * bad->used : 0;

	if (bad)
		n += most % 1000000 * bad->used / 1000000;
	if (bad && d->day == bad->day && d->used < n)
		d->used = n;
}

uint64_t
daily_left(struct daily *d, uint64_t most, unsigned int kept)
{
	roll(d);
	suspect(d, most);
	if (d->urgent)
		most -= most * kept / 100;
	return d->used < most ? most - d->used : 0;
}

uint64_t
daily_room(struct daily *d, uint64_t most, unsigned int kept)
{
	uint64_t left = daily_left(d, most, kept);
	uint64_t safe = d->safe > d->used ? d->safe - d->used : 0;

	return left < safe ? left : safe;
}

/* In advance, so that the disk is seldom waited for. */
static void
ask(struct daily *d, uint64_t most, uint64_t want)
{
	uint64_t block = most / BLOCK + 1, end = most;

	if (want > block)
		block = want;
	if (d->used + block < end)
		end = d->used + block;
	if (d->asked >= end)
		return;
	d->asked = end;
	soil(d);
}

uint64_t
daily_when(struct daily *d, uint64_t most, unsigned int kept, uint64_t want)
{
	uint64_t left = daily_left(d, most, kept);
	int now;

	if (!left)
		return (daily_today() + UINT64_C(1)) * DAILY_SECONDS * NS;
	if (want > left)
		want = left;
	now = d->safe >= d->used + want;
	if (!now || d->asked <= d->used + most / BLOCK / 2)
		ask(d, most, want);
	return now ? 0 : DAILY_DISK;
}

void
daily_pass(struct daily *d, uint64_t n, int urgent)
{
	roll(d);
	d->urgent |= urgent != 0;
	d->used += n;
}

void
daily_back(struct daily *d, uint64_t n)
{
	roll(d);
	d->used -= n < d->used ? n : d->used;
}

static void
put(stralloc *sa, const struct daily *d, uint64_t count)
{
	struct daycount r = { .day = d->day, .count = count };
	unsigned char s[DAYCOUNT_LEN];

	memcpy(r.key, d->key, sizeof r.key);
	daycount_pack(s, &r);
	mem_check(stralloc_catb(sa, (char *)s, sizeof s));
}

static void
put_head(stralloc *sa)
{
	unsigned char s[DAYCOUNT_LEN];

	daycount_head(s);
	mem_check(stralloc_catb(sa, (char *)s, sizeof s));
}

static void
begin(struct daily *d)
{
	TAILQ_REMOVE(&dirty, d, link);
	TAILQ_INSERT_TAIL(&writing, d, link);
	d->state = WRITING;
	d->writing = d->asked;
}

/* All that is of this day, with what is dirty. */
static void
put_all(stralloc *sa)
{
	struct daily *d, *next;

	tidy();
	put_head(sa);
	HASH_ITER (hh, counts, d, next)
		if (d->asked && !is_over(d))
			put(sa, d, d->asked);
}

/* Beyond some size it is written as a whole, without what is over. */
static int
is_long(void)
{
	return file.records > 2 * (size_t)HASH_COUNT(counts) + SPARE;
}

void
daily_turn(void)
{
	static stralloc sa;
	struct daily *d;
	int anew;

	if (file.busy ||
	    (TAILQ_EMPTY(&dirty) && !(file.anew && HASH_COUNT(counts))))
		return;
	sa.len = 0;
	anew = file.anew || is_long();
	if (anew) {
		put_all(&sa);
		file.records = sa.len / DAYCOUNT_LEN - 1;
	}
	while ((d = TAILQ_FIRST(&dirty))) {
		begin(d);
		if (anew)
			continue;
		put(&sa, d, d->asked);
		file.records++;
	}
	file.busy = 1;
	file.anew = 0;
	disk_daily(&sa, anew);
}

void
daily_written(int error)
{
	struct daily *d;

	file.busy = 0;
	if (error && !file.failed) {
		errno = error;
		strerr_warnwusys(
		    "write spool/" DAYCOUNT_FILE ", what a day limits waits");
	}
	file.failed = error != 0;
	file.anew |= error != 0;
	while ((d = TAILQ_FIRST(&writing))) {
		TAILQ_REMOVE(&writing, d, link);
		d->state = CLEAN;
		if (!error && d->writing > d->safe)
			d->safe = d->writing;
		if (d->asked > d->safe)
			soil(d);
	}
	if (!error)
		quota_written();
}

static void
load(void *arg, const struct daycount *r)
{
	struct daily *d;

	(void)arg;
	file.records++;
	d = find(r->key);
	if (!d && HASH_COUNT(counts) >= DAYCOUNT_KEYS)
		return;
	if (!d)
		d = make(r->key);
	d->day = r->day;
	d->used = d->safe = d->asked = r->count;
}

/* Set aside, unless that is what does not work. */
static void
set_aside(void)
{
	strerr_warnw("spool/" DAYCOUNT_FILE " is damaged and set aside in "
		     "spool/bad: as much of what a day limits counts as used "
		     "as there was day");
	if (spool_aside(self.spool.dir, self.spool.bad, DAYCOUNT_FILE) == -1)
		strerr_warnwusys("set aside spool/" DAYCOUNT_FILE);
	file.anew = 1;
	file.damaged = daily_take(DAMAGED, "", 0);
	file.damaged->day = daily_today();
	file.damaged->used = file.damaged->asked =
	    (uint64_t)((1 - daily_rest() / DAILY_SECONDS) * 1e6);
}

/* The last start found damage, and the day is not over. */
static void
remember(void)
{
	unsigned char key[DAYCOUNT_KEYLEN];

	make_key(key, DAMAGED, "", 0);
	file.damaged = find(key);
	if (file.damaged)
		file.damaged->refs++;
}

void
daily_start(void)
{
	unsigned char *s;
	size_t n;
	int found = dailyfile_read(&s, &n);

	if (found == -1)
		strerr_diefusys(111, "read spool/" DAYCOUNT_FILE);
	file.anew = !found;
	if (!found)
		return;
	if (daycount_each(s, n, load, NULL))
		remember();
	else
		set_aside();
	free(s);
	tidy();
	file.anew |= file.records != HASH_COUNT(counts);
}

/* The file says exactly what was used, for who starts next. */
void
daily_end(void)
{
	static stralloc sa;
	struct daily *d, *next;

	if (file.busy || file.failed || !HASH_COUNT(counts))
		return;
	put_head(&sa);
	HASH_ITER (hh, counts, d, next)
		if (d->used && !is_over(d))
			put(&sa, d, d->used);
	(void)dailyfile_write(sa.s, sa.len, 1);
}
