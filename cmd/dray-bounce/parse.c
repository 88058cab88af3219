#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-bounce/parse.h"
#include "cmd/dray-bounce/report.h"
#include "common/base.h"
#include "common/drop.h"
#include "common/mem.h"
#include "common/policy.h"
#include "common/ruleset.h"

#define SPARE 32 /* descriptors that are not files to be parsed */

static struct token_keys keys;

static struct rules *
load_rules(const char *base)
{
	char path[BASE_PATHMAX];
	const void *record;
	struct rules *r;
	struct policy p;
	size_t n;

	base_path(path, base, "policy/policy.cdb");
	if (policy_open(&p, path) == -1)
		strerr_dief(100, "unable to read policy ", path, ": ",
		    policy_why(errno));
	if (policy_record(&p, RULESET_KEY, strlen(RULESET_KEY), &record, &n) !=
		1 ||
	    !(r = ruleset_load(record, n)))
		strerr_dief(100, "unable to use the rules of ", path, ": ",
		    policy_why(errno));
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

static void
room_for(size_t n)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == -1)
		return;
	if (l.rlim_cur < n + SPARE && l.rlim_max > l.rlim_cur) {
		l.rlim_cur =
		    l.rlim_max < n + SPARE ? l.rlim_max : (rlim_t)(n + SPARE);
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
}

/* Of all that can be open at a time: how many there were. */
static size_t
open_some(int *fd, const char *const *files, size_t n, int *failed)
{
	size_t i;

	for (i = 0; i < n; i++) {
		fd[i] = open(files[i], O_RDONLY | O_CLOEXEC | O_NOCTTY);
		if (fd[i] == -1 && (errno == EMFILE || errno == ENFILE))
			strerr_dief(111, "too many files at a time");
		if (fd[i] == -1) {
			strerr_warnwusys("open ", files[i]);
			*failed = 1;
		}
	}
	return i;
}

void
parse_main(const char *base, const char *const *files, size_t n)
{
	struct report_options o;
	struct parser *p;
	int *fd = mem_array(n, sizeof *fd), failed = 0;
	char *s = mem_alloc(REPORT_OCTETS + 1);
	size_t i;

	o.rules = load_rules(base);
	o.keys = load_keys(base);
	p = report_open(&o);
	room_for(n);
	(void)open_some(fd, files, n, &failed);
	drop_enter(&(struct drop){ .promises = 0 });
	for (i = 0; i < n; i++)
		if (fd[i] != -1 && parse_file(p, fd[i], files[i], s) == -1)
			failed = 1;
	if (fflush(stdout) == EOF)
		strerr_diefusys(111, "write");
	_exit(failed ? 111 : 0);
}
