/*
 * logload [-1] SOCKET TAG COUNT LENGTH - sends COUNT events, of LENGTH octets
 * about each, to dray-log, {"tag":"TAG","n":1 ...}.
 *
 * Comes back when the connection is lost, until all are durable; with -1 ends
 * when the connection is lost.  Prints the number of lines that are durable.
 * Exits 0 if that is all of them, 1 if not (-1, or a minute went by).
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/json.h"
#include "common/logclient.h"

#define WINDOW 1000000

static struct logclient l;
static int once;

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void
add(const char *tag, uint64_t n, const char *fill, size_t len)
{
	static stralloc sa = STRALLOC_ZERO;

	sa.len = 0;
	json_open(&sa);
	json_text(&sa, "tag", tag);
	json_u64(&sa, "n", n);
	json_str(&sa, "fill", fill, len);
	json_line(&sa);
	if (logclient_add(&l, sa.s, sa.len) != n)
		abort();
}

/* One turn.  -1 the connection was lost. */
static int
turn(void)
{
	struct pollfd p = { 0, POLLIN, 0 };
	int r;

	if (!logclient_connect(&l)) {
		usleep(2000);
		return 0;
	}
	r = logclient_flush(&l);
	if (r == -1)
		return -1;
	p.fd = l.fd;
	if (r == 0)
		p.events |= POLLOUT;
	if (poll(&p, 1, 1000) == 1 && (p.revents & ~POLLOUT))
		return logclient_read(&l) == -1 ? -1 : 0;
	return 0;
}

int
main(int argc, char **argv)
{
	static char fill[10000];
	uint64_t count, n = 0, end = now_ms() + 60000;
	size_t len;

	if (argc > 1 && !strcmp(argv[1], "-1")) {
		once = 1;
		argc--;
		argv++;
	}
	if (argc != 5)
		return 100;
	memset(fill, 'x', sizeof fill);
	count = strtoull(argv[3], NULL, 10);
	len = strtoull(argv[4], NULL, 10);
	if (len > sizeof fill)
		return 100;
	logclient_init(&l, argv[1]);
	while (logclient_durable(&l) < count && now_ms() < end) {
		while (n < count && logclient_backlog(&l) < WINDOW)
			add(argv[2], ++n, fill, len);
		if (turn() == -1 && once)
			break;
	}
	printf("%llu\n", (unsigned long long)logclient_durable(&l));
	return logclient_durable(&l) < count;
}
