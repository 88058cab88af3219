#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <skalibs/strerr.h>
#include <sodium.h>

#include "cmd/dray-check/hold.h"
#include "common/base.h"
#include "common/override_dir.h"

#define AUTHOR "dray-check"

static int dir;

void
hold_open(const char *base)
{
	dir = base_dir(base, "overrides");
}

/* The same in each run. */
static void
set_id(struct override *o, const struct listing *x)
{
	unsigned char h[crypto_generichash_BYTES_MIN];
	char key[2 * POLICY_NAMEMAX + 2], hex[17];

	snprintf(key, sizeof key, "%s %s", x->zone, x->name);
	crypto_generichash(
	    h, sizeof h, (const unsigned char *)key, strlen(key), NULL, 0);
	sodium_bin2hex(hex, sizeof hex, h, 8);
	snprintf(o->id, sizeof o->id, "check-dnsbl-%s", hex);
}

int
hold_stands(const struct listing *x)
{
	struct override o;
	struct stat st;

	set_id(&o, x);
	return fstatat(dir, o.id, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

int
hold_put(const struct listing *x, uint32_t seconds)
{
	static struct override o;

	memset(&o, 0, sizeof o);
	set_id(&o, x);
	o.action = OVERRIDE_PAUSE;
	o.created = (uint64_t)time(NULL);
	o.expires = o.created + seconds;
	memcpy(o.author, AUTHOR, sizeof AUTHOR);
	snprintf(o.reason, sizeof o.reason,
	    "%.64s is on the blocklist %.255s (%s)", x->name, x->zone, x->code);
	if (scope_set(&o.scope, SCOPE_SOURCE, x->name, strlen(x->name)) == 0 &&
	    override_dir_write(dir, &o, 1) == 0)
		return 0;
	strerr_warnwusys("hold mail from ", x->name);
	return -1;
}

void
hold_end(const struct listing *x)
{
	struct override o;

	set_id(&o, x);
	if (unlinkat(dir, o.id, 0) == -1 && errno != ENOENT)
		strerr_warnwusys("remove the override ", o.id);
}
