#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>
#include <skalibs/strerr.h>

#include "cmd/dray-tune/act.h"
#include "cmd/dray-tune/tune.h"
#include "common/override_dir.h"

void
act_id(struct override *o, const char *what, const void *key, size_t len)
{
	unsigned char h[crypto_generichash_BYTES_MIN];
	char hex[17];

	crypto_generichash(h, sizeof h, key, len, NULL, 0);
	sodium_bin2hex(hex, sizeof hex, h, 8);
	snprintf(o->id, sizeof o->id, "tune-%.20s-%s", what, hex);
}

int
act_put(struct override *o)
{
	if (!o->created)
		o->created = self.now / 1000;
	memcpy(o->author, ACT_AUTHOR, sizeof ACT_AUTHOR);
	if (override_dir_write(self.overrides, o, 1) == 0)
		return 0;
	strerr_warnwusys("write the override ", o->id);
	return -1;
}

void
act_end(const char *id)
{
	if (unlinkat(self.overrides, id, 0) == -1 && errno != ENOENT)
		strerr_warnwusys("remove the override ", id);
}

int
act_stands(const char *id)
{
	struct stat st;

	return fstatat(self.overrides, id, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
set(struct scope *sc, enum scope_key key, const char *s)
{
	return scope_set(sc, key, s, strlen(s));
}

/* Mail without a route has it in common that it has none. */
int
act_where(
    struct scope *sc, const char *pool, const char *source, const char *where)
{
	sc->given = 0;
	if (set(sc, SCOPE_ROUTE, pool) == -1 ||
	    (*source && set(sc, SCOPE_SOURCE, source) == -1))
		return -1;
	return where[0] == '@' ? set(sc, SCOPE_DESTINATION, where + 1)
			       : set(sc, SCOPE_PROVIDER, where);
}
