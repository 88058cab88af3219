#include <time.h>

#include <skalibs/strerr.h>

#include "common/complain.h"

void
complain_client(const char *what)
{
	static time_t last;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	if (last && t.tv_sec - last < 60)
		return;
	last = t.tv_sec + !t.tv_sec;
	strerr_warnw("closed a client that ", what);
}
