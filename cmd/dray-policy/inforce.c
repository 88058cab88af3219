#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-policy/inforce.h"
#include "common/base.h"
#include "common/chars.h"
#include "common/mem.h"
#include "common/override_dir.h"

/* Whether the selector may mean this mail; what was not asked for is "". */
static int
may_mean(const struct scope *sc, enum scope_key key, const char *value)
{
	return !*value || scope_match(sc, key, value, strlen(value));
}

static int
concerns(const struct scope *sc, const struct explain_query *q)
{
	return may_mean(sc, SCOPE_DESTINATION, q->domain) &&
	    may_mean(sc, SCOPE_TENANT, q->tenant) &&
	    may_mean(sc, SCOPE_CAMPAIGN, q->campaign) &&
	    may_mean(sc, SCOPE_SENDER, q->sender) &&
	    may_mean(sc, SCOPE_STREAM, q->stream) &&
	    may_mean(sc, SCOPE_ROUTE, q->route);
}

static void
put_expiry(stralloc *sa, uint64_t expires)
{
	time_t t = (time_t)expires;
	char when[64];
	struct tm tm;

	if (!expires || !gmtime_r(&t, &tm))
		return;
	mem_check(stralloc_cats(sa, ", until ") &&
	    stralloc_catb(sa, when,
		strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", &tm)));
}

static void
put(const struct override *o, FILE *out)
{
	stralloc sa = STRALLOC_ZERO;

	override_text(&sa, o);
	put_expiry(&sa, o->expires);
	if (*o->reason)
		mem_check(
		    stralloc_cats(&sa, ": ") && stralloc_cats(&sa, o->reason));
	mem_check(stralloc_0(&sa));
	chars_mask(sa.s);
	fprintf(out, "override\t%s\toverrides/%s\n", sa.s, o->id);
	stralloc_free(&sa);
}

static int
is_over(const struct override *o)
{
	return o->expires && o->expires <= (uint64_t)time(NULL);
}

void
inforce_put(const char *base, const struct explain_query *q, FILE *out)
{
	char path[BASE_PATHMAX];
	struct override_files f;
	size_t i;
	int dir;

	base_path(path, base, "overrides");
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1 && errno == ENOENT)
		return;
	if (dir == -1 || override_dir_read(dir, &f) == -1) {
		strerr_warnwusys("read ", path);
		return;
	}
	for (i = 0; i < f.n; i++)
		if (!f.f[i]->why && !is_over(&f.f[i]->o) &&
		    concerns(&f.f[i]->o.scope, q))
			put(&f.f[i]->o, out);
	override_dir_free(&f);
	close(dir);
}
