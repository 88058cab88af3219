/*
 * random - numbers for unit tests, which a second run can have again.
 *
 *   random_start()          once: from SEED=n of the environment, or else from
 *                           the clock; a comment says which
 *   random32(), random64()  the next one
 */
#ifndef DRAY_RANDOM_H
#define DRAY_RANDOM_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t random_state;

static inline void
random_start(void)
{
	const char *s = getenv("SEED");
	unsigned long seed = s ? strtoul(s, NULL, 10) : (unsigned long)time(0);

	printf("# SEED=%lu\n", seed);
	random_state = seed;
}

static inline uint32_t
random32(void)
{
	random_state =
	    random_state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(random_state >> 32);
}

static inline uint64_t
random64(void)
{
	return (uint64_t)random32() << 32 | random32();
}

#endif
