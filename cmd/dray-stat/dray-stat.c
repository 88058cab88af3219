/*
 * dray-stat - what waits in the queue.  See dray-stat(1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-stat/campaign.h"
#include "cmd/dray-stat/listing.h"
#include "cmd/dray-stat/show.h"
#include "common/base.h"
#include "common/controlclient.h"
#include "common/mem.h"
#include "common/print.h"

#define USAGE "dray-stat [-jl] [--json] [-b base] [-w seconds] [--campaign id]"

struct options {
	const char *base;
	int json;
	int list;
	unsigned int wait;
	const char *campaign;
};

static int
take_stat(void *ctx, const char *data, size_t len)
{
	const struct options *o = ctx;

	return print_answer(data, len, o->json, show);
}

static void
flush(void)
{
	if (fflush(stdout) || ferror(stdout))
		strerr_diefusys(111, "write output");
}

static void
once(struct options *o)
{
	struct listing l = { .raw = o->json };
	int fd;

	if (o->campaign) {
		campaign_show(o->base, o->campaign, o->json);
		flush();
		return;
	}
	fd = controlclient_connect(o->base, CONTROLCLIENT_SECONDS);
	if (fd == -1)
		controlclient_gone(o->base);
	if (o->list) {
		controlclient_ask(fd, 'L', NULL, listing_take, &l);
		listing_end(&l);
		stralloc_free(&l.part);
	} else {
		controlclient_ask(fd, 'S', NULL, take_stat, o);
	}
	flush();
}

static void
repeat(struct options *o)
{
	int tty = isatty(1) && !o->json;

	for (;;) {
		if (tty)
			printf("\033[H\033[J");
		once(o);
		sleep(o->wait);
		if (!tty && !o->json)
			putchar('\n');
	}
}

static void
read_options(struct options *o, int argc, char const *const *argv)
{
	subgetopt l = SUBGETOPT_ZERO;
	int opt;

	while ((opt = subgetopt_r(argc, argv, "b:c:jlw:", &l)) != -1) {
		if (opt == 'b')
			o->base = l.arg;
		else if (opt == 'c')
			o->campaign = l.arg;
		else if (opt == 'j')
			o->json = 1;
		else if (opt == 'l')
			o->list = 1;
		else if (opt != 'w' || !uint0_scan(l.arg, &o->wait) || !o->wait)
			strerr_dieusage(100, USAGE);
	}
	if (l.ind != argc)
		strerr_dieusage(100, USAGE);
}

int
main(int argc, char const *const *argv)
{
	struct options o = { .base = base_default() };
	const char **args = mem_array((size_t)argc + 1, sizeof *args);
	int i;

	PROG = "dray-stat";
	for (i = 0; i < argc; i++)
		args[i] = strcmp(argv[i], "--json") == 0 ? "-j"
		    : strcmp(argv[i], "--campaign") == 0 ? "-c"
							 : argv[i];
	read_options(&o, argc, args);
	if (o.wait)
		repeat(&o);
	once(&o);
	free(args);
	return 0;
}
