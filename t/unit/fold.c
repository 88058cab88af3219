/* What was folded comes back. */
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-send/fold.h"
#include "t/lib/tap.h"

#define ROWS 64
#define COLS 3
#define N (ROWS * COLS)

/* How many octets it takes, 0: it did not come back. */
static size_t
size(const uint32_t *w)
{
	unsigned char *d = malloc(FOLD_MAX(N));
	uint32_t back[N];
	size_t n = fold_put(d, w, ROWS, COLS);
	unsigned char *cut = malloc(n);

	/* No octet behind it is looked at. */
	memcpy(cut, d, n);
	fold_get(back, ROWS, COLS, cut);
	free(d);
	free(cut);
	return memcmp(back, w, sizeof back) == 0 ? n : 0;
}

int
main(void)
{
	static const uint32_t edges[] = { 0, 1, 63, 64, 0x7fffffff, 0x80000000,
		0x80000001, UINT32_MAX - 64, UINT32_MAX };
	uint32_t w[N] = { 0 };
	unsigned int i, j, lost = 0;

	is_int(size(w), 2 * COLS, "nothing but zeros");
	for (i = 0; i < N; i++)
		w[i] = 4000000000u;
	is_int(size(w), 7 * COLS, "all the same");
	for (i = 0; i < N; i++)
		w[i] = i;
	ok(size(w) <= ROWS * COLS + COLS, "steady ones");
	srandom(1);
	for (j = 0; j < 1000; j++) {
		for (i = 0; i < N; i++)
			w[i] = edges[(unsigned int)random() %
			    (j % (sizeof edges / sizeof *edges) + 1)];
		lost += size(w) == 0;
		for (i = 0; i < N; i++)
			w[i] = (uint32_t)random() << j % 32;
		lost += size(w) == 0;
	}
	is_int(lost, 0, "whatever there is");
	for (i = 0; i < N; i++)
		w[i] = i / COLS % 2 ? 0x80000000u : 0;
	ok(size(w) && size(w) <= FOLD_MAX(N), "the worst has room");
	return done_testing();
}
