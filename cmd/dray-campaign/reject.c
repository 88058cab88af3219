#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "campaign.h"

static FILE *file;
static const char *path;

void
reject_open(const struct options *o)
{
	path = o->rejects;
	if (!path)
		return;
	file = fopen(path, "we");
	if (!file)
		say_die(111, "unable to write %s: %s", path, strerror(errno));
}

void
reject_add(uint64_t line, const char *why, const char *s, size_t n)
{
	if (file)
		fprintf(file, "%llu\t%s\t%s\n", (unsigned long long)line, why,
		    say_quoted(s, n));
}

void
reject_close(void)
{
	if (file && (ferror(file) || fclose(file)))
		say_die(111, "unable to write %s: %s", path, strerror(errno));
	file = NULL;
}
