/* Runs are the same whether they were folded meanwhile or not. */
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/runs.h"
#include "t/lib/tap.h"

#define MOST ((RUNS_HOT + 64) * RUNS_BLOCK)

static struct runs all;
static uint32_t *want; /* msg of each; 0: it is not taken */

static int
bad(uint32_t n)
{
	const struct run *r = runs_at(&all, n);

	return r->msg != want[n] || r->next != want[n] * 7 ||
	    r->entry != n * 20 || r->count != 1 || r->where != RUN_READY;
}

static void
take(uint32_t i)
{
	uint32_t n = runs_take(&all);
	struct run *r = runs_at(&all, n);
	static const struct run none;

	if (!n || n >= MOST + 1 || want[n] ||
	    memcmp(r, &none, sizeof none) != 0)
		abort();
	want[n] = i + 1;
	r->msg = want[n];
	r->next = want[n] * 7;
	r->entry = n * 20;
	r->count = 1;
	r->where = RUN_READY;
}

int
main(void)
{
	uint32_t few = RUNS_HOT * RUNS_BLOCK, i, n, wrong = 0, hot;
	struct run *r;

	want = calloc(MOST + 1, sizeof *want);
	for (i = 0; i + 1 < few; i++)
		take(i);
	is_int(runs_cool(&all), 0, "few are not folded");
	is_int(all.hot, RUNS_HOT, "at all");
	for (; i < MOST; i++)
		take(i);
	is_int(all.used, MOST, "many are taken");
	while (runs_cool(&all))
		;
	is_int(all.hot, RUNS_HOT, "too many are folded");
	is_int(runs_cool(&all), 0, "and that is all");
	for (n = 1; n < all.next; n++) {
		wrong += bad(n);
		if (n % 100000 == 0)
			while (runs_cool(&all))
				;
	}
	is_int(wrong, 0, "they are as they were");
	srandom(1);
	for (i = 0; i < 20000; i++) {
		n = 1 + (uint32_t)random() % MOST;
		if (want[n]) {
			wrong += bad(n);
			want[n] = 0;
			runs_give(&all, n);
		} else {
			take(i);
		}
		if (i % 64 == 0)
			while (runs_cool(&all))
				;
	}
	for (n = 1; n < all.next; n++)
		wrong += want[n] && bad(n);
	is_int(wrong, 0, "and so they are after others came and went");
	while (runs_cool(&all))
		;
	r = runs_at(&all, 1);
	hot = all.hot;
	ok(hot == RUNS_HOT || hot == RUNS_HOT + 1, "one that is looked at");
	ok(r == runs_at(&all, 1), "stays where it is");
	return done_testing();
}
