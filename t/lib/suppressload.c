/*
 * suppressload BASE lookup N   looks up each address of standard input, N times
 *                              all of them: seconds, and how many were found
 * suppressload BASE follow ADDRESS   "ready", then the time at which a reader of
 *                              the list, who waits for nothing else, knows it
 *
 * As dray-send does it, the hash of the address made each time.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <skalibs/strerr.h>
#include <sodium.h>

#include "common/base.h"
#include "common/dir.h"
#include "common/keyhash.h"
#include "common/mem.h"
#include "common/suppress.h"

static struct token_keys keys;
static struct suppress *list;

static double
now(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
look(const char *s, size_t n)
{
	struct suppress_query q = { .tenant = "",
		.stream = "bulk",
		.stream_len = 4,
		.reasons = SUPPRESS_ALL };
	const char *at = memchr(s, '@', n);
	struct suppress_entry e;

	if (!at)
		return 0;
	token_address(&keys, s, (size_t)(at - s), at + 1,
	    n - (size_t)(at + 1 - s), q.address);
	return suppress_lookup(list, &q, &e) == 1;
}

static void
lookup(unsigned long times)
{
	char **line = NULL, b[512];
	size_t n = 0, i, found = 0;
	double from;

	while (fgets(b, sizeof b, stdin)) {
		b[strcspn(b, "\n")] = '\0';
		if (n % 1024 == 0)
			line = mem_grow(line, n + 1024, sizeof *line);
		line[n++] = mem_dup(b, strlen(b));
	}
	from = now(CLOCK_MONOTONIC);
	for (; times; times--)
		for (i = 0; i < n; i++)
			found += (size_t)look(line[i], strlen(line[i]));
	printf("%.6f %zu\n", now(CLOCK_MONOTONIC) - from, found);
}

static void
follow(const char *path, const char *address)
{
	struct pollfd p = { .fd = suppress_watch(path), .events = POLLIN };

	if (p.fd == -1)
		strerr_diefusys(111, "watch ", path);
	puts("ready");
	fflush(stdout);
	while (!look(address, strlen(address))) {
		(void)poll(&p, 1, -1);
		dir_watch_clear(p.fd);
		if (suppress_refresh(list) == -1)
			strerr_diefusys(111, "read the list");
	}
	printf("%.6f\n", now(CLOCK_REALTIME));
}

int
main(int argc, char **argv)
{
	char path[BASE_PATHMAX];

	PROG = "suppressload";
	if (argc != 4 || sodium_init() == -1)
		strerr_dieusage(100, "suppressload base lookup|follow what");
	keyhash_start();
	base_path(path, argv[1], "keys/token");
	if (token_load_keys(&keys, path) == -1)
		strerr_diefusys(111, "read ", path);
	base_path(path, argv[1], "suppress");
	list = suppress_open(base_dir(argv[1], "suppress"), 0);
	if (!list)
		strerr_diefusys(111, "open ", path);
	if (strcmp(argv[2], "lookup") == 0)
		lookup(strtoul(argv[3], NULL, 10));
	else
		follow(path, argv[3]);
	suppress_close(list);
	return 0;
}
