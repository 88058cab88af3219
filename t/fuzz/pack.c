/*
 * pack - the container of a pack.  What is taken is written again, and is the
 * same octet for octet; its paths lead nowhere else.
 */
#include <string.h>

#include "cmd/dray-policy/container.h"
#include "t/fuzz/fuzz.h"

static void
check_path(const char *path)
{
	const char *slash = strchr(path, '/');

	must(!strncmp(path, "rules/", 6) || !strncmp(path, "providers/", 10));
	must(strlen(path) <= CONTAINER_PATHMAX);
	must(!strchr(slash + 1, '/') && slash[1] != '.');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct container c;
	unsigned int i;
	size_t len;
	char *s;

	c.why = NULL;
	if (container_parse(&c, (const char *)data, n) == -1) {
		must(c.why != NULL);
		return 0;
	}
	must(container_name_ok(c.name));
	must(c.version > 0 && c.version <= CONTAINER_VERSIONMAX);
	for (i = 0; i < c.nfile; i++) {
		check_path(c.file[i].path);
		must(c.file[i].s >= (const char *)data);
		must(c.file[i].s + c.file[i].n <= (const char *)data + n);
	}
	s = container_make(&c, &len);
	must(s && len == n && !memcmp(s, data, n));
	free(s);
	return 0;
}
