#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-check/blask.h"
#include "cmd/dray-check/dnsbl.h"
#include "cmd/dray-check/hold.h"
#include "cmd/dray-check/listing.h"
#include "cmd/dray-check/own.h"
#include "cmd/dray-check/record.h"
#include "cmd/dray-check/tell.h"
#include "common/base.h"

static struct {
	const struct policy_dnsbl *b; /* the list that is asked */
	struct listings before, now, gone, forgotten;
	int dry, listed, unknown, fresh;
	int holds_open;
} run;

/* BASE/check, and nobody else in it. */
static int
open_dir(const char *base)
{
	char path[BASE_PATHMAX];
	int dir;

	base_path(path, base, "check");
	if (mkdir(path, 0700) == -1 && errno != EEXIST)
		strerr_diefusys(111, "make ", path);
	dir = base_dir(base, "check");
	if (flock(dir, LOCK_EX | LOCK_NB) == -1)
		strerr_dief(111, "another dray-check is running on ", base);
	return dir;
}

/* For so many seconds; 0: not, or no longer.  What an operator let go is not
 * held again because it is still listed. */
static void
hold(const char *base, const struct listing *x, uint32_t seconds)
{
	if (run.dry)
		return;
	if (!run.holds_open)
		hold_open(base);
	run.holds_open = 1;
	if (!seconds)
		hold_end(x);
	else if ((x->fresh || hold_stands(x)) && hold_put(x, seconds) == -1)
		run.unknown = 1;
}

/* What was known of it before this run, or NULL. */
static const struct listing *
before(const struct own *o)
{
	struct listing *old = listings_find(&run.before, run.b->zone, o->name);

	if (old)
		old->asked = 1;
	return old;
}

static void
on_list(const char *base, const struct own *o, uint32_t code)
{
	const struct listing *old = before(o);
	struct in_addr a = { htonl(code) };
	char text[LISTING_CODEMAX], words[BLASK_TEXTMAX];
	struct listing *x;

	inet_ntop(AF_INET, &a, text, sizeof text);
	run.listed = 1;
	blask_text(o, words);
	printf("%s\t%s\t%s%s%s\n", o->name, run.b->zone, text,
	    *words ? "\t" : "", words);
	x = listings_add(&run.now, run.b->zone, o->name, text,
	    old ? old->since : (uint64_t)time(NULL));
	if (!x)
		return; /* too many: told on standard output alone */
	x->fresh = old == NULL;
	x->isdomain = o->family == 0;
	memcpy(x->text, words, sizeof x->text);
	run.fresh |= x->fresh;
	hold(base, x, run.b->hold);
}

static void
off_list(const char *base, const struct own *o)
{
	const struct listing *old = before(o);
	struct listing *x;

	if (!old)
		return;
	x = listings_add(
	    &run.gone, old->zone, old->name, old->code, old->since);
	if (x)
		x->isdomain = o->family == 0;
	hold(base, old, 0);
}

/* What was known stays known while nobody answers. */
static void
not_known(const struct own *o)
{
	const struct listing *old = before(o);

	run.unknown = 1;
	if (old)
		(void)listings_add(
		    &run.now, old->zone, old->name, old->code, old->since);
}

static void
ask_zone(const char *base)
{
	const struct own *o;
	uint32_t code = 0;
	size_t i, n = 0;

	blask_zone(run.b);
	for (i = 0; i < owns.n; i++) {
		o = &owns.v[i];
		if ((o->family == 0) != (run.b->kind == POLICY_DNSBL_DOMAIN))
			continue;
		n++;
		switch (blask(o, &code)) {
		case BLASK_LISTED:
			on_list(base, o, code);
			break;
		case BLASK_NOT:
			off_list(base, o);
			break;
		default:
			not_known(o);
		}
	}
	if (!n)
		strerr_warnw(run.b->zone, ": nothing to look up: the policy ",
		    run.b->kind == POLICY_DNSBL_DOMAIN
			? "has no domain, and none"
			: "has no source address, and none",
		    " was named");
}

/* Of what nobody asks for any more nobody would learn that it is listed no
 * more. */
static void
forget(const char *base)
{
	const struct listing *old;
	struct in6_addr a;
	struct listing *x;
	size_t i;

	for (i = 0; i < run.before.n; i++) {
		old = &run.before.v[i];
		if (old->asked)
			continue;
		hold(base, old, 0);
		x = listings_add(&run.forgotten, old->zone, old->name,
		    old->code, old->since);
		if (x)
			x->isdomain = inet_pton(AF_INET, x->name, &a) != 1 &&
			    inet_pton(AF_INET6, x->name, &a) != 1;
	}
}

/* 0, or -1: it is to be told again, and nothing is noted. */
static int
changed(const char *base, const struct policy *p)
{
	int news = run.fresh || run.gone.n;

	if (news && tell(base, p, &run.now, &run.gone) == -1)
		return -1;
	if ((news || run.forgotten.n) &&
	    record(p, &run.now, &run.gone, &run.forgotten) == -1)
		run.unknown = 1;
	return 0;
}

static void
note(const char *base, const struct policy *p, int dir)
{
	if (changed(base, p) == -1) {
		run.unknown = 1;
	} else if (listings_write(&run.now, dir) == -1) {
		strerr_warnwusys("write check/dnsbl");
		run.unknown = 1;
	}
}

int
dnsbl(const char *base, const struct policy *p, int dry)
{
	unsigned int i, n = policy_dnsbls(p);
	static struct policy_dnsbl b;
	int dir = dry ? -1 : open_dir(base);

	run.dry = dry;
	run.b = &b;
	if (!n)
		strerr_warnw("the policy has no [dnsbl]: nothing is looked up");
	if (!dry)
		listings_read(&run.before, dir);
	for (i = 0; i < n; i++) {
		if (policy_dnsbl(p, i, &b) != 1)
			strerr_dief(111, "the policy is malformed");
		ask_zone(base);
	}
	if (!dry) {
		forget(base);
		note(base, p, dir);
	}
	if (fflush(stdout) || ferror(stdout))
		strerr_diefusys(111, "write output");
	return run.listed ? DNSBL_LISTED : run.unknown ? 111 : 0;
}
