#include "cmd/dray-send/turns.h"
#include "t/lib/tap.h"

static void
circle(void)
{
	const uint64_t mask = turns_bit(3) | turns_bit(10) | turns_bit(63);

	ok(turns_from(mask, 0) == 3, "the first from 0 on");
	ok(turns_from(mask, 3) == 3 && turns_from(mask, 4) == 10,
	    "where it is counts");
	ok(turns_from(mask, 11) == 63 && turns_from(mask, 63) == 63,
	    "the last one");
	ok(turns_from(turns_bit(3), 4) == 3, "around the end");
	ok(turns_from(mask, 64) == 3, "one behind the end is the first");
	ok(turns_bit(64) == turns_bit(0), "owners beyond 64 share");
}

static void
shortest(void)
{
	const uint64_t mask = turns_bit(1) | turns_bit(2) | turns_bit(40);
	struct turns t = { 0 };

	ok(turns_choose(&t, 0, 5) == 0, "of nobody: 0");
	ok(turns_choose(&t, mask, 0) == 1 && turns_choose(&t, mask, 2) == 2 &&
		turns_choose(&t, mask, 41) == 1,
	    "of equals the next");
	turns_in(&t, 1);
	turns_in(&t, 1);
	turns_in(&t, 2);
	ok(turns_choose(&t, mask, 0) == 40, "an empty list before others");
	turns_in(&t, 40);
	turns_in(&t, 40);
	ok(turns_choose(&t, mask, 0) == 2, "the shortest");
	ok(t.used == mask, "all three are used");
	turns_out(&t, 2);
	ok(t.used == (turns_bit(1) | turns_bit(40)), "an empty one is not");
	turns_out(&t, 1);
	ok(t.used & turns_bit(1), "one that is not empty is");
}

/* Two owners in a hundred things, a third in five of them only. */
static void
fair(void)
{
	const uint64_t both = turns_bit(7) | turns_bit(8);
	unsigned int i, small = 0, at = 0;
	struct turns t = { 0 };
	uint8_t part;

	for (i = 0; i < 100; i++)
		turns_in(&t, turns_choose(&t, both, 0));
	ok(t.count[7] == 50 && t.count[8] == 50, "half under each");
	for (i = 0; i < 5; i++) {
		turns_out(&t, 7);
		turns_in(&t, turns_choose(&t, both | turns_bit(9), 0));
	}
	ok(t.count[9] == 5, "the third is found under its name");
	for (i = 0; i < 15; i++) {
		part = turns_from(t.used, (uint8_t)at);
		at = (part + 1u) % TURNS_PARTS;
		turns_out(&t, part);
		small += part == 9;
	}
	ok(small == 5 && !t.count[9], "and done after fifteen turns");
}

int
main(void)
{
	circle();
	shortest();
	fair();
	return done_testing();
}
