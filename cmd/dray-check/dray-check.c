/*
 * dray-check - looks from outside at what this node depends on.  See
 * dray-check(8).
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/sgetopt.h>
#include <skalibs/sig.h>
#include <skalibs/strerr.h>

#include "cmd/dray-check/dnsbl.h"
#include "cmd/dray-check/own.h"
#include "common/base.h"

#define USAGE "dray-check [-b base] [-n] dnsbl [address | domain ...]"

struct options {
	const char *base;
	int dry;
};

static int
read_options(struct options *o, int argc, char const *const *argv)
{
	subgetopt l = SUBGETOPT_ZERO;
	int opt;

	while ((opt = subgetopt_r(argc, argv, "b:n", &l)) != -1) {
		if (opt == 'b')
			o->base = l.arg;
		else if (opt == 'n')
			o->dry = 1;
		else
			strerr_dieusage(100, USAGE);
	}
	if (l.ind >= argc || strcmp(argv[l.ind], "dnsbl") != 0)
		strerr_dieusage(100, USAGE);
	return l.ind + 1;
}

int
main(int argc, char const *const *argv)
{
	struct options o = { .base = base_default() };
	char path[BASE_PATHMAX];
	struct policy p;
	int i;

	PROG = "dray-check";
	i = read_options(&o, argc, argv);
	sig_ignore(SIGPIPE);
	base_path(path, o.base, "policy/policy.cdb");
	if (policy_open(&p, path) == -1)
		strerr_dief(111, "cannot open ", path, ": ", policy_why(errno));
	own_policy(&p);
	for (; i < argc; i++)
		if (own_word(argv[i]) == -1)
			strerr_dief(
			    100, "neither an address nor a domain: ", argv[i]);
	own_sort();
	if (chdir(o.base) == -1)
		strerr_diefusys(111, "enter ", o.base);
	return dnsbl(".", &p, o.dry);
}
