#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-policy/compile.h"
#include "cmd/dray-policy/diff.h"
#include "cmd/dray-policy/force.h"
#include "cmd/dray-policy/generation.h"
#include "cmd/dray-policy/history.h"
#include "cmd/dray-policy/view.h"
#include "common/base.h"

#define ROLLBACK "rollback "

/* That of the policy in force, 0 when there is none. */
static uint64_t
in_force(const char *base)
{
	char path[BASE_PATHMAX];

	base_path(path, base, "policy/policy.cdb");
	return compile_generation(path);
}

/* The directory policy, for those who only look. */
static int
open_policy(const char *base)
{
	char path[BASE_PATHMAX];
	int fd;

	base_path(path, base, "policy");
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		strerr_diefusys(errno == ENOENT ? 100 : 111, "open ", path);
	return fd;
}

static int
list(int dirfd, uint64_t **list_r)
{
	int n = generation_list(dirfd, list_r);

	if (n == -1)
		strerr_diefusys(111, "read policy/generations");
	return n;
}

static uint64_t
number_of(const char *s)
{
	uint64_t n;

	if (!uint640_scan(s, &n) || !n)
		strerr_dief(100, "not a generation: ", s);
	return n;
}

static void
print(int dirfd, uint64_t number, uint64_t now)
{
	char origin[GENERATION_ORIGINMAX], when[32];
	struct tm tm;
	time_t t;

	if (generation_origin(dirfd, number, origin, &t) == -1 ||
	    !gmtime_r(&t, &tm) ||
	    !strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm)) {
		strerr_warnwusys("read a generation");
		return;
	}
	printf("%llu\t%s\t%s\t%s\n", (unsigned long long)number, when, origin,
	    number == now ? "in force" : "-");
}

void
history_list(const char *base)
{
	uint64_t *v, now = in_force(base);
	int dirfd = open_policy(base), i, n = list(dirfd, &v);

	for (i = 0; i < n; i++)
		print(dirfd, v[i], now);
	free(v);
	close(dirfd);
}

static char *
facts_of(const struct view *v, const char *name)
{
	char *s = view_text(v);

	if (!s)
		strerr_dief(
		    100, "unable to read ", name, ": ", policy_why(errno));
	return s;
}

static char *
facts_in_force(const char *base)
{
	char path[BASE_PATHMAX];
	struct view v;
	char *s;

	base_path(path, base, "policy/policy.cdb");
	if (view_open(&v, path) == -1)
		strerr_dief(errno == EPROTO || errno == ENOENT ? 100 : 111,
		    "unable to read ", path, ": ", policy_why(errno));
	s = facts_of(&v, path);
	view_close(&v);
	return s;
}

static void
die_of_missing(const char *base, uint64_t number)
{
	char path[GENERATION_PATHMAX];

	strerr_diefusys(errno == ENOENT ? 100 : 111, "read ", base, "/policy/",
	    generation_path(path, number));
}

static char *
facts_of_generation(const char *base, uint64_t number)
{
	int dirfd = open_policy(base);
	char *s;

	if (generation_facts(dirfd, number, &s) == -1)
		die_of_missing(base, number);
	close(dirfd);
	return s;
}

static char *
facts_named(const char *base, const char *name)
{
	if (!name)
		return facts_in_force(base);
	if (!strcmp(name, "now"))
		return force_facts(base);
	return facts_of_generation(base, number_of(name));
}

void
history_diff(const char *base, const char *from, const char *to)
{
	char *a = facts_named(base, from),
	     *b = facts_named(base, to ? to : "now");

	diff_facts(a, b, stdout);
	free(a);
	free(b);
}

/* One before the policy in force; a rollback stands where the one stands that
 * it went back to, so that the next goes further. */
static uint64_t
before(int dirfd, uint64_t now)
{
	char origin[GENERATION_ORIGINMAX];
	uint64_t *v, found = 0, to;
	int i, n = list(dirfd, &v);
	time_t when;

	while (now && generation_origin(dirfd, now, origin, &when) == 0 &&
	    !strncmp(origin, ROLLBACK, strlen(ROLLBACK)) &&
	    uint640_scan(origin + strlen(ROLLBACK), &to) && to < now)
		now = to;
	for (i = 0; i < n && v[i] < now; i++)
		found = v[i];
	free(v);
	if (!found)
		strerr_dief(100, "there is no generation to go back to");
	return found;
}

void
history_rollback(const char *base, const char *which)
{
	char path[BASE_PATHMAX], origin[GENERATION_ORIGINMAX];
	char name[GENERATION_PATHMAX + 8] = "policy/";
	uint64_t to, number;
	struct conf c;
	int dirfd = force_lock(base);

	to = which ? number_of(which) : before(dirfd, in_force(base));
	if (faccessat(dirfd, generation_path(name + 7, to), F_OK, 0) == -1)
		die_of_missing(base, to);
	base_path(path, base, name);
	force_read(&c, path);
	snprintf(
	    origin, sizeof origin, ROLLBACK "%llu", (unsigned long long)to);
	number = force_put(dirfd, base, &c, origin);
	conf_free(&c);
	close(dirfd);
	printf("generation %llu, as %llu was; the text under etc is as it "
	       "was, and the next compile takes it\n",
	    (unsigned long long)number, (unsigned long long)to);
}
