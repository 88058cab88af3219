#include <errno.h>
#include <stdlib.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/compile.h"
#include "cmd/dray-policy/facts.h"
#include "cmd/dray-policy/force.h"
#include "cmd/dray-policy/generation.h"
#include "common/base.h"

static int
is_hopeless(int e)
{
	return e == ENOENT || e == ENOTDIR || e == EINVAL || e == EFBIG;
}

int
force_lock(const char *base)
{
	int dirfd = compile_lock(base);

	if (dirfd == -1)
		strerr_diefusys(111, "lock ", base, "/policy");
	return dirfd;
}

int
force_try(struct conf *c, const char *base)
{
	return conf_read(c, base) == -1 || c->mistakes ? -1 : 0;
}

void
force_die(const struct conf *c, const char *base)
{
	if (c->mistakes)
		exit(100);
	strerr_diefusys(
	    is_hopeless(errno) ? 100 : 111, "read ", base, "/", c->trouble);
}

void
force_read(struct conf *c, const char *base)
{
	conf_init(c, stderr);
	if (force_try(c, base) == -1)
		force_die(c, base);
}

char *
force_facts(const char *base)
{
	struct conf c;
	size_t n;
	char *s;

	force_read(&c, base);
	s = facts_all(&c, &n);
	conf_free(&c);
	return s;
}

const char *
force_write(int dirfd, const char *base, const struct conf *c,
    const char *origin, uint64_t *number_r)
{
	char path[BASE_PATHMAX];

	base_path(path, base, "policy/policy.cdb");
	*number_r = generation_next(dirfd, compile_generation(path));
	if (generation_save(dirfd, *number_r, c, origin) == -1)
		return "policy/generations";
	if (compile_write(dirfd, c, *number_r) == -1) {
		generation_drop(dirfd, *number_r);
		return "policy/policy.cdb";
	}
	if (generation_prune(dirfd) == -1)
		strerr_warnwusys("remove old generations");
	return NULL;
}

uint64_t
force_put(int dirfd, const char *base, const struct conf *c, const char *origin)
{
	uint64_t number;
	const char *what = force_write(dirfd, base, c, origin, &number);

	if (what)
		strerr_diefusys(111, "write ", base, "/", what);
	return number;
}
