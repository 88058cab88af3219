#include <stdlib.h>

#include "cmd/dray-send/numbers.h"
#include "t/lib/tap.h"

#define MANY 5000

static struct numbers t;
static int thing[MANY];

static void
nobody(void)
{
	static const struct numbers none;

	ok(numbers_at(&none, 0) == NULL && numbers_at(&none, 7) == NULL,
	    "before there is one, nobody has a number");
}

static void
many(void)
{
	uint32_t number[MANY], i, good = 0;

	for (i = 0; i < MANY; i++)
		number[i] = numbers_take(&t, &thing[i]);
	for (i = 0; i < MANY; i++)
		good += number[i] != 0 && number[i] < t.n &&
		    numbers_at(&t, number[i]) == &thing[i];
	ok(good == MANY, "each of many is found by its number");
	ok(numbers_at(&t, 0) == NULL && numbers_at(&t, t.n) == NULL,
	    "0 and what is beyond is nobody's");
	for (i = 0; i < MANY; i++)
		numbers_give(&t, number[i]);
	for (i = 0, good = 0; i < MANY; i++)
		good += numbers_at(&t, number[i]) == NULL;
	ok(good == MANY, "none is found when they are gone");
}

/* One at a time, for ever: that takes no more room. */
static void
again(void)
{
	uint32_t before = t.n, last = 0, n, i, same = 0;

	for (i = 0; i < MANY; i++) {
		n = numbers_take(&t, &thing[0]);
		same += n == last;
		numbers_give(&t, n);
		last = n;
	}
	ok(t.n == before, "numbers are used again");
	ok(same == 0, "but not at once");
}

int
main(void)
{
	nobody();
	many();
	again();
	free(t.p);
	return done_testing();
}
