/*
 * dnsload - asks dray-dns for many domains, for benchmarks.
 *
 *   dnsload socket zone count
 *
 * Asks for d0.ZONE to d<count - 1>.ZONE, AHEAD of them open at a time, and
 * prints one JSON line: seconds, and how many were answered with hosts, with
 * validated ones, temporarily, otherwise.
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <skalibs/strerr.h>

#include "common/dnsproto.h"
#include "common/field.h"
#include "common/frame.h"
#include "common/mem.h"
#include "common/sock.h"

#define AHEAD 2000

static unsigned long answered, good, secure, temporary, other;

static int
on_frame(void *ctx, char type, const char *data, size_t len, int fd)
{
	struct field r;
	unsigned int verdict;
	size_t n;

	(void)ctx;
	(void)type;
	(void)fd;
	field_start(&r, data, len);
	field_getu32(&r);
	verdict = field_getu8(&r);
	field_getu32(&r);
	field_getstr(&r, DNS_TEXTMAX, &n);
	answered++;
	if (verdict == DNS_TEMP)
		temporary++;
	else if (verdict != DNS_OK)
		other++;
	else
		good++;
	if (verdict == DNS_OK && field_getu8(&r)) {
		field_getu16(&r);
		secure += (field_getu8(&r) & DNS_SECURE) != 0;
	}
	return 0;
}

static void
ask(struct frame *f, const char *zone, unsigned long i)
{
	char name[300];
	int n = snprintf(name, sizeof name, "d%lu.%s", i, zone);

	frame_begin(f, 'M');
	field_putu32(&f->out, (uint32_t)i);
	field_putstr(&f->out, name, (size_t)n);
	mem_check(frame_end(f) == 0);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
run(struct frame *f, const char *zone, unsigned long count)
{
	struct pollfd p = { f->fd, POLLIN, 0 };
	unsigned long asked = 0;
	int full;

	while (answered < count) {
		if (asked - answered <= AHEAD / 2)
			while (asked < count && asked - answered < AHEAD)
				ask(f, zone, asked++);
		full = frame_flush(f);
		if (full == -1)
			strerr_diefusys(111, "send");
		p.events = full ? POLLIN : POLLIN | POLLOUT;
		poll(&p, 1, -1);
		if ((p.revents & ~POLLOUT) &&
		    frame_pump(f, on_frame, NULL) == -1)
			strerr_diefusys(111, "receive");
	}
}

int
main(int argc, char const *const *argv)
{
	struct frame f;
	double t;
	int fd;

	PROG = "dnsload";
	if (argc != 4)
		strerr_dieusage(100, "dnsload socket zone count");
	fd = sock_connect(argv[1]);
	if (fd == -1 || sock_nonblock(fd) == -1)
		strerr_diefusys(111, "connect to ", argv[1]);
	frame_init(&f, fd, DNS_FRAME_MAX, 0);
	t = now();
	run(&f, argv[2], strtoul(argv[3], NULL, 10));
	printf("{\"seconds\": %.6f, \"good\": %lu, \"secure\": %lu, "
	       "\"temporary\": %lu, \"other\": %lu}\n",
	    now() - t, good, secure, temporary, other);
	frame_free(&f);
	return 0;
}
