#include <string.h>
#include <time.h>

#include "cmd/dray-tune/tune.h"

uint64_t
stamp_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int
digits(const char *s, int n, int *v_r)
{
	for (*v_r = 0; n--; s++) {
		if (*s < '0' || *s > '9')
			return -1;
		*v_r = *v_r * 10 + (*s - '0');
	}
	return 0;
}

/* 2026-11-22T03:04:05.678901Z */
uint64_t
stamp_ms(const char *s)
{
	struct tm tm = { 0 };
	int ms;
	time_t t;

	if (strlen(s) != 27 || digits(s, 4, &tm.tm_year) == -1 ||
	    digits(s + 5, 2, &tm.tm_mon) == -1 ||
	    digits(s + 8, 2, &tm.tm_mday) == -1 ||
	    digits(s + 11, 2, &tm.tm_hour) == -1 ||
	    digits(s + 14, 2, &tm.tm_min) == -1 ||
	    digits(s + 17, 2, &tm.tm_sec) == -1 || digits(s + 20, 3, &ms) == -1)
		return 0;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	t = timegm(&tm);
	return t < 0 ? 0 : (uint64_t)t * 1000 + (uint64_t)ms;
}
