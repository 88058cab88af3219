/* Things found by keys, and rows of numbers. */
#include <stdlib.h>

#include "cmd/dray-send/book.h"
#include "cmd/dray-send/row.h"
#include "t/lib/tap.h"

#define MANY 5000

struct thing {
	struct leaf leaf;
	uint32_t key;
};

static struct numbers numbers;
static struct book book = { .of = &numbers };
static struct thing things[MANY];
static uint32_t number[MANY];

/* A poor one: sixteen keys have the same. */
static uint32_t
hash(uint32_t key)
{
	return key / 16 * 2654435761u;
}

static struct thing *
find(uint32_t key)
{
	struct thing *t;

	for (t = book_look(&book, hash(key)); t && t->key != key;)
		t = book_more(&book, t);
	return t;
}

static void
add(uint32_t i)
{
	things[i].key = i;
	number[i] = numbers_take(&numbers, &things[i]);
	book_add(&book, number[i], hash(i));
}

static void
books(void)
{
	uint32_t i, good = 0;

	ok(!find(3), "nothing in an empty one");
	for (i = 0; i < MANY; i++)
		add(i);
	for (i = 0; i < MANY; i++)
		good += find(i) == &things[i];
	is_int(good, MANY, "all are found");
	ok(!find(MANY) && !find(MANY + 100), "others are not");
	for (i = 0; i < MANY; i += 3) {
		book_del(&book, number[i]);
		numbers_give(&numbers, number[i]);
	}
	for (good = i = 0; i < MANY; i++)
		good += find(i) == (i % 3 ? &things[i] : NULL);
	is_int(good, MANY, "without every third");
	for (i = 0; i < MANY; i += 3)
		add(i);
	for (good = i = 0; i < MANY; i++)
		good += find(i) == &things[i];
	is_int(good, MANY, "and all again");
	is_int(book.used, MANY, "so many");
	for (i = 0; i < MANY; i++)
		book_del(&book, number[i]);
	ok(!book.used && !find(1), "empty");
}

/* Compared with a plain array. */
static void
rows(void)
{
	static uint32_t plain[3 * MANY];
	uint32_t from = MANY, to = MANY, i, bad = 0, n;
	struct row r = { 0 };

	ok(!row_next(&r), "an empty row");
	srandom(7);
	for (i = 1; i < 2 * MANY; i++) {
		n = (uint32_t)random();
		if (from > 0 && n % 3 == 0)
			row_first(&r, plain[--from] = i);
		else if (n % 3 == 1)
			row_last(&r, plain[to++] = i);
		if (from < to && (n % 7 < 2 || (i > MANY && n % 4))) {
			bad += row_next(&r) != plain[from++];
			row_take(&r);
		}
		bad += r.len != to - from;
	}
	for (; from < to; row_take(&r))
		bad += row_next(&r) != plain[from++];
	is_int(bad, 0, "what goes in comes out, in order");
	ok(!row_next(&r), "and then there is nothing");
}

int
main(void)
{
	books();
	rows();
	return done_testing();
}
