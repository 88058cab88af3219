#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <skalibs/strerr.h>

#include "cmd/dray-check/listing.h"
#include "common/mem.h"

#define NAME "dnsbl"
#define FRESH ".dnsbl.new"
#define LINE (2 * POLICY_NAMEMAX + 64)

struct listing *
listings_add(struct listings *l, const char *zone, const char *name,
    const char *code, uint64_t since)
{
	struct listing *x;

	if (l->n == LISTINGS_MAX)
		return NULL;
	if (l->n == l->room) {
		l->room = l->room ? l->room * 2 : 16;
		l->v = mem_grow(l->v, l->room, sizeof *l->v);
	}
	x = &l->v[l->n++];
	memset(x, 0, sizeof *x);
	snprintf(x->zone, sizeof x->zone, "%s", zone);
	snprintf(x->name, sizeof x->name, "%s", name);
	snprintf(x->code, sizeof x->code, "%s", code);
	x->since = since;
	return x;
}

struct listing *
listings_find(const struct listings *l, const char *zone, const char *name)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!strcmp(l->v[i].name, name) && !strcmp(l->v[i].zone, zone))
			return &l->v[i];
	return NULL;
}

/* "ZONE NAME CODE SINCE" */
static void
take(struct listings *l, char *line)
{
	char *zone, *name, *code, *since, *save, *end;
	uint64_t t;

	zone = strtok_r(line, " \n", &save);
	name = strtok_r(NULL, " \n", &save);
	code = strtok_r(NULL, " \n", &save);
	since = strtok_r(NULL, " \n", &save);
	if (!since || strtok_r(NULL, " \n", &save))
		return;
	t = strtoull(since, &end, 10);
	if (!*end && !listings_find(l, zone, name))
		(void)listings_add(l, zone, name, code, t);
}

void
listings_read(struct listings *l, int dir)
{
	int fd = openat(dir, NAME, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	char line[LINE];
	FILE *f;

	if (fd == -1 && errno == ENOENT)
		return;
	f = fd == -1 ? NULL : fdopen(fd, "r");
	if (!f)
		strerr_diefusys(111, "read check/" NAME);
	while (fgets(line, sizeof line, f))
		take(l, line);
	if (ferror(f))
		strerr_diefusys(111, "read check/" NAME);
	(void)fclose(f);
}

static int
put(const struct listings *l, FILE *f)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		fprintf(f, "%s %s %s %" PRIu64 "\n", l->v[i].zone, l->v[i].name,
		    l->v[i].code, l->v[i].since);
	return fflush(f) == EOF || fsync(fileno(f)) == -1 ? -1 : 0;
}

int
listings_write(const struct listings *l, int dir)
{
	FILE *f;
	int fd, r;

	unlinkat(dir, FRESH, 0);
	fd = openat(dir, FRESH,
	    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	f = fd == -1 ? NULL : fdopen(fd, "w");
	if (!f)
		return -1;
	r = put(l, f);
	if (fclose(f) == EOF || r == -1)
		return -1;
	return renameat(dir, FRESH, dir, NAME) == -1 || fsync(dir) == -1 ? -1
									 : 0;
}
