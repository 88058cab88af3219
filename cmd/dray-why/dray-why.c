/*
 * dray-why - what holds mail to a destination back.  See dray-why(1).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>

#include "cmd/dray-why/show.h"
#include "common/addr.h"
#include "common/base.h"
#include "common/controlclient.h"
#include "common/controlproto.h"
#include "common/field.h"
#include "common/idn.h"
#include "common/mem.h"
#include "common/print.h"

#define USAGE "dray-why [-j] [--json] [-b base] destination"

struct options {
	const char *base;
	int json;
};

static int
take(void *ctx, const char *data, size_t len)
{
	const struct options *o = ctx;

	return print_answer(data, len, o->json, show);
}

/* A domain, or an address at it, as the queue has it. */
static void
put_name(stralloc *sa, const char *s)
{
	const char *at = s[0] == '[' ? NULL : strrchr(s, '@');
	char d[ADDR_DOMAINMAX];
	size_t n;

	if (at)
		s = at + 1;
	n = idn_ascii(d, s, strlen(s));
	if (!n)
		strerr_dief(100, "not a domain: ", s);
	field_putstr(sa, d, n);
}

static const char *
read_options(struct options *o, int argc, char const *const *argv)
{
	subgetopt l = SUBGETOPT_ZERO;
	int opt;

	while ((opt = subgetopt_r(argc, argv, "b:j", &l)) != -1) {
		if (opt == 'b')
			o->base = l.arg;
		else if (opt == 'j')
			o->json = 1;
		else
			strerr_dieusage(100, USAGE);
	}
	if (l.ind != argc - 1)
		strerr_dieusage(100, USAGE);
	return argv[l.ind];
}

int
main(int argc, char const *const *argv)
{
	struct options o = { .base = base_default() };
	const char **args = mem_array((size_t)argc + 1, sizeof *args);
	stralloc question = STRALLOC_ZERO;
	int i, fd;

	PROG = "dray-why";
	for (i = 0; i < argc; i++)
		args[i] = strcmp(argv[i], "--json") ? argv[i] : "-j";
	put_name(&question, read_options(&o, argc, args));
	fd = controlclient_connect(o.base, CONTROLCLIENT_SECONDS);
	if (fd == -1)
		controlclient_gone(o.base);
	controlclient_ask(fd, CONTROL_WHY, &question, take, &o);
	if (fflush(stdout) || ferror(stdout))
		strerr_diefusys(111, "write output");
	stralloc_free(&question);
	free(args);
	return 0;
}
