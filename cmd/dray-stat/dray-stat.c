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

#include "cmd/dray-stat/bounces.h"
#include "cmd/dray-stat/campaign.h"
#include "cmd/dray-stat/listing.h"
#include "cmd/dray-stat/show.h"
#include "common/base.h"
#include "common/controlclient.h"
#include "common/mem.h"
#include "common/print.h"

#define USAGE                                                              \
	"dray-stat [-jl] [--json] [-b base] [-w seconds] [--campaign id] " \
	"[--bounces] [--by class|provider|campaign|day] [--since time]"

struct options {
	const char *base;
	int json;
	int list;
	unsigned int wait;
	const char *campaign;
	int bounces;
	int by; /* -1: not said */
	const char *since;
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

/* With -w, what was a day ago goes on. */
static void
show_bounces(const struct options *o)
{
	char since[BOUNCES_TIME] = "";

	if (o->since && bounces_since(since, o->since) == -1)
		strerr_dief(100, "--since ", o->since,
		    ": not a time (2026-11-22, 2026-11-22T03:04:05Z, 7d)");
	bounces_show(o->base,
	    o->by == -1 ? BOUNCES_CLASS : (enum bounces_by)o->by, since,
	    o->json);
}

static void
once(struct options *o)
{
	struct listing l = { .raw = o->json };
	int fd;

	if (o->campaign || o->bounces) {
		if (o->bounces)
			show_bounces(o);
		else
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
take(struct options *o, int opt, const char *arg)
{
	if (opt == 'b')
		o->base = arg;
	else if (opt == 'B')
		o->bounces = 1;
	else if (opt == 'c')
		o->campaign = arg;
	else if (opt == 'j')
		o->json = 1;
	else if (opt == 'l')
		o->list = 1;
	else if (opt == 's')
		o->since = arg;
	else if (opt == 'y' && (o->by = bounces_by(arg)) != -1)
		;
	else if (opt != 'w' || !uint0_scan(arg, &o->wait) || !o->wait)
		strerr_dieusage(100, USAGE);
}

static void
read_options(struct options *o, int argc, char const *const *argv)
{
	subgetopt l = SUBGETOPT_ZERO;
	int opt;

	while ((opt = subgetopt_r(argc, argv, "b:Bc:jls:w:y:", &l)) != -1)
		take(o, opt, l.arg);
	if (l.ind != argc || (o->bounces && (o->campaign || o->list)) ||
	    (!o->bounces && (o->by != -1 || o->since)))
		strerr_dieusage(100, USAGE);
}

/* The long names of options. */
static const char *
letter(const char *arg)
{
	static const char *const names[][2] = { { "--bounces", "-B" },
		{ "--by", "-y" }, { "--campaign", "-c" }, { "--json", "-j" },
		{ "--since", "-s" } };
	size_t i;

	for (i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(arg, names[i][0]) == 0)
			return names[i][1];
	return arg;
}

int
main(int argc, char const *const *argv)
{
	struct options o = { .base = base_default(), .by = -1 };
	const char **args = mem_array((size_t)argc + 1, sizeof *args);
	int i;

	PROG = "dray-stat";
	for (i = 0; i < argc; i++)
		args[i] = letter(argv[i]);
	read_options(&o, argc, args);
	if (o.wait)
		repeat(&o);
	once(&o);
	free(args);
	return 0;
}
