#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "campaign.h"

#define WIDTH 30 /* of the bar */
#define OFTEN 200000000 /* nanoseconds between two looks */

static int shown;

static int
is_soon(void)
{
	static struct timespec last;
	struct timespec now;
	long long d;

	clock_gettime(CLOCK_MONOTONIC, &now);
	d = (now.tv_sec - last.tv_sec) * 1000000000LL + now.tv_nsec -
	    last.tv_nsec;
	if (last.tv_sec && d < OFTEN)
		return 1;
	last = now;
	return 0;
}

/* On a terminal, a line that is written again; elsewhere nothing, so that cron
 * has no mail to send. */
void
progress_show(
    const char *what, uint64_t n, uint64_t of, const struct options *o)
{
	static int tty = -1;
	unsigned int full, i;

	if (tty == -1)
		tty = isatty(2);
	if (!tty || o->quiet || is_soon())
		return;
	fprintf(stderr, "\r%s %llu", what, (unsigned long long)n);
	if (of) {
		full = (unsigned int)(n * WIDTH / of);
		fprintf(stderr, " of %llu [", (unsigned long long)of);
		for (i = 0; i < WIDTH; i++)
			fputc(i < full ? '#' : ' ', stderr);
		fprintf(
		    stderr, "] %3llu %%", (unsigned long long)(n * 100 / of));
	}
	fputs("\033[K", stderr);
	shown = 1;
}

void
progress_end(void)
{
	if (shown)
		fputs("\r\033[K", stderr);
	shown = 0;
}
