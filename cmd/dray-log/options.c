#include <string.h>

#include <skalibs/sgetopt.h>
#include <skalibs/strerr.h>
#include <skalibs/types.h>

#include "cmd/dray-log/options.h"
#include "common/base.h"

#define USAGE                                                               \
	"dray-log [-n] [-a age] [-b base] [-d fd] [-k files] [-m minfree] " \
	"[-s size] [-t total]"

_Noreturn static void
usage(void)
{
	strerr_dieusage(100, USAGE);
}

/* A number, and a unit that is one of the letters or none. */
static uint64_t
number(const char *s, const char *letters, const uint64_t *factors)
{
	uint64_t n, f = 1;
	size_t unit, used = uint64_scan(s, &n);

	if (used == 0)
		usage();
	if (s[used]) {
		unit = strcspn(letters, s + used);
		if (letters[unit] == '\0' || s[used + 1])
			usage();
		f = factors[unit];
	}
	if (n > (UINT64_C(1) << 62) / f)
		usage();
	return n * f;
}

static uint64_t
octets(const char *s)
{
	static const uint64_t f[] = { 1 << 10, 1 << 20, 1 << 30 };

	return number(s, "kmg", f);
}

static uint64_t
seconds(const char *s)
{
	static const uint64_t f[] = { 1, 60, 3600, 86400, 604800 };
	uint64_t n = number(s, "smhdw", f);

	if (n > UINT32_MAX)
		usage();
	return n;
}

static void
take(struct options *o, int opt, const char *arg)
{
	if (opt == 'n')
		o->pack = 0;
	else if (opt == 'b')
		o->base = arg;
	else if (opt == 'd' && uint0_scan(arg, &o->ready))
		return;
	else if (opt == 'a')
		o->age = seconds(arg);
	else if (opt == 's')
		o->size = octets(arg);
	else if (opt == 'k')
		o->files = number(arg, "", NULL);
	else if (opt == 't')
		o->total = octets(arg);
	else if (opt == 'm')
		o->minfree = octets(arg);
	else
		usage();
}

void
options_read(struct options *o, int argc, char const *const *argv)
{
	subgetopt l = SUBGETOPT_ZERO;
	int opt;

	memset(o, 0, sizeof *o);
	o->base = base_default();
	o->pack = 1;
	o->size = UINT64_C(64) << 20;
	o->age = 86400;
	o->total = UINT64_C(8) << 30;
	o->minfree = UINT64_C(64) << 20;
	while ((opt = subgetopt_r(argc, argv, "na:b:d:k:m:s:t:", &l)) != -1)
		take(o, opt, l.arg);
	if (l.ind != argc)
		usage();
}
