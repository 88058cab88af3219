/* Against a plain array of what should be in each element.  SEED=n repeats a
 * run. */
#include <stdlib.h>

#include "common/pool.h"
#include "t/lib/random.h"
#include "t/lib/tap.h"

#define MOST 6000 /* several chunks */
#define STEPS 100000

static struct pool p;
static unsigned char *want[MOST + 1]; /* NULL: not taken */
static uint32_t taken[MOST];
static uint32_t ntaken;

static int
take(void)
{
	uint32_t n = pool_take(&p), i;
	unsigned char *e;

	if (n == 0 || n > MOST || want[n])
		return 0;
	e = pool_at(&p, n);
	for (i = 0; i < p.size; i++)
		if (e[i])
			return 0;
	memset(e, (int)random32() | 1, p.size);
	want[n] = e;
	taken[ntaken++] = n;
	return 1;
}

/* Nothing has moved and nobody else has written there. */
static int
give(void)
{
	uint32_t k = random32() % ntaken, n = taken[k], i;
	unsigned char *e = pool_at(&p, n);

	if (e != want[n])
		return 0;
	for (i = 1; i < p.size; i++)
		if (e[i] != e[0])
			return 0;
	pool_give(&p, n);
	want[n] = NULL;
	taken[k] = taken[--ntaken];
	return 1;
}

static int
step(unsigned int percent)
{
	int good = 1;

	if (ntaken < MOST && (ntaken == 0 || random32() % 100 < percent))
		good = take();
	else
		good = give();
	return good && p.used == ntaken;
}

static void
model(size_t size)
{
	char name[60];
	int i, good = 1;
	uint32_t chunk;

	pool_init(&p, size);
	for (i = 0; i < STEPS && good; i++)
		good = step(i < STEPS / 2 ? 60 : 45);
	snprintf(name, sizeof name, "elements of %zu octets", size);
	ok(good, name);
	while (ntaken && good)
		good = give();
	ok(good && p.used == 0, "all given back");
	ok(p.next <= MOST + 1, "numbers are used again");
	for (chunk = 0; chunk < p.nchunk; chunk++)
		free(p.chunk[chunk]);
	free(p.chunk);
}

int
main(void)
{
	random_start();
	model(4);
	model(9);
	model(72);
	return done_testing();
}
