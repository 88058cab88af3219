/* Against a list that is searched from end to end.  SEED=n repeats a run. */
#include <stdlib.h>

#include "common/heap.h"
#include "t/lib/random.h"
#include "t/lib/tap.h"

#define STEPS 60000
#define MOST 700

static struct heap_entry naive[MOST];
static size_t have;

static uint32_t
earliest(void)
{
	uint32_t when = UINT32_MAX;
	size_t i;

	for (i = 0; i < have; i++)
		if (naive[i].when < when)
			when = naive[i].when;
	return when;
}

/* The pair has to be there; among equal times any may be the first. */
static int
take_out(uint32_t when, uint32_t n)
{
	size_t i;

	for (i = 0; i < have; i++) {
		if (naive[i].when == when && naive[i].n == n) {
			naive[i] = naive[--have];
			return 1;
		}
	}
	return 0;
}

static int
step(struct heap *h, uint32_t range)
{
	uint32_t when = 1, n = 1;

	if (have < MOST && random32() % 100 < 55) {
		naive[have].when = range ? random32() % range : random32();
		naive[have].n = random32();
		heap_add(h, naive[have].when, naive[have].n);
		have++;
	} else if (have) {
		if (!heap_first(h, &when, &n) || when != earliest() ||
		    !take_out(when, n))
			return 0;
		heap_drop(h);
	}
	return h->len == have;
}

static void
model(uint32_t range, const char *name)
{
	struct heap h = { 0 };
	int i, good = 1;

	have = 0;
	for (i = 0; i < STEPS && good; i++)
		good = step(&h, range);
	ok(good, name);
	free(h.e);
}

static void
sorts(uint32_t from, uint32_t by)
{
	struct heap h = { 0 };
	uint32_t i, when, n, last = 0;
	int bad = 0;

	for (i = 0; i < 5000; i++)
		heap_add(&h, from + i * by, i);
	for (i = 0; i < 5000; i++) {
		bad += !heap_first(&h, &when, &n) || when < last ||
		    when != from + n * by;
		last = when;
		heap_drop(&h);
	}
	bad += heap_first(&h, &when, &n) != 0;
	is_int(bad, 0, by == 1 ? "in order" : by ? "in reverse" : "all equal");
	free(h.e);
}

static int
is_even(uint32_t when, uint32_t n)
{
	return when == n && n % 2 == 0;
}

/* Pairs that do not apply any more go, the others stay, in order. */
static void
tidies(void)
{
	struct heap h = { 0 };
	uint32_t i, when, n, last = 0, left = 0;
	size_t most = 0;
	int bad = 0;

	for (i = 0; i < 500; i++)
		heap_add(&h, i, i);
	heap_tidy(&h, is_even);
	is_int((long long)h.len, 500, "a few are left alone");
	for (i = 500; i < 20000; i++) {
		n = i * 7919 % 20000;
		heap_add(&h, n, i % 10 ? n | 1 : n & ~1u);
		heap_tidy(&h, is_even);
		if (h.len > most)
			most = h.len;
	}
	ok(most < 10000, "never much more than twice what applies");
	h.mark = 0;
	heap_tidy(&h, is_even);
	for (; heap_first(&h, &when, &n); heap_drop(&h)) {
		bad += when < last || !is_even(when, n);
		last = when;
		left++;
	}
	is_int(bad, 0, "what is left applies, in order");
	ok(left > 500, "and all of it is there");
	free(h.e);
}

int
main(void)
{
	random_start();
	model(0, "any times");
	model(10, "few different times");
	model(1, "one time");
	sorts(7, 1);
	sorts(5000, UINT32_MAX);
	sorts(3, 0);
	tidies();
	return done_testing();
}
