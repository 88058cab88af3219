/*
 * Returned messages that end anywhere: the samples of the fuzz target at each
 * octet, and those of $DRAY_CORPUS, or ../shared/corpus, at every 100th.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/dray-bounce/report.h"
#include "t/lib/tap.h"

#define LARGEST (1u << 20)

static struct parser *parser;

/* It lies at the end of a piece of memory of its own, so that a tool which
 * looks after memory sees whoever reads on. */
static int
parse(const char *s, size_t n)
{
	struct report_mail m = { .n = n };
	struct report r;
	char *copy = malloc(n ? n : 1);

	if (!copy)
		return 0;
	memcpy(copy, s, n);
	m.s = copy;
	report_parse(parser, &m, &r);
	free(copy);
	return r.nrcpt >= 1 && r.nrcpt <= REPORT_RCPTS;
}

static size_t
read_file(const char *dir, const char *name, char *s)
{
	char path[4096];
	size_t n;
	FILE *f;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, name) >=
	    sizeof path)
		return 0;
	f = fopen(path, "r");
	if (!f)
		return 0;
	n = fread(s, 1, LARGEST, f);
	fclose(f);
	return n;
}

static void
try_dir(const char *dir, size_t step, const char *what)
{
	static char s[LARGEST];
	DIR *d = opendir(dir);
	struct dirent *e;
	unsigned long tried = 0, bad = 0;
	size_t n, i;

	if (!d) {
		printf("# there is no %s\n", dir);
		return;
	}
	while ((e = readdir(d)) != NULL) {
		if (*e->d_name == '.')
			continue;
		n = read_file(dir, e->d_name, s);
		for (i = 0; i <= n; i += step, tried++)
			bad += !parse(s, i);
	}
	closedir(d);
	printf("# %lu messages\n", tried);
	ok(tried && !bad, what);
}

int
main(void)
{
	const char *corpus = getenv("DRAY_CORPUS");
	char path[4096];

	parser = report_open(NULL);
	try_dir("t/fuzz/corpus/report", 1, "samples that are cut");
	if (!corpus)
		corpus = "../shared/corpus";
	(void)snprintf(path, sizeof path, "%s/bounces", corpus);
	try_dir(path, 100, "bounces that are cut");
	(void)snprintf(path, sizeof path, "%s/arf", corpus);
	try_dir(path, 100, "complaints that are cut");
	report_close(parser);
	return done_testing();
}
