/*
 * dray-policy - check, compile, show and explain the policy.  See
 * dray-policy(8).
 *
 * The text under etc/ is the operator's; the daemons see nothing of it but
 * policy/policy.cdb, which this program replaces as a whole, and only by a
 * policy without a mistake.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>

#include "cmd/dray-policy/compile.h"
#include "cmd/dray-policy/conf.h"
#include "cmd/dray-policy/value.h"
#include "cmd/dray-policy/view.h"
#include "common/base.h"

#define USAGE                                                  \
	"dray-policy [-b base] [-n] check | compile | show | " \
	"explain domain"

/* Reads the text; ends the program when it cannot be read or is wrong. */
static void
read_text(struct conf *c, const char *base)
{
	conf_init(c, stderr);
	if (conf_read(c, base) == -1)
		strerr_diefusys(
		    errno == ENOENT || errno == ENOTDIR || errno == EINVAL
			? 100
			: 111,
		    "read ", base, "/", c->trouble);
	if (c->mistakes)
		exit(100);
}

static void
check(const char *base)
{
	struct conf c;

	read_text(&c, base);
	conf_free(&c);
}

/* The text is read under the lock, so that a later generation never holds an
 * older text. */
static void
compile(const char *base, const char *path)
{
	uint64_t generation;
	struct conf c;
	int dirfd;

	dirfd = compile_lock(base);
	if (dirfd == -1)
		strerr_diefusys(111, "lock ", base, "/policy");
	read_text(&c, base);
	generation = compile_generation(path) + 1;
	if (compile_write(dirfd, &c, generation) == -1)
		strerr_diefusys(111, "write ", path);
	conf_free(&c);
	close(dirfd);
	printf("generation %llu\n", (unsigned long long)generation);
}

/* What every command that prints ends with: a full disk is not silent. */
static void
flush(void)
{
	if (fflush(stdout) == EOF || ferror(stdout))
		strerr_diefusys(111, "write to standard output");
}

static void
look(const struct view *v, const char *path, const char *domain)
{
	int r;

	r = domain ? view_explain(v, domain, stdout) : view_show(v, stdout);
	if (r == -1)
		strerr_dief(
		    100, "unable to read ", path, ": ", policy_why(errno));
}

/* Domain is NULL for show.  With text, what the files say; else what is in
 * force. */
static void
show(const char *base, const char *path, int text, const char *domain)
{
	struct conf c;
	struct view v;

	if (text) {
		read_text(&c, base);
		view_of(&v, &c);
		look(&v, base, domain);
		conf_free(&c);
		return;
	}
	if (view_open(&v, path) == -1)
		strerr_dief(errno == EPROTO || errno == ENOENT ? 100 : 111,
		    "unable to read ", path, ": ", policy_why(errno));
	look(&v, path, domain);
	view_close(&v);
}

static void
explain(const char *base, const char *path, int text, const char *domain)
{
	char lower[POLICY_NAMEMAX + 1];
	const char *at = strrchr(domain, '@');

	if (value_domain(lower, at ? at + 1 : domain) == -1)
		strerr_dief(100, "not a domain: ", domain);
	show(base, path, text, lower);
}

static void
run(const char *const *args, const char *base, int text)
{
	const char *command = args[0], *domain = command ? args[1] : NULL;
	char path[BASE_PATHMAX];

	if (!command ||
	    (domain && (args[2] || strcmp(command, "explain") != 0)))
		strerr_dieusage(100, USAGE);
	base_path(path, base, "policy/policy.cdb");
	if (!strcmp(command, "check"))
		check(base);
	else if (!strcmp(command, "compile") && !text)
		compile(base, path);
	else if (!strcmp(command, "show"))
		show(base, path, text, NULL);
	else if (domain)
		explain(base, path, text, domain);
	else
		strerr_dieusage(100, USAGE);
	flush();
}

int
main(int argc, char const *const *argv)
{
	const char *base = base_default();
	subgetopt l = SUBGETOPT_ZERO;
	int c, text = 0;

	PROG = "dray-policy";
	while ((c = subgetopt_r(argc, argv, "b:n", &l)) != -1) {
		if (c == 'b')
			base = l.arg;
		else if (c == 'n')
			text = 1;
		else
			strerr_dieusage(100, USAGE);
	}
	run(argv + l.ind, base, text);
	return 0;
}
