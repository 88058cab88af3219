#include <errno.h>
#include <string.h>

#include <skalibs/strerr.h>

#include "cmd/dray-auth/users.h"
#include "common/table.h"

#define PATH "auth/" ACCOUNT_FILE

static struct table *users; /* NULL: there are none */

/* A whole one, or NULL with errno. */
static struct table *
load(void)
{
	struct table *t = table_load(PATH);

	if (!t || table_sealed(t))
		return t;
	table_close(t);
	errno = EPROTO;
	return NULL;
}

void
users_open(void)
{
	users = load();
	if (!users && errno != ENOENT)
		strerr_diefusys(111, "read " PATH);
}

void
users_refresh(void)
{
	struct table *t = load();

	if (!t && errno != ENOENT) {
		strerr_warnwusys("read " PATH ", which stays as it was");
		return;
	}
	table_close(users);
	users = t;
}

int
users_find(struct account *a, const char *name, size_t n)
{
	char key[1 + ACCOUNT_NAMEMAX];
	const void *data;
	size_t len;

	if (!users || !account_name_ok(name, n))
		return 0;
	key[0] = ACCOUNT_KEY[0];
	memcpy(key + 1, name, n);
	return table_find(users, key, 1 + n, &data, &len) == 1 &&
	    account_unpack(a, data, len) == 0;
}

void
users_nobody(char *d)
{
	const void *data;
	size_t len;

	d[0] = '\0';
	if (!users || table_find(users, ACCOUNT_NOBODY, 1, &data, &len) != 1 ||
	    len >= ACCOUNT_HASHMAX)
		return;
	memcpy(d, data, len);
	d[len] = '\0';
}
