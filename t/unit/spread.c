/* A day's quota over the day: all of it, never more, and never in a rush. */
#include <stdint.h>
#include <stdio.h>

#include "cmd/dray-send/spread.h"
#include "t/lib/tap.h"

#define DAY 86400.0
#define SLOTS 96 /* quarters of an hour */

static uint64_t used, slot[SLOTS];
static double first, last;

/* Mail waits from one second of the day to another. */
static void
drive(uint64_t quota, double from, double to)
{
	struct spread s = { 0 };
	double now, each;
	int i;

	used = 0;
	for (i = 0; i < SLOTS; i++)
		slot[i] = 0;
	for (now = from; now < to && used < quota; now += 0.5) {
		each = spread_each(quota, quota - used, DAY - now);
		while (used < quota && spread_come(&s, each, now) >= 1) {
			spread_pass(&s, each, now, 1);
			if (!used)
				first = now;
			last = now;
			used++;
			slot[(int)(now / 900)]++;
		}
	}
}

/* Between these, in each slot from one to another. */
static int
even(int from, int to, uint64_t least, uint64_t most)
{
	int i, good = 1;

	for (i = from; i < to; i++)
		if (slot[i] < least || slot[i] > most) {
			printf("# %d: %lu\n", i, (unsigned long)slot[i]);
			good = 0;
		}
	return good;
}

static void
whole_days(void)
{
	static const uint64_t quotas[] = { 1, 2, 50, 1000, 86400, 1000000 };
	uint64_t q;
	size_t i;
	int good = 1;

	for (i = 0; i < sizeof quotas / sizeof *quotas; i++) {
		q = quotas[i];
		drive(q, 0, DAY);
		printf("# %lu of %lu\n", (unsigned long)used, (unsigned long)q);
		good &= used >= q * 99 / 100 && used <= q && first < 1;
	}
	ok(good, "nearly all of any quota leaves on its day, and no more");
	drive(9600, 0, DAY);
	ok(even(1, SLOTS - 1, 98, 102), "as much in each quarter of an hour");
	ok(slot[0] <= 107, "and but a minute's worth more in the first one");
	ok(last > DAY - 900, "until the end");
}

static void
parts(void)
{
	drive(9600, DAY / 2, DAY);
	ok(used >= 9500 && even(49, SLOTS - 1, 196, 204),
	    "from noon on twice as much at a time");
	drive(9600, DAY - 1800, DAY);
	ok(used >= 2350 && used <= 2400 + 81,
	    "in the last half hour a quarter of it, which is the fastest");
	drive(9600, DAY - 10, DAY);
	ok(used <= 81 + 15, "in the last seconds a minute's worth");
}

static void
bursts(void)
{
	struct spread s = { 0 };

	ok(spread_come(&s, 30, 1000) == 3, "a minute's worth, and one");
	spread_pass(&s, 30, 1000, 2);
	ok(spread_come(&s, 30, 1000) == 1, "less what was used");
	ok(spread_come(&s, 30, 1030) == 2, "one more in its time");
	ok(spread_come(&s, 30, 9000) == 3, "never more than that");
	s.clock = 0;
	spread_pass(&s, 3600, 1000, 1);
	ok(spread_come(&s, 3600, 1000) == 0, "a slow one: none at once");
	ok(spread_come(&s, 1, 1000) == 0 && spread_come(&s, 1, 1030) == 30,
	    "what was slow does not hold what is fast now");
	ok(spread_each(100, 0, 3600) == 3600, "nothing left: until the end");
	ok(spread_each(0, 0, 3600) == 7200, "no quota");
}

int
main(void)
{
	whole_days();
	parts();
	bursts();
	return done_testing();
}
