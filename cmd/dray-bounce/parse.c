#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-bounce/parse.h"
#include "cmd/dray-bounce/report.h"
#include "common/base.h"
#include "common/drop.h"
#include "common/mem.h"
#include "common/policy.h"
#include "common/ruleset.h"

#define BATCH 500 /* files that are open at a time */

static struct token_keys keys;

static struct rules *
load_rules(const char *base)
{
	const void *record;
	struct rules *r;
	struct policy p;
	size_t n;

	policy_start(&p, base);
	if (policy_record(&p, RULESET_KEY, strlen(RULESET_KEY), &record, &n) !=
		1 ||
	    !(r = ruleset_load(record, n)))
		strerr_dief(100, "unable to use the rules of the policy of ",
		    base, ": ", policy_why(errno));
	policy_close(&p);
	return r;
}

/* Without them there are no tokens, as in an instance that makes none. */
static const struct token_keys *
load_keys(const char *base)
{
	char path[BASE_PATHMAX];

	base_path(path, base, "keys/token");
	if (token_load_keys(&keys, path) == 0)
		return &keys;
	if (errno != ENOENT)
		strerr_warnwu("read ", path, ": ", strerror(errno));
	return NULL;
}

static size_t
read_all(int fd, char *s)
{
	size_t n = 0;
	ssize_t r = 1;

	/* One octet more than is looked at, so that it is known to be cut. */
	while (r > 0 && n <= REPORT_OCTETS) {
		r = read(fd, s + n, REPORT_OCTETS + 1 - n);
		if (r > 0)
			n += (size_t)r;
	}
	return r == -1 ? (size_t)-1 : n;
}

static int
parse_file(struct parser *p, int fd, const char *name, char *s)
{
	struct report_mail m = { .s = s };
	stralloc out = STRALLOC_ZERO;
	struct report r;
	size_t i;

	m.n = read_all(fd, s);
	close(fd);
	if (m.n == (size_t)-1) {
		strerr_warnwusys("read ", name);
		return -1;
	}
	report_parse(p, &m, &r);
	for (i = 0; i < r.nrcpt; i++)
		report_json(&out, name, &r, i);
	(void)fwrite(out.s, 1, out.len, stdout);
	stralloc_free(&out);
	return 0;
}

/* Opens them, shuts itself in, and reads them.  Never returns. */
static void
parse_batch(struct parser *p, const char *const *files, size_t n)
{
	char *s = mem_alloc(REPORT_OCTETS + 1);
	int fd[BATCH], failed = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		fd[i] = open(files[i], O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd[i] == -1) {
			strerr_warnwusys("open ", files[i]);
			failed = 1;
		}
	}
	drop_enter(&(struct drop){ .promises = 0 });
	for (i = 0; i < n; i++)
		if (fd[i] != -1 && parse_file(p, fd[i], files[i], s) == -1)
			failed = 1;
	if (fflush(stdout) == EOF)
		strerr_diefusys(111, "write");
	_exit(failed ? 111 : 0);
}

/* In a process of its own, since it opens nothing after it has begun. */
static int
run_batch(struct parser *p, const char *const *files, size_t n)
{
	pid_t pid = fork();
	int status;

	if (pid == -1)
		strerr_diefusys(111, "start a process");
	if (pid == 0)
		parse_batch(p, files, n);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			strerr_diefusys(111, "wait for a process");
	if (!WIFEXITED(status))
		strerr_warnw("a process was killed: what it had to parse may "
			     "be incomplete");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

void
parse_main(const char *base, const char *const *files, size_t n)
{
	struct report_options o;
	struct parser *p;
	size_t some;
	int failed = 0;

	o.rules = load_rules(base);
	o.keys = load_keys(base);
	p = report_open(&o);
	for (; n; files += some, n -= some) {
		some = n < BATCH ? n : BATCH;
		if (run_batch(p, files, some) == -1)
			failed = 1;
	}
	_exit(failed ? 111 : 0);
}
