/* The counts of a day: what is read back, a torn end, and damage. */
#include <string.h>

#include "common/daycount.h"
#include "t/lib/tap.h"

#define LEN DAYCOUNT_LEN

static unsigned char file[8 * LEN];
static size_t seen;
static struct daycount last;

static void
see(void *arg, const struct daycount *r)
{
	(void)arg;
	seen++;
	last = *r;
}

static int
each(size_t n)
{
	seen = 0;
	memset(&last, 0, sizeof last);
	return daycount_each(file, n, see, NULL);
}

/* A header and three records. */
static void
make(void)
{
	struct daycount r = { .day = 20779 };
	unsigned int i;

	daycount_head(file);
	memset(r.key, 7, sizeof r.key);
	for (i = 1; i <= 3; i++) {
		r.count = UINT64_C(1) << 20 * i;
		daycount_pack(file + i * LEN, &r);
	}
}

static void
whole(void)
{
	unsigned char key[DAYCOUNT_KEYLEN];

	make();
	memset(key, 7, sizeof key);
	ok(each(4 * LEN) && seen == 3, "three records");
	ok(last.day == 20779 && last.count == UINT64_C(1) << 60 &&
		!memcmp(last.key, key, sizeof key),
	    "the last one is as it was");
	ok(each(LEN) && seen == 0, "none behind the header");
}

static void
ends(void)
{
	size_t n;
	int good = 1;

	make();
	for (n = LEN; n <= 4 * LEN; n++)
		good &= each(n) && seen == n / LEN - 1;
	ok(good, "a file that was cut anywhere has what is whole of it");
	for (n = 0; n < LEN; n++)
		good &= !each(n);
	ok(good, "but for its header");
	memset(file + 3 * LEN, 0, 3 * LEN);
	ok(each(6 * LEN) && seen == 2, "zeros at its end are no damage");
}

static void
damage(void)
{
	size_t i;
	int good = 1;

	for (i = 0; i < 3 * LEN; i++) {
		make();
		file[i] ^= 1 << i % 8;
		good &= !each(4 * LEN) && seen == (i < LEN ? 0 : 2);
	}
	ok(good, "any bit in front of a good record is damage");
	make();
	file[3 * LEN] ^= 1;
	ok(each(4 * LEN) && seen == 2, "in the last one it is a torn end");
}

int
main(void)
{
	whole();
	ends();
	damage();
	return done_testing();
}
